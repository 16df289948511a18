"""Which years can bring a site to its end at all, and which must: bounds for thousands at a time.

What is used up of a period in a year is at most what its outages last, and for each of them an
hour for the age of the last answer and another for redialing. A site whose components stay under
its period with that is harmless under every policy. One that a single repair cuts off for more than
the period comes to its end under every policy. What is left between is played.

The bounds are calculations on the same numbers that `years` draws (with arrays of them), and do not
look at an outage that they need not know: first at how many there may be and how long the longest
is, then at all of those that are left.
"""

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from licensing.policies import NS_PER_SECOND
from licensing.recovery import RecoveryPolicy
from licensing.words import NodeState
from nodes.failover.machine import UNWRITTEN_NS
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.years.chance import BETWEEN_SHARES, GOLDEN, MIX_FACTORS, MIX_SHIFTS
from simulator.plan.years.sampler import (
    EVERY_YEAR,
    FAILURES,
    LONGEST,
    REST,
    WHICH,
    ComponentYears,
    Sampler,
    any_within,
)
from simulator.plan.years.strata import strata_of
from simulator.scenario.components import Component, ComponentKind
from simulator.scenario.outages.distributions import Distribution

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

_STEPS_BITS = 5
"""Steps of the table of times between a share and its half: 32, so a time is 2 % too long."""

_BINS = 4096
"""Into so many bins goes the share that says how many failures there are."""

_INEXACT = 1e-9
"""By more than this no two computers disagree on a logarithm, or on its inverse."""

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
        self._least, self._seconds = _table(distribution, longest)

    def of(self, shares: Floats) -> Floats:
        """At least the time that each share outlasts; with `longest`, else at most."""
        indexes = (shares.view(np.int64) >> np.int64(52 - _STEPS_BITS)) - self._least
        return self._seconds.take(indexes, mode="clip")


@cache
def _table(distribution: Distribution, longest: bool) -> tuple[int, Floats]:
    """The first index, and by index the bound in seconds; an outage has whole seconds."""
    begins = np.arange(_index(2.0**-_LEAST_BITS), _index(1.0) + 2, dtype=np.int64)
    edges = (begins << (52 - _STEPS_BITS)).view(np.float64).tolist()
    edges, rounded_s = (edges[:-1], 1.0) if longest else (edges[1:], -1.0)
    times = (distribution.outlasted_ns(min(edge, 1.0)) for edge in edges)
    return int(begins[0]), np.asarray([time / NS_PER_SECOND + rounded_s for time in times])


def _index(share: float) -> int:
    return int(np.float64(share).view(np.int64)) >> (52 - _STEPS_BITS)


class Burdens(NamedTuple):
    """Of one component in some years, in seconds: bounds of what its outages do.

    `total_s` is what all of them use up at most within the horizon, `together_s` what those of them
    do between which nothing but redialing may be. `longest_s` is how long the longest repair lasts
    at least, and `begins_s` when it begins at the latest.
    """

    total_s: Floats
    together_s: Floats
    longest_s: Floats
    begins_s: Floats


