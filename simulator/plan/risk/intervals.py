"""From tallies to chances with their 95 % intervals: what share of each stratum, times its chance.

Strata of few years are one, within which years count by their weights.
"""

import math
from functools import cached_property

import msgspec

from simulator.plan.risk.bounds import Bounds
from simulator.plan.risk.risk_table import Estimate
from simulator.plan.risk.tallies import EndTally, RowTally, YearTally

DEVIATIONS = 1.959963984540054
"""Standard errors to each side."""

MANY = 40
"""So many years are many: their number is normal."""

_OF_NONE_SEEN = 3.0
"""Where nothing was seen, so many may have been missed (95 %)."""

_FEWEST_OF_STRATUM = 32


class _Group(msgspec.Struct, frozen=True):
    """A stratum, or several: its chance, and the weights and squares of its years."""

    strata: tuple[int, ...]
    chance: float
    weight: float
    square: float

    @property
    def chance_a_year(self) -> float:
        """What one more year that ended would add to a chance; infinite where there is no year."""
        return self.chance * self.square / self.weight**2 if self.weight else math.inf

    def share(self, ends: EndTally) -> tuple[float, float]:
        """The sums of the weights of those years that `ends` has, and of their squares."""
        return (
            math.fsum(ends.weights.get(each, 0.0) for each in self.strata),
            math.fsum(ends.squares.get(each, 0.0) for each in self.strata),
        )


class RowChances(msgspec.Struct, frozen=True, dict=True):
    """What a tally says of each of its rows; `bounds` say how much of it can be in a stratum."""

    tally: YearTally
    bounds: Bounds | None = None

    @cached_property
    def _groups(self) -> tuple[_Group, ...]:
        strata = range(len(self.tally.probabilities))
        alone = [(each,) for each in strata if self._is_large(each)]
        together = tuple(each for each in strata if not self._is_large(each))
        return tuple(self._group(each) for each in (*alone, together) if each)

    def _is_large(self, stratum: int) -> bool:
        drawn = self.tally.drawn
        weight, square = drawn.weights.get(stratum, 0.0), drawn.squares.get(stratum, 0.0)
        return 0 < square * _FEWEST_OF_STRATUM <= weight * weight

    def _group(self, strata: tuple[int, ...]) -> _Group:
        drawn = self.tally.drawn
        return _Group(
            strata,
            math.fsum(self.tally.probabilities[each] for each in strata),
            math.fsum(drawn.weights.get(each, 0.0) for each in strata),
            math.fsum(drawn.squares.get(each, 0.0) for each in strata),
        )

    def probability(self, name: str) -> Estimate:
        """Of an emergency; a bound where nothing was seen."""
        return self._of(name, self._row(name).ends)

    def ideal(self, name: str) -> Estimate:
        """Of one at an ideal node, which has none where the real one has none."""
        return self._of(name, self._row(name).ideal)

    def cautious_half_width(self, name: str) -> float:
        """Of the interval of an emergency, whoever may have seen too few of them so far."""
        ends = self._row(name).ends
        return self.half_width(ends, cautious=True) + self._unseen(name, ends)

    def difference(self, name: str) -> Estimate | None:
        """By how much the first of both is more, in the same years; None where these are alike."""
        added, spared = self._row(name).added, self._row(name).spared
        if not (added.seen or spared.seen):
            return None
        value = self._value(added) - self._value(spared)
        half = math.hypot(self.half_width(added), self.half_width(spared))
        return Estimate(value, value - half, value + half)

    def _row(self, name: str) -> RowTally:
        return self.tally.rows.get(name, RowTally())

    def _of(self, name: str, ends: EndTally) -> Estimate:
        """Of few years by the Poisson distribution (Wilson and Hilferty), of many by the normal."""
        value, unseen = self._value(ends), self._unseen(name, ends)
        if not ends.seen:
            return Estimate(0.0, 0.0, min(unseen, 1.0))
        if ends.seen >= MANY:
            half = self.half_width(ends)
            return Estimate(value, max(value - half, 0.0), min(value + half + unseen, 1.0))
        squares = ((g.chance / g.weight) ** 2 * g.share(ends)[1] for g in self._groups if g.weight)
        one = math.fsum(squares) / value
        few = value / one
        low = few * _cubed(1 - 1 / (9 * few) - DEVIATIONS / (3 * math.sqrt(few)))
        more = few + 1
        high = more * _cubed(1 - 1 / (9 * more) + DEVIATIONS / (3 * math.sqrt(more)))
        return Estimate(value, max(low, 0.0) * one, min(high * one + unseen, 1.0))

    def _value(self, ends: EndTally) -> float:
        return math.fsum(g.chance * g.share(ends)[0] / g.weight for g in self._groups if g.weight)

    def _unseen(self, name: str, ends: EndTally) -> float:
        """How much more it may be by those strata of which no year was seen to end.

        Three more years in those where each counts most, and in no stratum more than it can have.
        """
        left, unseen = _OF_NONE_SEEN, 0.0
        silent = (g for g in self._groups if g.chance and not g.share(ends)[0])
        for group in sorted(silent, key=lambda each: each.chance_a_year, reverse=True):
            taken = min(left * group.chance_a_year, self._most(name, group))
            unseen += taken
            left -= taken / group.chance_a_year
            if left <= 0:
                break
        return unseen

    def _most(self, name: str, group: _Group) -> float:
        """What can be calculated of a single stratum; else all of its years."""
        if not self.bounds or len(group.strata) > 1:
            return group.chance
        return min(group.chance, self.bounds.in_stratum(name, group.strata[0]))

    def half_width(self, ends: EndTally, *, cautious: bool = False) -> float:
        """Of the interval of a chance; a cautious one counts with having seen too few."""
        variances = (_variance(group, ends, cautious=cautious) for group in self._groups)
        return DEVIATIONS * math.sqrt(math.fsum(variances))


def _variance(group: _Group, ends: EndTally, *, cautious: bool) -> float:
    """Of a stratum's part of the chance; two more that ended and two that did not.

    At least that of a share of years of different weights.
    """
    weight, square = group.share(ends)
    if not weight:
        return 0.0
    each = square / weight
    seen, years = weight / each, group.weight / each
    more = 2 + cautious * 2 * math.sqrt(seen)
    share, own = (seen + more) / (years + 2 * more), weight / group.weight
    of_weights = (square * (1 - 2 * own) + own * own * group.square) / group.weight**2
    return group.chance**2 * max(share * (1 - share) / years, of_weights)


def _cubed(value: float) -> float:
    return value * value * value


def agrees(value: float, estimate: Estimate) -> bool:
    """Whether a value is within three standard errors of an estimate, or under its bound."""
    error = (estimate.high - estimate.low) / 2 / DEVIATIONS
    return abs(estimate.value - value) <= 3 * error if estimate.value else value <= estimate.high
