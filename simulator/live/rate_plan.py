"""How fast each part of a live run is played: a rate, and parts that are slower.

Pure: the waiting is done elsewhere, and nothing here asks what time it is.
"""

from collections.abc import Sequence

import msgspec

from licensing.policies import NS_PER_SECOND, TIMING

JITTER_S = 0.25
"""What a busy computer may add to anything, in real seconds: the tolerance of a live run."""


class SlowPart(msgspec.Struct, frozen=True):
    """A part of the scenario, in ns since its start, that is not played faster than `rate`.

    `jitter_s` is what a busy computer may add to what happens there, in real seconds.
    """

    begins_ns: int
    ends_ns: int
    rate: float
    why: str
    jitter_s: float = JITTER_S


class RatePlan:
    """The rate at each instant: that of the slowest part there, and elsewhere `fastest`."""

    def __init__(self, fastest: float, why: str, slow_parts: Sequence[SlowPart] = ()) -> None:
        self.fastest = fastest
        self.why = why
        self.slow_parts = list(slow_parts)

    def rate_at(self, instant_ns: int) -> float:
        """Simulated seconds per real second at an instant."""
        return min([self.fastest, *(part.rate for part in self._at(instant_ns))])

    def next_change(self, after_ns: int, rate: float) -> tuple[int, float] | None:
        """When, later than `after_ns`, it is first played otherwise than at `rate`, and how."""
        edges = {edge for part in self.slow_parts for edge in (part.begins_ns, part.ends_ns)}
        for edge in sorted(edge for edge in edges if edge > after_ns):
            if self.rate_at(edge) != rate:
                return edge, self.rate_at(edge)
        return None

    def tolerance_ns(self, *instants_ns: int) -> int:
        """How far an event may be from its instant: the most that may be added at one of these."""
        return round(max(map(self._added_s, instants_ns)) * NS_PER_SECOND)

    def bearable_s(self, instant_ns: int) -> float:
        """How long the computer may stand still at an instant without harm, in real seconds."""
        return min(JITTER_S, TIMING.answer_ns / NS_PER_SECOND / self.rate_at(instant_ns))

    def real_s(self, until_ns: int) -> float:
        """Real seconds from the start until an instant."""
        seconds, at_ns, rate = 0.0, 0, self.rate_at(0)
        while (change := self.next_change(at_ns, rate)) and change[0] < until_ns:
            seconds += (change[0] - at_ns) / NS_PER_SECOND / rate
            at_ns, rate = change
        return seconds + (until_ns - at_ns) / NS_PER_SECOND / rate

    def _added_s(self, instant_ns: int) -> float:
        jitter_s = max([JITTER_S, *(part.jitter_s for part in self._at(instant_ns))])
        return jitter_s * self.rate_at(instant_ns)

    def _at(self, instant_ns: int) -> list[SlowPart]:
        return [part for part in self.slow_parts if part.begins_ns <= instant_ns < part.ends_ns]


def constant(rate: float, why: str = "as asked for") -> RatePlan:
    """The same rate from beginning to end."""
    return RatePlan(rate, why)
