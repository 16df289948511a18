"""The kernel's half of a TCP connection's end: order, acknowledgement, reset, keep-alive.

What is sent waits for its turn and travels; what is written in one instant arrives as one, when its
last byte does. A cut holds the stream, in order, and lets it go when it heals. Unacknowledged data
gives up after 924.6 s (Linux, `tcp_retries2` = 15). An idle end notices nothing, unless keep-alive
is on: then 2 h after the last sign of life come nine probes, 75 s apart. A restarted peer answers
with a reset. No timer runs while everything gets through: timers are set by what goes wrong.
"""

# ruff: noqa: ANN401 - asyncio's transports and socket addresses are this open

import asyncio
import contextvars
import errno
from collections import deque
from typing import TYPE_CHECKING, Any

from simulator.network.incarnation import Incarnation
from simulator.network.path import Drop, Path

if TYPE_CHECKING:
    from simulator.network.sockets import Sockets
    from simulator.network.transport import SimulatedSocket

GIVE_UP_NS = 924_600_000_000
"""Unacknowledged data ends the connection after this time."""

KEEPALIVE_IDLE_NS = 7_200_000_000_000
KEEPALIVE_PROBES_NS = 9 * 75_000_000_000

ACCEPT = "accept"
FIN = "fin"


class Segment:
    """What was written in one instant; or the last word of the handshake, or the end."""

    __slots__ = ("arrives_ns", "chunks", "kind", "leaves_ns", "sent_ns", "size", "travel_ns")

    def __init__(self, sent_ns: int, kind: str | None = None) -> None:
        self.sent_ns = self.leaves_ns = self.arrives_ns = sent_ns
        self.travel_ns = 0
        self.kind = kind
        self.chunks: list[bytes] = []
        self.size = 0

    def add(self, data: bytes) -> None:
        """Something more that is written in the same instant."""
        self.chunks.append(data)
        self.size += len(data)


