"""One direction of a link: how long bytes wait, leave and travel, and the verdict on them.

A path has no clock: whoever asks says what instant it is. It sends nothing and holds no byte; those
who send keep their bytes, and it keeps the instant until which it is busy with what was sent.
"""

from dataclasses import dataclass
from typing import Protocol

from licensing.policies import NS_PER_SECOND
from simulator.network.retransmission import RETRANSMISSION_NS
from simulator.network.virtual_time import LONG_AGO_NS

_SCALE = 1_000_000


class LinkDice(Protocol):
    """The random stream of one path: `random.Random` from the run's seed and the path's label."""

    def randint(self, a: int, b: int) -> int:
        """A whole number from `a` to `b`, both included."""


def repeats_ns(loss_percent: int, dice: LinkDice, delay_ns: int) -> int:
    """How many nanoseconds later bytes arrive of which that much is lost and sent again.

    The repetition itself takes no bandwidth: what counts is how long TCP waits before it.
    """
    later_ns = 0
    repeat_after_ns = max(RETRANSMISSION_NS, 2 * delay_ns)
    while loss_percent and dice.randint(1, _SCALE) * 100 <= loss_percent * _SCALE:
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
class Discard:
    """Lose for good: a connection that meets it never gets through again."""


Verdict = Pass | DeliverAfter | Hold | Discard


class Path:
    """One direction of a link; without a bandwidth it has no limit.

    `loss_percent` of what is sent is lost, and repeated. A path that `refuses` lets no new dial in.
    Where it `forgets_idle_ns`, a connection over which no data came for so long, in no direction,
    is forgotten by a device on the way, and nothing of it gets through again.
    All connections over it share one queue, first come, first served. Only the bytes of streams
    count: a handshake and a reset are a few dozen bytes, and pass it by.

    Raises `ValueError` for jitter without dice.
    """

    def __init__(
        self,
        source: str,
        destination: str,
        *,
        latency_ns: int,
        jitter_ns: int = 0,
        bandwidth_bit_s: int | None = None,
        forgets_idle_ns: int | None = None,
        dice: LinkDice | None = None,
    ) -> None:
        if jitter_ns and dice is None:
            raise ValueError(f"{source} -> {destination}: jitter needs the path's own dice")
        self.source = source
        self.destination = destination
        self.latency_ns = latency_ns
        self.jitter_ns = jitter_ns
        self.bandwidth_bit_s = bandwidth_bit_s
        self.forgets_idle_ns = forgets_idle_ns
        self.loss_percent = 0
        self.refuses = False
        self.verdict: Verdict = Pass()
        self.passable = True
        self._free_ns = LONG_AGO_NS
        self._dice = dice

    def __repr__(self) -> str:
        return f"<{self.source} -> {self.destination} {self.verdict}>"

    # The queue before it

    def leaves_ns(self, now_ns: int, size_bytes: int) -> int:
        """When the last of `size_bytes` that are sent now has left, after all sent before them."""
        if self.bandwidth_bit_s is None:
            return now_ns
        lasts_ns = -(-size_bytes * 8 * NS_PER_SECOND // self.bandwidth_bit_s)
        self._free_ns = max(now_ns, self._free_ns) + lasts_ns
        return self._free_ns

    def instead_ns(self, leaves_ns: int, now_ns: int, bandwidth_bit_s: int | None) -> int:
        """When bytes leave that were to leave at `leaves_ns`, with another bandwidth from `now_ns`.

        The bits that are left are the same, so that nobody's place in the queue changes.
        """
        left_ns = leaves_ns - now_ns
        if left_ns <= 0 or self.bandwidth_bit_s is None:
            return leaves_ns
        if bandwidth_bit_s is None:
            return now_ns
        return now_ns - (-left_ns * self.bandwidth_bit_s // bandwidth_bit_s)

    def set_bandwidth(self, bandwidth_bit_s: int | None, now_ns: int) -> None:
        """Another bandwidth from `now_ns` on; None is no limit.

        Senders ask `instead_ns` first, for what they have waiting.
        """
        self._free_ns = self.instead_ns(self._free_ns, now_ns, bandwidth_bit_s)
        self.bandwidth_bit_s = bandwidth_bit_s

    def empty(self) -> None:
        """Nothing waits any more: it is held by those who sent it, or lost with the power."""
        self._free_ns = LONG_AGO_NS

    # The way itself

    def forgets(self, idle_ns: int) -> bool:
        """Whether a connection is forgotten that has carried no data for so long."""
        return self.forgets_idle_ns is not None and idle_ns >= self.forgets_idle_ns

    def delay_ns(self) -> int:
        """How long the next segment travels; draws the jitter."""
        delay_ns = self.latency_ns
        if self.jitter_ns and self._dice is not None:
            delay_ns += self._dice.randint(0, self.jitter_ns)
        if type(self.verdict) is DeliverAfter:
            delay_ns += self.verdict.delay_ns
        return delay_ns

    def travel_ns(self) -> int:
        """How long a segment of a stream travels, with the times that TCP repeats it."""
        delay_ns = self.delay_ns()
        if self._dice is None:
            return delay_ns
        return delay_ns + repeats_ns(self.loss_percent, self._dice, delay_ns)

    def judge(self, verdict: Verdict) -> bool:
        """Take a verdict; True where it has changed. What is held back waits with its sender."""
        before = self.verdict
        self.verdict = verdict
        self.passable = isinstance(verdict, Pass | DeliverAfter)
        if not self.passable:
            self.empty()
        return verdict != before
