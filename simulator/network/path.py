"""One direction of a link: how long bytes wait, leave and travel, and the verdict on them.

A path has no clock: who asks says what instant it is. It sends nothing and holds no byte; those
who send keep their bytes, and it keeps the instant until which it is busy with what was sent.
"""

from dataclasses import dataclass
from typing import Protocol

from licensing.policies import NS_PER_SECOND

RETRANSMISSION_NS = 200_000_000
"""After how long TCP repeats what was lost, at least; twice as long each further time."""

LONG_AGO_NS = -(1 << 62)
"""Before everything: what a live run prepares has negative instants."""

_SCALE = 1_000_000


class LinkDice(Protocol):
    """The random stream of one path: `random.Random` from the run's seed and the path's label."""

    def randint(self, a: int, b: int) -> int:
        """A whole number from `a` to `b`, both included."""


def repeats_ns(loss: float, dice: LinkDice, delay_ns: int) -> int:
    """How much later bytes arrive of which a share `loss` (0 to 1) is lost and sent again.

    The repetition itself takes no bandwidth: what counts is how long TCP waits before it.
    """
    later_ns = 0
    repeat_after_ns = max(RETRANSMISSION_NS, 2 * delay_ns)
    while loss and dice.randint(1, _SCALE) <= loss * _SCALE:
        later_ns += repeat_after_ns
        repeat_after_ns *= 2
    return later_ns


@dataclass(frozen=True, slots=True)
class Pass:
    """Let through, whatever later rules say."""


@dataclass(frozen=True, slots=True)
class DeliverAfter:
    """Let through, this many nanoseconds later than the path itself would."""

    delay_ns: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep back until the rule is lifted, as a cut does to a TCP stream."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Lose for good: a connection that meets it never gets through again."""


Verdict = Pass | DeliverAfter | Hold | Drop


class Path:
    """One direction of a link. Times in nanoseconds, bandwidth in bit/s (None: no limit).

    All connections over it share one queue, first come, first served. Only the bytes of streams
    count: a handshake and a reset are a few dozen bytes, and pass it by.
    """

    def __init__(
        self,
        source: str,
        destination: str,
        *,
        latency_ns: int,
        jitter_ns: int = 0,
        bandwidth: int | None = None,
        dice: LinkDice | None = None,
    ) -> None:
        if jitter_ns and dice is None:
            raise ValueError(f"{source} -> {destination}: jitter needs the path's own dice")
        self.source = source
        self.destination = destination
        self.latency_ns = latency_ns
        self.jitter_ns = jitter_ns
        self.bandwidth = bandwidth
        self.loss = 0.0
        self.verdict: Verdict = Pass()
        self.passable = True
        self._free_ns = LONG_AGO_NS
        self._dice = dice

    def __repr__(self) -> str:
        return f"<{self.source} -> {self.destination} {self.verdict}>"

    # The queue before it

    def leaves_ns(self, now_ns: int, size: int) -> int:
        """When the last of `size` bytes that are sent now has left, after all sent before them."""
        if self.bandwidth is None:
            return now_ns
        lasts_ns = -(-size * 8 * NS_PER_SECOND // self.bandwidth)
        self._free_ns = max(now_ns, self._free_ns) + lasts_ns
        return self._free_ns

    def instead_ns(self, leaves_ns: int, now_ns: int, bandwidth: int | None) -> int:
        """When bytes leave that were to leave at `leaves_ns`, if from now on it has `bandwidth`.

        The bits that are left are the same, so that nobody's place in the queue changes.
        """
        left_ns = leaves_ns - now_ns
        if left_ns <= 0 or self.bandwidth is None:
            return leaves_ns
        return now_ns + (-(-left_ns * self.bandwidth // bandwidth) if bandwidth else 0)

    def set_bandwidth(self, bandwidth: int | None, now_ns: int) -> None:
        """Another bandwidth from now on; who sends asks `instead_ns` before, for what waits."""
        self._free_ns = self.instead_ns(self._free_ns, now_ns, bandwidth)
        self.bandwidth = bandwidth

    def empty(self) -> None:
        """Nothing waits any more: it is held by those who sent it, or lost with the power."""
        self._free_ns = LONG_AGO_NS

    # The way itself

    def delay_ns(self) -> int:
        """How long the next segment travels; draws the jitter."""
        delay = self.latency_ns
        if self.jitter_ns and self._dice is not None:
            delay += self._dice.randint(0, self.jitter_ns)
        if type(self.verdict) is DeliverAfter:
            delay += self.verdict.delay_ns
        return delay

    def travel_ns(self) -> int:
        """The same for a segment of which TCP repeats what is lost."""
        delay = self.delay_ns()
        return delay + repeats_ns(self.loss, self._dice, delay) if self._dice else delay

    def judge(self, verdict: Verdict) -> bool:
        """Take a verdict; True where it has changed. What is held back waits with its sender."""
        before = self.verdict
        self.verdict = verdict
        self.passable = isinstance(verdict, Pass | DeliverAfter)
        if not self.passable:
            self.empty()
        return verdict != before
