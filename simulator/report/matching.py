"""Two lists of what happened, matched: what is in both, and what is not.

Pure. Two facts match by what they are and by when they happened, never by what stands beside them:
which of two facts that nothing orders comes first is chance.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import TypeAlias

import msgspec


class Agreement(StrEnum):
    """How a milestone of the one history relates to that of the other."""

    SAME = "same"
    WITHIN = "same within the tolerance"
    OPEN = "of one only, where the other ends too soon to tell"
    AT_A_DEADLINE = (
        "asked at the end of a period, which only a simulated run knows to the nanosecond"
    )
    DIFFERENT = "different"


class Milestone(msgspec.Struct, frozen=True):
    """Something that must happen in both histories: where, what in words, and when.

    `kind` is what it is one of; two of a kind may differ in words, and then one stands in the place
    of the other. `chance_ns` is by how much chance may shift it.
    """

    host: str
    words: str
    at_ns: int
    chance_ns: int = 0
    kind: str = ""
    sure: bool = True
    """Whether every history that is played to its end has it, however late in it."""
    at_a_deadline: bool = False
    """Whether what came of it is chance: it was asked at the very end of a period."""


class Pair(msgspec.Struct, frozen=True):
    """A milestone of both histories; one of them is None where only the other has it."""

    verdict: Agreement
    one: Milestone | None
    other: Milestone | None

    @property
    def apart_ns(self) -> int | None:
        """How much later it happened in the other history."""
        if self.one is None or self.other is None:
            return None
        return self.other.at_ns - self.one.at_ns

    @property
    def at_ns(self) -> int:
        """When it first happened in either."""
        return min(milestone.at_ns for milestone in (self.one, self.other) if milestone)

    @property
    def host(self) -> str:
        """Where it happened: a pair is always of one place."""
        milestone = self.one or self.other
        assert milestone
        return milestone.host


PairTolerance = Callable[[int, int], int]
"""How far apart the instants of a pair may be, but for chance; nanoseconds.

Never more than what the greater of the two instants, or the smaller one, has beside itself.
"""

_Side: TypeAlias = Milestone | None
_Couple: TypeAlias = tuple[_Side, _Side]
_Near = Callable[[Milestone, Milestone], bool]


def match(
    one: Iterable[Milestone], other: Iterable[Milestone], tolerance: PairTolerance
) -> list[Pair]:
    """Pair as many as can be, in the order of their instants.

    First what is the same and near in time; of what is left, one stands for another of its kind
    that is near, and then for what is the same at another time; the rest stands alone. Instants
    apart by the hundredth part of what they may be count as the same.
    """

    def near(first: Milestone, second: Milestone) -> bool:
        return abs(first.at_ns - second.at_ns) <= _limit_ns(first, second, tolerance)

    found, one, other = _matched(one, other, _same, near)
    instead, one, other = _matched(one, other, _kind, near)
    at_another_time, one, other = _matched(one, other, _same, lambda *_: True)
    alone: list[_Couple] = [(first, None) for first in one]
    alone += [(None, second) for second in other]
    pairs = [_in_both(*couple, tolerance) for couple in found]
    pairs += [Pair(Agreement.DIFFERENT, *couple) for couple in (*instead, *at_another_time, *alone)]
    return sorted(pairs, key=lambda pair: pair.at_ns)


def first_difference(pairs: Iterable[Pair]) -> Pair | None:
    """The earliest pair that is different, by the time of whichever has one."""
    different = (pair for pair in pairs if pair.verdict is Agreement.DIFFERENT)
    return min(different, key=lambda pair: pair.at_ns, default=None)


def _same(milestone: Milestone) -> Hashable:
    return milestone.host, milestone.words


def _kind(milestone: Milestone) -> Hashable:
    return milestone.host, milestone.kind


def _limit_ns(one: Milestone, other: Milestone, tolerance: PairTolerance) -> int:
    return tolerance(one.at_ns, other.at_ns) + max(one.chance_ns, other.chance_ns)


def _in_both(one: Milestone, other: Milestone, tolerance: PairTolerance) -> Pair:
    apart_ns = abs(one.at_ns - other.at_ns)
    same = apart_ns * 100 <= _limit_ns(one, other, tolerance)
    return Pair(Agreement.SAME if same else Agreement.WITHIN, one, other)


def _matched(
    one: Iterable[Milestone],
    other: Iterable[Milestone],
    key: Callable[[Milestone], Hashable],
    near: _Near,
) -> tuple[list[tuple[Milestone, Milestone]], list[Milestone], list[Milestone]]:
    """Couples of equal keys that are near, and what is left of both."""
    groups: dict[Hashable, tuple[list[Milestone], list[Milestone]]]
    groups = defaultdict(lambda: ([], []))
    for side, milestones in enumerate((one, other)):
        for milestone in sorted(milestones, key=lambda each: each.at_ns):
            groups[key(milestone)][side].append(milestone)
    couples = [couple for group in groups.values() for couple in _closest(*group, near)]
    return (
        [(first, second) for first, second in couples if first and second],
        [first for first, second in couples if first and not second],
        [second for first, second in couples if second and not first],
    )


def _closest(one: Sequence[Milestone], other: Sequence[Milestone], near: _Near) -> list[_Couple]:
    """As `_in_step`, but what stands alone is what is farthest from the others' instants."""
    couples = list(_in_step(one, other, near))
    for end in range(1, len(couples)):
        at = end
        while at and (better := _exchanged(couples[at - 1], couples[at], near)):
            couples[at - 1 : at + 1] = better
            at -= 1
    return couples


def _in_step(
    one: Sequence[Milestone], other: Sequence[Milestone], near: _Near
) -> Iterator[_Couple]:
    """Each with the first that is near; no other way pairs more of them."""
    first, second = 0, 0
    while first < len(one) and second < len(other):
        mine, theirs = one[first], other[second]
        together = near(mine, theirs)
        mine_now = together or mine.at_ns < theirs.at_ns
        theirs_now = together or not mine_now
        yield mine if mine_now else None, theirs if theirs_now else None
        first, second = first + mine_now, second + theirs_now
    yield from ((mine, None) for mine in one[first:])
    yield from ((None, theirs) for theirs in other[second:])


def _exchanged(couple: _Couple, alone: _Couple, near: _Near) -> list[_Couple] | None:
    """The couple with the one that stands alone in place of its own, if that is nearer."""
    mine, theirs = couple
    if mine is None or theirs is None or None not in alone:
        return None
    apart_ns = abs(mine.at_ns - theirs.at_ns)
    lonely, left = alone
    if lonely and near(lonely, theirs) and abs(lonely.at_ns - theirs.at_ns) < apart_ns:
        return [(mine, None), (lonely, theirs)]
    if left and near(mine, left) and abs(mine.at_ns - left.at_ns) < apart_ns:
        return [(None, theirs), (mine, left)]
    return None
