"""Whether the computer kept up with a live run: a moment in which a program does not run is hours.

Who was too late, and for how long; what it did wrong because of that is not the program's fault.
Pure: `runtime.lateness` measures, here it is judged.
"""

from dataclasses import dataclass, field

import msgspec

from licensing.policies import NS_PER_SECOND
from runtime.lateness import NOTED_NS, Delay
from runtime.tempo import Tempo
from simulator.live.rate_plan import RatePlan

COMPUTER = "this computer"
"""Where the supervisor itself was late, all are suspect."""


class Stall(msgspec.Struct, frozen=True):
    """Somebody stood still for longer than the run could bear."""

    at_ns: int
    real_s: float
    bearable_s: float
    rate: float
    who: str = COMPUTER

    def __str__(self) -> str:
        return (
            f"{self.who} stood still for {self.real_s:.2f} s, which is "
            f"{self.simulated_s:.0f} s of simulated time; {self.bearable_s:g} s could be "
            "borne there"
        )

    @property
    def simulated_s(self) -> float:
        """How much simulated time passed meanwhile, in seconds."""
        return self.real_s * self.rate


@dataclass
class RunningTime:
    """The stretches of real time in which a process has to keep up, in ns of the monotonic clock.

    Not while it starts or ends, nor while a step of the scenario has frozen it.
    """

    _stretches: list[tuple[int, int]] = field(default_factory=list)
    _since_ns: int | None = None

    def begin(self, now_ns: int) -> None:
        """From now on; nothing where it has begun."""
        if self._since_ns is None:
            self._since_ns = now_ns

    def end(self, now_ns: int) -> None:
        """Until now; nothing where it has not begun."""
        if self._since_ns is not None:
            self._stretches.append((self._since_ns, now_ns))
            self._since_ns = None

    def missed_ns(self, delay: Delay) -> int:
        """How much of a delay falls on them."""
        began_ns = delay.until_ns - delay.late_ns
        running = [] if self._since_ns is None else [(self._since_ns, delay.until_ns)]
        return sum(
            max(0, min(until_ns, delay.until_ns) - max(since_ns, began_ns))
            for since_ns, until_ns in [*self._stretches, *running]
        )


def stall(rate_plan: RatePlan, tempo: Tempo, delay: Delay, who: str = COMPUTER) -> Stall | None:
    """What the run could not bear; None for all else, and for the time before its instant 0."""
    if delay.late_ns < NOTED_NS:
        return None
    at_ns = tempo.simulated_ns(delay.until_ns)
    real_s, bearable_s = delay.late_ns / NS_PER_SECOND, rate_plan.bearable_s(at_ns)
    if at_ns <= 0 or real_s <= bearable_s:
        return None
    return Stall(at_ns, real_s, bearable_s, rate_plan.rate_at(at_ns), who)
