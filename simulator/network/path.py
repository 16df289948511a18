"""One direction of a link: how long bytes wait and travel, and the verdict on them.

A path has no clock, sends nothing and holds no byte: those who send keep their bytes.
"""

from typing import Protocol

import msgspec

from simulator.network.queue import Queue
from simulator.network.retransmission import RETRANSMISSION_NS

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


class Pass(msgspec.Struct, frozen=True):
    """Let through, whatever later rules say."""


class DeliverAfter(msgspec.Struct, frozen=True):
    """Let through, this many nanoseconds later than the path itself would."""

    delay_ns: int


class Hold(msgspec.Struct, frozen=True):
    """Keep back until the rule is lifted, as a cut does to a TCP stream."""


class Discard(msgspec.Struct, frozen=True):
    """Lose for good: a connection that meets it never gets through again."""


Verdict = Pass | DeliverAfter | Hold | Discard


class Path:
    """One direction of a link, a `Hop` of routes; without a bandwidth it has no limit.

    `loss_percent` of what is sent is lost, and repeated. A path that `refuses` lets no new dial in.
    Where it `forgets_idle_ns`, a connection over which no data came for so long, in no direction,
    is forgotten by a device on the way, and nothing of it gets through again.
    All connections over it share its `queue`; `queues` are those that a message waits in on this
    hop: besides its own those of the access lines at its ends.

    Raises `ValueError` for jitter without dice.
    """

    def __init__(
        self,
        source: str,
        destination: str,
        *,
        latency_ns: int,
        link: str = "",
        jitter_ns: int = 0,
        bandwidth_bit_s: int | None = None,
        forgets_idle_ns: int | None = None,
        dice: LinkDice | None = None,
    ) -> None:
        if jitter_ns and dice is None:
            raise ValueError(f"{source} -> {destination}: jitter needs the path's own dice")
        self.link = link
        self.source = source
        self.destination = destination
        self.declared_ns = self.latency_ns = latency_ns
        self.jitter_ns = jitter_ns
        self.forgets_idle_ns = forgets_idle_ns
        self.queue = Queue(bandwidth_bit_s)
        self.queues: tuple[Queue, ...] = (self.queue,)
        self.loss_percent = 0
        self.refuses = False
        self.verdict: Verdict = Pass()
        self.passable = True
        self._dice = dice

    def __repr__(self) -> str:
        name = f"{self.link} " if self.link else ""
        return f"<{name}{self.source} -> {self.destination} {self.verdict}>"

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

    def repeats_ns(self, delay_ns: int) -> int:
        """How much later a segment arrives that TCP repeats; draws the loss.

        `delay_ns` is how long it travels on the whole way.
        """
        return repeats_ns(self.loss_percent, self._dice, delay_ns) if self._dice else 0

    def judge(self, verdict: Verdict) -> bool:
        """Take a verdict; True where it has changed. What is held back waits with its sender."""
        before = self.verdict
        self.verdict = verdict
        self.passable = isinstance(verdict, Pass | DeliverAfter)
        if not self.passable:
            self.queue.empty()
        return verdict != before