class Endpoint(asyncio.Transport):
    """One end: `path` leads to the peer, `peer.path` back; the protocol runs in `context`."""

    _low: int
    _high: int

    def __init__(
        self,
        sockets: "Sockets",
        owner: Incarnation | None,
        context: contextvars.Context,
        path: Path,
        endpoint: "SimulatedSocket",
    ) -> None:
        super().__init__(
            {
                "socket": endpoint,
                "sockname": endpoint.getsockname(),
                "peername": endpoint.getpeername(),
            }
        )
        endpoint.transport = self
        self._sockets = sockets
        self._loop = sockets.loop
        self._protocol: Any = None
        self.owner = owner
        self.context = context
        self.path = path
        self.peer: Endpoint = self
        self.dead = False  # connection_lost is due or done; the kernel answers with a reset
        self.gone = False  # the machine lost its power with the connection open
        self._closing = False
        self._ended = False  # our FIN is written
        self._segments: deque[Segment] = deque()
        self._flowing = True
        self._severed = False
        self._arrival: asyncio.TimerHandle | None = None
        self._last_arrival_ns = 0
        self._unacknowledged_ns: int | None = None
        self._give_up: asyncio.TimerHandle | None = None
        self._keepalive = False
        self._probe: asyncio.TimerHandle | None = None
        self._alive_ns = self._loop.time_ns()
        self._reading = True
        self._inbox: deque[Segment] = deque()
        self._pending = 0
        self._writing_paused = False
        self.set_write_buffer_limits()

    def __repr__(self) -> str:
        state = "gone" if self.gone else "dead" if self.dead else "open"
        return f"<{state} {self.get_extra_info('sockname')} to {self.get_extra_info('peername')}>"

    # The way there

    def start(self, protocol: asyncio.BaseProtocol) -> None:
        """Give the transport to its protocol; runs in `context`."""
        self._protocol = protocol
        protocol.connection_made(self)

    def finish_handshake(self) -> None:
        """The dialing end's last word: on its arrival the other end is accepted."""
        self._send(Segment(self._loop.time_ns(), ACCEPT))

    def _send(self, segment: Segment) -> None:
        self._segments.append(segment)
        if self._flowing:
            self._dispatch(segment)
        else:
            self.review()

    def _dispatch(self, segment: Segment) -> None:
        """Put a segment on the way."""
        segment.leaves_ns = self.path.leaves_ns(self._loop.time_ns(), segment.size)
        segment.travel_ns = self.path.travel_ns()
        self._schedule(segment)
        if self._arrival is None:
            self._arm()

    def _schedule(self, segment: Segment) -> None:
        """It arrives never before the one ahead of it, whatever the jitter."""
        arrival = segment.leaves_ns + segment.travel_ns
        self._last_arrival_ns = max(arrival, self._last_arrival_ns)
        segment.arrives_ns = self._last_arrival_ns

    def _lengthen(self, segment: Segment, data: bytes) -> None:
        """The last segment, of this very instant, grows; a timer that is set finds it later."""
        segment.add(data)
        if self._flowing:
            segment.leaves_ns = self.path.leaves_ns(segment.sent_ns, len(data))
            self._schedule(segment)

    def requeue(self, bandwidth_bit_s: int | None) -> None:
        """The path is about to get another bandwidth: what has not left leaves at the new one."""
        if not self._flowing or not self._segments:
            return
        now = self._loop.time_ns()
        self._last_arrival_ns = now
        for segment in self._segments:
            segment.leaves_ns = self.path.instead_ns(segment.leaves_ns, now, bandwidth_bit_s)
            self._schedule(segment)
        _cancel(self._arrival)
        self._arm()

    def deliver_in_new_context(self) -> None:
        """The peer's context is another now."""
        if self._arrival is not None:
            self._arrival.cancel()
            self._arm()

    def _arm(self) -> None:
        self._arrival = self._loop.call_at_ns(
            self._segments[0].arrives_ns, self._arrive, context=self.peer.context
        )

    def _arrive(self) -> None:
        """Runs in the peer's context: hand over what is due, arm for the rest."""
        self._arrival = None
        segments, peer = self._segments, self.peer
        now = self._loop.time_ns()
        while segments and self._flowing and segments[0].arrives_ns <= now:
            segment = segments.popleft()
            self._alive_ns = now
            if peer.path.passable:
                self._unacknowledged_ns = None
            elif self._unacknowledged_ns is None:
                self._unacknowledged_ns = segment.sent_ns
                self._watch_acknowledgement()
            peer.receive(segment, now)
        if segments and self._flowing and self._arrival is None:
            self._arm()
        elif self.dead and not segments:
            self._sockets.forget(self)

    # The receiving end

    def receive(self, segment: Segment, now: int) -> None:
        """A segment of the peer arrives; runs in `context`."""
        if self.dead:
            if segment.kind is None:
                self._reset_peer()
            return
        self._alive_ns = now
        if self._inbox or not self._reading:
            self._inbox.append(segment)
        else:
            self._hand_over(segment)

    def _empty_inbox(self) -> None:
        while self._inbox and self._reading and not self.dead:
            self._hand_over(self._inbox.popleft())

    def _hand_over(self, segment: Segment) -> None:
        kind = segment.kind
        if kind is None:
            self.peer.drain(segment.size)
            chunks = segment.chunks
            if not self._closing:
                self._protocol.data_received(chunks[0] if len(chunks) == 1 else b"".join(chunks))
        elif kind is ACCEPT:
            self._sockets.accept(self)
        elif not self._closing and not self._protocol.eof_received():
            self.close()

    def drain(self, size: int) -> None:
        """The peer has taken `size` of our bytes."""
        self._pending -= size
        if self._writing_paused and self._pending <= self._low and not self._closing:
            self._writing_paused = False
            self._loop.call_soon(self._protocol.resume_writing, context=self.context)

    # What goes wrong

    def set_keepalive(self, on: bool) -> None:
        """SO_KEEPALIVE."""
        self._keepalive = on
        self.review()

    def review(self) -> None:
        """A path, or the peer's power, has changed: decide again what is held and how long."""
        there = self._way_is_open()
        if self.gone:  # its last segments may still be under way, but nobody repeats them
            if not there:
                self._discard()
            return
        back = self.peer.path.passable
        self._let_flow(there and not self.peer.gone)
        if there and back:
            self._unacknowledged_ns = None
            if self._segments and self.peer.gone:
                self._after_round_trip(self.reset)
        self._watch_acknowledgement()
        self._watch_keepalive(reachable=there and back)

    def _way_is_open(self) -> bool:
        if type(self.path.verdict) is Drop:
            self._severed = True
        up = self._sockets.is_up(self.path.destination)
        return up and self.path.passable and not self._severed

    def _let_flow(self, flowing: bool) -> None:
        if flowing == self._flowing:
            return
        self._flowing = flowing
        if flowing:
            for segment in self._segments:
                self._dispatch(segment)
        else:
            _cancel(self._arrival)
            self._arrival = None

    def _watch_acknowledgement(self) -> None:
        """Arm the time-out for the oldest byte of which nothing is heard, or disarm it."""
        since = self._unacknowledged_ns
        if since is None and self._segments and not self._flowing:
            since = self._segments[0].sent_ns
        _cancel(self._give_up)
        self._give_up = None
        if since is not None:
            self._give_up = self._loop.call_at_ns(
                since + GIVE_UP_NS, self._time_out, context=self.context
            )

    def _watch_keepalive(self, *, reachable: bool) -> None:
        _cancel(self._probe)
        self._probe = None
        if not self._keepalive or self.dead or (reachable and not self.peer.dead):
            return
        idle = self._loop.time_ns() - self._alive_ns
        probes = max(1, -(-idle // KEEPALIVE_IDLE_NS))
        first_probe = self._alive_ns + probes * KEEPALIVE_IDLE_NS
        if reachable:
            self._probe = self._loop.call_at_ns(first_probe, self.reset, context=self.context)
        else:
            self._probe = self._loop.call_at_ns(
                first_probe + KEEPALIVE_PROBES_NS, self._time_out, context=self.context
            )

    def _time_out(self) -> None:
        self.fail(TimeoutError(errno.ETIMEDOUT, "Connection timed out"))

    def reset(self) -> None:
        """A reset arrives; runs in `context`."""
        self.fail(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))

    def _after_round_trip(self, answer: Any) -> None:
        delay = self.path.delay_ns() + self.peer.path.delay_ns()
        self._loop.call_at_ns(self._loop.time_ns() + delay, answer, context=self.context)

    def _reset_peer(self) -> None:
        """Send a reset, which nobody retransmits where it is lost."""
        peer = self.peer
        if self._way_is_open() and not peer.dead:
            self._loop.call_at_ns(
                self._loop.time_ns() + self.path.delay_ns(),
                peer.reset,
                context=peer.context,
            )

    def fail(self, error: OSError) -> None:
        """The connection ends with an error; runs in `context`."""
        self._closing = self._ended = True
        self._discard()
        self._lose(error)

    def fail_soon(self) -> None:
        """The other process of a local connection has died: the kernel tells at once."""
        self._loop.call_soon(self.reset, context=self.context)

    def exit(self) -> None:
        """The process has ended: its kernel closes in order, and tells the process nothing."""
        self.write_eof()
        self._closing = True
        self.context = contextvars.Context()
        self._lose_silently()
        self.peer.deliver_in_new_context()

    def vanish(self) -> None:
        """The machine loses its power: nothing is sent, nobody is told."""
        self.dead = self.gone = self._closing = self._ended = True
        now = self._loop.time_ns()
        while self._segments and self._segments[-1].leaves_ns > now:
            self._segments.pop()
        if not self._flowing or not self._segments:
            self._discard()

    def _lose(self, error: Exception | None) -> None:
        if self.dead:
            return
        self._lose_silently()
        if self._protocol is not None:
            self._protocol.connection_lost(error)

    def _lose_silently(self) -> None:
        self.dead = True
        self._inbox.clear()
        _cancel(self._probe)
        if not self._segments:
            self._sockets.forget(self)

    def _discard(self) -> None:
        self._segments.clear()
        self._inbox.clear()
        self._pending = 0
        self._unacknowledged_ns = None
        for timer in (self._arrival, self._give_up, self._probe):
            _cancel(timer)
        self._arrival = self._give_up = self._probe = None
        if self.dead:
            self._sockets.forget(self)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
