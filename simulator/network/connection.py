"""The kernel's half of a TCP connection's end: order, acknowledgement, reset, keep-alive.

A cut holds the stream, in order; after its heal the kernel repeats it when that is due. An idle end
notices nothing of it, unless keep-alive is on. A restarted peer answers with a reset.
"""

import asyncio
import contextvars
import errno
from collections import deque
from collections.abc import Callable, Container
from typing import Any, Protocol

from simulator.network.delivery import Delivery
from simulator.network.incarnation import Incarnation
from simulator.network.path import Path
from simulator.network.queue import Queue
from simulator.network.route import Route
from simulator.network.segment import ACCEPT, FIN, RESET, Segment
from simulator.network.silence import Silence
from simulator.network.simulated_socket import SimulatedSocket
from simulator.network.tap import Direction
from simulator.network.virtual_time import LONG_AGO_NS, VirtualTime


class Kernel(Protocol):
    """What an end needs of the kernels of all hosts."""

    def accept(self, end: "ConnectionEnd") -> None:
        """The handshake's last word has arrived at `end`; runs in the server's context."""

    def forget(self, end: "ConnectionEnd") -> None:
        """`end` has nothing more to say or to hear; a second time changes nothing."""

    def is_up(self, host: str) -> bool:
        """Whether a host has power."""


class Program(Protocol):
    """What an end tells the program that holds it, in the program's context."""

    def data_received(self, data: bytes) -> None:
        """Bytes have arrived."""

    def eof_received(self) -> None:
        """The peer has ended its direction, and all its bytes have arrived."""

    def drained(self) -> None:
        """The peer's program has taken bytes, for which this one `waits_for_room`."""

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is over; None after an orderly close, else the kernel's `OSError`."""


