"""How years were drawn: in which stratum each is, and how much likelier it is than to be drawn."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from simulator.plan.risk.screen import Counts, Flags, Floats, YearScreen
from simulator.plan.years.sampler import Sampler
from simulator.plan.years.strata import strata_of


class DrawnYear(NamedTuple):
    """In which stratum a year is, and how much likelier it is than it was to be drawn."""

    stratum: int
    weight: float


PLAIN_YEAR = DrawnYear(0, 1.0)
"""One of those that are drawn as they happen, where all are."""


class DrawnYears(NamedTuple):
    """The same of many."""

    strata: Counts
    weights: Floats

    def of(self, row: int) -> DrawnYear:
        """One of them."""
        return DrawnYear(int(self.strata[row]), float(self.weights[row]))

    def alike(self) -> Iterator[tuple[DrawnYear, int]]:
        """Each that there is, and how often, in order."""
        found = Counter(zip(self.strata.tolist(), self.weights.tolist(), strict=True))
        for year, times in sorted(found.items()):
            yield DrawnYear(*year), times


def drawn_years(sampler: Sampler, screen: YearScreen, first: int, years: int) -> DrawnYears:
    """How `years` of a sampler from `first` on were drawn.

    The chance to draw a year is the mean of those under each emphasis (the balance heuristic).
    """
    strata = strata_of(sampler)
    if not strata.thresholds:
        return DrawnYears(np.zeros(years, np.int64), np.ones(years))
    levels = screen.levels(first, years)
    drawn = np.zeros(years)
    for emphasis, likelier in sampler.likelier:
        least = strata.levels(emphasis)
        drawn += likelier * _all([levels[of] >= level for of, level in least.items()], years)
    groups = np.full(years, len(strata.patterns))
    long = np.sum([each > 0 for each in levels.values()], axis=0)
    for number, pattern in enumerate(strata.patterns):
        exactly = _all([levels[of] == level for of, level in pattern.items()], years)
        groups[exactly & (long == len(pattern))] = number
    return DrawnYears(groups, len(sampler.emphases) / drawn)


def _all(flags: Sequence[Flags], years: int) -> Flags:
    found = np.ones(years, np.bool_)
    for each in flags:
        found &= each
    return found
