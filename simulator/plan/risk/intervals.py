"""From tallies to chances with their 95 % intervals: what share of each stratum, times its chance.

Strata of few years are one, within which years count by their weights.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from simulator.plan.risk.risk_table import Estimate
from simulator.plan.risk.tallies import EndTally, RowTally, YearTally
from simulator.plan.years.strata import NOTHING_LONG

DEVIATIONS = 1.959963984540054
"""Standard errors to each side."""

MANY = 40
"""So many years are many: their number is normal."""

_OF_NONE_SEEN = 3.0
"""Where nothing was seen, so many may have been missed (95 %)."""

_FEWEST_OF_STRATUM = 32

MANY_WITHOUT = 500
"""So many years without a long repair, of which none ended, say that a long one is needed."""


@dataclass(frozen=True)
class _Group:
    """A stratum, or several: its chance, and the weights and squares of its years."""

    strata: tuple[int, ...]
    chance: float
    weight: float
    square: float

    def share(self, ends: EndTally) -> tuple[float, float]:
        """The sums of the weights of those years that `ends` has, and of their squares."""
        return (
            math.fsum(ends.weights.get(each, 0.0) for each in self.strata),
            math.fsum(ends.squares.get(each, 0.0) for each in self.strata),
        )


@dataclass(frozen=True)
class RowChances:
    """What a tally says of each of its rows."""

    tally: YearTally

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

    def probability(self, name: str, most: float = 1.0) -> Estimate:
        """Of an emergency, which is `most` at most; a bound where nothing was seen."""
        return self.of(self._row(name).ends, most)

    def ideal(self, name: str, most: float = 1.0) -> Estimate:
        """Of one at an ideal node."""
        return self.of(self._row(name).ideal, most)

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

    def of(self, ends: EndTally, most: float = 1.0) -> Estimate:
        """Of few years by the Poisson distribution (Wilson and Hilferty), of many by the normal."""
        if not ends.seen:
            return Estimate(0.0, 0.0, self._most_of_unseen)
        value, unseen = self._value(ends), self.unseen(ends, most)
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

    @property
    def _most_of_unseen(self) -> float:
        """Three more years, in the stratum of which each year counts most."""
        each = (g.chance * g.square / g.weight**2 for g in self._groups if g.weight)
        never = math.fsum(group.chance for group in self._groups if not group.weight)
        return min(1.0, _OF_NONE_SEEN * max(each, default=1.0) + never)

    def _value(self, ends: EndTally) -> float:
        return math.fsum(g.chance * g.share(ends)[0] / g.weight for g in self._groups if g.weight)

    def unseen(self, ends: EndTally, most: float = 1.0) -> float:
        """How much more it may be, where no year without a long repair ended: one may.

        Of a good many it is believed that they need a long one.
        """
        for group in self._groups:
            few = group.weight**2 < MANY_WITHOUT * group.square
            if group.strata == (NOTHING_LONG,) and few and not group.share(ends)[0]:
                return min(DEVIATIONS * group.chance * group.square / group.weight**2, most)
        return 0.0

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


def probability_of(tally: YearTally, name: str) -> Estimate:
    """The chance of a row, with its 95 % interval; a bound where nothing was seen."""
    return RowChances(tally).probability(name)
