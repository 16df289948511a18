"""When nothing leads from a site to the central CLA: the closures of its way in one year."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from simulator.plan.courses import TimeSpan, merged
from simulator.plan.network import PlannedNetwork, SiteRoute
from simulator.plan.years import Outage
from simulator.scenario.components import Component, ComponentKind


class Closure(NamedTuple):
    """The way is closed from the first instant up to the second.

    With `resets` the master's host was off meanwhile: its kernel knows no connection any more.
    """

    began_ns: int
    ended_ns: int
    resets: bool


class Ways(NamedTuple):
    """Of one site in one year: the closures of its way, when its own host is off, and the master's.

    `round_trips` are how long there and back takes from an instant on. All in order, in ns.
    """

    closures: tuple[Closure, ...]
    round_trips: tuple[tuple[int, int], ...]
    off: tuple[TimeSpan, ...]
    master_off: tuple[TimeSpan, ...]

    @property
    def cuts(self) -> tuple[TimeSpan, ...]:
        """When it does not reach the central CLA, for whatever reason."""
        spans = [*(TimeSpan(began, ended) for began, ended, _ in self.closures), *self.off]
        return tuple(merged(spans))


def ways(network: PlannedNetwork, site: str, outages: Sequence[Outage]) -> Ways:
    """The ways of `site` in a year with these outages."""
    own = Component(ComponentKind.HOST, site)
    master = Component(ComponentKind.HOST, network.master)
    off = tuple(merged(_spans(outages, own)))
    usual = (0, network.round_trip_ns[site])
    if site == network.master:
        return Ways((), (usual,), off, off)
    resets = merged(_spans(outages, master))
    concerned = network.relevant(site) - {own, master}
    cuts, round_trips = _cuts(network, site, [o for o in outages if o.component in concerned])
    closures = (
        Closure(*span, resets=any(_overlap(span, each) for each in resets))
        for span in merged([*cuts, *resets])
    )
    return Ways(tuple(closures), (usual, *round_trips), off, tuple(resets))


def _overlap(one: TimeSpan, other: TimeSpan) -> bool:
    return one.began_ns < other.ended_ns and other.began_ns < one.ended_ns


def _spans(outages: Iterable[Outage], component: Component) -> list[TimeSpan]:
    return [TimeSpan(began, ended) for of, began, ended in outages if of == component]


def _cuts(
    network: PlannedNetwork, site: str, outages: Sequence[Outage]
) -> tuple[list[TimeSpan], list[tuple[int, int]]]:
    """When what has failed in the network cuts the site off, and other round trips from when on."""
    alone = network.alone_cut_off(site)
    if all(outage.component in alone for outage in outages):
        return [TimeSpan(began, ended) for _, began, ended in outages], []
    return _swept(network, site, outages)


def _swept(
    network: PlannedNetwork, site: str, outages: Sequence[Outage]
) -> tuple[list[TimeSpan], list[tuple[int, int]]]:
    changes = sorted(
        change
        for component, began_ns, ended_ns in outages
        for change in ((began_ns, 1, component), (ended_ns, 0, component))
    )
    failed: set[Component] = set()
    spans: list[TimeSpan] = []
    round_trips: list[tuple[int, int]] = []
    before: SiteRoute | None = network.routes(frozenset())[site]
    used, cut_ns = before, 0
    for at_ns, fails, component in changes:
        (failed.add if fails else failed.discard)(component)
        route = network.routes(frozenset(failed)).get(site)
        if before and not route:
            cut_ns = at_ns
        elif route and not before:
            spans.append(TimeSpan(cut_ns, at_ns))
        elif fails and route != before and network.convergence_ns:
            spans.append(TimeSpan(at_ns, at_ns + network.convergence_ns))
        if route and route != used:
            round_trips.append((at_ns + network.convergence_ns, route.round_trip_ns))
            used = route
        before = route
    return spans, round_trips
