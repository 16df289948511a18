"""Several networks on the same years: what each says of them, and how far they are apart.

Every number of a component's year follows from its name and the year's number, not from how it
fails. So in each year all networks have the same luck, and a difference is known better than the
chances that it is between.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import count, islice

import msgspec

from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.play import played
from simulator.plan.risk.bounds import Bounds
from simulator.plan.risk.drawn_years import DrawnYears, drawn_years
from simulator.plan.risk.emphases import common_emphases
from simulator.plan.risk.risk_table import ANY, Estimate, KnownChance, RiskSettings
from simulator.plan.risk.screen import YearScreen
from simulator.plan.risk.table_rows import by_day_of, known_chance
from simulator.plan.risk.tallies import Batch, EndedSites, YearTally, ends_of
from simulator.plan.variants.comparison import ComparedVariant, PlanComparison
from simulator.plan.years.sampler import Sampler
from simulator.spread import Workforce

YEARS_OF_A_BATCH = 512
_MOST_PLAYED = 3 * YEARS_OF_A_BATCH
_BATCHES_AHEAD = 8
"""So many are spread at once, and judged before the next are."""

_SECONDS_PER_MINUTE = 60
_DEVIATIONS = 1.959963984540054

Ended = Mapping[int, tuple[float, frozenset[str]]]
"""By the numbers of the years in which a site came to its end: the year's weight, and which."""


class ComparedYears(msgspec.Struct, frozen=True):
    """Which years one job plays, on all networks: `years` of them from `first` on.

    Of `detailed` ones it is also known on which days emergencies begin.
    """

    networks: tuple[PlannedNetwork, ...]
    samplers: tuple[Sampler, ...]
    first: int
    years: int
    detailed: bool


def ended_years(batch: ComparedYears) -> list[tuple[YearTally, Ended]]:
    """What becomes of the years on each network, in the order of these."""
    pairs = zip(batch.networks, batch.samplers, strict=True)
    return [_ended(network, sampler, batch) for network, sampler in pairs]


def _ended(
    network: PlannedNetwork, sampler: Sampler, compared: ComparedYears
) -> tuple[YearTally, Ended]:
    batch = Batch(network, sampler, compared.first, compared.years, detailed=compared.detailed)
    screen = YearScreen(network, sampler)
    drawn = drawn_years(sampler, screen, batch.first, batch.years)
    tally = YearTally.of(batch, drawn)
    if compared.detailed:
        return tally, dict(_played(batch, screen, drawn, tally))
    ended = dict(_counted(batch, screen, drawn))
    for number, (_, sites) in ended.items():
        tally.count(EndedSites(sites - {ANY}, ()), drawn.of(number - batch.first))
    return tally, ended


def _played(
    batch: Batch, screen: YearScreen, drawn: DrawnYears, tally: YearTally
) -> Iterator[tuple[int, tuple[float, frozenset[str]]]]:
    network = batch.network
    for number, sites in screen.suspects(batch.first, batch.years):
        year = batch.sampler.year(number, network.relevant_to(sites))
        course = played(network, year, sites=sites)
        here = drawn.of(number - batch.first)
        tally.take(batch, year, course, here)
        if ended := frozenset(site.name for site in course if site.emergencies):
            yield number, (here.weight, ended | {ANY})


def _counted(
    batch: Batch, screen: YearScreen, drawn: DrawnYears
) -> Iterator[tuple[int, tuple[float, frozenset[str]]]]:
    """Only years in which it is not certain who comes to an end are played."""
    may_end, must_end = screen.judge(batch.first, batch.years)
    for row, number in enumerate(range(batch.first, batch.first + batch.years)):
        if not may_end[:, row].any():
            continue
        ended = {*screen.named(must_end[:, row])}
        if open_sites := screen.named(may_end[:, row] & ~must_end[:, row]):
            ended.update(ends_of(batch, number, open_sites, ended).ended)
        if ended:
            yield number, (drawn.of(row).weight, frozenset({ANY, *ended}))


