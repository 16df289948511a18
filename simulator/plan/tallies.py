"""What a batch of years comes to: sums for each site and for any of them, in the order of years.

Years that the screen proves harmless are counted, and nothing more is asked of them.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from licensing.policies import DAY_NS
from simulator.plan.courses import Emergency, SiteCourse, YearCourse
from simulator.plan.ideal import ideal_emergency_ns
from simulator.plan.model import played
from simulator.plan.network import PlannedNetwork
from simulator.plan.risk import ANY
from simulator.plan.screen import YearScreen
from simulator.plan.years import Sampler, Year
from simulator.scenario.components import Component
from simulator.scenario.outages.distributions import Distribution, Exponential, Fixed


@dataclass(frozen=True)
class Batch:
    """Which years one job judges: `years` of them from `first` on."""

    network: PlannedNetwork
    sampler: Sampler
    first: int
    years: int


@dataclass
class RowTally:
    """One row of the table: of the years in which an emergency began, each by its weight.

    `by_day` is on which day the first one began, `causes` and `parameters` belong to the first.
    The ideal ones are the years in which an ideal node would have had an emergency.
    """

    seen: int = 0
    weights: float = 0.0
    squares: float = 0.0
    emergency_ns: float = 0.0
    ideal_weights: float = 0.0
    ideal_squares: float = 0.0
    by_day: dict[int, float] = field(default_factory=partial(defaultdict, float))
    causes: dict[str, float] = field(default_factory=partial(defaultdict, float))
    parameters: dict[str, float] = field(default_factory=partial(defaultdict, float))

    def add(self, other: "RowTally") -> None:
        """Another batch's."""
        self.seen += other.seen
        self.weights += other.weights
        self.squares += other.squares
        self.emergency_ns += other.emergency_ns
        self.ideal_weights += other.ideal_weights
        self.ideal_squares += other.ideal_squares
        _add(self.by_day, other.by_day)
        _add(self.causes, other.causes)
        _add(self.parameters, other.parameters)


Named = TypeVar("Named")


def _add(sums: dict[Named, float], further: dict[Named, float]) -> None:
    for key, value in further.items():
        sums[key] += value


