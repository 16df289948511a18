"""What a batch of years comes to: sums for each site and for any of them, in the order of years.

Years that the screen proves harmless are counted, and nothing more is asked of them.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec

from licensing.policies import DAY_NS
from licensing.recovery import RecoveryPolicy
from simulator.plan.model.courses import SiteCourse, TimeSpan, YearCourse, merged
from simulator.plan.model.ideal import ideal_emergency_ns
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.play import played
from simulator.plan.model.ways import Closure, ways
from simulator.plan.risk.causes import cause_of
from simulator.plan.risk.drawn_years import DrawnYear, DrawnYears, drawn_years
from simulator.plan.risk.risk_table import ANY
from simulator.plan.risk.screen import YearScreen, longest_overhead_ns
from simulator.plan.years.sampler import Sampler, Year
from simulator.plan.years.strata import strata_of
from simulator.scenario.components import Component
from simulator.scenario.outages.distributions import Distribution, Exponential, Fixed


class Batch(msgspec.Struct, frozen=True):
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
class EndTally:
    """Years, such as those in which an emergency began: how many, and their weights by stratum."""

    seen: int = 0
    weights: dict[int, float] = field(default_factory=partial(defaultdict, float))
    squares: dict[int, float] = field(default_factory=partial(defaultdict, float))

    def count(self, year: DrawnYear, times: int = 1) -> None:
        """So many more, all alike."""
        stratum, weight = year
        self.seen += times
        self.weights[stratum] += times * weight
        self.squares[stratum] += times * weight * weight

    def add(self, other: "EndTally") -> None:
        """Another batch's."""
        self.seen += other.seen
        _add(self.weights, other.weights)
        _add(self.squares, other.squares)


@dataclass
class RowTally:
    """One row of the table.

    `ends` are of all years, as are `ideal` ones: years in which an ideal node would have come to
    its end; `added` are only the first, `spared` are only the others. All else is of detailed
    batches: `by_day` is on which day the first emergency began, `causes` and `scores` belong to the
    first. All are sums of weights.
    """

    ends: EndTally = field(default_factory=EndTally)
    ideal: EndTally = field(default_factory=EndTally)
    added: EndTally = field(default_factory=EndTally)
    spared: EndTally = field(default_factory=EndTally)
    detailed: EndTally = field(default_factory=EndTally)
    emergency_ns: float = 0.0
    by_day: dict[int, float] = field(default_factory=partial(defaultdict, float))
    causes: dict[str, float] = field(default_factory=partial(defaultdict, float))
    scores: dict[str, float] = field(default_factory=partial(defaultdict, float))
    squared_scores: dict[str, float] = field(default_factory=partial(defaultdict, float))

    def add(self, other: "RowTally") -> None:
        """Another batch's."""
        self.ends.add(other.ends)
        self.ideal.add(other.ideal)
        self.added.add(other.added)
        self.spared.add(other.spared)
        self.detailed.add(other.detailed)
        self.emergency_ns += other.emergency_ns
        _add(self.by_day, other.by_day)
        _add(self.causes, other.causes)
        _add(self.scores, other.scores)
        _add(self.squared_scores, other.squared_scores)


Named = TypeVar("Named")


def _add(sums: dict[Named, float], further: dict[Named, float]) -> None:
    for key, value in further.items():
        sums[key] += value


