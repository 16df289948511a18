"""How fast a plan is, beside a model of SimPy that draws by the standard library's `random`.

Time is that of this processor core, in one process. A site-year is one site judged for one year.
"""

import math
import resource
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from time import process_time  # noqa: TID251 - real time is what is measured here
from typing import TypeVar

from benchmarks.measurement import Figures, Spread, TableRow, in_turns, show
from benchmarks.peer_plan import PeerLine, peer_years
from benchmarks.planned_networks import hub_plan, star_plan
from licensing.policies import DAY_NS, HOUR_NS
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk.estimation import estimate
from simulator.plan.risk.risk_table import RiskSettings, SiteRisk
from simulator.plan.risk.tallies import Batch, YearTally, judged
from simulator.plan.years.sampler import Sampler
from simulator.scenario.outages.distributions import Lognormal

_SITES, _HUBS = 30, 5
_YEARS = 32_768
_PEER_YEARS = 200
_PRECISION = 0.05
_DEVIATIONS = 1.959963984540054
_RARE_LINE = {"fails": "every 60 days", "repair": "lognormal(mean 8 h, sigma 1)"}
_MANY_SITES, _MANY_YEARS, _MOST_SECONDS = 50, 10_000, 30

_Work = TypeVar("_Work")
_Result = TypeVar("_Result")


def main(rounds: int) -> None:
    """Measure and print."""
    star, hubs = star_plan(_SITES), hub_plan(_SITES, _HUBS)
    found = in_turns(
        rounds,
        partial(_ours, "star", star),
        partial(_peers, "star", star),
        partial(_ours, "hubs", hubs),
        partial(_peers, "hubs", hubs),
    )
    rows = [
        TableRow(f"{_SITES} sites {how}, {who}", found[f"{key} {who}"], found[f"{key} SimPy"])
        for key, how in (("star", "that fail alone"), ("hubs", "behind shared lines"))
        for who in ("plan", "SimPy")
    ]
    show("site-years a second", rows, unit="thousand/s", factor=1e-3, digits=1)
    _show_rare(rounds, found["star SimPy"].median)
    _show_many()


def _ours(name: str, network: PlannedNetwork) -> Figures:
    sampler = Sampler(network.reliability, 1, network.horizon_ns)
    judged(Batch(network, sampler, 0, _YEARS, detailed=False))
    took_s = _took_s(lambda: judged(Batch(network, sampler, _YEARS, _YEARS, detailed=False)))
    return {f"{name} plan": _YEARS * (len(network.sites) - 1) / took_s}


def _peers(name: str, network: PlannedNetwork) -> Figures:
    lines, sites = _peer_lines(network), len(network.sites)
    period_days = network.failover_period_ns / DAY_NS
    play = partial(peer_years, lines, sites, _PEER_YEARS, period_days=period_days, seed=1)
    return {f"{name} SimPy": _PEER_YEARS * (sites - 1) / _took_s(play)}


def _peer_lines(network: PlannedNetwork) -> list[PeerLine]:
    """The same lines for the peer: a site is cut off by each alone."""
    found = []
    for each in network.reliability:
        alone = [at for at, s in enumerate(network.sites) if each.component in network.relevant(s)]
        assert isinstance(each.repair, Lognormal), "that is what is measured"
        mu = each.repair.mu - math.log(HOUR_NS)
        found.append(PeerLine(alone, each.up.mean_ns / DAY_NS, mu, each.repair.sigma))
    return found


def _show_rare(rounds: int, peer_a_second: float) -> None:
    """One site behind one line: how long until half the interval is 5 % of the probability."""
    network = star_plan(1, _RARE_LINE)
    ours = Spread()
    for _ in range(rounds):
        risks: list[SiteRisk] = []
        ours.samples.append(_took_s(lambda kept=risks: kept.append(_risk(network))))  # type: ignore[misc]  # mypy loses the default
    (risk,) = risks
    form = risk.closed_form
    assert form, "there is one of a single line"
    likely = form.value
    years = (_DEVIATIONS / _PRECISION) ** 2 * (1 - likely) / likely
    peer = Spread([years / peer_a_second])
    show(
        f"one site behind one line, P about {likely:.2g}: seconds to a half-width of 5 %",
        [
            TableRow("plan", ours, peer),
            TableRow(f"SimPy, by its rate, {years:.2g} years", peer, peer),
        ],
        unit="s",
        digits=3,
    )
    assert form.model, "it is laid beside the model"
    low, high, value = form.model.low, form.model.high, form.value
    verdict = "within" if low <= value <= high else "NOT within"
    print(f"the closed form, {value:.4g}, is {verdict} the interval, {low:.4g} to {high:.4g}\n")


def _risk(network: PlannedNetwork) -> SiteRisk:
    settings = RiskSettings(seed=1, precision=_PRECISION, minutes=5)
    table = estimate(network, settings, _in_turn, now_s=process_time)
    return next(each for each in table.sites if each.site == "slave-1")


def _in_turn(function: Callable[[_Work], _Result], works: Iterable[_Work]) -> Iterator[_Result]:
    return map(function, works)


def _show_many() -> None:
    network = star_plan(_MANY_SITES)
    sampler = Sampler(network.reliability, 1, network.horizon_ns)
    size, tally, memory = 1000, YearTally(), []
    began_s = process_time()
    for first in range(0, _MANY_YEARS, size):
        tally.add(judged(Batch(network, sampler, first, size)))
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    took = Spread([process_time() - began_s])
    title = f"{_MANY_SITES} sites x {_MANY_YEARS:,} years"
    show(title, [TableRow("plan", took, target=_MOST_SECONDS)], unit="s", digits=2)
    print(f"memory after a tenth of them {memory[0]:.0f} MiB, after all {memory[-1]:.0f} MiB\n")


def _took_s(work: Callable[[], object]) -> float:
    began_s = process_time()
    work()
    return process_time() - began_s