class ConnectionEnd:
    """One end: `route` leads to the peer, `peer.route` back; the `program` runs in `context`.

    `ended`: its FIN is sent. `closed`: the program takes nothing more. `dead`: the program knows
    of the end, or never will; the kernel answers with a reset. `gone`: the machine lost its power
    with the connection open. `outstanding_bytes` are sent and not yet taken by the peer's program;
    where they are too many, the program `waits_for_room`.
    `carried_ns` says when each link that forgets idle connections last carried something of it.
    """

    def __init__(
        self,
        kernel: Kernel,
        time: VirtualTime,
        route: Route,
        socket: SimulatedSocket,
        *,
        owner: Incarnation | None,
        context: contextvars.Context,
        observed: Direction | None = None,
    ) -> None:
        self.route = route
        self.socket = socket
        self.owner = owner
        self.context = context
        self.peer: ConnectionEnd = self
        self.program: Program | None = None
        self.ended = self.closed = self.dead = self.gone = False
        self.reading = True
        self.outstanding_bytes = 0
        self.waits_for_room = False
        self._kernel = kernel
        self._time = time
        self.observed = observed
        self._delivery = Delivery(time, route, self._arrived, self._resumed, observed)
        self._silence = Silence(
            time.time_ns(), self._call_at, time_out=self._time_out, reset=self.reset
        )
        self._inbox: deque[Segment] = deque()
        self._severed: set[Path] = set()
        """The hops on which it never gets through again."""
        self.carried_ns = dict.fromkeys((hop.link for hop in route.devices), time.time_ns())
        socket.on_keepalive = self._set_keepalive

    def __repr__(self) -> str:
        state = "gone" if self.gone else "dead" if self.dead else "open"
        return f"<{state} {self.socket.getsockname()} to {self.socket.getpeername()}>"

    def join(self, peer: "ConnectionEnd") -> None:
        """`peer` is the other end, and receives in its present context; each joins the other."""
        self.peer = peer
        self._delivery.deliver_in(peer.context)

    # What the program does

    def finish_handshake(self) -> None:
        """The dialing end's last word: on its arrival the other end is accepted."""
        self._send(ACCEPT)

    def write(self, data: bytes) -> None:
        """Send bytes; what is sent in one instant travels together."""
        if self.route.devices:
            self._meet_device()
        if self._delivery.write(data) and not self._delivery.flowing:
            self.review()
        self.outstanding_bytes += len(data)

    def end_stream(self) -> None:
        """End this direction, after what was written."""
        if not self.ended and not self.dead:
            self.ended = True
            self._send(FIN)

    def _send(self, kind: str) -> None:
        self._meet_device()
        self._delivery.send(kind)
        if not self._delivery.flowing:
            self.review()

    def pause_reading(self) -> None:
        """Leave in the receive buffer what arrives."""
        self.reading = False

    def resume_reading(self) -> None:
        """Hand on again, beginning soon with what has arrived meanwhile."""
        if not self.reading and not self.closed:
            self.reading = True
            if self._inbox:
                self.call_soon(self._empty_inbox)

    def close(self, *, lingers: bool = False) -> None:
        """Close in order: what was written still arrives, then the end of the stream.

        One that `lingers` is over when `lose_soon` is called: its program waits for room.
        """
        if not self.closed:
            self.end_stream()
            self.closed = True
            if lingers:
                self.waits_for_room = True
            else:
                self.lose_soon()

    def lose_soon(self) -> None:
        """The connection is over for its program, in order."""
        self.waits_for_room = False
        self.call_soon(self._lose, None)

    def abort(self) -> None:
        """Close at once: what is under way is lost, the peer is reset where it can be reached."""
        if not self.dead:
            self.closed = self.ended = True
            self._discard()
            self._reset_peer()
            self.call_soon(self._lose, None)

    def call_soon(self, callback: Callable[..., object], *args: Any) -> None:  # noqa: ANN401 - as asyncio
        """Run `callback` for the program, at this instant."""
        self._time.call_soon(callback, *args, context=self.context)

    # What arrives

    @property
    def has_unread(self) -> bool:
        """Whether the kernel has something of the peer that the program has not taken yet."""
        return bool(self._inbox)

    def _arrived(self, segment: Segment, now_ns: int) -> None:
        """A segment of ours is there, and the peer's kernel has it; runs in the peer's context."""
        silence, peer = self._silence, self.peer
        silence.heard_ns = now_ns
        if not peer.route.passable:
            silence.unacknowledged(segment.sent_ns)
        else:
            silence.acknowledged()
        peer.receive(segment, now_ns)
        if self.dead and not self._delivery:
            self._kernel.forget(self)

    def _resumed(self) -> None:
        """What was held is on its way again."""
        self._note_carried()
        self.review()

    def receive(self, segment: Segment, now_ns: int) -> None:
        """A segment of the peer arrives; runs in `context`, also while its program is frozen."""
        if self.dead:
            if segment.kind is None:
                self._reset_peer()
            return
        self._silence.heard_ns = now_ns
        owner = self.owner
        if owner is not None and owner.frozen:
            self._inbox.append(segment)
            self.call_soon(self._empty_inbox)  # at the thaw
        elif self._inbox or not self.reading:
            self._inbox.append(segment)
        elif segment.kind is None:
            self._take(segment)
        else:
            self._heed(segment.kind)

    def _empty_inbox(self) -> None:
        """Hand on what has waited; runs in `context`."""
        while self._inbox and self.reading and not self.dead:
            segment = self._inbox.popleft()
            if segment.kind is None:
                self._take(segment)
            else:
                self._heed(segment.kind)

    def _take(self, segment: Segment) -> None:
        """Bytes: the program has them, and the peer's has room for as many more."""
        peer, program = self.peer, self.program
        peer.outstanding_bytes -= segment.size_bytes
        if peer.waits_for_room and peer.program is not None:
            peer.program.drained()
        if program is not None and not self.closed:
            program.data_received(segment.data())

    def _heed(self, kind: str) -> None:
        """A word of TCP."""
        if kind is ACCEPT:
            self._kernel.accept(self)
        elif self.program is not None and not self.closed:
            self.program.eof_received()

    # What goes wrong

    def review(self) -> None:
        """A route, or the peer's power, has changed: decide again what is held and how long."""
        there = self._way_is_open()
        stranded = self._delivery.is_stranded()
        if self.gone:  # its last segments may still be under way, but nobody repeats them
            if stranded or not there:
                self._discard()
            return
        back = self.peer.route.passable
        if there and not self.peer.gone:
            if stranded:  # the new way is open, and what was lost on the old one is repeated
                self._delivery.hold(carrier_lost=False)
            self._delivery.flow()
        elif there:
            self._delivery.hold()
        else:
            self._delivery.hold(carrier_lost=self._has_lost_its_carrier())
        if there and back:
            self._silence.acknowledged()
            if self._delivery and self.peer.gone:
                waits_ns = self._delivery.sends_ns() - self._time.time_ns()
                there_ns = waits_ns + self.route.delay_ns()
                self.peer.show_reset(self._time.time_ns() + there_ns)
                self.reset_after(there_ns + self.peer.route.delay_ns())
        self._watch(reachable=there and back)

    def _way_is_open(self) -> bool:
        route = self.route
        self._severed.update(route.severing(), filter(self._is_forgotten, route.devices))
        up = self._kernel.is_up(route.destination)
        return up and route.passable and self._severed.isdisjoint(route.hops)

    def _has_lost_its_carrier(self) -> bool:
        """A peer at the other end of one cable takes the carrier along with its power."""
        return len(self.route.hops) == 1 and not self._kernel.is_up(self.route.destination)

    def _is_forgotten(self, hop: Path) -> bool:
        """A device that has not seen the connection yet takes it up with its next data."""
        seen = (end.carried_ns.get(hop.link, LONG_AGO_NS) for end in (self, self.peer))
        last_ns = max(seen)
        return last_ns != LONG_AGO_NS and hop.forgets(self._time.time_ns() - last_ns)

    def _meet_device(self) -> None:
        """What is sent now passes the devices on the way that forget, where there are any."""
        if not self.route.devices or not self._delivery.flowing:
            return
        if any(self._is_forgotten(hop) for hop in self.route.devices):
            self._delivery.hold(carrier_lost=False)
        else:
            self._note_carried()

    def _note_carried(self) -> None:
        for hop in self.route.devices:
            self.carried_ns[hop.link] = self._time.time_ns()

    def is_over(self, paths: Container[Path]) -> bool:
        """Whether it goes over one of these paths at present."""
        return any(hop in paths for end in (self, self.peer) for hop in end.route.hops)

    def _watch(self, *, reachable: bool) -> None:
        """Set the time-outs of what is not heard."""
        self._silence.watch_data(self._delivery.held_since_ns)
        if self.dead or (reachable and not self.peer.dead):
            self._silence.stop_probing()
        else:
            self._silence.probe(self._time.time_ns(), reachable=reachable)

    def _set_keepalive(self, on: bool) -> None:
        self._silence.keepalive = on
        self.review()

    def requeue(self, queue: Queue, bandwidth_bit_s: int | None) -> None:
        """A queue is about to get another bandwidth; None is no limit."""
        self._delivery.requeue(queue, bandwidth_bit_s)

    def _reset_peer(self) -> None:
        """Send a reset, which nobody retransmits where it is lost."""
        self.show_reset(self._time.time_ns())
        if self._way_is_open() and not self.peer.dead:
            self.peer.reset_after(self.route.delay_ns())

    def show_reset(self, at_ns: int) -> None:
        """A reset leaves this end, for an observer to see."""
        if self.observed is not None:
            self.observed.sent(Segment(at_ns, kind=RESET), at_ns)

    def reset_after(self, delay_ns: int) -> None:
        """A reset is under way to this end."""
        self._call_at(self._time.time_ns() + delay_ns, self.reset)

    def _call_at(self, when_ns: int, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return self._time.call_at_ns(when_ns, callback, context=self.context)

    # How it ends

    def reset(self) -> None:
        """A reset arrives; runs in `context`."""
        self.show_reset_arrived()
        self.fail(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))

    def show_reset_arrived(self) -> None:
        """A reset arrives, whoever has sent it, for an observer to see."""
        if self.peer.observed is not None and not self.dead:
            now_ns = self._time.time_ns()
            self.peer.observed.arrived(Segment(now_ns, kind=RESET), now_ns)

    def _time_out(self) -> None:
        self.fail(TimeoutError(errno.ETIMEDOUT, "Connection timed out"))

    def fail(self, error: OSError) -> None:
        """The connection ends with an error; runs in `context`."""
        self.closed = self.ended = True
        self._discard()
        self._lose(error)

    def fail_soon(self) -> None:
        """The other process of a local connection has died: the kernel tells at once."""
        self.call_soon(self.reset)

    def exit(self) -> None:
        """The process has ended: its kernel closes in order, and tells the process nothing."""
        self.end_stream()
        self.closed = True
        self.context = contextvars.Context()
        self._die()
        self.peer.join(self)

    def vanish(self) -> None:
        """The machine loses its power: nothing is sent, nobody learns of it."""
        self.dead = self.gone = self.closed = self.ended = True
        self._delivery.lose_unsent()
        if not self._delivery or not self._delivery.flowing:
            self._discard()

    def _lose(self, error: Exception | None) -> None:
        if not self.dead:
            self._die()
            if self.program is not None:
                self.program.connection_lost(error)

    def _die(self) -> None:
        self.dead = True
        self._inbox.clear()
        self._silence.stop_probing()
        if not self._delivery:
            self._kernel.forget(self)

    def _discard(self) -> None:
        self._delivery.lose_all()
        self._silence.end()
        self._inbox.clear()
        self.outstanding_bytes = 0
        if self.dead:
            self._kernel.forget(self)
