"""What the model needs of a scenario: who reaches the central CLA, past what, on which terms."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from licensing.policies import DAY_NS, TIMING, Timing
from licensing.recovery import Recovery, strictest
from simulator.network.routes import PlainHop, Reach, costs_to
from simulator.plan.years import YEAR_NS
from simulator.scenario import Scenario
from simulator.scenario.components import Component, ComponentKind, Reliability

RELICENSING_NS = DAY_NS
"""From the instant at which the central CLA requires it, where the scenario says nothing."""


@dataclass(frozen=True)
class PlannedNetwork:
    """An internetwork as the model sees it. All durations in nanoseconds.

    `sites` are the nodes in the order of the file, `master` is the one on whose host the central
    CLA runs. `reliability` has each component once. Each site has the failover period and the
    recovery of the lease. `relicensing_ns` passes between the requirement and the new license file.
    """

    sites: tuple[str, ...]
    master: str
    hops: tuple[PlainHop, ...]
    forwarding: frozenset[str]
    reliability: tuple[Reliability, ...]
    failover_period_ns: int
    recovery: Recovery
    relicensing_ns: int = RELICENSING_NS
    horizon_ns: int = YEAR_NS
    timing: Timing = TIMING

    def under(
        self, *, failover_period_ns: int | None = None, recovery: Recovery | None = None
    ) -> "PlannedNetwork":
        """The same network with another failover period, or another recovery."""
        return replace(
            self,
            failover_period_ns=failover_period_ns or self.failover_period_ns,
            recovery=recovery or self.recovery,
        )

    @cached_property
    def round_trip_ns(self) -> dict[str, int]:
        """From each site to the central CLA and back, while nothing fails."""
        costs = costs_to(self.hops, self.master, self.forwarding)
        return {site: 2 * costs[site][0] for site in self.sites}

    @cached_property
    def _cut_off(self) -> dict[frozenset[Component], frozenset[str]]:
        return {}

    def cut_off(self, failed: frozenset[Component]) -> frozenset[str]:
        """The sites that do not reach the central CLA while the components in `failed` are down.

        A host that is off runs no program, and its site's router goes on.
        """
        if failed not in self._cut_off:
            self._cut_off[failed] = self._computed_cut_off(failed)
        return self._cut_off[failed]

    def _computed_cut_off(self, failed: frozenset[Component]) -> frozenset[str]:
        if Component(ComponentKind.HOST, self.master) in failed:
            return frozenset(self.sites)
        links = {name for kind, name in failed if kind is ComponentKind.LINK}
        ends = {
            name for kind, name in failed if kind in (ComponentKind.CLOUD, ComponentKind.ROUTER)
        }
        hops = (
            hop
            for hop in self.hops
            if hop.link not in links and not ends & {hop.source, hop.destination}
        )
        off = {name for kind, name in failed if kind is ComponentKind.HOST}
        reaching = Reach(hops, self.forwarding).to(self.master)
        return frozenset(name for name in self.sites if name not in reaching or name in off)


def planned_network(
    scenario: Scenario,
    reliability: Iterable[Reliability],
    *,
    relicensing_ns: int = RELICENSING_NS,
    horizon_ns: int = YEAR_NS,
) -> PlannedNetwork:
    """What the model needs of `scenario`.

    A license file has the strictest terms of its orders (F2, F3). Raises `ValueError` where there
    is no master: a system that stands alone has no failover period.
    """
    internetwork = scenario.internetwork
    master = internetwork.master()
    if master is None:
        raise ValueError("there is no master: systems that stand alone have no central CLA")
    terms = scenario.terms()
    return PlannedNetwork(
        sites=tuple(internetwork.nodes),
        master=master,
        hops=tuple(internetwork.hops()),
        forwarding=internetwork.forwarding,
        reliability=tuple(reliability),
        failover_period_ns=min(period_ns for period_ns, _ in terms),
        recovery=strictest(recovery for _, recovery in terms),
        relicensing_ns=relicensing_ns,
        horizon_ns=horizon_ns,
    )
