"""The sending half of a connection's end: what is under way or held, and when it arrives.

What is sent in one instant is one segment, and arrives as one, when its last byte does. While the
delivery is held it keeps everything, in order; with TCP's next repetition after that all of it is
sent anew, and flows again. No timer runs for repetitions while everything gets through.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable

from simulator.network.incarnation import of_the_kernel
from simulator.network.queue import Queue
from simulator.network.retransmission import next_repetition_ns
from simulator.network.route import Route, passable
from simulator.network.segment import Segment
from simulator.network.tap import Direction
from simulator.network.virtual_time import LONG_AGO_NS, VirtualTime


class Delivery:
    """Calls `arrived` with each segment and the instant in ns, in the receiver's context.

    There is one timer: that of the next arrival, or of the repetition of what was held, which is
    followed by a call of `resumed`. The length is the number of segments that have not arrived;
    `flowing` is False while they are held, and until they are sent anew.
    """

    def __init__(
        self,
        time: VirtualTime,
        route: Route,
        arrived: Callable[[Segment, int], None],
        resumed: Callable[[], None],
        observed: Direction | None,
    ) -> None:
        self.flowing = True
        self._time = time
        self._route = route
        self._arrived = arrived
        self._resumed = resumed
        self._observed = observed
        self._context = contextvars.Context()
        self._segments: deque[Segment] = deque()
        self._last_arrival_ns = LONG_AGO_NS
        self._timer: asyncio.TimerHandle | None = None
        self._carrier_lost = False

    def __len__(self) -> int:
        return len(self._segments)

    # What is sent

    @property
    def held_since_ns(self) -> int | None:
        """When the oldest segment was sent that is held; None where nothing is held."""
        return None if self.flowing or not self._segments else self._segments[0].sent_ns

    def write(self, data: bytes) -> bool:
        """Send bytes, together with those of the same instant; False where there were some."""
        now_ns, segments = self._time.time_ns(), self._segments
        if segments and segments[-1].sent_ns == now_ns and segments[-1].kind is None:
            self._lengthen(segments[-1], data)
            return False
        segment = Segment(now_ns, [data], len(data))
        if not self.flowing:
            self._send(segment)
            return True
        segments.append(segment)
        self._dispatch(segment, now_ns)
        if self._timer is None:
            self._arm()
        return True

    def send(self, kind: str) -> None:
        """Send a word of TCP, after what was written."""
        self._send(Segment(self._time.time_ns(), kind=kind))

    def _send(self, segment: Segment) -> None:
        self._segments.append(segment)
        if self.flowing:
            self._dispatch(segment, segment.sent_ns)
            if self._timer is None:
                self._arm()
        elif self._observed is not None and not self._carrier_lost:
            self._observed.sent(segment, segment.sent_ns)
            self._show_held(self._observed)

    def _lengthen(self, segment: Segment, data: bytes) -> None:
        """The last segment, of this very instant, grows; a timer that is set finds it later."""
        segment.add(data)
        if self.flowing:
            segment.queue_up(segment.sent_ns, len(data))
            self._schedule(segment)

    def _dispatch(self, segment: Segment, now_ns: int) -> None:
        """Put a segment on the way."""
        route = self._route
        segment.hops, segment.queues = route.hops, route.queues
        segment.queue_up(now_ns, segment.size_bytes)
        if route.steady_ns is not None:
            segment.travel_ns, segment.late_ns = route.steady_ns, 0
        else:
            delay_ns, segment.late_ns = route.travel_ns()
            segment.travel_ns = delay_ns + segment.late_ns
        self._schedule(segment)
        if self._observed is not None:
            self._observed.sent(segment, now_ns)

    def _schedule(self, segment: Segment) -> None:
        """It arrives never before the one ahead of it, whatever the jitter."""
        arrival_ns = segment.leaves_ns + segment.travel_ns
        self._last_arrival_ns = max(self._last_arrival_ns, arrival_ns)
        segment.arrives_ns = self._last_arrival_ns

    # What happens to it

    def hold(self, *, carrier_lost: bool | None = None) -> None:
        """Let nothing arrive until it flows again; None leaves the carrier as it was."""
        self.flowing = False
        if carrier_lost is not None:
            self._carrier_lost = carrier_lost
        self._disarm()
        if self._observed is not None:
            self._show_held(self._observed)

    def _show_held(self, observed: Direction) -> None:
        """A kernel without a carrier repeats nothing that could be seen."""
        observed.released(self._time.time_ns())
        if self._segments and not self._carrier_lost:
            observed.held(self._segments[0], self._time.time_ns(), self._repetition_ns)

    def _repetition_ns(self, after_ns: int) -> int | None:
        """When the oldest segment is repeated the next time after an instant."""
        round_trip_ns = 2 * self._route.latency_ns
        sent_ns = self._segments[0].sent_ns
        return next_repetition_ns(sent_ns, after_ns + 1, round_trip_ns=round_trip_ns)

    def is_stranded(self) -> bool:
        """Whether something is on its way over hops that let nothing through any more."""
        return self.flowing and not all(passable(segment.hops) for segment in self._segments)

    def flow(self) -> None:
        """The way is open: what was held is sent anew when the kernel repeats it."""
        if self.flowing or self._timer is not None:
            return
        if not self._segments:
            self.flowing = True
            return
        outside = contextvars.Context()  # a kernel's timer: no program runs in it
        self._timer = self._time.call_at_ns(self.sends_ns(), self._resume, context=outside)

    def sends_ns(self) -> int:
        """When the oldest segment is sent on an open way: now for the first time, or again."""
        sent_ns, now_ns = self._segments[0].sent_ns, self._time.time_ns()
        if sent_ns == now_ns:
            return now_ns
        return next_repetition_ns(
            sent_ns,
            now_ns,
            round_trip_ns=2 * self._route.latency_ns,
            carrier_lost=self._carrier_lost,
        )

    def _resume(self) -> None:
        """Send what was held anew, in its order."""
        self._timer = None
        self.flowing = True
        now_ns = self._last_arrival_ns = self._time.time_ns()
        self._show_released()
        for segment in self._segments:
            self._dispatch(segment, now_ns)
        self._rearm()
        self._resumed()

    def requeue(self, queue: Queue, bandwidth_bit_s: int | None) -> None:
        """A queue is about to get another bandwidth: what has not left leaves at the new one."""
        if not self.flowing or not any(queue in segment.queues for segment in self._segments):
            return
        now_ns = self._last_arrival_ns = self._time.time_ns()
        for segment in self._segments:
            segment.requeue(queue, now_ns, bandwidth_bit_s)
            self._schedule(segment)
        self._rearm()

    def deliver_in(self, context: contextvars.Context) -> None:
        """From now on another context is the receiver's."""
        self._context = context
        if self.flowing and self._timer is not None:
            self._rearm()

    def lose_unsent(self) -> None:
        """The sender has lost its power: what has not left is lost with it."""
        self._show_released()
        now_ns = self._time.time_ns()
        while self._segments and self._segments[-1].leaves_ns > now_ns:
            self._segments.pop()

    def lose_all(self) -> None:
        """Lose what has not arrived."""
        self._show_released()
        self._segments.clear()
        self._disarm()

    def _show_released(self) -> None:
        if self._observed is not None:
            self._observed.released(self._time.time_ns())

    # The timer

    def _rearm(self) -> None:
        self._disarm()
        if self._segments:
            self._arm()

    def _arm(self) -> None:
        self._timer = self._time.call_at_ns(
            self._segments[0].arrives_ns, self._arrive, context=self._context
        )

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @of_the_kernel
    def _arrive(self) -> None:
        """Hand over what is due, and arm for the rest."""
        self._timer = None
        now_ns, segments = self._time.time_ns(), self._segments
        while segments and self.flowing and segments[0].arrives_ns <= now_ns:
            segment = segments.popleft()
            if self._observed is not None:
                self._observed.arrived(segment, now_ns)
            self._arrived(segment, now_ns)
        if segments and self.flowing and self._timer is None:
            self._arm()
