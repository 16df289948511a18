"""What runs along the links, counted since the start: how much went, and how much was lost.

A tap of the simulated network. It keeps numbers only, as many as there are directions of links.
"""

from collections.abc import Callable, Iterable

from simulator.network.path import Path
from simulator.network.route import Route
from simulator.network.segment import Segment
from simulator.network.simulated_socket import SimulatedSocket
from simulator.network.tap import Directions

Passages = dict[tuple[str, str], tuple[int, int]]
"""By link and the end from which it comes: what got through it, and what was lost on it."""


class LinkTraffic:
    """The tap; `passed` is what has passed until now."""

    def __init__(self) -> None:
        self.passed: Passages = {}

    def dialed(self, there: Route, back: Route, endpoint: SimulatedSocket) -> Directions:
        """All connections between hosts are counted."""
        del endpoint
        return Directions(_Counted(there, self), _Counted(back, self))

    def pass_over(self, hops: Iterable[Path]) -> None:
        """Something goes over these hops, as far as the first that lets nothing by."""
        for hop in hops:
            key = (hop.link, hop.source)
            through, lost = self.passed.get(key, (0, 0))
            if not hop.passable:
                self.passed[key] = (through, lost + 1)
                return
            self.passed[key] = (through + 1, lost)


class _Counted:
    """One direction of a connection."""

    def __init__(self, route: Route, traffic: LinkTraffic) -> None:
        self._route = route
        self._traffic = traffic

    def sent(self, segment: Segment, at_ns: int) -> None:
        """It runs along the hops that its route has at present."""
        del segment, at_ns
        self._traffic.pass_over(self._route.hops)

    def arrived(self, segment: Segment, at_ns: int) -> None:
        """It was seen when it was sent."""

    def held(self, segment: Segment, at_ns: int, next_ns: Callable[[int], int | None]) -> None:
        """It was seen when it was sent, and its repetitions are as many as there is patience."""

    def released(self, at_ns: int) -> None:
        """Nothing is repeated any more."""
