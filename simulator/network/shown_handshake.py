"""A handshake as an observer sees it: the SYN with its repetitions, and the answer."""

from simulator.network.retransmission import SYN_NS
from simulator.network.segment import RESET, SYN, SYN_ACK, Segment
from simulator.network.tap import Directions
from simulator.network.virtual_time import VirtualTime


class ShownHandshake:
    """Shows one dial; it has begun."""

    def __init__(self, time: VirtualTime, observed: Directions) -> None:
        self._time = time
        self._there, self._back = observed
        self._began_ns = time.time_ns()
        self._syn = self._word(SYN)
        self._accepted, self._refused = self._word(SYN_ACK), self._word(RESET)
        self._answer = self._refused
        self._there.sent(self._syn, self._began_ns)
        self.review()

    def _word(self, kind: str) -> Segment:
        return Segment(self._began_ns, kind=kind)

    def _next_ns(self, after_ns: int) -> int | None:
        due = (self._began_ns + offset_ns for offset_ns in SYN_NS)
        return next((at_ns for at_ns in due if at_ns > after_ns), None)

    def review(self) -> None:
        """The way may be another one, or blocked: the kernel does not know, and repeats the SYN."""
        now_ns = self._time.time_ns()
        self._there.released(now_ns)
        self._there.held(self._syn, now_ns, self._next_ns)

    def syn_arrived(self, *, accepted: bool) -> None:
        """The other host has a SYN, and answers at once."""
        now_ns = self._time.time_ns()
        self._answer = self._accepted if accepted else self._refused
        self._there.arrived(self._syn, now_ns)
        self._back.sent(self._answer, now_ns)

    def answer_arrived(self) -> None:
        """The dialing host has the answer."""
        self._back.arrived(self._answer, self._time.time_ns())

    def end(self) -> None:
        """It has its answer, or has been given up."""
        self._there.released(self._time.time_ns())
