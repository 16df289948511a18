"""What the model needs of a scenario: who reaches the central CLA, past what, on which terms."""

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from licensing.policies import DAY_NS, TIMING, Timing
from licensing.recovery import Recovery, strictest
from licensing.words import ExpiryScope
from simulator.network.routes import PlainHop, follow, next_hops
from simulator.plan.years.chance import key_of
from simulator.plan.years.sampler import YEAR_NS
from simulator.scenario import Scenario, components_of
from simulator.scenario.components import Component, ComponentKind, Reliability

_MOST_KEPT = 5_000
"""So many combinations of failures have their routes kept."""


class SiteRoute(NamedTuple):
    """The way of a site to the central CLA, hop by hop; none to one on its own host.

    `passes` are the links, clouds and routers on it, `round_trip_ns` is there and back.
    """

    hops: tuple[PlainHop, ...]
    passes: frozenset[Component]
    round_trip_ns: int

    @classmethod
    def over(cls, hops: Iterable[PlainHop]) -> "SiteRoute":
        """The way over these hops."""
        hops = tuple(hops)
        between = (ComponentKind.CLOUD, ComponentKind.ROUTER)
        passes = [Component(kind, hop.destination) for hop in hops for kind in between]
        passes += [Component(ComponentKind.LINK, hop.link) for hop in hops]
        return cls(hops, frozenset(passes), 2 * sum(hop.declared_ns for hop in hops))

    def is_open(self, failed: frozenset[Component]) -> bool:
        """Whether it leads to its end while the links, clouds and routers in `failed` are down."""
        return self.passes.isdisjoint(failed)


class PlannedNetwork(msgspec.Struct, frozen=True, dict=True):
    """An internetwork as the model sees it. All durations in nanoseconds.

    `sites` are the nodes in the order of the file, `master` is the one on whose host the central
    CLA runs. `reliability` has each component once. Each site has the failover period and the
    recovery of the lease. `relicensing_ns` passes between the requirement and the new license file,
    `convergence_ns` until traffic takes another way.
    """

    sites: tuple[str, ...]
    master: str
    hops: tuple[PlainHop, ...]
    forwarding: frozenset[str]
    reliability: tuple[Reliability, ...]
    failover_period_ns: int
    recovery: Recovery
    relicensing_ns: int = DAY_NS
    horizon_ns: int = YEAR_NS
    convergence_ns: int = 0
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
        return {site: route.round_trip_ns for site, route in self.routes(frozenset()).items()}

    @cached_property
    def _routes(self) -> dict[frozenset[Component], dict[str, SiteRoute]]:
        return {}

    def routes(self, failed: frozenset[Component]) -> dict[str, SiteRoute]:
        """The routes to the central CLA while the components in `failed` are down, by their site.

        A site that is not among them is cut off. A host that is off runs no program, and its site's
        router goes on.
        """
        if failed not in self._routes:
            if len(self._routes) >= _MOST_KEPT:
                self._routes.clear()
            self._routes[failed] = self._computed_routes(failed)
        return self._routes[failed]

    def _computed_routes(self, failed: frozenset[Component]) -> dict[str, SiteRoute]:
        off = {name for kind, name in failed if kind is ComponentKind.HOST}
        if self.master in off:
            return {}
        links = {name for kind, name in failed if kind is ComponentKind.LINK}
        between = (ComponentKind.CLOUD, ComponentKind.ROUTER)
        ends = {name for kind, name in failed if kind in between}
        hops = [
            hop
            for hop in self.hops
            if hop.link not in links and not ends & {hop.source, hop.destination}
        ]
        ahead = next_hops(hops, self.master, self.forwarding)
        return {
            site: SiteRoute.over(follow(ahead, site, self.master))
            for site in self.sites
            if site not in off and (site in ahead or site == self.master)
        }

    @cached_property
    def _relevant(self) -> dict[str, frozenset[Component]]:
        return {}

    def relevant(self, site: str) -> frozenset[Component]:
        """The components whose outages may cut `site` off, alone or with others."""
        if site not in self._relevant:
            passed = _between(self.hops, self.forwarding, site, self.master)
            links = {hop.link for hop in self.hops if {hop.source, hop.destination} <= passed}
            self._relevant[site] = frozenset(
                each.component
                for each in self.reliability
                if each.component.name
                in {
                    ComponentKind.LINK: links,
                    ComponentKind.HOST: {site, self.master},
                }.get(each.component.kind, passed)
            )
        return self._relevant[site]

    def relevant_to(self, sites: Iterable[str]) -> frozenset[Component]:
        """The components whose outages may cut one of these sites off."""
        return frozenset().union(*map(self.relevant, sites))

    def alone_cut_off(self, site: str) -> frozenset[Component]:
        """Those of them that cut it off without another."""
        if site not in self._alone:
            self._alone[site] = frozenset(
                each for each in self.relevant(site) if site not in self.routes(frozenset({each}))
            )
        return self._alone[site]

    def ways(self, site: str) -> tuple[frozenset[Component], ...]:
        """The components of some ways to the central CLA: the site is cut off only if all are.

        They differ as far as they can. Those of both hosts belong to each.
        """
        relevant, alone = self.relevant(site), self.alone_cut_off(site)
        if self.convergence_ns >= self.timing.redial_grace_ns:
            return (relevant,)
        found: list[frozenset[Component]] = []
        failed: frozenset[Component] = frozenset()
        while route := self.routes(failed).get(site):
            passed = {hop.link for hop in route.hops} | {hop.destination for hop in route.hops}
            on_it = {each for each in relevant if each in alone or each.name in passed}
            found.append(frozenset(on_it))
            if on_it <= alone | failed:
                break
            failed |= on_it - alone
        return tuple(found)

    @cached_property
    def _keys(self) -> dict[str, int]:
        return {site: key_of("site", site) for site in self.sites}

    def key_of_site(self, site: str) -> int:
        """That of the chance of its program, whatever else is in the network."""
        return self._keys[site]

    @cached_property
    def _alone(self) -> dict[str, frozenset[Component]]:
        return {}