class ComponentScreen:
    """Bounds of what the outages of one component do, in many years at a time."""

    def __init__(self, years: ComponentYears, overhead_s: float) -> None:
        self._years = years
        self._overhead_s = overhead_s
        self._horizon_s = years.horizon_ns / NS_PER_SECOND
        self._repairs = TimesOutlasted(years.reliability.repair, longest=True)
        self._shortest = TimesOutlasted(years.reliability.repair, longest=False)

    def first(self, numbers: Keys, emphases: Floats) -> Floats:
        """What its outages use up at most: by how many there may be, and the longest of them."""
        keys = keys_of_years(self._years.key, numbers)
        if not self._years.memoryless:
            return self._renewed(keys)
        most = self._most.take((shares(keys, FAILURES) * _BINS).astype(np.int32))
        least = shares(keys, LONGEST) / most
        total_s = most * (self._repairs.of(least) + self._overhead_s)
        rows = np.flatnonzero(emphases < EVERY_YEAR)
        if len(rows):
            total_s[rows] = self.second(numbers[rows], emphases[rows]).total_s
        return total_s

    @cached_property
    def _most(self) -> Floats:
        """How many failures there are at most, where the share that says so is in a bin."""
        edges = np.arange(1, _BINS + 1) / _BINS
        return np.maximum(self._counted(edges, EVERY_YEAR), 1).astype(np.float64)

    def second(self, numbers: Keys, emphases: Floats) -> Burdens:
        """The same from all repairs, for years of which the first bound is not enough."""
        keys = keys_of_years(self._years.key, numbers)
        if not self._years.memoryless:
            nothing = np.zeros(len(keys))
            total_s = self._renewed(keys)
            return Burdens(total_s, total_s, nothing, nothing)
        failures, least = self._failures(keys, emphases)
        which = (shares(keys, WHICH) * failures).astype(np.int64)
        most = int(failures.max(initial=0))
        others_s, begins = np.zeros(len(keys)), np.empty((most + 1, len(keys)))
        begins[:] = np.arange(2, most + 3)[:, np.newaxis]
        for index in range(most):
            rows = np.flatnonzero(failures > index)
            begins[index, rows] = shares(keys[rows], REST + index)
            rows = rows[which[rows] != index]
            drawn = shares(keys[rows], failures[rows] + (REST + index))
            others_s[rows] += self._repairs.of(least[rows] + (1 - least[rows]) * drawn)
        begins.sort(axis=0)
        up_s = begins[which, np.arange(len(keys))] * self._horizon_s
        some = failures > 0
        longest_s = self._repairs.of(least * (1 - _INEXACT))
        longest_s = some * (np.minimum(longest_s, self._horizon_s - up_s) + self._overhead_s)
        total_s = others_s + longest_s + (failures - some) * self._overhead_s
        apart = np.diff(begins, axis=0).min(axis=0, initial=2.0) * self._horizon_s
        return Burdens(
            total_s,
            np.where(apart > self._overhead_s, longest_s, total_s),
            some * self._shortest.of(least * (1 + _INEXACT)),
            up_s + others_s + failures,
        )

    def levels(self, numbers: Keys, emphases: Floats, thresholds: Sequence[float]) -> Counts:
        """Under how many of the shares, which fall, that of the longest repair lies."""
        keys, levels = keys_of_years(self._years.key, numbers), np.zeros(len(numbers), np.int64)
        most = self._most.take((shares(keys, FAILURES) * _BINS).astype(np.int32))
        within = np.asarray([any_within(thresholds[0], n) for n in range(int(most.max()) + 1)])
        seldom = shares(keys, LONGEST) < within[most.astype(np.int64)]
        rows = np.flatnonzero(seldom | (emphases < EVERY_YEAR))
        failures, longest = self._longest(keys[rows], emphases[rows])
        for threshold in thresholds:
            within = np.asarray(
                [any_within(threshold, n) for n in range(failures.max(initial=0) + 1)]
            )
            levels[rows] += longest < within[failures]
        return levels

    def _failures(self, keys: Keys, emphases: Floats) -> tuple[Counts, Floats]:
        """How many there are, and which share of repairs outlasts the longest."""
        failures, longest = self._longest(keys, emphases)
        return failures, -np.expm1(np.log1p(-longest) / np.maximum(failures, 1))

    def _longest(self, keys: Keys, emphases: Floats) -> tuple[Counts, Floats]:
        """How many there are, and how likely it is that the longest of so many lasts longer."""
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
        burdens, at_s = np.zeros(len(keys)), np.zeros(len(keys))
        rows, index = np.arange(len(keys)), 0
        while len(rows):
            at_s[rows] += self._ups.of(shares(keys[rows], 2 * index))
            rows = rows[at_s[rows] < self._horizon_s]
            times = self._repairs.of(shares(keys[rows], 2 * index + 1))
            burdens[rows] += times + self._overhead_s
            index += 1
        return burdens

    @cached_property
    def _ups(self) -> TimesOutlasted:
        return TimesOutlasted(self._years.reliability.up, longest=False)


class Suspicion(NamedTuple):
    """By site and year: who may come to an end, and who does in any case."""

    may_end: Flags
    must_end: Flags


