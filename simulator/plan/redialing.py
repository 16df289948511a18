"""When a node hears from the central CLA again after a closure: decision 22, points 2 to 4.

It computes what `nodes/cla_session/link.py` and the kernels do; the pauses are the node's own.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from licensing.policies import MINUTE_NS, Timing
from nodes.cla_session.backoff import backoff_ns
from simulator.network.retransmission import SYN_NS, next_repetition_ns
from simulator.plan.ways import Closure

_SEEN_NS = 90 * MINUTE_NS
"""Before the end of an outage: the pauses of this time are counted one by one."""

_SETTLED = 6
"""After so many pauses all are the longest, and when they end no longer depends on the first."""


class Dialer:
    """The dialing of one site over its way, which is closed in `closures`.

    `chances` are between 0 and 1, one for each pause. With `skips` the pauses of a long outage that
    nobody will see are not counted one by one.
    """

    def __init__(
        self,
        closures: Sequence[Closure],
        chances: Iterator[float],
        *,
        round_trip_ns: int,
        timing: Timing,
        skips: bool,
    ) -> None:
        self._closures = closures
        self._begins_ns = [closure.began_ns for closure in closures]
        self._chances = chances
        self._round_trip_ns = round_trip_ns
        self._timing = timing
        self._skips = skips

    def closure_at(self, at_ns: int) -> Closure | None:
        """The closure at an instant; None where the way is open."""
        index = bisect_right(self._begins_ns, at_ns) - 1
        if index >= 0 and at_ns < self._closures[index].ended_ns:
            return self._closures[index]
        return None

    def repeated_ns(self, sent_ns: int, met: Closure) -> tuple[int, bool]:
        """When TCP brings to the other end what was sent at `sent_ns` and met a closure.

        Where that is too late for an answer, any instant that is too late. True with it: in vain,
        the other end knows of no connection any more.
        """
        overdue_ns = sent_ns + self._timing.answer_ns
        at_ns, resets, closure = sent_ns, met.resets, met if met.ended_ns > sent_ns else None
        while closure and at_ns < overdue_ns:
            until_ns = min(closure.ended_ns, overdue_ns)
            at_ns = next_repetition_ns(sent_ns, until_ns, round_trip_ns=self._round_trip_ns)
            closure = self.closure_at(at_ns)
            resets |= closure is not None and closure.resets
        return at_ns, resets

    def hello_ns(self, began_ns: int, period_ends_ns: int | None) -> int:
        """When the hello is sent that is welcomed, if dialing begins at `began_ns`.

        The pauses shrink towards the end of the period, where there is one.
        """
        dialed_ns, failures = began_ns, 0
        while True:
            if (knock_ns := self._answered_ns(dialed_ns)) is not None:
                return knock_ns + 2 * self._round_trip_ns
            failures += 1
            failed_ns = dialed_ns + self._timing.dial_ns
            rest_ns = None
            if period_ends_ns is not None and failed_ns <= period_ends_ns:
                rest_ns = period_ends_ns - failed_ns
            dialed_ns = failed_ns + backoff_ns(failures, rest_ns, next(self._chances))
            if self._skips and failures >= _SETTLED:
                dialed_ns = self._skipped_ns(dialed_ns)

    def _answered_ns(self, dialed_ns: int) -> int | None:
        """The first SYN for which the way is open; None where there is none within the dial."""
        closure = self.closure_at(dialed_ns)
        if closure is None:
            return dialed_ns
        latest_ns = dialed_ns + self._timing.dial_ns
        if closure.ended_ns >= latest_ns:
            return None
        knocks_ns = (dialed_ns + offset_ns for offset_ns in SYN_NS)
        return next(
            (at for at in knocks_ns if at >= closure.ended_ns and not self.closure_at(at)), None
        )

    def _skipped_ns(self, dialed_ns: int) -> int:
        """The same dial, or one shortly before the end of its closure where that is far off."""
        closure = self.closure_at(dialed_ns)
        longest_ns = self._timing.longest_backoff_ns
        if closure is None or closure.ended_ns - dialed_ns < _SEEN_NS + 2 * longest_ns:
            return dialed_ns
        return closure.ended_ns - _SEEN_NS - round(next(self._chances) * longest_ns)
