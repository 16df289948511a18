"""Names of nodes: compared without regard to case, stored and signed as they were first written.

Browsers and the domain name system know a host by its name in lower case, so that `main` and `MAIN`
cannot be two nodes.
"""

from collections.abc import Iterable, Iterator


def same_name(one: str, other: str) -> bool:
    """Whether both mean the same node."""
    return one.casefold() == other.casefold()


def spelled(name: str, names: Iterable[str]) -> str | None:
    """How `name` is spelled among `names`, in which each node is once; None where it is not."""
    folded = name.casefold()
    return next((known for known in names if known.casefold() == folded), None)


def alike(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each of `names` that differs in case only from an earlier one, after that one."""
    first: dict[str, str] = {}
    for name in names:
        earlier = first.setdefault(name.casefold(), name)
        if earlier != name:
            yield earlier, name
