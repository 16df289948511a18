"""The table that many years come to: chances and what they rest on, causes, days, closed forms."""

import math

from licensing.policies import DAY_NS
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk.bounds import Bounds
from simulator.plan.risk.intervals import DEVIATIONS, MANY, RowChances, agrees
from simulator.plan.risk.risk_table import (
    ANY,
    CauseShare,
    ClosedForm,
    Estimate,
    FormOf,
    KnownChance,
    RiskBasis,
    RiskSettings,
    RiskTable,
    Sensitivity,
    SiteRisk,
)
from simulator.plan.risk.tallies import RowTally, YearTally
from simulator.plan.risk.usual_years import UsualYears

_MOST_SENSITIVITIES = 5
_OF_SCORES = 3.0
"""Standard errors: among so many parameters one is else taken for what it is not."""
_DAYS_OF_YEAR = 365


def table_of(
    network: PlannedNetwork,
    settings: RiskSettings,
    tally: YearTally,
    beside: UsualYears,
    *,
    reached: bool,
) -> RiskTable:
    """The table that a tally comes to."""
    chances = RowChances(tally, beside.bounds)
    rows = [_row(network, chances, beside, name) for name in (ANY, *network.sites)]
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


def _row(network: PlannedNetwork, chances: RowChances, beside: UsualYears, name: str) -> SiteRisk:
    tally = chances.tally
    sites = network.sites if name == ANY else (name,)
    row = tally.rows.get(name, RowTally())
    probability, basis, proof = known_chance(tally, beside.bounds, name)
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
        closed_forms=_closed_forms(chances, beside, name),
        by_day=by_day_of(network, tally, name, probability),
        ideal=chances.ideal(name),
        made=chances.difference(name),
        basis=basis,
        proof=proof,
    )


def known_chance(tally: YearTally, bounds: Bounds, name: str) -> KnownChance:
    """What is known of a row: what was seen, else the lower of two bounds, or a proof."""
    drawn, bound = RowChances(tally, bounds).probability(name), bounds.of(name)
    if drawn.value or drawn.high < bound.high:
        return KnownChance(drawn, RiskBasis.DRAWN)
    basis = RiskBasis.CALCULATED if bound.high else RiskBasis.PROVED
    return KnownChance(Estimate(0.0, 0.0, bound.high), basis, bound.proof)


def _closed_forms(chances: RowChances, beside: UsualYears, name: str) -> tuple[ClosedForm, ...]:
    """Those of a site; of the only one that may end, where `any` is asked for."""
    sites = [site for site, cuts in beside.outages.items() if cuts]
    site = sites[0] if name == ANY and len(sites) == 1 else name
    if site not in beside.closed_forms:
        return ()
    ideal = chances.ideal(site)
    drawn = [
        ClosedForm(form.name, form.value, ideal, agrees(form.value, ideal))
        for form in beside.closed_forms[site]
        if form.of is FormOf.PROBABILITY
    ]
    return (*drawn, *beside.long_run.get(site, ()))


def _causes(row: RowTally) -> tuple[CauseShare, ...]:
    whole = math.fsum(row.detailed.weights.values())
    shares = (CauseShare(words, weight / whole) for words, weight in row.causes.items())
    return tuple(sorted(shares, key=lambda cause: (-cause.share, cause.words)))


def _sensitivities(row: RowTally) -> tuple[Sensitivity, ...]:
    """The parameters that matter most first, but for those of which it is not certain.

    Of no use where few years were seen.
    """
    if row.detailed.seen < MANY:
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
    network: PlannedNetwork, tally: YearTally, name: str, whole: Estimate
) -> tuple[tuple[float, Estimate], ...]:
    """Up to each day: so much of the whole as began by then in the detailed years."""
    row = tally.rows.get(name, RowTally())
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
        half = value * math.sqrt(own * own + DEVIATIONS * DEVIATIONS * of_share)
        found.append((day + 1.0, Estimate(value, max(value - half, 0.0), min(value + half, 1.0))))
    return tuple(found)
