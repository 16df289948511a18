"""Which way traffic takes: routes over hops, as every world computes them. Pure.

A route is the way of the least sum of latencies; of equal ones the fewest hops, of equal ones again
the first by the names that it passes, in order from the source (of each hop the end that it leads
to, then the link). Each direction has its own. So every hop of a route decides as the route does:
the route from there on is the rest of it, and a kernel that forwards hop by hop takes the same way.
"""

import heapq
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

import msgspec


class Hop(Protocol):
    """One direction of a link, whose latency is the one that was declared for it."""

    @property
    def link(self) -> str:
        """The name of the link."""

    @property
    def source(self) -> str:
        """The end that it leads away from."""

    @property
    def destination(self) -> str:
        """The end that it leads to."""

    @property
    def declared_ns(self) -> int:
        """What it adds to a route, in nanoseconds."""


class PlainHop(msgspec.Struct, frozen=True):
    """A `Hop` as data."""

    link: str
    source: str
    destination: str
    declared_ns: int


AnyHop = TypeVar("AnyHop", bound=Hop)


class Reach:
    """Who reaches whom over `hops`, past the ends that are `forwarding`: whether, not which way."""

    def __init__(self, hops: Iterable[Hop], forwarding: Container[str]) -> None:
        self._before: defaultdict[str, set[str]] = defaultdict(set)
        self._forwarding = forwarding
        for hop in hops:
            self._before[hop.destination].add(hop.source)

    def to(self, destination: str) -> set[str]:
        """All ends from where there is a route to `destination`, itself among them."""
        reaching, ahead = {destination}, [destination]
        while ahead:
            end = ahead.pop()
            if end == destination or end in self._forwarding:
                found = self._before.get(end, set()) - reaching
                reaching |= found
                ahead += found
        return reaching


Cost = tuple[int, int]
"""The sum of the declared latencies, in nanoseconds, and the number of hops."""


def next_hops(
    hops: Iterable[AnyHop], destination: str, forwarding: Container[str]
) -> dict[str, AnyHop]:
    """The first hop of the route to `destination`, by each end that has a route.

    `hops` are those that can be used, `forwarding` the ends that pass on what is for others.
    """
    usable = list(hops)
    costs = costs_to(usable, destination, forwarding)
    chosen: dict[str, AnyHop] = {}
    for hop in usable:
        onward, here = costs.get(hop.destination), costs.get(hop.source)
        if onward is None or here != (onward[0] + hop.declared_ns, onward[1] + 1):
            continue
        if hop.destination != destination and hop.destination not in forwarding:
            continue
        known = chosen.get(hop.source)
        if known is None or _names(hop) < _names(known):
            chosen[hop.source] = hop
    return chosen


def costs_to(hops: Iterable[Hop], end: str, forwarding: Container[str]) -> dict[str, Cost]:
    """What the routes to `end` cost, by each end that has one."""
    return _costs(((hop.destination, hop.source, hop.declared_ns) for hop in hops), end, forwarding)


def costs_from(hops: Iterable[Hop], end: str, forwarding: Container[str]) -> dict[str, Cost]:
    """What the routes from `end` cost, by each end that they lead to."""
    return _costs(((hop.source, hop.destination, hop.declared_ns) for hop in hops), end, forwarding)


def _costs(
    edges: Iterable[tuple[str, str, int]], begin: str, forwarding: Container[str]
) -> dict[str, Cost]:
    """Dijkstra, along edges of two ends and a latency in ns."""
    beyond: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for end, other, latency_ns in edges:
        beyond[end].append((other, latency_ns))
    costs: dict[str, Cost] = {}
    waiting = [(0, 0, begin)]
    while waiting:
        latency_ns, count, end = heapq.heappop(waiting)
        if end in costs:
            continue
        costs[end] = latency_ns, count
        if end == begin or end in forwarding:
            for other, further_ns in beyond.get(end, ()):
                if other not in costs:
                    heapq.heappush(waiting, (latency_ns + further_ns, count + 1, other))
    return costs


def _names(hop: Hop) -> tuple[str, str]:
    return hop.destination, hop.link


def follow(next_hop: Mapping[str, AnyHop], source: str, destination: str) -> Iterator[AnyHop]:
    """The hops of the route from `source`, by what `next_hops` said of `destination`."""
    end = source
    while end != destination and end in next_hop:
        hop = next_hop[end]
        yield hop
        end = hop.destination
