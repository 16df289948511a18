"""When nothing leads from a site to the central CLA: the closures of its way in one year."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from simulator.plan.model.courses import TimeSpan, merged
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.years.sampler import Outage
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
    """Routing follows each change after the convergence; until then traffic takes the former way.

    So it does where no way leads any more (decision 21).
    """
    used = network.routes(frozenset())[site]
    outages = _felt(outages, used.passes, network.convergence_ns)
    spans: list[TimeSpan] = []
    round_trips: list[tuple[int, int]] = []
    closed_ns: int | None = None
    for at_ns, failed, known in _states(outages, network.convergence_ns):
        route = network.routes(known).get(site, used)
        if route != used:
            used = route
            round_trips.append((at_ns, route.round_trip_ns))
        if closed_ns is None and not used.is_open(failed):
            closed_ns = at_ns
        elif closed_ns is not None and used.is_open(failed):
            spans.append(TimeSpan(closed_ns, at_ns))
            closed_ns = None
    return spans, round_trips


def _felt(
    outages: Sequence[Outage], usual: Container[Component], convergence_ns: int
) -> list[Outage]:
    """Those that overlap one on the usual route; while that is open, no others move traffic."""
    broken = merged(
        TimeSpan(began_ns, ended_ns + convergence_ns)
        for component, began_ns, ended_ns in outages
        if component in usual
    )
    begins_ns = [began_ns for began_ns, _ in broken]
    return [
        outage
        for outage in outages
        if (before := bisect_right(begins_ns, outage.ended_ns + convergence_ns))
        and outage.began_ns <= broken[before - 1].ended_ns
    ]


def _states(
    outages: Iterable[Outage], convergence_ns: int
) -> Iterator[tuple[int, frozenset[Component], frozenset[Component]]]:
    """From when on what has failed, and of what routing knows that it has."""
    changes: defaultdict[int, list[tuple[set[Component], bool, Component]]] = defaultdict(list)
    failed: set[Component] = set()
    known: set[Component] = set()
    for component, began_ns, ended_ns in outages:
        for at_ns, fails in ((began_ns, True), (ended_ns, False)):
            changes[at_ns].append((failed, fails, component))
            changes[at_ns + convergence_ns].append((known, fails, component))
    for at_ns in sorted(changes):
        for which, fails, component in changes[at_ns]:
            (which.add if fails else which.discard)(component)
        yield at_ns, frozenset(failed), frozenset(known)
