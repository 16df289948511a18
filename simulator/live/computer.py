"""How fast this computer may be asked to play, by what it takes to wait, to answer and to dial."""

import os

import msgspec

from licensing.policies import NS_PER_SECOND, TIMING
from runtime.acceleration import MARGIN, safe_rate

STALL_S = 0.040
"""How long a busy computer may keep a program waiting before it misses an answer, real seconds."""

DIAL_S, TLS_DIAL_S = 0.005, 0.010
"""Real seconds that a busy core takes for a dialing, with everything that belongs to a session."""


class Computer(msgspec.Struct, frozen=True):
    """What decides how fast this computer may be asked to be, in real seconds."""

    overshoot_s: float
    cores: int
    tls: bool

    @classmethod
    def this(cls, overshoot_s: float, *, tls: bool) -> "Computer":
        """The one on which we run."""
        return cls(overshoot_s, os.cpu_count() or 1, tls)

    def quiet_rate(self) -> float:
        """Where only heartbeats are waited for: an answer outlasts every stall."""
        return min(safe_rate(self.overshoot_s), TIMING.answer_ns / NS_PER_SECOND / STALL_S)

    def why_quiet(self) -> str:
        """The arithmetic of `quiet_rate` in words."""
        if self.quiet_rate() < TIMING.answer_ns / NS_PER_SECOND / STALL_S:
            return (
                f"a sleep lasts up to {self.overshoot_s * 1000:.1f} ms too long here, and may take "
                f"1/{MARGIN} of the shortest time-out of the protocol"
            )
        return (
            f"an answer may take {TIMING.answer_ns // NS_PER_SECOND} s, and this computer may be "
            f"busy for {STALL_S * 1000:.0f} ms meanwhile"
        )

    def busy_rate(self, processes: int) -> float:
        """Where all may dial at once: a dialing takes at most a quarter of what it may."""
        dial_s = (TLS_DIAL_S if self.tls else DIAL_S) * max(1, processes / self.cores)
        return min(safe_rate(self.overshoot_s), TIMING.dial_ns / NS_PER_SECOND / 4 / dial_s)
