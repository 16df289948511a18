"""Networks that tests plan: a master and a site behind one line, or behind two."""

from collections.abc import Sequence

from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import FULL, Recovery
from simulator.network.routes import PlainHop
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.years.sampler import YEAR_NS
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.outages.distributions import Distribution, Exponential, Lognormal

LATENCY_NS = 15_000_000
LINE = Component(ComponentKind.LINK, "hq-north")
OFTEN = Exponential(20 * DAY_NS)
LONG = Lognormal(24 * HOUR_NS, 1.5)


def lines(*joins: str, sites: tuple[str, ...] = ("hq", "north")) -> dict[str, object]:
    """The sites and the hops of links, each called by its two ends; all ends forward."""
    hops = [
        PlainHop(link, *ends, LATENCY_NS)
        for link in joins
        for ends in (link.split("-"), reversed(link.split("-")))
    ]
    ends = {hop.source for hop in hops}
    return {"sites": sites, "master": "hq", "hops": tuple(hops), "forwarding": frozenset(ends)}


def one_line(
    repair: Distribution = LONG,
    *,
    up: Distribution = OFTEN,
    period_ns: int = 3 * DAY_NS,
    recovery: Recovery = FULL,
    horizon_ns: int = YEAR_NS,
    hosts: bool = False,
) -> PlannedNetwork:
    """A line that fails, and with `hosts` both hosts as well."""
    components = [LINE, *(Component(ComponentKind.HOST, name) for name in ("hq", "north") if hosts)]
    return PlannedNetwork(
        **lines("hq-north"),
        reliability=tuple(Reliability(each, up, repair) for each in components),
        failover_period_ns=period_ns,
        recovery=recovery,
        horizon_ns=horizon_ns,
    )


def two_ways(
    repair: Distribution,
    *,
    period_ns: int,
    recovery: Recovery = FULL,
    further: Sequence[str] = (),
) -> PlannedNetwork:
    """North behind two ways of two links each, south behind one of them; and `further` links."""
    joins = ("hq-mpls", "mpls-north", "hq-lte", "lte-north", "mpls-south", *further)
    return PlannedNetwork(
        **lines(*joins, sites=("hq", "north", "south")),
        reliability=tuple(
            Reliability(Component(ComponentKind.LINK, name), Exponential(10 * DAY_NS), repair)
            for name in joins
        ),
        failover_period_ns=period_ns,
        recovery=recovery,
        convergence_ns=3_000_000_000,
    )
