"""When a node hears from the central CLA again after a closure: decision 22, points 2 to 4.

It computes what `nodes/cla_session/link.py` and the kernels do; the pauses are the node's own.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator

from licensing.policies import MINUTE_NS, Timing
from nodes.cla_session.backoff import backoff_ns
from simulator.network.retransmission import SYN_NS, next_repetition_ns
from simulator.plan.model.ways import Closure, Ways

Chances = Callable[[int], Iterator[float]]
"""Of the pauses since a start of the host, by its number."""

_SEEN_NS = 90 * MINUTE_NS
"""Before the end of an outage: the pauses of this time are counted one by one."""

_SETTLED = 6
"""After so many pauses all are the longest, and when they end no longer depends on the first."""


class Dialer:
    """The dialing of one site over its ways.

    `chances` are those of its pauses, between 0 and 1, since each start of its host, which are
    numbered from 0. With `skips` the pauses of a long outage that nobody will see are not counted
    one by one. `dialed_ns` is when it dialed last.
    """

    def __init__(
        self,
        ways: Ways,
        chances: Chances,
        *,
        timing: Timing,
        skips: bool,
    ) -> None:
        self._closures = ways.closures
        self._begins_ns = [closure.began_ns for closure in ways.closures]
        self._round_trips = ways.round_trips
        self._turns_ns = [turn_ns for turn_ns, _ in ways.round_trips]
        self._chances_of = chances
        self._starts = 0
        self._chances = chances(0)
        self.dialed_ns = 0
        self._timing = timing
        self._skips = skips

    def restarted(self) -> None:
        """Its host starts again, and knows nothing of dials before."""
        self._starts += 1
        self._chances = self._chances_of(self._starts)

    def closure_at(self, at_ns: int) -> Closure | None:
        """The closure at an instant; None where the way is open."""
        index = bisect_right(self._begins_ns, at_ns) - 1
        if index >= 0 and at_ns < self._closures[index].ended_ns:
            return self._closures[index]
        return None

    def round_trip_ns(self, at_ns: int) -> int:
        """Of the way that traffic takes at an instant."""
        return self._round_trips[max(0, bisect_right(self._turns_ns, at_ns) - 1)][1]

    def repeated_ns(self, sent_ns: int, met: Closure) -> tuple[int, bool]:
        """When TCP brings to the other end what was sent at `sent_ns` and met a closure.

        Where that is too late for an answer, any instant that is too late. True with it: in vain,
        the other end knows of no connection any more.
        """
        overdue_ns = sent_ns + self._timing.answer_ns
        at_ns, resets = sent_ns, met.resets
        closure = met if met.ended_ns > sent_ns else self.closure_at(sent_ns)
        while closure and at_ns < overdue_ns:
            until_ns = min(closure.ended_ns, overdue_ns)
            round_trip_ns = self.round_trip_ns(until_ns)
            at_ns = next_repetition_ns(sent_ns, until_ns, round_trip_ns=round_trip_ns)
            closure = self.closure_at(at_ns)
            resets |= closure is not None and closure.resets
        return at_ns, resets

    def hello_ns(self, began_ns: int, until_ns: int, period_ends_ns: int | None) -> int:
        """When the hello is sent that is welcomed, if dialing begins at `began_ns`.

        Where it is not welcomed before `until_ns`, any instant that is no earlier. The pauses
        shrink towards the end of the period, where there is one.
        """
        dialed_ns, failures = began_ns, 0
        while dialed_ns < until_ns:
            self.dialed_ns = dialed_ns
            if (knock_ns := self._answered_ns(dialed_ns)) is not None:
                return knock_ns + 2 * self.round_trip_ns(knock_ns)
            failures += 1
            failed_ns = dialed_ns + self._timing.dial_ns
            rest_ns = None
            if period_ends_ns is not None and failed_ns <= period_ends_ns:
                rest_ns = period_ends_ns - failed_ns
            dialed_ns = failed_ns + backoff_ns(failures, rest_ns, next(self._chances))
            if self._skips and failures >= _SETTLED:
                dialed_ns = self._skipped_ns(dialed_ns, until_ns)
        return until_ns

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

    def _skipped_ns(self, dialed_ns: int, until_ns: int) -> int:
        """The same dial, or one shortly before what ends it where that is far off."""
        closure = self.closure_at(dialed_ns)
        longest_ns = self._timing.longest_backoff_ns
        seen_ns = min(closure.ended_ns, until_ns) - _SEEN_NS if closure else 0
        if seen_ns < dialed_ns + 2 * longest_ns:
            return dialed_ns
        return seen_ns - round(next(self._chances) * longest_ns)
