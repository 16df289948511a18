"""A route as relays keep it: how long bytes wait and travel on all of it, and if they arrive.

All times are the running loop's, so an accelerated loop accelerates them, and a change of its pace
changes nothing of what is kept here. No byte is seen here.
"""

import asyncio
from collections.abc import Callable

from licensing.policies import NS_PER_SECOND
from simulator.network.path import LinkDice, repeats_ns
from simulator.network.route import Route

SHORTEST_WAIT_NS = 500_000
"""Shorter waits, in real time, would last a millisecond: as coarse as the loop's timers."""


class RelayRoute:
    """The route from one host to another. Its paths keep the queues, and with them the bandwidth.

    `is_open` says whether both hosts have power and all hops let something through.
    """

    def __init__(
        self, route: Route, is_open: Callable[[Route], bool], dice: LinkDice, *, rate: float
    ) -> None:
        self.route = route
        self._is_open = is_open
        self._dice = dice
        self._shortest_ns = SHORTEST_WAIT_NS * rate
        self._opened = asyncio.Event()
        self.review()

    @property
    def is_open(self) -> bool:
        """Whether anything gets through."""
        return self._opened.is_set()

    def review(self) -> None:
        """The route has changed, or the power at an end of it."""
        if self._is_open(self.route):
            self._opened.set()
        else:
            self._opened.clear()

    def travel_ns(self) -> int:
        """How long the next bytes travel; draws jitter and loss."""
        delay_ns = self.route.delay_ns()
        if delay_ns < self._shortest_ns:
            delay_ns = 0
        lossy = (hop.loss_percent for hop in self.route.hops)
        return delay_ns + sum(repeats_ns(loss, self._dice, delay_ns) for loss in lossy)

    async def cross(self) -> None:
        """Travel without bytes, which wait for nobody; on a blocked route once it is open."""
        await asyncio.sleep(self.travel_ns() / NS_PER_SECOND)
        while not self._opened.is_set():
            await self._opened.wait()
            await asyncio.sleep(self.travel_ns() / NS_PER_SECOND)


def now_ns() -> int:
    """The instant that it is, in the running loop's nanoseconds."""
    return round(asyncio.get_running_loop().time() * NS_PER_SECOND)