@dataclass
class VariantTally:
    """What is known of one network, and how far it is from the first one in the same years.

    `more` and `squares` are the sums of the years in which only one of both had an emergency, each
    by its weight, and of their squares.
    """

    network: PlannedNetwork
    sampler: Sampler | None = None
    tally: YearTally = field(default_factory=YearTally)
    more: dict[str, float] = field(default_factory=partial(defaultdict, float))
    squares: dict[str, float] = field(default_factory=partial(defaultdict, float))

    def take(self, tally: YearTally, here: Ended, first: Ended) -> None:
        """Count the years of a batch; they are also given as they were in the first network."""
        self.tally.add(tally)
        for number in sorted({*here, *first}):
            weight, ended = here.get(number, _NONE)
            other_weight, others = first.get(number, _NONE)
            for site in sorted(ended | others):
                more = weight * (site in ended) - other_weight * (site in others)
                self.more[site] += more
                self.squares[site] += more * more

    def probability(self, site: str) -> Estimate:
        """The chance of an emergency; of what was not seen the lower of two bounds."""
        return self.known(site).probability

    def has(self, site: str) -> bool:
        """Whether there is such a site in its network."""
        return site == ANY or site in self.network.sites

    def known(self, site: str) -> KnownChance:
        """The same, and what it rests on."""
        return known_chance(self.tally, self._bounds, site)

    @cached_property
    def _bounds(self) -> Bounds:
        return Bounds(self.network, self.sampler)

    def difference(self, site: str, first: "VariantTally") -> Estimate:
        """How much larger that is than in the first network.

        A year's heaviest weight is added to the squares: no interval is without width (as Agresti
        and Min do it with half a year for each side). Where the years say less of it than both
        chances do, as where almost every year has an emergency in one network, these bound it.
        """
        years, more = self.tally.years, self.more.get(site, 0.0)
        square = self.squares.get(site, 0.0) + self.tally.heaviest**2
        half = _DEVIATIONS * math.sqrt(square - more * more / years) / years
        here, there = self.probability(site), first.probability(site)
        least, most = here.low - there.high, here.high - there.low
        value = min(max(more / years, least), most)
        return Estimate(value, max(value - half, least), min(value + half, most))

    def by_day(self) -> tuple[tuple[float, Estimate], ...]:
        """The chance of a first emergency anywhere up to each day."""
        return by_day_of(self.network, self.tally, ANY, self.probability(ANY))


_NONE: tuple[float, frozenset[str]] = (0.0, frozenset())


def compared(
    networks: Sequence[PlannedNetwork],
    settings: RiskSettings,
    workforce: Workforce,
    now_s: Callable[[], float],
) -> Iterator[Sequence[VariantTally]]:
    """The tallies after each batch, until all are as exact as is wanted, or time is over.

    `now_s` reads a clock, in seconds. A network in which nothing was seen keeps nobody waiting once
    another is exact.
    """
    samplers = tuple(samplers_for(networks, settings.seed))
    tallies = [VariantTally(*each) for each in zip(networks, samplers, strict=True)]
    batches = _batches(tuple(networks), samplers)
    ends_s = now_s() + settings.minutes * _SECONDS_PER_MINUTE
    while True:
        ahead = list(islice(batches, _BATCHES_AHEAD))
        for results in workforce(ended_years, ahead):
            for variant, (tally, here) in zip(tallies, results, strict=True):
                variant.take(tally, here, results[0][1])
            yield tallies
            if are_exact(tallies, settings.precision) or now_s() >= ends_s:
                return


def samplers_for(networks: Sequence[PlannedNetwork], seed: int) -> Iterator[Sampler]:
    """The same years for each network: with emphases that suit all, where all can have them."""
    own = [Sampler(each.reliability, seed, each.horizon_ns) for each in networks]
    emphases = common_emphases(networks, seed)
    emphasized = {emphasis.component for each in emphases for emphasis in each}
    if not all(emphasized <= _memoryless(sampler) for sampler in own):
        emphases = ((),)
    for sampler in own:
        yield Sampler(sampler.reliability, seed, sampler.horizon_ns, emphases)


def _memoryless(sampler: Sampler) -> set[object]:
    return {each.reliability.component for each in sampler.components if each.memoryless}


def are_exact(tallies: Sequence[VariantTally], precision: float) -> bool:
    """Whether each chance of `any` that was seen is known as exactly as is wanted, and one is."""
    seen = [each for tally in tallies if (each := tally.probability(ANY)).value]
    return bool(seen) and all(each.relative_half_width <= precision for each in seen)


def _batches(
    networks: tuple[PlannedNetwork, ...], samplers: tuple[Sampler, ...]
) -> Iterator[ComparedYears]:
    """Of whole turns of the emphases; in the first ones all is played, for the curves.

    Of many networks they are shorter, so that time is looked at as often.
    """
    turn = len(samplers[0].emphases)
    years = min(YEARS_OF_A_BATCH, _MOST_PLAYED // len(networks))
    years = -(-years // turn) * turn
    for first in count(0, years):
        yield ComparedYears(networks, samplers, first, years, detailed=first < YEARS_OF_A_BATCH)


def comparison_of(
    names: Sequence[str], tallies: Sequence[VariantTally], settings: RiskSettings
) -> PlanComparison:
    """The tallies under their names."""
    variants = [
        _variant(name, tally, tallies[0]) for name, tally in zip(names, tallies, strict=True)
    ]
    first = tallies[0]
    return PlanComparison(
        variants,
        settings,
        first.tally.years,
        are_exact(tallies, settings.precision),
        on_purpose=bool(first.sampler and first.sampler.has_emphases),
    )


def _variant(name: str, tally: VariantTally, first: VariantTally) -> ComparedVariant:
    sites = (ANY, *tally.network.sites)
    return ComparedVariant(
        name,
        tally.network,
        {site: tally.known(site) for site in sites},
        {site: tally.difference(site, first) for site in sites if first.has(site)},
        tally.by_day(),
    )
