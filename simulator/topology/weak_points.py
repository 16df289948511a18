"""Which single failure takes whom from whom: what `check` can say of a network without a timeline.

Asked of each link, router and cloud, and of the router of each site over which others go. Only what
lies on some route can: the rest is not asked.
"""

from collections.abc import Iterator

import msgspec

from simulator.network.routes import PlainHop, Reach, next_hops
from simulator.scenario import INTERNET, Internetwork


class WeakPoint(msgspec.Struct, frozen=True):
    """A `kind` of thing called `name`, without which `lost` have no way to the center."""

    kind: str
    name: str
    lost: tuple[str, ...]


def center_of(internetwork: Internetwork) -> str:
    """What every node has to reach: its master, or without one the license server."""
    return internetwork.master() or INTERNET


def unreached(internetwork: Internetwork) -> list[str]:
    """The nodes, and the license server, that have no way to the center in any case."""
    return _unreached(internetwork, internetwork.hops())


def weak_points(internetwork: Internetwork) -> Iterator[WeakPoint]:
    """Links, then routers and clouds, then sites; those that take most first."""
    hops, center = internetwork.hops(), center_of(internetwork)
    always = set(_unreached(internetwork, hops))
    used = next_hops(hops, center, internetwork.forwarding).values()
    links = dict.fromkeys(name for name in internetwork.links if name in {h.link for h in used})
    ends = [name for name in internetwork.ends if name in {hop.destination for hop in used}]
    found = [_without_link(internetwork, hops, link, always) for link in links]
    found += [_without_end(internetwork, hops, end, always) for end in ends if end != center]
    order = {"link": 0, "router": 1, "cloud": 1, "site": 2}
    weak = (point for point in found if point.lost)
    yield from sorted(weak, key=lambda point: (order[point.kind], -len(point.lost)))


def _without_link(
    internetwork: Internetwork, hops: list[PlainHop], link: str, always: set[str]
) -> WeakPoint:
    rest = [hop for hop in hops if hop.link != link]
    return WeakPoint("link", link, _lost(internetwork, rest, always))


def _without_end(
    internetwork: Internetwork, hops: list[PlainHop], end: str, always: set[str]
) -> WeakPoint:
    """Without what stands there; a site is not counted as lost to itself."""
    rest = [hop for hop in hops if end not in (hop.source, hop.destination)]
    lost = tuple(name for name in _lost(internetwork, rest, always) if name != end)
    if end in internetwork.routers:
        return WeakPoint("router", end, lost)
    return WeakPoint("cloud" if end in internetwork.clouds else "site", end, lost)


def _lost(internetwork: Internetwork, hops: list[PlainHop], always: set[str]) -> tuple[str, ...]:
    return tuple(name for name in _unreached(internetwork, hops) if name not in always)


def _unreached(internetwork: Internetwork, hops: list[PlainHop]) -> list[str]:
    center = center_of(internetwork)
    near = Reach(hops, internetwork.forwarding).to(center)
    return [name for name in (*internetwork.nodes, INTERNET) if name not in near]
