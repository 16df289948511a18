"""What a group of tasks failed with: groups lie within groups, and people want one error."""

from typing import TypeVar

Failure = TypeVar("Failure", bound=BaseException)


def first_failure(group: BaseExceptionGroup[Failure]) -> Failure:
    """The first error of a group, however deep it lies."""
    first = group.exceptions[0]
    return first_failure(first) if isinstance(first, BaseExceptionGroup) else first
