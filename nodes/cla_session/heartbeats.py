"""The heartbeats of a session: each is due an interval after the answer to the one before (F17).

What the answer brings is done where it arrives; the task that sends is woken once for each.
"""

import asyncio
from collections.abc import Callable

import aiohttp

from licensing.messages import Heartbeat, HeartbeatAcknowledged, encode
from licensing.policies import NS_PER_SECOND, TIMING


class Heartbeats:
    """All heartbeats of one node, numbered over all of its sessions.

    `lease_seq` is that of the newest stored lease. `answered` hears when an answered one was sent;
    that and `now_ns` are running time in nanoseconds.
    """

    _due: "asyncio.Future[None]"
    """Ends when the next is due, or with the failure that the newest was not answered."""
    _timer: asyncio.TimerHandle

    def __init__(
        self,
        now_ns: Callable[[], int],
        lease_seq: Callable[[], int],
        answered: Callable[[int], None],
    ) -> None:
        self._now_ns = now_ns
        self._lease_seq = lease_seq
        self._answered = answered
        self._number = 0
        self._sent_ns: int | None = None
        """When the newest was sent; None while no answer is waited for."""

    async def send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Send them for ever; raises `TimeoutError` where one is not answered in time."""
        self._loop = asyncio.get_running_loop()
        self._await_next(self._loop.create_future())
        try:
            while True:
                await self._due
                self._number += 1
                self._sent_ns = self._now_ns()
                self._due = self._loop.create_future()
                heartbeat = Heartbeat(number=self._number, seq=self._lease_seq())
                await socket.send_frame(encode(heartbeat), aiohttp.WSMsgType.TEXT)
                if self._sent_ns is not None:
                    in_time = self._loop.time() + TIMING.answer_ns / NS_PER_SECOND
                    self._timer = self._loop.call_at(in_time, _give_up, self._due)
        finally:
            self._sent_ns = None
            self._timer.cancel()

    def acknowledged(self, acknowledgement: HeartbeatAcknowledged) -> None:
        """The CLA has answered; a second answer, or one to an older heartbeat, counts nothing."""
        sent_ns = self._sent_ns
        if sent_ns is None or acknowledgement.number != self._number or self._due.done():
            return
        self._sent_ns = None
        self._timer.cancel()
        self._answered(sent_ns)
        self._await_next(self._due)

    def _await_next(self, due: "asyncio.Future[None]") -> None:
        self._due = due
        interval_s = TIMING.heartbeat_ns / NS_PER_SECOND
        self._timer = self._loop.call_later(interval_s, _fall_due, due)


def _fall_due(due: "asyncio.Future[None]") -> None:
    if not due.done():
        due.set_result(None)


def _give_up(due: "asyncio.Future[None]") -> None:
    if not due.done():
        due.set_exception(TimeoutError("heartbeat not answered"))
