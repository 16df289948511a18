"""The handshake of a dial, as TCP did it up to Linux 6.4: SYN at 0, 1, 3, ... 63 s, 127 s in all.

A dial whose way is blocked, in either direction, is parked: it burns no timer until the way may
have become open again, and goes on with the next SYN of the schedule.
"""

import asyncio
import errno
from collections.abc import Callable
from typing import TypeVar

from simulator.network.by_pair import ByPair
from simulator.network.fabric import Network
from simulator.network.retransmission import SYN_NS
from simulator.network.route import Route, passable
from simulator.network.shown_handshake import ShownHandshake
from simulator.network.tap import Directions
from simulator.network.virtual_time import VirtualTime

TIMEOUT_S = 127
"""When a dial gives up that nobody has answered."""

Listener = TypeVar("Listener")


class Handshakes:
    """The handshakes of all dials that are under way; the blocked ones are `parked`."""

    def __init__(self, time: VirtualTime, network: Network) -> None:
        self._time = time
        self._network = network
        self.parked: ByPair[asyncio.Future[None]] = ByPair()

    async def perform(
        self,
        there: Route,
        back: Route,
        listener: Callable[[], Listener | None],
        observed: Directions | None = None,
    ) -> Listener | None:
        """What `listener` found when a SYN arrived, after the round trip; None is a refusal.

        Raises `TimeoutError` (ETIMEDOUT) where no SYN, or no answer, gets through in time.
        """
        shown = ShownHandshake(self._time, observed) if observed else None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._knock(there, back, listener, shown)
        except TimeoutError:
            raise TimeoutError(errno.ETIMEDOUT, f"{there.destination}: timed out") from None
        finally:
            if shown:
                shown.end()

    async def _knock(
        self,
        there: Route,
        back: Route,
        listener: Callable[[], Listener | None],
        shown: ShownHandshake | None,
    ) -> Listener | None:
        time = self._time
        began_ns = time.time_ns()
        for offset_ns in SYN_NS:
            await self._passable(there, back, shown)
            if began_ns + offset_ns < time.time_ns():
                continue  # it was due while the way was blocked
            await self._at(began_ns + offset_ns)
            if not self._is_open(there, back):
                continue
            hops = there.hops
            await self._at(time.time_ns() + there.delay_ns())
            arrived = passable(hops) and self._network.is_up(there.destination)
            found, hops = listener(), back.hops
            if shown and arrived:
                shown.syn_arrived(accepted=found is not None)
            await self._at(time.time_ns() + back.delay_ns())
            if arrived and passable(hops):
                if shown:
                    shown.answer_arrived()
                return found
        await time.create_future()
        raise AssertionError

    def route_changed(self, route: Route) -> None:
        """Something has changed between two hosts: look again."""
        _wake(self.parked.of_pair(route.source, route.destination))

    def host_changed(self, name: str) -> None:
        """Something has changed at a host: look again."""
        _wake(self.parked.of_host(name))

    def _is_open(self, there: Route, back: Route) -> bool:
        return there.passable and back.passable and self._network.is_up(there.destination)

    async def _passable(self, there: Route, back: Route, shown: ShownHandshake | None) -> None:
        while not self._is_open(there, back):
            if shown:
                shown.review()
            parked = self._time.create_future()
            self.parked.add(parked, there.source, there.destination)
            try:
                await parked
            finally:
                self.parked.discard(parked)
            if shown:
                shown.review()

    async def _at(self, when_ns: int) -> None:
        if when_ns <= self._time.time_ns():
            return
        reached = self._time.create_future()
        timer = self._time.call_at_ns(when_ns, _reach, reached)
        try:
            await reached
        finally:
            timer.cancel()


def _wake(parked: list[asyncio.Future[None]]) -> None:
    for dial in parked:
        _reach(dial)


def _reach(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
