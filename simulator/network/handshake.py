"""The handshake of a dial, as TCP did it up to Linux 6.4: SYN at 0, 1, 3, ... 63 s, 127 s in all.

A dial whose way is blocked, in either direction, is parked: it burns no timer until the way may
have become open again, and goes on with the next SYN of the schedule.
"""

import asyncio
import errno
from collections.abc import Callable
from typing import TypeVar

from licensing.policies import NS_PER_SECOND
from simulator.network.by_pair import ByPair
from simulator.network.fabric import Network
from simulator.network.retransmission import SYN_NS
from simulator.network.route import Route, passable
from simulator.network.shown_handshake import ShownHandshake
from simulator.network.tap import Directions
from simulator.network.virtual_time import VirtualTime

TIMEOUT_NS = 127 * NS_PER_SECOND
"""When a dial gives up that nobody has answered."""

Listener = TypeVar("Listener")


class _Patience:
    """The time that a dial has: what it waits for when that is over raises ETIMEDOUT."""

    def __init__(self, time: VirtualTime, destination: str) -> None:
        self._destination = destination
        self._awaited: asyncio.Future[None] | None = None
        self._timer = time.call_at_ns(time.time_ns() + TIMEOUT_NS, self._give_up)

    async def wait_for(self, future: "asyncio.Future[None]") -> None:
        """Wait; there is nothing that a dial waits for beside it."""
        self._awaited = future
        await future

    def _give_up(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            error = TimeoutError(errno.ETIMEDOUT, f"{self._destination}: timed out")
            self._awaited.set_exception(error)

    def end(self) -> None:
        """The dial is over."""
        self._awaited = None
        self._timer.cancel()


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
        patience = _Patience(self._time, there.destination)
        try:
            return await self._knock(there, back, listener, shown, patience)
        finally:
            patience.end()
            if shown:
                shown.end()

    async def _knock(
        self,
        there: Route,
        back: Route,
        listener: Callable[[], Listener | None],
        shown: ShownHandshake | None,
        patience: _Patience,
    ) -> Listener | None:
        time = self._time
        began_ns = time.time_ns()
        for offset_ns in SYN_NS:
            await self._passable(there, back, shown, patience)
            if began_ns + offset_ns < time.time_ns():
                continue  # it was due while the way was blocked
            await self._at(began_ns + offset_ns, patience)
            if not self._is_open(there, back):
                continue
            hops = there.hops
            await self._at(time.time_ns() + there.delay_ns(), patience)
            arrived = passable(hops) and self._network.is_up(there.destination)
            found, hops = listener(), back.hops
            if shown and arrived:
                shown.syn_arrived(accepted=found is not None)
            await self._at(time.time_ns() + back.delay_ns(), patience)
            if arrived and passable(hops):
                if shown:
                    shown.answer_arrived()
                return found
        await patience.wait_for(time.create_future())
        raise AssertionError

    def route_changed(self, route: Route) -> None:
        """Something has changed between two hosts: look again."""
        _wake(self.parked.of_pair(route.source, route.destination))

    def host_changed(self, name: str) -> None:
        """Something has changed at a host: look again."""
        _wake(self.parked.of_host(name))

    def _is_open(self, there: Route, back: Route) -> bool:
        return there.passable and back.passable and self._network.is_up(there.destination)

    async def _passable(
        self, there: Route, back: Route, shown: ShownHandshake | None, patience: _Patience
    ) -> None:
        while not self._is_open(there, back):
            if shown:
                shown.review()
            parked = self._time.create_future()
            self.parked.add(parked, there.source, there.destination)
            try:
                await patience.wait_for(parked)
            finally:
                self.parked.discard(parked)
            if shown:
                shown.review()

    async def _at(self, when_ns: int, patience: _Patience) -> None:
        if when_ns <= self._time.time_ns():
            return
        reached = self._time.create_future()
        timer = self._time.call_at_ns(when_ns, _reach, reached)
        try:
            await patience.wait_for(reached)
        finally:
            timer.cancel()


def _wake(parked: list[asyncio.Future[None]]) -> None:
    for dial in parked:
        _reach(dial)


def _reach(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
