"""A value over time, in flat memory."""

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import groupby
from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")

MOST_CHANGES = 4096
"""More than any picture can show; a course that has more is made coarser."""


class Span(NamedTuple, Generic[Value]):
    """`value` held from `from_ns` on, until before `to_ns`."""

    from_ns: int
    to_ns: int
    value: Value


class Course(Generic[Value]):
    """What held from when on; `worse` chooses of two values that a coarser course must not lose.

    `resolution_ns` is 0 while every change is kept.
    """

    def __init__(self, worse: Callable[[Value, Value], Value]) -> None:
        self._worse = worse
        self._changes: list[tuple[int, Value]] = []
        self.resolution_ns = 0

    def change(self, at_ns: int, value: Value) -> None:
        """It is `value` from `at_ns` on, which is not before any earlier change."""
        if self._changes and self._changes[-1][1] == value:
            return
        self._changes.append((at_ns, value))
        if len(self._changes) > MOST_CHANGES:
            self._coarsen()

    @property
    def now(self) -> Value | None:
        """The latest value; None before the first."""
        return self._changes[-1][1] if self._changes else None

    def at(self, at_ns: int) -> Value | None:
        """What held at an instant; None before the first change."""
        found = None
        for since_ns, value in self._changes:
            if since_ns > at_ns:
                break
            found = value
        return found

    def spans(self, end_ns: int) -> Iterator[Span[Value]]:
        """All of it up to `end_ns`; what lasted no time is left out."""
        ends_ns = [*(at_ns for at_ns, _ in self._changes[1:]), end_ns]
        for (from_ns, value), to_ns in zip(self._changes, ends_ns, strict=False):
            if to_ns > from_ns:
                yield Span(from_ns, to_ns, value)

    def _coarsen(self) -> None:
        """Keep the worst of each stretch of time, so that at most half the changes are left."""
        lasted_ns = self._changes[-1][0] - self._changes[0][0]
        self.resolution_ns = max(self.resolution_ns, 4 * lasted_ns // MOST_CHANGES, 1)
        coarser = [*self._coarser()]
        while len(coarser) > MOST_CHANGES // 2:
            self.resolution_ns *= 2
            coarser = [*self._coarser()]
        self._changes = coarser

    def _coarser(self) -> Iterator[tuple[int, Value]]:
        """The worst of each stretch at its beginning, and at its end what it left."""
        first_ns, held = self._changes[0]
        last_ns = self._changes[-1][0]
        yield self._changes[0]
        for stretch, changes in groupby(self._changes, lambda each: each[0] // self.resolution_ns):
            values = [held, *(value for _, value in changes)]
            worst = reduce(self._worse, values)
            if worst != held:
                yield max(stretch * self.resolution_ns, first_ns), worst
            held = values[-1]
            if held != worst:
                yield min((stretch + 1) * self.resolution_ns, last_ns), held