@dataclass
class YearTally:
    """All rows by their names.

    `worst` is the most time of sites in emergency mode in a year, and the number of that year.
    """

    years: int = 0
    heaviest: float = 1.0
    refusing_ns: float = 0.0
    rows: dict[str, RowTally] = field(default_factory=partial(defaultdict, RowTally))
    worst: tuple[int, int] = (0, -1)

    def add(self, other: "YearTally") -> None:
        """Another batch's, in the order of batches: so the sums are the same for any jobs."""
        self.years += other.years
        self.heaviest = max(self.heaviest, other.heaviest)
        self.refusing_ns += other.refusing_ns
        for name, row in other.rows.items():
            self.rows[name].add(row)
        self.worst = max(self.worst, other.worst, key=lambda worst: (worst[0], -worst[1]))

    def take(self, network: PlannedNetwork, year: Year, course: YearCourse) -> None:
        """A year that was played."""
        self._take_ideal(network, year, course)
        ended = [site for site in course if site.emergencies]
        if not ended:
            return
        weight = year.weight
        self.heaviest = max(self.heaviest, weight)
        self.refusing_ns += weight * sum(span.lasts_ns for span in course.required)
        for site in ended:
            self._take_row(self.rows[site.name], network, year, site)
        first = min(ended, key=lambda site: site.first_emergency_ns or 0)
        self._take_row(self.rows[ANY], network, year, first)
        lost_ns = sum(_emergency_ns(site) for site in ended)
        self.rows[ANY].emergency_ns += weight * (lost_ns - _emergency_ns(first))
        self.worst = max(self.worst, (lost_ns, year.number), key=lambda worst: worst[0])

    def _take_ideal(self, network: PlannedNetwork, year: Year, course: YearCourse) -> None:
        ended = [site.name for site in course if _ends_ideally(network, site)]
        for name in (*ended, *([ANY] if ended else [])):
            self.rows[name].ideal_weights += year.weight
            self.rows[name].ideal_squares += year.weight * year.weight

    def _take_row(
        self, row: RowTally, network: PlannedNetwork, year: Year, site: SiteCourse
    ) -> None:
        first, weight = site.emergencies[0], year.weight
        row.seen += 1
        row.weights += weight
        row.squares += weight * weight
        row.emergency_ns += weight * _emergency_ns(site)
        row.by_day[first.span.began_ns // DAY_NS] += weight
        row.causes[cause_of(network, first)] += weight
        for parameter, likelier in likelier_by(network, site.name, year):
            row.parameters[parameter] += weight * likelier


def _ends_ideally(network: PlannedNetwork, site: SiteCourse) -> bool:
    at_ns = ideal_emergency_ns(
        site.cuts, period_ns=network.failover_period_ns, recovery=network.recovery
    )
    return at_ns is not None and at_ns < network.horizon_ns


def _emergency_ns(site: SiteCourse) -> int:
    return sum(emergency.span.lasts_ns for emergency in site.emergencies)


def judged(batch: Batch) -> YearTally:
    """Judge a batch of years."""
    tally = YearTally(years=batch.years)
    screen = YearScreen(batch.network, batch.sampler)
    for number, sites in screen.suspects(batch.first, batch.years):
        concerned = frozenset().union(*(batch.network.relevant(site) for site in sites))
        year = batch.sampler.year(number, concerned)
        tally.take(batch.network, year, played(batch.network, year, sites=sites))
    return tally


def cause_of(network: PlannedNetwork, emergency: Emergency) -> str:
    """In words: one long repair that alone outlasts the period, or several short ones."""
    longest = max(emergency.causes, key=lambda outage: outage.ended_ns - outage.began_ns)
    kind, name = longest.component
    lasts_ns = min(longest.ended_ns, emergency.span.began_ns) - longest.began_ns
    if 10 * lasts_ns >= 9 * network.failover_period_ns:
        return f"one long repair of {kind} {name}"
    components = dict.fromkeys(outage.component for outage in emergency.causes)
    if len(components) == 1:
        return f"several short repairs of {kind} {name}"
    return f"several repairs, the longest of {kind} {name}"


FACTORS = {"half": 0.5, "twice": 2.0}


def likelier_by(network: PlannedNetwork, site: str, year: Year) -> Iterator[tuple[str, float]]:
    """How much likelier the year were, if one parameter of what concerns a site was another."""
    by_component: defaultdict[Component, list[int]] = defaultdict(list)
    up_ns = dict.fromkeys(network.relevant(site), network.horizon_ns)
    for component, began_ns, ended_ns in year.outages:
        by_component[component].append(ended_ns - began_ns)
        if component in up_ns:
            up_ns[component] -= min(ended_ns, network.horizon_ns) - began_ns
    for reliability in network.reliability:
        component = reliability.component
        if component not in up_ns:
            continue
        repairs_ns = by_component[component]
        for word, factor in FACTORS.items():
            if isinstance(reliability.up, Exponential):
                expected = up_ns[component] / reliability.up.mean_ns
                ratio = factor ** -len(repairs_ns) * math.exp(expected * (1 - 1 / factor))
                yield f"{component.kind} {component.name}: time between failures|{word}", ratio
            if not isinstance(reliability.repair, Fixed):
                ratio = math.exp(_log_ratio(reliability.repair, factor, repairs_ns))
                yield f"{component.kind} {component.name}: mean repair|{word}", ratio


def _log_ratio(distribution: Distribution, factor: float, repairs_ns: Iterable[int]) -> float:
    """Of repairs whose mean is `factor` times as long, in logarithms."""
    scaled = math.log(factor)
    return math.fsum(
        distribution.log_density(repair_ns / factor) - scaled - distribution.log_density(repair_ns)
        for repair_ns in repairs_ns
    )
