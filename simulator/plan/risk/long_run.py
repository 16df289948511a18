"""What closed forms say of the long run, beside the ideal node in histories that are long enough.

A history is a year of many years: the same sampler, ways and rules, for one site alone.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from simulator.plan.model.ideal import first_emergencies
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.ways import ways
from simulator.plan.risk.closed_forms import KnownForm, forms_of
from simulator.plan.risk.intervals import DEVIATIONS, agrees
from simulator.plan.risk.risk_table import ClosedForm, Estimate, FormOf
from simulator.plan.years.sampler import YEAR_NS, Sampler

_HISTORIES = 20
_EMERGENCIES = 50
"""So many in all tell a mean within a seventh."""
_FEWEST_OUTAGES = 4_000
"""In all; so that it hardly matters that everything is up when a history begins."""
MOST_OUTAGES = 100_000


def long_run_forms(
    network: PlannedNetwork, site: str, seed: int, *, most_outages: int = MOST_OUTAGES
) -> Iterator[ClosedForm]:
    """The closed forms of the long run of `site`, each with what the model gives for it."""
    for form in forms_of(network, site):
        if form.of is not FormOf.PROBABILITY and 0 < form.value < math.inf:
            model = _model(network, site, seed, form, most_outages)
            checked = agrees(form.value, model) if model else None
            yield ClosedForm(form.name, form.value, model, checked, form.of)


def _model(
    network: PlannedNetwork, site: str, seed: int, form: KnownForm, most_outages: int
) -> Estimate | None:
    """None where too many outages are to be drawn until there are enough emergencies."""
    relevant = tuple(r for r in network.reliability if r.component in network.relevant(site))
    a_year = math.fsum(YEAR_NS / (each.up.mean_ns + each.repair.mean_ns) for each in relevant)
    years = form.value if form.of is FormOf.MEAN_TIME else 1 / form.value
    years = max(years * _EMERGENCIES, _FEWEST_OUTAGES / a_year)
    if years * a_year > most_outages:
        return None
    horizon_ns = math.ceil(years * YEAR_NS / _HISTORIES)
    alone = replace(network, reliability=relevant, horizon_ns=horizon_ns)
    histories = [*_histories(alone, site, seed)]
    if form.of is FormOf.MEAN_TIME:
        return _ratio([(each.waited_ns / YEAR_NS, each.emergencies) for each in histories])
    return _ratio([(each.emergencies, horizon_ns / YEAR_NS) for each in histories])


class _History(NamedTuple):
    """First emergencies, each since the one before was repaired; how long they were waited for."""

    emergencies: int
    waited_ns: int


def _histories(network: PlannedNetwork, site: str, seed: int) -> Iterator[_History]:
    sampler = Sampler(network.reliability, seed, network.horizon_ns)
    period_ns, recovery = network.failover_period_ns, network.recovery
    for number in range(_HISTORIES):
        cuts = ways(network, site, sampler.year(number).outages).cuts
        seen = [*first_emergencies(cuts, period_ns=period_ns, recovery=recovery)]
        since_ns = seen[-1].repaired_ns if seen else 0
        until_ns = max(network.horizon_ns, cuts[-1].ended_ns if cuts else 0)
        waited_ns = sum(each.began_ns - each.since_ns for each in seen) + until_ns - since_ns
        yield _History(len(seen), waited_ns)


def _ratio(pairs: Sequence[tuple[float, float]]) -> Estimate:
    """The sum of the first of each over that of the second, with its 95 % interval."""
    whole = math.fsum(second for _, second in pairs)
    value = math.fsum(first for first, _ in pairs) / whole
    squares = math.fsum((first - value * second) ** 2 for first, second in pairs)
    half = DEVIATIONS * math.sqrt(squares * len(pairs) / (len(pairs) - 1)) / whole
    return Estimate(value, value - half, value + half)
