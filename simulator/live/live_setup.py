"""What a live run is played on, and whether this computer was equal to it."""

import time  # noqa: TID251 - the computer's monotonic clock is the origin of simulated time

import msgspec

from licensing.policies import NS_PER_SECOND
from runtime.acceleration import AcceleratedLoop
from runtime.lateness import Delay
from runtime.tempo import Tempo
from simulator.live.backend import Backend
from simulator.live.rate_plan import JITTER_S, RatePlan
from simulator.live.stalls import COMPUTER, Stall, stall
from simulator.scenario import Scenario
from simulator.worlds.installation import programs_of

STARTUP_S = 1.0
"""Real seconds that one process takes to listen, generously; they share the computer's cores."""


class LiveSetup(msgspec.Struct, frozen=True):
    """What a live run is played on: the kind of network, the rates, and whether TLS is spoken."""

    backend: type[Backend]
    rate_plan: RatePlan
    tls: bool
    tempo: Tempo
    stalls: list[Stall] = msgspec.field(default_factory=list)

    @classmethod
    def now(
        cls, scenario: Scenario, backend: type[Backend], rate_plan: RatePlan, *, tls: bool
    ) -> "LiveSetup":
        """A setup whose instant 0 is as far ahead as the processes need to start."""
        processes = programs_of(scenario)
        ahead_ns = round((1.0 + processes * STARTUP_S) * NS_PER_SECOND)
        own = RatePlan(rate_plan.fastest, rate_plan.why, rate_plan.slow_parts)
        origin_ns = time.monotonic_ns() + ahead_ns
        tempo = Tempo(own.rate_at(0), origin_ns, fastest=own.fastest)
        return cls(backend, own, tls, tempo)

    def loop(self) -> AcceleratedLoop:
        """The supervisor's loop: in the same time as its processes."""
        return AcceleratedLoop(self.tempo, self.note_delay)

    def note_delay(self, delay: Delay, who: str = COMPUTER) -> None:
        """Keep in mind what the run could not bear."""
        if unbearable := stall(self.rate_plan, self.tempo, delay, who):
            self.stalls.append(unbearable)

    def note_start(self, at_ns: int) -> None:
        """Keep in mind that everything was ready only at `at_ns`; before the instant 0 is right."""
        late_ns = at_ns - self.rate_plan.tolerance_ns(0)
        if late_ns > 0:
            rate = self.rate_plan.rate_at(0)
            real_s = at_ns / NS_PER_SECOND / rate
            self.stalls.append(Stall(at_ns, real_s, JITTER_S, rate, "the start of the programs"))

    def note_late_fact(self, host: str, at_ns: int, late_ns: int) -> None:
        """Keep in mind a fact that reached the journal too late to be judged at its instant."""
        if at_ns > 0 and late_ns > self.rate_plan.tolerance_ns(at_ns):
            rate = self.rate_plan.rate_at(at_ns)
            real_s = late_ns / NS_PER_SECOND / rate
            self.stalls.append(Stall(at_ns, real_s, JITTER_S, rate, f"the journal of {host}"))

    def simulated_s(self, real_s: float) -> float:
        """Real seconds as seconds of the loop, never too few: at the fastest rate."""
        return real_s * self.rate_plan.fastest

    def first_simulated_s(self, real_s: float) -> float:
        """Real seconds of the preparations as seconds of the loop: at the first rate."""
        return real_s * self.rate_plan.rate_at(0)