@dataclass
class YearTally:
    """All rows by their names; the same of all years, and of those of detailed batches.

    `drawn` are all years, in strata of which `probabilities` says how likely each is. `worst` is
    the most time of sites in emergency mode in a year, and the number of that year.
    """

    probabilities: tuple[float, ...] = (1.0,)
    drawn: EndTally = field(default_factory=EndTally)
    detailed_years: int = 0
    heaviest: float = 1.0
    refusing_ns: float = 0.0
    rows: dict[str, RowTally] = field(default_factory=partial(defaultdict, RowTally))
    worst: tuple[int, int] = (0, -1)

    @classmethod
    def of(cls, batch: Batch, drawn: DrawnYears) -> "YearTally":
        """The years of a batch, of which nothing else is known yet."""
        tally = cls(strata_of(batch.sampler).probabilities)
        tally.detailed_years = batch.years * batch.detailed
        tally.heaviest = float(drawn.weights.max())
        for year, times in drawn.alike():
            tally.drawn.count(year, times)
        return tally

    @property
    def years(self) -> int:
        """How many."""
        return self.drawn.seen

    def add(self, other: "YearTally") -> None:
        """Another batch's, in the order of batches: so the sums are the same for any jobs."""
        self.probabilities = other.probabilities
        self.drawn.add(other.drawn)
        self.detailed_years += other.detailed_years
        self.heaviest = max(self.heaviest, other.heaviest)
        self.refusing_ns += other.refusing_ns
        for name, row in other.rows.items():
            self.rows[name].add(row)
        self.worst = max(self.worst, other.worst, key=lambda worst: (worst[0], -worst[1]))

    def count(self, ends: "EndedSites", year: DrawnYear) -> None:
        """A year in which these sites come to an end."""
        ended, ideally = ({*sites, *([ANY] if sites else [])} for sites in ends)
        for name in ended | ideally:
            row = self.rows[name]
            if name in ended:
                row.ends.count(year)
            if name in ideally:
                row.ideal.count(year)
            if name not in ideally:
                row.added.count(year)
            if name not in ended:
                row.spared.count(year)

    def take(self, batch: Batch, year: Year, course: YearCourse, drawn: DrawnYear) -> None:
        """A year of a detailed batch that was played.

        Whether any site comes to its end hangs on what fails anywhere, also where nothing ended.
        """
        network = batch.network
        self.count(_ends_in(network, course.sites), drawn)
        ended = [site for site in course if site.emergencies]
        if not ended:
            return
        self.refusing_ns += drawn.weight * sum(span.lasts_ns for span in course.required)
        first = min(ended, key=lambda site: site.first_emergency_ns or 0)
        for name, site in (*((site.name, site) for site in ended), (ANY, first)):
            self.rows[name].detailed.count(drawn)
            _take_row(self.rows[name], network, site, drawn.weight)
        for site in ended:
            scores = scores_of(network, network.relevant(site.name), year)
            _take_scores(self.rows[site.name], scores, drawn.weight)
        concerned = network.relevant_to(network.sites)
        everywhere = batch.sampler.year(year.number, concerned)
        _take_scores(self.rows[ANY], scores_of(network, concerned, everywhere), drawn.weight)
        lost_ns = sum(_emergency_ns(site) for site in ended)
        self.rows[ANY].emergency_ns += drawn.weight * (lost_ns - _emergency_ns(first))
        self.worst = max(self.worst, (lost_ns, year.number), key=lambda worst: worst[0])


