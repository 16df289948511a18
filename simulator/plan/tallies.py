"""What a batch of years comes to: sums for each site and for any of them, in the order of years.

Years that the screen proves harmless are counted, and nothing more is asked of them.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import partial

from licensing.policies import DAY_NS
from licensing.recovery import RecoveryPolicy
from simulator.plan.courses import Emergency, SiteCourse, TimeSpan, YearCourse, merged
from simulator.plan.ideal import ideal_emergency_ns
from simulator.plan.model import played
from simulator.plan.network import PlannedNetwork
from simulator.plan.risk import ANY
from simulator.plan.screen import YearScreen, longest_overhead_ns
from simulator.plan.ways import Ways, ways
from simulator.plan.years import Sampler, Year
from simulator.scenario.components import Component
from simulator.scenario.outages.distributions import Distribution, Exponential, Fixed


@dataclass(frozen=True)
class Batch:
    """Which years one job judges: `years` of them from `first` on.

    In a `detailed` one all years are played in which a site may end, for what else the table says;
    in others only those of which it is not certain whether one ends.
    """

    network: PlannedNetwork
    sampler: Sampler
    first: int
    years: int
    detailed: bool = True


@dataclass
class RowTally:
    """One row of the table: of the years in which an emergency began, each by its weight.

    `seen`, `weights` and `squares` are of all years, the others of those of detailed batches:
    `by_day` is on which day the first one began, `causes` and `parameters` belong to the first. The
    ideal ones are the years in which an ideal node would have had an emergency.
    """

    seen: int = 0
    weights: float = 0.0
    squares: float = 0.0
    detailed: int = 0
    detailed_weights: float = 0.0
    detailed_squares: float = 0.0
    emergency_ns: float = 0.0
    ideal_weights: float = 0.0
    ideal_squares: float = 0.0
    by_day: dict[int, float] = field(default_factory=partial(defaultdict, float))
    causes: dict[str, float] = field(default_factory=partial(defaultdict, float))
    parameters: dict[str, float] = field(default_factory=partial(defaultdict, float))

    def count(self, weight: float, times: int = 1) -> None:
        """So many years in which an emergency began, of this weight each."""
        self.seen += times
        self.weights += times * weight
        self.squares += times * weight * weight

    def add(self, other: "RowTally") -> None:
        """Another batch's."""
        for each in fields(self):
            mine, further = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, dict):
                for key, value in further.items():
                    mine[key] += value
            else:
                setattr(self, each.name, mine + further)


@dataclass
class YearTally:
    """All rows by their names; the same of all years, and of those of detailed batches.

    `worst` is the most time of sites in emergency mode in a year, and the number of that year.
    """

    years: int = 0
    detailed_years: int = 0
    heaviest: float = 1.0
    refusing_ns: float = 0.0
    rows: dict[str, RowTally] = field(default_factory=partial(defaultdict, RowTally))
    worst: tuple[int, int] = (0, -1)

    def add(self, other: "YearTally") -> None:
        """Another batch's, in the order of batches: so the sums are the same for any jobs."""
        self.years += other.years
        self.detailed_years += other.detailed_years
        self.heaviest = max(self.heaviest, other.heaviest)
        self.refusing_ns += other.refusing_ns
        for name, row in other.rows.items():
            self.rows[name].add(row)
        self.worst = max(self.worst, other.worst, key=lambda worst: (worst[0], -worst[1]))

    def count(self, sites: Collection[str], weight: float) -> None:
        """A year in which these sites come to an end."""
        self.heaviest = max(self.heaviest, weight)
        for name in (*sites, *([ANY] if sites else [])):
            self.rows[name].count(weight)

    def take(self, network: PlannedNetwork, year: Year, course: YearCourse) -> None:
        """A year of a detailed batch that was played."""
        self._take_ideal(network, year, course)
        ended = [site for site in course if site.emergencies]
        self.count([site.name for site in ended], year.weight)
        if not ended:
            return
        self.refusing_ns += year.weight * sum(span.lasts_ns for span in course.required)
        for site in ended:
            self._take_row(self.rows[site.name], network, year, site)
        first = min(ended, key=lambda site: site.first_emergency_ns or 0)
        self._take_row(self.rows[ANY], network, year, first)
        lost_ns = sum(_emergency_ns(site) for site in ended)
        self.rows[ANY].emergency_ns += year.weight * (lost_ns - _emergency_ns(first))
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
        row.detailed += 1
        row.detailed_weights += weight
        row.detailed_squares += weight * weight
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
    network, sampler = batch.network, batch.sampler
    screen = YearScreen(network, sampler)
    if not batch.detailed:
        return _counted(batch, screen)
    tally = YearTally(years=batch.years, detailed_years=batch.years)
    for number, sites in screen.suspects(batch.first, batch.years):
        year = sampler.year(number, network.relevant_to(sites))
        tally.take(network, year, played(network, year, sites=sites))
    return tally


def _counted(batch: Batch, screen: YearScreen) -> YearTally:
    tally = YearTally(years=batch.years)
    may_end, must_end = screen.judge(batch.first, batch.years)
    certain = (may_end == must_end).all(axis=1)
    if len(batch.sampler.emphases) == 1:  # all weights are the same
        for name, flags in zip(batch.network.sites, must_end[certain].T, strict=True):
            if seen := int(flags.sum()):
                tally.rows[name].count(1.0, seen)
        if seen := int(must_end[certain].any(axis=1).sum()):
            tally.rows[ANY].count(1.0, seen)
        left = ~certain
    else:
        left = may_end.any(axis=1)
    for row in left.nonzero()[0].tolist():
        number = batch.first + row
        open_sites = screen.named(may_end[row] & ~must_end[row])
        ended = {*screen.named(must_end[row])}
        if open_sites:
            ended.update(ended_among(batch, number, open_sites, ended))
        tally.count(ended, batch.sampler.weight(number))
    return tally


def ended_among(
    batch: Batch, number: int, sites: Sequence[str], others: Collection[str]
) -> list[str]:
    """Those of `sites` that come to an end in a year, in which `others` do in any case.

    Under `full` nobody's end changes another's first one, and what does not last long does nothing.
    """
    network = batch.network
    full = network.recovery.policy is RecoveryPolicy.FULL
    year = batch.sampler.year(number, network.relevant_to(sites if full else (*sites, *others)))
    if full:
        sites = [site for site in sites if _lasts_long(network, ways(network, site, year.outages))]
        others = ()
    if not sites:
        return []
    course = played(network, year, sites=[*sites, *others])
    return [site.name for site in course if site.emergencies]


def _lasts_long(network: PlannedNetwork, way: Ways) -> bool:
    """Whether cuts that a node may take for one together outlast the period."""
    around_ns = longest_overhead_ns(network, hosts=bool(way.off))
    widened = merged(
        TimeSpan(began_ns - around_ns, ended_ns + around_ns) for began_ns, ended_ns in way.cuts
    )
    return any(span.lasts_ns >= network.failover_period_ns for span in widened)


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
