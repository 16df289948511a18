"""How long one end of a connection bears to hear nothing: unacknowledged data, and keep-alive.

Unacknowledged data gives up after 924.6 s (Linux, `tcp_retries2` = 15). Keep-alive sends nine
probes, 75 s apart, 2 h after the last sign of life; what is sent is no sign of life, what arrives
is. No timer runs while everything gets through: the end sets them when something goes wrong.
"""

import asyncio
from collections.abc import Callable

from licensing.policies import HOUR_NS, NS_PER_SECOND

GIVE_UP_NS = 9_246 * NS_PER_SECOND // 10
KEEPALIVE_IDLE_NS = 2 * HOUR_NS
KEEPALIVE_PROBES_NS = 9 * 75 * NS_PER_SECOND


class Silence:
    """The two timers of an end.

    `call_at` sets a timer for an instant in nanoseconds. `time_out` is what happens where nobody
    answers, `reset` where a probe meets a peer that knows of no connection. `heard_ns` is the
    instant of the last sign of life.
    """

    def __init__(
        self,
        now_ns: int,
        call_at: Callable[[int, Callable[[], None]], asyncio.TimerHandle],
        *,
        time_out: Callable[[], None],
        reset: Callable[[], None],
    ) -> None:
        self.heard_ns = now_ns
        self.keepalive = False
        self._call_at = call_at
        self._time_out = time_out
        self._reset = reset
        self._unacknowledged_ns: int | None = None
        self._give_up: asyncio.TimerHandle | None = None
        self._probe: asyncio.TimerHandle | None = None

    def acknowledged(self) -> None:
        """The peer has all that has arrived, and we know it."""
        self._unacknowledged_ns = None

    def unacknowledged(self, sent_ns: int) -> None:
        """What was sent at `sent_ns` has arrived, but its acknowledgement is lost."""
        if self._unacknowledged_ns is None:
            self._unacknowledged_ns = sent_ns
            self.watch_data(None)

    def watch_data(self, held_since_ns: int | None) -> None:
        """Give up in time after the oldest byte of which nothing is heard, where there is one.

        `held_since_ns` is when the oldest byte was sent that cannot leave.
        """
        since_ns = self._unacknowledged_ns
        if since_ns is None:
            since_ns = held_since_ns
        _cancel(self._give_up)
        if since_ns is not None:
            self._give_up = self._call_at(since_ns + GIVE_UP_NS, self._time_out)

    def probe(self, now_ns: int, *, reachable: bool) -> None:
        """Something is wrong with the peer, which keep-alive notices in time, if it is on."""
        self.stop_probing()
        if not self.keepalive:
            return
        idle_ns = now_ns - self.heard_ns
        first_ns = self.heard_ns + KEEPALIVE_IDLE_NS * max(1, -(-idle_ns // KEEPALIVE_IDLE_NS))
        if reachable:
            self._probe = self._call_at(first_ns, self._reset)
        else:
            self._probe = self._call_at(first_ns + KEEPALIVE_PROBES_NS, self._time_out)

    def stop_probing(self) -> None:
        """Nothing is wrong, or nobody wants to know."""
        _cancel(self._probe)

    def end(self) -> None:
        """No time-out any more: there is nothing left that could be acknowledged."""
        self._unacknowledged_ns = None
        _cancel(self._give_up)
        self.stop_probing()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
