"""One direction of a link as relays keep it: how long bytes travel, and whether they arrive.

All times are the running loop's, so an accelerated loop accelerates them. No byte is seen here.
"""

import asyncio
from collections.abc import Callable

from simulator.path import Drop, LinkDice, Path, repeats_ns

SHORTEST_WAIT_NS = 500_000
"""Shorter waits, in real time, would last a millisecond: as coarse as the loop's timers."""


class Way:
    """One direction of a link: how long bytes travel and whether they arrive at all.

    `limited`: whether the bandwidth is kept here and not by the kernel.
    """

    def __init__(
        self,
        path: Path,
        is_open: Callable[[Path], bool],
        dice: LinkDice,
        *,
        rate: float,
        limited: bool,
    ) -> None:
        self.path = path
        self.loss = 0.0
        self._is_open = is_open
        self._dice = dice
        self._shortest_ns = SHORTEST_WAIT_NS * rate
        self._limited = limited
        self._free_at = 0.0
        self._opened = asyncio.Event()
        self.review()

    @property
    def is_open(self) -> bool:
        """Whether anything gets through."""
        return self._opened.is_set()

    @property
    def severs(self) -> bool:
        """Whether connections that are open now are severed for good."""
        return isinstance(self.path.verdict, Drop)

    def review(self) -> None:
        """The path has changed."""
        if self._is_open(self.path):
            self._opened.set()
        else:
            self._opened.clear()

    def delay_s(self) -> float:
        """How long the next bytes travel; draws jitter and loss."""
        delay_ns = self.path.delay_ns()
        if delay_ns < self._shortest_ns:
            delay_ns = 0
        return (delay_ns + repeats_ns(self.loss, self._dice, delay_ns)) / 1e9

    def arrival(self, size: int) -> float:
        """When bytes sent now arrive; all connections share the bandwidth."""
        now = asyncio.get_running_loop().time()
        if self._limited and self.path.bandwidth:
            now = self._free_at = max(now, self._free_at) + size * 8 / self.path.bandwidth
        return now + self.delay_s()

    async def travel(self, arrival: float) -> None:
        """Until then; where the way is blocked, until one delay after its heal."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(arrival - loop.time())
        while not self._opened.is_set():
            await self._opened.wait()
            await asyncio.sleep(self.delay_s())
