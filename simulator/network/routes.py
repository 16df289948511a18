"""Which way traffic takes: routes over hops, as every world computes them. Pure.

A route is the way of the least sum of latencies; of equal ones the fewest hops, of equal ones again
the first by the names that it passes, in order from the source (of each hop the end that it leads
to, then the link). Each direction has its own. So every hop of a route decides as the route does:
the route from there on is the rest of it, and a kernel that forwards hop by hop takes the same way.
"""

import heapq
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar


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


@dataclass(frozen=True, slots=True)
class PlainHop:
    """A `Hop` as data."""

    link: str
    source: str
    destination: str
    declared_ns: int


AnyHop = TypeVar("AnyHop", bound=Hop)


def next_hops(
    hops: Iterable[AnyHop], destination: str, forwarding: Container[str]
) -> dict[str, AnyHop]:
    """The first hop of the route to `destination`, by each end that has a route.

    `hops` are those that can be used, `forwarding` the ends that pass on what is for others.
    """
    leading_to: defaultdict[str, list[AnyHop]] = defaultdict(list)
    for hop in hops:
        leading_to[hop.destination].append(hop)
    costs = _costs(leading_to, destination, forwarding)
    chosen: dict[str, AnyHop] = {}
    for end, (latency_ns, count) in costs.items():
        if end != destination and end not in forwarding:
            continue
        for hop in leading_to[end]:
            if costs[hop.source] == (latency_ns + hop.declared_ns, count + 1):
                known = chosen.get(hop.source)
                if known is None or _names(hop) < _names(known):
                    chosen[hop.source] = hop
    return chosen


def _costs(
    leading_to: Mapping[str, list[AnyHop]], destination: str, forwarding: Container[str]
) -> dict[str, tuple[int, int]]:
    """What the route from each end costs, latency in ns and hops: Dijkstra, from the far end."""
    costs: dict[str, tuple[int, int]] = {}
    waiting = [(0, 0, destination)]
    while waiting:
        latency_ns, count, end = heapq.heappop(waiting)
        if end in costs:
            continue
        costs[end] = latency_ns, count
        if end != destination and end not in forwarding:
            continue
        for hop in leading_to.get(end, ()):
            if hop.source not in costs:
                heapq.heappush(waiting, (latency_ns + hop.declared_ns, count + 1, hop.source))
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