class YearScreen:
    """The years of a sampler, and the sites that may come to an end in them."""

    def __init__(self, network: PlannedNetwork, sampler: Sampler) -> None:
        self._network = network
        self._sampler = sampler
        self._period_s = network.failover_period_ns / NS_PER_SECOND
        self._latest_s = (network.horizon_ns - network.failover_period_ns) / NS_PER_SECOND
        self._names = names = [years.reliability.component for years in sampler.components]
        self._components = [
            ComponentScreen(years, _overhead_s(network, component))
            for years, component in zip(sampler.components, names, strict=True)
        ]
        self._ways = [
            [[names.index(component) for component in way] for way in network.ways(site)]
            for site in network.sites
        ]
        self._single = self._single_components()
        self._alone = [
            [names.index(each) for each in network.alone_cut_off(site) if each != _host(site)]
            for site in network.sites
        ]

    def judge(self, first: int, years: int) -> Suspicion:
        """Of `years` from `first` on."""
        numbers = _numbers(first, years)
        emphases = list(self._emphases(numbers))
        totals = [
            component.first(numbers, emphasis)
            for component, emphasis in zip(self._components, emphases, strict=True)
        ]
        may_end = self._may_end(totals, years)
        ends = np.zeros((len(totals), years), np.bool_)
        for at, component in enumerate(self._components):
            rows = np.flatnonzero(may_end[self._over(at)].any(axis=0))
            found = component.second(numbers[rows], emphases[at][rows])
            totals[at][rows] = found.together_s if at in self._single else found.total_s
            ends[at, rows] = (found.longest_s > self._period_s) & (found.begins_s < self._latest_s)
        may_end &= self._may_end(totals, years)
        must_end = np.array([ends[alone].any(axis=0) for alone in self._alone])
        return Suspicion(may_end, must_end & may_end)

    def levels(self, first: int, years: int) -> dict[Component, Counts]:
        """Of each component with an emphasis, in each of `years` from `first` on."""
        numbers, thresholds = _numbers(first, years), strata_of(self._sampler).thresholds
        emphases = zip(self._sampler.components, self._emphases(numbers), strict=True)
        by_component = {years.reliability.component: each for years, each in emphases}
        return {
            component: self._components[self._names.index(component)].levels(
                numbers, by_component[component], shares
            )
            for component, shares in thresholds.items()
        }

    def suspects(self, first: int, years: int) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Each of `years` from `first` on in which sites may end, and which."""
        may_end, _ = self.judge(first, years)
        for row in np.flatnonzero(may_end.any(axis=0)).tolist():
            yield first + row, self.named(may_end[:, row])

    def named(self, flags: Flags) -> tuple[str, ...]:
        """The sites whose flag is set."""
        return tuple(self._network.sites[site] for site in np.flatnonzero(flags).tolist())

    def _single_components(self) -> set[int]:
        """Those that are all there is for their sites, where each contact makes the period whole.

        Of others the outages of one may bridge the time between those of another.
        """
        if self._network.recovery.policy is not RecoveryPolicy.FULL:
            return set()
        single = {ways[0][0] for ways in self._ways if [len(way) for way in ways] == [1]}
        among = {at for ways in self._ways for way in ways if len(way) > 1 for at in way}
        return single - among

    def _over(self, component: int) -> list[int]:
        """The sites with a way over a component."""
        return [
            site for site, ways in enumerate(self._ways) if any(component in way for way in ways)
        ]

    def _may_end(self, totals: Sequence[Floats], years: int) -> Flags:
        """By site and year: a site is cut off only while each of its ways is."""
        nothing = np.zeros(years)
        return np.array(
            [
                np.minimum.reduce([sum((totals[at] for at in way), nothing) for way in ways])
                >= self._period_s
                for ways in self._ways
            ]
        )

    def _emphases(self, numbers: Keys) -> Iterator[Floats]:
        """By component: the emphasis on it in each year."""
        turns = (numbers % np.uint64(len(self._sampler.emphases))).astype(np.int64)
        for years in self._sampler.components:
            component = years.reliability.component
            table = [dict(each).get(component, EVERY_YEAR) for each in self._sampler.emphases]
            yield np.asarray(table)[turns]


def _numbers(first: int, years: int) -> Keys:
    return np.arange(first, first + years, dtype=np.uint64)


def _host(site: str) -> Component:
    """A site whose own host is off comes to its end when that starts again, if it does."""
    return Component(ComponentKind.HOST, site)


def _overhead_s(network: PlannedNetwork, component: Component) -> float:
    hosts = component.kind is ComponentKind.HOST
    return longest_overhead_ns(network, hosts=hosts) / NS_PER_SECOND


def longest_overhead_ns(network: PlannedNetwork, *, hosts: bool) -> int:
    """What an outage uses up at most beyond the time that it lasts; `hosts` if one was off."""
    timing = network.timing
    answer_ns = timing.heartbeat_ns + timing.answer_ns + max(network.round_trip_ns.values())
    dial_ns = timing.longest_backoff_ns + 2 * timing.dial_ns + timing.redial_grace_ns
    unwritten_ns = timing.last_good_write_ns + UNWRITTEN_NS[NodeState.REGULAR]
    return answer_ns + dial_ns + hosts * unwritten_ns
