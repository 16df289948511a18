"""Time that runs by a person's pace stops where nothing is left to wait for, and says so."""

import asyncio
from collections.abc import Callable

from simulator.loop.pace import STANDING
from simulator.runs.internetwork import Internetwork
from simulator.stage.person_clock import PersonClock


class Unattended:
    """`limit` says until when time runs, in nanoseconds since the start, and why until then."""

    def __init__(
        self, net: Internetwork, clock: PersonClock, limit: Callable[[], tuple[int, str]]
    ) -> None:
        self._net = net
        self._clock = clock
        self._limit = limit
        self._stopping: asyncio.Task[None] | None = None
        self._ended_ns, self._why = -1, ""
        clock.listen(self._listen)

    @property
    def ended(self) -> str:
        """Why time has stopped by itself, "" where it has not, and as soon as it has gone on."""
        return self._why if self._net.world.now_ns() == self._ended_ns else ""

    def close(self) -> None:
        """Time is stopped no more."""
        if self._stopping:
            self._stopping.cancel()
            self._stopping = None

    def _listen(self) -> None:
        if not self._clock.rate:
            self.close()
        elif self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop())

    async def _stop(self) -> None:
        limit_ns, self._why = self._limit()
        await self._net.sleep_until_ns(limit_ns)
        self._ended_ns, self._stopping = self._net.world.now_ns(), None
        self._clock.chosen = STANDING
