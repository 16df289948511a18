"""What is seen of the simulated wire from one place, as a pcapng file that Wireshark opens.

What a host sends is there as often as it was sent, lost or not; what it receives is there when it
arrives. Acknowledgements stand in packets that say something else: alone they are not simulated.
"""

import heapq
from collections.abc import Callable
from itertools import count
from typing import BinaryIO, NamedTuple

from simulator.network import packets
from simulator.network.packets import TcpEnd
from simulator.network.pcapng import PcapngWriter
from simulator.network.retransmission import repetitions_ns
from simulator.network.route import Route
from simulator.network.segment import ACCEPT, FIN, RESET, SYN, SYN_ACK, Segment
from simulator.network.simulated_socket import SimulatedSocket
from simulator.network.tap import Directions
from simulator.network.vantage import Vantage

_FLAGS = {
    None: packets.PSH,
    ACCEPT: 0,
    FIN: packets.FIN,
    SYN: packets.SYN,
    SYN_ACK: packets.SYN,
    RESET: packets.RST,
}
_TAKES_ONE = frozenset({SYN, SYN_ACK, FIN})
"""The words that take a sequence number, as a byte does."""

_ISN_STEP = 0x9E3779B1
"""From one initial sequence number to the next: a port that comes again has another one."""


class Capture:
    """The `Tap` that writes to `stream` what is seen from one place; `end` it.

    `epoch_ns` is the wall time of the start. It keeps no more than what may still be repeated.
    """

    def __init__(self, stream: BinaryIO, vantage: Vantage, *, epoch_ns: int) -> None:
        self._vantage = vantage
        self._epoch_ns = epoch_ns
        self._file = PcapngWriter(stream, vantage.name)
        self._waiting: list[_Waiting] = []
        self._numbers = count()
        self._initials = count(1)
        self._known_ns = 0
        self._ready: list[tuple[int, bytes]] = []

    def dialed(self, there: Route, back: Route, endpoint: SimulatedSocket) -> Directions | None:
        """Follow a connection that may be seen."""
        if not self._vantage.follows(there):
            return None
        near, far = (
            TcpEnd.of(name, next(self._initials) * _ISN_STEP)
            for name in (endpoint.getsockname(), endpoint.getpeername())
        )
        ours = _Stream(self, self._vantage, there, (near, far))
        theirs = _Stream(self, self._vantage, back, (far, near))
        ours.reverse, theirs.reverse = theirs, ours
        return Directions(ours, theirs)

    def add(self, at_ns: int, show: Callable[[int], None]) -> None:
        """Let `show` write when that instant is over."""
        heapq.heappush(self._waiting, _Waiting(at_ns, next(self._numbers), show))

    def see(self, at_ns: int, data: bytes) -> None:
        """A packet comes by at an instant; no program feels it where it cannot be written."""
        self._ready.append((at_ns, data))

    def pass_to(self, now_ns: int) -> None:
        """All that was before this instant is known now."""
        self._known_ns = max(self._known_ns, now_ns)
        while self._waiting and self._waiting[0].at_ns < now_ns:
            waiting = heapq.heappop(self._waiting)
            waiting.show(waiting.at_ns)

    def write_to(self, now_ns: int) -> None:
        """Write all that was before this instant; raises `OSError`."""
        self.pass_to(now_ns)
        for at_ns, data in self._ready:
            self._file.packet(self._epoch_ns + at_ns, data)
        self._ready.clear()

    def end(self) -> None:
        """Write what has happened, and forget what would have; raises `OSError`."""
        self.write_to(self._known_ns + 1)
        self._waiting.clear()


class _Waiting(NamedTuple):
    at_ns: int
    number: int
    show: Callable[[int], None]


class _Place(NamedTuple):
    """Where a segment stands in its stream, and what its sender has received by then."""

    position: int
    acknowledged: int


