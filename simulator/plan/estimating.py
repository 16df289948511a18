"""From batches of years to the table: how many are judged, and what they say with which interval.

Batches have one size and are judged in order, so the same seed gives the same table for any number
of jobs. Where the outages that end a period are rare, every other year is made to have a long one
of a component in turn, and counts for less (importance sampling with a defensive mixture).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, product

from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import RecoveryPolicy
from simulator.plan.bounds import Bounds
from simulator.plan.closed_forms import closed_form_of
from simulator.plan.courses import TimeSpan
from simulator.plan.model import played
from simulator.plan.network import PlannedNetwork
from simulator.plan.risk import (
    ANY,
    CauseShare,
    ClosedForm,
    Estimate,
    RiskBasis,
    RiskSettings,
    RiskTable,
    Sensitivity,
    SiteRisk,
)
from simulator.plan.screen import YearScreen
from simulator.plan.tallies import Batch, EndTally, RowTally, YearTally, judged
from simulator.plan.years import Emphasis, Sampler
from simulator.scenario.components import Component
from simulator.spread import Workforce

Progress = Callable[[RiskTable, float], None]
"""Hears what is known so far, and how many site-years a second were judged."""

LEAST_PROBABILITY = 1e-6
"""What is rarer gets a bound."""

_DEVIATIONS = 1.959963984540054
_OF_NONE_SEEN = 3.0
"""Where nothing was seen, so many may have been missed (95 %)."""

_TRIAL_YEARS = 256
_PLAYED_EACH = 48
_DETAILED_BATCHES = 10
_FEWEST_YEARS, _MOST_YEARS = 64, 32_768
_MOST_BATCHES = 200_000
_RARE = 0.1
_TELLS_EVERY_S = 0.5
_NEVER = 1e-40
_MOST_EMPHASES = 64
_UNSEEN_YEARS = 200_000
_MANY = 40
_MOST_SENSITIVITIES = 5
_OF_SCORES = 3.0
"""Standard errors: among so many parameters one is else taken for what it is not."""
_DAYS_OF_YEAR = 365
_USUAL_SITE_YEARS = 1_000
_FEWEST_USUAL = 20


def sampler_for(network: PlannedNetwork, seed: int) -> Sampler:
    """The years by which the risk of `network` is estimated.

    Every other one has an emphasis in turn, on what can end a period and is rare.
    """
    plain = Sampler(network.reliability, seed, network.horizon_ns)
    turns = chain.from_iterable(((), each) for each in _emphases(network, plain))
    emphases = tuple(islice(turns, 2 * _MOST_EMPHASES))
    return replace(plain, emphases=emphases or ((),))


def _emphases(network: PlannedNetwork, plain: Sampler) -> Iterator[tuple[Emphasis, ...]]:
    """On each component that cuts a site off alone, and on pairs that do so together.

    Where cuts add up, also on half as long repairs, of which it takes more than one.
    """
    period_ns = network.failover_period_ns
    nearly_ns = period_ns - min(2 * HOUR_NS, period_ns // 4)
    if network.recovery.policy is not RecoveryPolicy.FULL:
        nearly_ns = 3 * period_ns // 4
        yield from _alone(network, _long_repairs(plain, 2 * period_ns // 5))
    rare = _long_repairs(plain, nearly_ns)
    yield from _alone(network, rare)
    pairs: dict[frozenset[Component], None] = {}
    for site in network.sites:
        one, *others = [way - network.alone_cut_off(site) for way in network.ways(site)]
        if others:
            pairs.update((frozenset(pair), None) for pair in product(one & rare.keys(), others[0]))
    for pair in sorted(sorted(pair) for pair in pairs if len(pair) > 1 and pair <= rare.keys()):
        yield tuple(rare[component] for component in pair)


def _long_repairs(plain: Sampler, least_ns: int) -> dict[Component, Emphasis]:
    """On the repairs that outlast it, of components that seldom have any."""
    found = {}
    for years in plain.components:
        share = years.reliability.repair.survival(least_ns)
        if years.memoryless and _NEVER < share < 1 and years.any_outlasted(share) < _RARE:
            component = years.reliability.component
            found[component] = Emphasis(component, share)
    return found


def _alone(
    network: PlannedNetwork, rare: Mapping[Component, Emphasis]
) -> Iterator[tuple[Emphasis, ...]]:
    alone = frozenset().union(*(network.alone_cut_off(site) for site in network.sites))
    yield from ((each,) for component, each in rare.items() if component in alone)


def estimate(
    network: PlannedNetwork,
    settings: RiskSettings,
    spread: Workforce,
    *,
    sampler: Sampler | None = None,
    now_s: Callable[[], float],
    progress: Progress | None = None,
) -> RiskTable:
    """The table of `network`: judges batches until it is as exact as wanted, or time is up.

    `now_s` reads a clock, in seconds. With a `sampler` the years are those of another network.
    """
    years = sampler or sampler_for(network, settings.seed)
    began_s = told_s = now_s()
    beside = UsualYears.of(network, years)
    size = batch_years(network, years)
    batches = (
        Batch(network, years, at * size, size, detailed=at < _DETAILED_BATCHES)
        for at in range(_MOST_BATCHES)
    )
    tally, reached = YearTally(turns=len(years.emphases)), False
    for number, result in enumerate(spread(judged, batches), start=1):
        tally.add(result)
        at_s = now_s()
        reached = _looks(number) and is_reached(tally, beside.bounds, settings)
        if reached or at_s - began_s >= 60 * settings.minutes:
            break
        if progress and at_s - told_s >= _TELLS_EVERY_S:
            told_s = at_s
            site_years = tally.years * len(network.sites)
            table = table_of(network, settings, tally, beside, reached=False)
            progress(table, site_years / (at_s - began_s))
    return table_of(network, settings, tally, beside, reached=reached)


def batch_years(network: PlannedNetwork, sampler: Sampler) -> int:
    """So many that some dozens of them must be played; whole turns of the emphases."""
    screen = YearScreen(network, sampler)
    suspects = sum(1 for _ in screen.suspects(0, _TRIAL_YEARS))
    years = _TRIAL_YEARS * _PLAYED_EACH // max(1, suspects)
    turn = len(sampler.emphases)
    return -(-max(_FEWEST_YEARS, min(years, _MOST_YEARS)) // turn) * turn


def _looks(batches: int) -> bool:
    """Whether to ask after so many whether that is enough.

    After each doubling: who asks all the time stops where chance flatters.
    """
    return batches.bit_count() == 1


def is_reached(tally: YearTally, bounds: Bounds, settings: RiskSettings) -> bool:
    """Whether `any`, and each site that is not too rare for it, is as exact as wanted.

    A site that was never seen to end has a bound that was calculated, or after a good many years
    that of these.
    """
    sites = bounds.network.sites
    for name in (ANY, *sites):
        ends = tally.rows.get(name, RowTally()).ends
        probability = _estimate(tally, ends)
        counts = name == ANY or probability.value >= LEAST_PROBABILITY
        if not ends.seen:
            known = bounds.of(sites if name == ANY else (name,))
            inexact = tally.years < _UNSEEN_YEARS and known.high >= LEAST_PROBABILITY
        else:
            half = _half_width(tally, ends, cautious=True)
            inexact = counts and half > settings.precision * probability.value
        if inexact:
            return False
    return True


def probability_of(tally: YearTally, name: str) -> Estimate:
    """The chance of a row, with its 95 % interval; a bound where nothing was seen."""
    return _estimate(tally, tally.rows.get(name, RowTally()).ends)


def _ideal_probability_of(tally: YearTally, name: str) -> Estimate:
    return _estimate(tally, tally.rows.get(name, RowTally()).ideal)


def _estimate(tally: YearTally, ends: EndTally) -> Estimate:
    """Of few years by the Poisson distribution (Wilson and Hilferty), of many by the normal one.

    Each emphasis has as many years as the others, so what differs between them is no chance.
    """
    years = tally.years
    if not ends.seen:
        return Estimate(0.0, 0.0, min(1.0, _OF_NONE_SEEN * tally.heaviest / years))
    weights, squares = math.fsum(ends.weights.values()), math.fsum(ends.squares.values())
    value, one = weights / years, squares / weights / years
    if ends.seen >= _MANY:
        half = _half_width(tally, ends)
        return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))
    few = weights * weights / squares
    low = few * _cubed(1 - 1 / (9 * few) - _DEVIATIONS / (3 * math.sqrt(few)))
    more = few + 1
    high = more * _cubed(1 - 1 / (9 * more) + _DEVIATIONS / (3 * math.sqrt(more)))
    return Estimate(value, max(low, 0.0) * one, min(high * one, 1.0))


def _half_width(tally: YearTally, ends: EndTally, *, cautious: bool = False) -> float:
    """Of the 95 % interval of a chance; a cautious one counts with having seen too few."""
    variances = (_variance(tally, ends, turn, cautious=cautious) for turn in range(tally.turns))
    return _DEVIATIONS * math.sqrt(math.fsum(variances)) / tally.years


def _variance(tally: YearTally, ends: EndTally, turn: int, *, cautious: bool) -> float:
    """Of the sum of the weights of one turn's years; two more that ended and two that did not."""
    years = tally.years / tally.turns
    if not ends.weights.get(turn):
        return 0.0
    weight = ends.squares[turn] / ends.weights[turn]
    seen = ends.weights[turn] / weight
    more = 2 + cautious * 2 * math.sqrt(seen)
    share = (seen + more) / (years + 2 * more)
    return years * weight * weight * share * (1 - share)