def _take_row(row: RowTally, network: PlannedNetwork, site: SiteCourse, weight: float) -> None:
    first = site.emergencies[0]
    row.emergency_ns += weight * _emergency_ns(site)
    row.by_day[first.span.began_ns // DAY_NS] += weight
    row.causes[cause_of(network, site.name, first)] += weight


def _take_scores(row: RowTally, scores: Iterable[tuple[str, float]], weight: float) -> None:
    for parameter, score in scores:
        row.scores[parameter] += weight * score
        row.squared_scores[parameter] += weight * score * score


class EndedSites(NamedTuple):
    """The sites that come to an end, and those that an ideal node would."""

    ended: Collection[str]
    ideally: Collection[str]


def _ends_in(network: PlannedNetwork, sites: Iterable[SiteCourse]) -> EndedSites:
    sites = tuple(sites)
    return EndedSites(
        [site.name for site in sites if site.emergencies],
        [site.name for site in sites if _ends_ideally(network, site)],
    )


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
    drawn = drawn_years(sampler, screen, batch.first, batch.years)
    tally = YearTally.of(batch, drawn)
    for number, sites in screen.suspects(batch.first, batch.years):
        year = sampler.year(number, network.relevant_to(sites))
        course = played(network, year, sites=sites)
        tally.take(batch, year, course, drawn.of(number - batch.first))
    return tally


def _counted(batch: Batch, screen: YearScreen) -> YearTally:
    drawn = drawn_years(batch.sampler, screen, batch.first, batch.years)
    tally = YearTally.of(batch, drawn)
    may_end, must_end = screen.judge(batch.first, batch.years)
    certain = (may_end == must_end).all(axis=0)
    if len(batch.sampler.emphases) == 1:  # all weights are the same
        sure = must_end & certain
        for name, flags in (*zip(batch.network.sites, sure, strict=True), (ANY, sure.any(axis=0))):
            if seen := int(flags.sum()):
                tally.rows[name].ends.count(drawn.of(0), seen)
                tally.rows[name].ideal.count(drawn.of(0), seen)
        left = ~certain
    else:
        left = may_end.any(axis=0)
    for row in left.nonzero()[0].tolist():
        number = batch.first + row
        open_sites = screen.named(may_end[:, row] & ~must_end[:, row])
        sure_sites = screen.named(must_end[:, row])
        ends = ends_of(batch, number, open_sites, sure_sites) if open_sites else EndedSites((), ())
        both = EndedSites((*sure_sites, *ends.ended), (*sure_sites, *ends.ideally))
        tally.count(both, drawn.of(row))
    return tally


def ends_of(batch: Batch, number: int, sites: Sequence[str], others: Collection[str]) -> EndedSites:
    """Of `sites` in a year, in which `others` come to an end in any case.

    Under `full` nobody's end changes another's first one, and what does not last long does nothing.
    """
    network = batch.network
    full = network.recovery.policy is RecoveryPolicy.FULL
    year = batch.sampler.year(number, network.relevant_to(sites if full else (*sites, *others)))
    certain: list[str] = []
    if full:
        others, lasting = (), {site: _lasts_long(network, site, year) for site in sites}
        certain = [site for site, lasts in lasting.items() if lasts]
        sites = [site for site, lasts in lasting.items() if lasts is None]
    if not sites:
        return EndedSites(certain, certain)
    course = played(network, year, sites=[*sites, *others])
    left = _ends_in(network, (site for site in course if site.name in sites))
    return EndedSites([*certain, *left.ended], [*certain, *left.ideally])


def _overlap(closure: Closure, off: TimeSpan) -> bool:
    return closure.began_ns <= off.ended_ns and off.began_ns <= closure.ended_ns


def _lasts_long(network: PlannedNetwork, site: str, year: Year) -> bool | None:
    """Whether a cut outlasts the period for certain; False if none does, None if that is close."""
    way, period_ns = ways(network, site, year.outages), network.failover_period_ns
    latest_ns = network.horizon_ns - period_ns
    if any(
        closure.ended_ns - closure.began_ns > period_ns
        and closure.began_ns < latest_ns
        and not any(_overlap(closure, off) for off in way.off)
        for closure in way.closures
    ):
        return True
    around_ns = longest_overhead_ns(network, hosts=bool(way.off))
    widened = merged(
        TimeSpan(began_ns - around_ns, min(ended_ns + around_ns, network.horizon_ns))
        for began_ns, ended_ns in way.cuts
    )
    return None if any(span.lasts_ns >= period_ns for span in widened) else False


_STEP = 1e-3
"""By how much a mean is moved to see what its logarithm's slope is."""


def scores_of(
    network: PlannedNetwork, concerned: Collection[Component], year: Year
) -> Iterator[tuple[str, float]]:
    """By how much likelier the year were, in percent, for each percent that a mean was longer.

    Of each component that is concerned, and of all of a kind together.
    """
    by_component: defaultdict[Component, list[int]] = defaultdict(list)
    up_ns = dict.fromkeys(concerned, network.horizon_ns)
    for component, began_ns, ended_ns in year.outages:
        by_component[component].append(ended_ns - began_ns)
        if component in up_ns:
            up_ns[component] -= min(ended_ns, network.horizon_ns) - began_ns
    of_kinds: defaultdict[str, float] = defaultdict(float)
    for reliability in network.reliability:
        component = reliability.component
        if component not in up_ns:
            continue
        repairs_ns = by_component[component]
        if isinstance(reliability.up, Exponential):
            score = up_ns[component] / reliability.up.mean_ns - len(repairs_ns)
            of_kinds[f"all {component.kind}s: time between failures"] += score
            yield f"{component.kind} {component.name}: time between failures", score
        if not isinstance(reliability.repair, Fixed):
            score = _score(reliability.repair, repairs_ns)
            of_kinds[f"all {component.kind}s: mean repair"] += score
            yield f"{component.kind} {component.name}: mean repair", score
    yield from of_kinds.items()


def _score(distribution: Distribution, repairs_ns: Iterable[int]) -> float:
    """The slope of the logarithm of their density over that of their mean."""

    def scaled(factor: float) -> float:
        return math.fsum(
            distribution.log_density(repair_ns / factor) - math.log(factor)
            for repair_ns in repairs_ns
        )

    repairs_ns = tuple(repairs_ns)
    return (scaled(1 + _STEP) - scaled(1 - _STEP)) / (2 * _STEP)
