"""Results in the order of their batches, with no more batches under way than there is use for."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Batch = TypeVar("Batch")
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Promise(Protocol[Result_co]):
    """A result that may not be there yet."""

    def result(self) -> Result_co:
        """Wait for it; raises what the work raised."""


def in_order(
    submit: Callable[[Batch], Promise[Result]], batches: Iterable[Batch], most: int
) -> Iterator[Result]:
    """The result of each batch; `batches` are read so far ahead that `most` are under way."""
    under_way: deque[Promise[Result]] = deque()
    for batch in batches:
        under_way.append(submit(batch))
        if len(under_way) >= most:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()