def _cubed(value: float) -> float:
    return value * value * value


ByClosedForm = tuple[str, float]
"""The name of a closed form, and its value."""


@dataclass(frozen=True)
class UsualYears:
    """What the table says beside risks, by site: of years as they happen, and what is calculated.

    `outages` are how often a site is cut off in a year, others are shares of time.
    """

    outages: dict[str, float]
    failover: dict[str, float]
    off: dict[str, float]
    closed_forms: dict[str, ByClosedForm]
    bounds: Bounds

    @classmethod
    def of(cls, network: PlannedNetwork, sampler: Sampler) -> "UsualYears":
        """Play some years of all sites, and calculate."""
        plain = replace(sampler, emphases=((),))
        years = max(_FEWEST_USUAL, _USUAL_SITE_YEARS // len(network.sites))
        outages, failover, off = (dict.fromkeys(network.sites, 0.0) for _ in range(3))
        for number in range(years):
            for site in played(network, plain.year(number)):
                outages[site.name] += len(site.cuts) / years
                failover[site.name] += _share(site.failover, years, network)
                off[site.name] += _share(site.off, years, network)
        forms = {site: closed_form_of(network, site) for site in network.sites}
        known = {site: form for site, form in forms.items() if form}
        return cls(outages, failover, off, known, Bounds(network))


def _share(spans: Iterable[TimeSpan], years: int, network: PlannedNetwork) -> float:
    return sum(span.lasts_ns for span in spans) / (years * network.horizon_ns)


def table_of(
    network: PlannedNetwork,
    settings: RiskSettings,
    tally: YearTally,
    beside: UsualYears,
    *,
    reached: bool,
) -> RiskTable:
    """The table that a tally comes to."""
    rows = [_row(network, tally, beside, name) for name in (ANY, *network.sites)]
    return RiskTable(
        settings,
        network.horizon_ns,
        tally.years,
        reached,
        rows[0],
        tuple(rows[1:]),
        refusing_days=tally.refusing_ns / tally.detailed_years / network.horizon_ns * _DAYS_OF_YEAR,
        worst=tally.worst[1] if tally.worst[0] else None,
    )


def _row(network: PlannedNetwork, tally: YearTally, beside: UsualYears, name: str) -> SiteRisk:
    sites = network.sites if name == ANY else (name,)
    row = tally.rows.get(name, RowTally())
    probability, basis, proof = _known(probability_of(tally, name), beside.bounds, sites)
    lasts_ns = tally.detailed_years * network.horizon_ns * len(sites)
    return SiteRisk(
        name,
        probability,
        row.ends.seen,
        outages=math.fsum(beside.outages[site] for site in sites),
        failover_share=math.fsum(beside.failover[site] for site in sites) / len(sites),
        emergency_share=row.emergency_ns / lasts_ns,
        off_share=math.fsum(beside.off[site] for site in sites) / len(sites),
        causes=_causes(row),
        sensitivity=_sensitivities(row),
        closed_form=_closed_form(tally, beside, name),
        by_day=by_day_of(network, tally, name),
        ideal=_ideal_probability_of(tally, name),
        basis=basis,
        proof=proof,
    )


def _known(
    drawn: Estimate, bounds: Bounds, sites: Sequence[str]
) -> tuple[Estimate, RiskBasis, str]:
    """What is known of a chance: what was seen, else the lower of two bounds, or a proof."""
    if drawn.value or drawn.high <= (bound := bounds.of(sites)).high:
        return drawn, RiskBasis.DRAWN, ""
    basis = RiskBasis.CALCULATED if bound.high else RiskBasis.PROVED
    return Estimate(0.0, 0.0, bound.high), basis, bound.proof


def _closed_form(tally: YearTally, beside: UsualYears, name: str) -> ClosedForm | None:
    """That of a site; of the only one that may end, where `any` is asked for."""
    sites = [site for site, cuts in beside.outages.items() if cuts]
    site = sites[0] if name == ANY and len(sites) == 1 else name
    if site not in beside.closed_forms:
        return None
    form, value = beside.closed_forms[site]
    ideal = _ideal_probability_of(tally, site)
    error = (ideal.high - ideal.low) / 2 / _DEVIATIONS
    agrees = abs(ideal.value - value) <= 3 * error if ideal.value else value <= ideal.high
    return ClosedForm(form, value, ideal, agrees)


def _causes(row: RowTally) -> tuple[CauseShare, ...]:
    whole = math.fsum(row.detailed.weights.values())
    shares = (CauseShare(words, weight / whole) for words, weight in row.causes.items())
    return tuple(sorted(shares, key=lambda cause: (-cause.share, cause.words)))


def _sensitivities(row: RowTally) -> tuple[Sensitivity, ...]:
    """The parameters that matter most first, but for those of which it is not certain.

    Of no use where few years were seen.
    """
    if row.detailed.seen < _MANY:
        return ()
    found = (Sensitivity(name, _mean_score(row, name)) for name in row.scores)
    certain = (each for each in found if not each.percent.low <= 0 <= each.percent.high)
    most = sorted(certain, key=lambda each: (-abs(each.percent.value), each.parameter))
    return tuple(most[:_MOST_SENSITIVITIES])


def _mean_score(row: RowTally, parameter: str) -> Estimate:
    whole = math.fsum(row.detailed.weights.values())
    effective = whole * whole / math.fsum(row.detailed.squares.values())
    mean = row.scores[parameter] / whole
    variance = row.squared_scores[parameter] / whole - mean * mean
    half = _OF_SCORES * math.sqrt(max(variance, 0.0) / effective)
    return Estimate(mean, mean - half, mean + half)


def by_day_of(
    network: PlannedNetwork, tally: YearTally, name: str
) -> tuple[tuple[float, Estimate], ...]:
    """Up to each day: so much of the whole as began by then in the detailed years."""
    row, whole = tally.rows.get(name, RowTally()), probability_of(tally, name)
    if not row.detailed.seen:
        return ()
    found, weights, whole_weights = [], 0.0, math.fsum(row.detailed.weights.values())
    effective = whole_weights * whole_weights / math.fsum(row.detailed.squares.values())
    own = (whole.high - whole.low) / 2 / whole.value
    for day in range(-(-network.horizon_ns // DAY_NS)):
        weights += row.by_day.get(day, 0.0)
        share = min(weights / whole_weights, 1.0)
        of_share = (1 - share) / (share * effective) if share else 0.0
        value = whole.value * share
        half = value * math.sqrt(own * own + _DEVIATIONS * _DEVIATIONS * of_share)
        found.append((day + 1.0, Estimate(value, max(value - half, 0.0), min(value + half, 1.0))))
    return tuple(found)