def _between(
    hops: Iterable[PlainHop], forwarding: frozenset[str], one: str, other: str
) -> set[str]:
    """The ends that lie on a way between two ends that passes nothing twice."""
    import networkx as nx  # type: ignore[import-untyped]  # noqa: PLC0415 - it takes a third of a second

    graph = nx.Graph()
    passing = forwarding | {one, other}
    graph.add_edges_from(
        (hop.source, hop.destination) for hop in hops if {hop.source, hop.destination} <= passing
    )
    if one == other or one not in graph:
        return {one}
    graph.add_edge(one, other)
    blocks: Iterable[set[str]] = nx.biconnected_components(graph)
    return next(block for block in blocks if {one, other} <= block)


def planned_network(scenario: Scenario, *, horizon_ns: int = YEAR_NS) -> PlannedNetwork:
    """What the model needs of `scenario`.

    A license file has the strictest terms of its orders (F2, F3). For how long seats are reserved
    (F9) makes no difference: nobody assigns anything in a planned year. Raises `ValueError` where
    there is no master (a system that stands alone has no failover period) or no way to it, and
    where the end of one period is that of all (F6), which the model does not play.
    """
    internetwork = scenario.internetwork
    master = internetwork.master()
    if master is None:
        raise ValueError("there is no master: systems that stand alone have no central CLA")
    reaching = internetwork.reach().to(master)
    if lost := [name for name in internetwork.nodes if name not in reaching]:
        raise ValueError(f"{lost[0]}: no way leads from there to the master {master}")
    orders = scenario.orders().values()
    if any(each.terms(scenario.policies).expiry_scope is not ExpiryScope.NODE for each in orders):
        raise ValueError(
            "a plan does not play `expiry_scope: internetwork` (F6): without that word it tells"
            " how likely `any` node comes to emergency mode, and all come with it"
        )
    terms = scenario.terms()
    return PlannedNetwork(
        sites=tuple(internetwork.nodes),
        master=master,
        hops=tuple(internetwork.hops()),
        forwarding=internetwork.forwarding,
        reliability=tuple(components_of(scenario)),
        failover_period_ns=min(period_ns for period_ns, _ in terms),
        recovery=strictest(recovery for _, recovery in terms),
        relicensing_ns=scenario.relicensing,
        horizon_ns=horizon_ns,
        convergence_ns=internetwork.convergence,
    )
