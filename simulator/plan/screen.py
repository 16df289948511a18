"""Which years can bring a site to its end at all: a bound for thousands of years at a time.

What is used up of a period in a year is at most what its outages last, and for each of them an
hour for the age of the last answer and another for redialing. A site whose components stay under
its period with that is harmless under every policy. The bound is a calculation on the same numbers
that `years` draws (with arrays of them), and never looks at an outage that it need not know:
first at how many there are and how long the longest is, then at the others of those that are left.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from licensing.policies import NS_PER_SECOND
from licensing.words import NodeState
from nodes.failover.machine import UNWRITTEN_NS
from simulator.plan.chance import BETWEEN_SHARES, GOLDEN, MIX_FACTORS, MIX_SHIFTS
from simulator.plan.network import PlannedNetwork
from simulator.plan.years import (
    EVERY_YEAR,
    FAILURES,
    LONGEST,
    REST,
    WHICH,
    ComponentYears,
    Sampler,
    any_within,
)
from simulator.scenario.components import Component, ComponentKind
from simulator.scenario.outages.distributions import Distribution

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_STEPS_BITS = 5
"""Steps of the table of times between a share and its half: 32, so a time is 2 % too long."""

_LEAST_BITS = 160
"""Shares under 2^-160 count as that."""


def mixed(words: Keys) -> Keys:
    """As `chance.mixed`, of each word."""
    for shift, factor in zip(MIX_SHIFTS, MIX_FACTORS, strict=False):
        words = (words ^ (words >> np.uint64(shift))) * np.uint64(factor)
    return words ^ (words >> np.uint64(MIX_SHIFTS[-1]))


def keys_of_years(key: int, numbers: Keys) -> Keys:
    """As `chance.key_of_year`, of each year."""
    return mixed(np.uint64(key) + numbers * np.uint64(GOLDEN))


def shares(keys: Keys, index: int | Counts) -> Floats:
    """As `chance.share`, of each key."""
    places = np.full(1, index) if isinstance(index, int) else index
    words = mixed(keys + (places + 1).astype(np.uint64) * np.uint64(GOLDEN)) >> np.uint64(12)
    return (words.astype(np.float64) + 0.5) * BETWEEN_SHARES


class TimesOutlasted:
    """Bounds of the times that shares outlast, in seconds: a table by the bits of the share."""

    def __init__(self, distribution: Distribution, *, longest: bool) -> None:
        begins = np.arange(_index(2.0**-_LEAST_BITS), _index(1.0) + 2, dtype=np.int64)
        edges = (begins << (52 - _STEPS_BITS)).view(np.float64).tolist()
        edges, rounded_s = (edges[:-1], 1.0) if longest else (edges[1:], -1.0)
        times = (distribution.outlasted_ns(min(edge, 1.0)) for edge in edges)
        self._least = int(begins[0])
        self._seconds = np.asarray([time / NS_PER_SECOND + rounded_s for time in times])

    def of(self, shares: Floats) -> Floats:
        """At least the time that each share outlasts; with `longest`, else at most."""
        indexes = (shares.view(np.int64) >> np.int64(52 - _STEPS_BITS)) - self._least
        return self._seconds.take(indexes, mode="clip")


def _index(share: float) -> int:
    return int(np.float64(share).view(np.int64)) >> (52 - _STEPS_BITS)


class ComponentScreen:
    """The burden of one component in many years: what its outages use up at most, in seconds."""

    def __init__(self, years: ComponentYears, overhead_s: float) -> None:
        self._years = years
        self._overhead_s = overhead_s
        self._repairs = TimesOutlasted(years.reliability.repair, longest=True)

    def first(self, numbers: Keys, emphases: Floats) -> tuple[Floats, Counts, Floats]:
        """From the longest repair: the burdens, how many failures, which share outlasts it."""
        keys = keys_of_years(self._years.key, numbers)
        if not self._years.memoryless:
            return self._renewed(keys), np.zeros(len(keys), np.int64), np.ones(len(keys))
        failures, longest = self._failures(keys, emphases)
        least = longest / np.maximum(failures, 1)
        return failures * (self._repairs.of(least) + self._overhead_s), failures, least

    def second(self, numbers: Keys, failures: Counts, least: Floats) -> Floats:
        """From all repairs: the burdens, for years of which the first bound is not enough."""
        keys = keys_of_years(self._years.key, numbers)
        if not self._years.memoryless:
            return self._renewed(keys)
        order = np.argsort(-failures, kind="stable")
        keys, failures, least = keys[order], failures[order], least[order]
        longest = (shares(keys, WHICH) * failures).astype(np.int64)
        burdens = (failures > 0) * (self._repairs.of(least) + self._overhead_s)
        for index in range(int(failures.max(initial=0))):
            rows = slice(0, int(np.searchsorted(-failures, -index, side="left")))
            drawn = shares(keys[rows], failures[rows] + (REST + index))
            times = self._repairs.of(least[rows] + (1 - least[rows]) * drawn)
            burdens[rows] += (longest[rows] != index) * (times + self._overhead_s)
        found = np.empty(len(keys))
        found[order] = burdens
        return found

    def _failures(self, keys: Keys, emphases: Floats) -> tuple[Counts, Floats]:
        drawn, longest = shares(keys, FAILURES), shares(keys, LONGEST)
        failures = self._counted(drawn, EVERY_YEAR)
        for emphasis in set(emphases[emphases < EVERY_YEAR].tolist()):
            rows = np.flatnonzero(emphases == emphasis)
            failures[rows] = self._counted(drawn[rows], emphasis)
            within = [any_within(emphasis, count) for count in range(failures[rows].max() + 1)]
            longest[rows] *= np.asarray(within)[failures[rows]]
        return failures, longest

    def _counted(self, drawn: Floats, emphasis: float) -> Counts:
        upto = np.asarray(self._years.counts_up_to(emphasis))
        return np.minimum(np.searchsorted(upto, drawn, side="left"), len(upto) - 1)

    def _renewed(self, keys: Keys) -> Floats:
        """Of failures with a memory, one after another until each year is over."""
        horizon_s = self._years.horizon_ns / NS_PER_SECOND
        burdens, at_s, rows, index = (
            np.zeros(len(keys)),
            np.zeros(len(keys)),
            np.arange(len(keys)),
            0,
        )
        while len(rows):
            at_s[rows] += self._ups.of(shares(keys[rows], 2 * index))
            rows = rows[at_s[rows] < horizon_s]
            times = self._repairs.of(shares(keys[rows], 2 * index + 1))
            burdens[rows] += times + self._overhead_s
            index += 1
        return burdens

    @cached_property
    def _ups(self) -> TimesOutlasted:
        return TimesOutlasted(self._years.reliability.up, longest=False)


class YearScreen:
    """The years of a sampler, and the sites that may come to an end in them."""

    def __init__(self, network: PlannedNetwork, sampler: Sampler) -> None:
        self._network = network
        self._sampler = sampler
        self._period_s = network.failover_period_ns / NS_PER_SECOND
        self._components = [
            ComponentScreen(years, _overhead_s(network, years.reliability.component))
            for years in sampler.components
        ]
        index = {years.reliability.component: at for at, years in enumerate(sampler.components)}
        self._ways = [
            [[index[component] for component in way] for way in network.ways(site)]
            for site in network.sites
        ]

    def suspects(self, first: int, years: int) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Each of `years` from `first` on in which sites may end, and which."""
        numbers = np.arange(first, first + years, dtype=np.uint64)
        known = [
            component.first(numbers, emphases)
            for component, emphases in zip(self._components, self._emphases(numbers), strict=True)
        ]
        burdens = [burden for burden, _, _ in known]
        suspected = self._suspected(burdens)
        for at, component in enumerate(self._components):
            rows = np.flatnonzero(suspected[:, self._over(at)].any(axis=1))
            _, failures, least = known[at]
            burdens[at][rows] = component.second(numbers[rows], failures[rows], least[rows])
        suspected &= self._suspected(burdens)
        for row in np.flatnonzero(suspected.any(axis=1)).tolist():
            sites = np.flatnonzero(suspected[row]).tolist()
            yield first + row, tuple(self._network.sites[site] for site in sites)

    def _over(self, component: int) -> list[int]:
        """The sites with a way over a component."""
        return [
            site for site, ways in enumerate(self._ways) if any(component in way for way in ways)
        ]

    def _suspected(self, burdens: Sequence[Floats]) -> NDArray[np.bool_]:
        """By year and site: a site is cut off only while each of its ways is."""
        years = len(burdens[0]) if burdens else 0
        suspected = np.zeros((years, len(self._ways)), np.bool_)
        for site, ways in enumerate(self._ways):
            totals = [sum((burdens[at] for at in way), np.zeros(years)) for way in ways]
            suspected[:, site] = np.minimum.reduce(totals) >= self._period_s
        return suspected

    def _emphases(self, numbers: Keys) -> Iterator[Floats]:
        """By component: the emphasis on it in each year."""
        turns = (numbers % np.uint64(len(self._sampler.emphases))).astype(np.int64)
        for years in self._sampler.components:
            component = years.reliability.component
            table = [dict(each).get(component, EVERY_YEAR) for each in self._sampler.emphases]
            yield np.asarray(table)[turns]


def _overhead_s(network: PlannedNetwork, component: Component) -> float:
    """What an outage uses up at most beyond the time that it lasts."""
    timing = network.timing
    answer_ns = timing.heartbeat_ns + timing.answer_ns + max(network.round_trip_ns.values())
    dial_ns = timing.longest_backoff_ns + 2 * timing.dial_ns + timing.redial_grace_ns
    overhead_ns = answer_ns + dial_ns
    if component.kind is ComponentKind.HOST:
        overhead_ns += timing.last_good_write_ns + UNWRITTEN_NS[NodeState.REGULAR]
    return overhead_ns / NS_PER_SECOND
