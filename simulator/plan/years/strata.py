"""Groups of years of which it is known how likely each is: by which long repairs they have.

Years with a long repair are drawn on purpose, so of each group there are more than happen. Within a
group years are as they happen, and what share of them comes to an end need not be guessed from how
often the group was drawn (post-stratification: Cochran, Sampling Techniques, 1977, section 5A.9).
"""

from collections.abc import Mapping
from itertools import chain, pairwise
from math import fsum, prod

import msgspec

from simulator.plan.years.sampler import Emphasis, Sampler
from simulator.scenario.components import Component

NOTHING_LONG = 0
"""The number of the stratum of years that have no long repair."""

Levels = Mapping[Component, int]
"""Of components with a long repair: under how many of its thresholds the share of that lies."""


class Strata(msgspec.Struct, frozen=True):
    """Those of a sampler.

    `thresholds` are the shares on which emphases are, by component and falling. `patterns` are the
    levels that a year of each group has; others have none, and a year with none of these patterns
    is in one more group. `probabilities` are those of all groups.
    """

    thresholds: Mapping[Component, tuple[float, ...]]
    patterns: tuple[Levels, ...]
    probabilities: tuple[float, ...]

    def levels(self, emphasis: tuple[Emphasis, ...]) -> Levels:
        """What a year has at least that is drawn with an emphasis."""
        return {of: self.thresholds[of].index(share) + 1 for of, share in emphasis}


def strata_of(sampler: Sampler) -> Strata:
    """A group for each emphasis, where nothing else is long; one for none, one for all else."""
    found: dict[Component, set[float]] = {}
    for component, share in chain(*sampler.emphases):
        found.setdefault(component, set()).add(share)
    falling = {of: tuple(sorted(shares, reverse=True)) for of, shares in found.items()}
    bare = Strata(falling, (), ())
    patterns = tuple(bare.levels(each) for each in dict.fromkeys(((), *sampler.emphases)))
    by_level = {of: _probabilities(sampler, of, shares) for of, shares in falling.items()}
    each = [
        prod(chances[pattern.get(of, 0)] for of, chances in by_level.items())
        for pattern in patterns
    ]
    return Strata(falling, patterns, (*each, max(0.0, 1 - fsum(each))))


def _probabilities(
    sampler: Sampler, component: Component, shares: tuple[float, ...]
) -> list[float]:
    """That the longest repair has each level."""
    years = sampler.of(component)
    under = [1.0, *map(years.any_outlasted, shares), 0.0]
    return [more - less for more, less in pairwise(under)]