class _Stream:
    """The `Direction` over `route`, from the first of its `ends` to the second.

    Positions count from the SYN; `received` is how far the destination has got.
    """

    reverse: "_Stream"

    def __init__(
        self, capture: Capture, vantage: Vantage, route: Route, ends: tuple[TcpEnd, TcpEnd]
    ) -> None:
        self.received = 0
        self._capture = capture
        self._vantage = vantage
        self._route = route
        self._ends = ends
        self._last: tuple[Segment, int] | None = None
        self._places: dict[Segment, _Place] = {}
        self._repeating = 0

    def sent(self, segment: Segment, at_ns: int) -> None:
        """Show it where it comes by, with the times that it is lost on the way."""
        place = self._place(segment)
        after_ns = self._vantage.after_ns(self._route)
        if after_ns is None:
            return
        delay_ns = segment.travel_ns - segment.late_ns
        times_ns = [0, *repetitions_ns(segment.late_ns, delay_ns)]
        if not self._vantage.sees_losses(self._route):
            times_ns = times_ns[-1:]
        for later_ns in times_ns:
            seen_ns = at_ns + later_ns + after_ns
            if later_ns:
                self._repeat(segment, place, seen_ns, lambda _: None)
            else:
                self._show(segment, place, seen_ns)

    def _place(self, segment: Segment) -> _Place:
        if segment.kind is RESET:
            return _Place(self._end(), self.reverse.received)
        known = self._places.get(segment)
        position = known.position if known else self._end()
        if not known:
            self._last = segment, position
        self._places[segment] = place = _Place(position, self.reverse.received)
        return place

    def _end(self) -> int:
        return self._last[1] + _length(self._last[0]) if self._last else 0

    def arrived(self, segment: Segment, at_ns: int) -> None:
        """Show it, if it has reached our host."""
        self._capture.pass_to(at_ns)
        place = self._places.get(segment) or self._place(segment)
        self.received = max(self.received, place.position + _length(segment))
        if self._vantage.receives(self._route):
            self._show(segment, place, at_ns)
        if segment.kind not in {SYN, SYN_ACK}:  # these may arrive again
            self._places.pop(segment, None)

    def held(self, segment: Segment, at_ns: int, next_ns: Callable[[int], int | None]) -> None:
        """Show each repetition where it comes by."""
        after_ns = self._vantage.after_ns(self._route)
        if after_ns is not None:
            self._hold(segment, at_ns, next_ns, after_ns)

    def _hold(
        self,
        segment: Segment,
        at_ns: int,
        next_ns: Callable[[int], int | None],
        after_ns: int,
    ) -> None:
        due_ns = next_ns(at_ns)
        if due_ns is not None:
            self._repeat(
                segment,
                self._place(segment),
                due_ns + after_ns,
                lambda _: self._hold(segment, due_ns, next_ns, after_ns),
            )

    def released(self, at_ns: int) -> None:
        """Forget the repetitions that would have come."""
        self._capture.pass_to(at_ns)
        self._repeating += 1

    def _repeat(
        self, segment: Segment, place: _Place, at_ns: int, go_on: Callable[[int], None]
    ) -> None:
        repeating = self._repeating

        def show(now_ns: int) -> None:
            if repeating == self._repeating:
                self._write(segment, place, now_ns)
                go_on(now_ns)

        self._capture.add(at_ns, show)

    def _show(self, segment: Segment, place: _Place, at_ns: int) -> None:
        self._capture.add(at_ns, lambda now_ns: self._write(segment, place, now_ns))

    def _write(self, segment: Segment, place: _Place, at_ns: int) -> None:
        for packet in packets.packets(
            *self._ends,
            position=place.position,
            acknowledged=place.acknowledged,
            flags=_FLAGS[segment.kind],
            data=segment.data(),
        ):
            self._capture.see(at_ns, packet)


def _length(segment: Segment) -> int:
    return segment.size_bytes + (segment.kind in _TAKES_ONE)
