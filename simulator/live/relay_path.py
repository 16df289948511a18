"""One direction of a link as relays keep it: how long bytes wait and travel, and if they arrive.

All times are the running loop's, so an accelerated loop accelerates them, and a change of its pace
changes nothing of what is kept here. No byte is seen here.
"""

import asyncio
from collections.abc import Callable

from licensing.policies import NS_PER_SECOND
from simulator.network.path import Discard, LinkDice, Path, repeats_ns

SHORTEST_WAIT_NS = 500_000
"""Shorter waits, in real time, would last a millisecond: as coarse as the loop's timers."""


class RelayPath:
    """One direction of a link. The path keeps the queue, and with it the bandwidth."""

    def __init__(
        self, path: Path, is_open: Callable[[Path], bool], dice: LinkDice, *, rate: float
    ) -> None:
        self.path = path
        self._is_open = is_open
        self._dice = dice
        self._shortest_ns = SHORTEST_WAIT_NS * rate
        self._opened = asyncio.Event()
        self.review()

    @property
    def is_open(self) -> bool:
        """Whether anything gets through."""
        return self._opened.is_set()

    @property
    def severs(self) -> bool:
        """Whether connections that are open now are severed for good."""
        return isinstance(self.path.verdict, Discard)

    def review(self) -> bool:
        """The path has changed; True where it is open, and was not before."""
        was_open = self.is_open
        if self._is_open(self.path):
            self._opened.set()
        else:
            self._opened.clear()
        return self.is_open and not was_open

    def travel_ns(self) -> int:
        """How long the next bytes travel; draws jitter and loss."""
        delay_ns = self.path.delay_ns()
        if delay_ns < self._shortest_ns:
            delay_ns = 0
        return delay_ns + repeats_ns(self.path.loss_percent, self._dice, delay_ns)

    async def cross(self) -> None:
        """Travel without bytes, which wait for nobody; on a blocked path after its heal."""
        await asyncio.sleep(self.travel_ns() / NS_PER_SECOND)
        while not self._opened.is_set():
            await self._opened.wait()
            await asyncio.sleep(self.travel_ns() / NS_PER_SECOND)


def now_ns() -> int:
    """The instant that it is, in the running loop's nanoseconds."""
    return round(asyncio.get_running_loop().time() * NS_PER_SECOND)
