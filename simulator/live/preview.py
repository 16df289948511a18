"""How a scenario will be played live here: what is known of the run before it starts."""

import msgspec

from runtime.acceleration import measured_overshoot_s, require_safe_rate
from simulator.live.backends import Choice, choose
from simulator.live.computer import Computer
from simulator.live.feasibility import cannot, estimated_s
from simulator.live.live_setup import LiveSetup
from simulator.live.processes import preferred
from simulator.live.rate_plan import RatePlan, SlowPart, constant
from simulator.live.slow_parts import around_deadline, rate_plan_of
from simulator.scenario import Scenario


class SlowerThanLife(Exception):
    """The rate that was asked for is below 1, and live time is never slower than real time."""


class Wishes(msgspec.Struct, frozen=True):
    """What the caller wants of a live run; None and "" leave it to us.

    `rate` is in simulated seconds per real second, `network` the name of a back end.
    """

    rate: float | None
    network: str
    tls: bool
    ipv6: bool = False


class Preview(msgspec.Struct, frozen=True):
    """The network and the rate of a live run, and what must be known of both beforehand.

    `cannot` says why a comparison would prove nothing, or last too long; "" where a rate was asked
    for, and whoever did so knows. `too_fast_for` is a part that is not sure at that rate.
    """

    scenario: Scenario
    choice: Choice
    rate_plan: RatePlan
    tls: bool
    cannot: str
    too_fast_for: SlowPart | None

    @classmethod
    def of(cls, scenario: Scenario, wishes: Wishes, overshoot_s: float) -> "Preview":
        """How `scenario` is played as wished, where a sleep lasts `overshoot_s` too long.

        Raises `Unavailable` for a network that this computer lacks, `SlowerThanLife` or
        `RateUnsafe` for a rate that would not be honest.
        """
        choice = choose(wishes.network or None, ipv6=wishes.ipv6)
        rate_plan = rate_plan_of(scenario, Computer.this(overshoot_s, tls=wishes.tls))
        if wishes.rate is None:
            return cls(scenario, choice, rate_plan, wishes.tls, cannot(scenario, rate_plan), None)
        part = _slowest_part(scenario, rate_plan)
        too_fast_for = part if part and wishes.rate > part.rate else None
        steady = _steady(wishes.rate, overshoot_s)
        return cls(scenario, choice, steady, wishes.tls, "", too_fast_for)

    @property
    def slowest_rate(self) -> float:
        """The lowest rate of the run, near deadlines too, in simulated seconds per real second."""
        part = _slowest_part(self.scenario, self.rate_plan) if self.rate_plan.slow_parts else None
        return part.rate if part else self.rate_plan.fastest

    @property
    def estimated_s(self) -> float:
        """About how many real seconds the run takes, its preparations included."""
        return estimated_s(self.scenario, self.rate_plan)

    def setup(self) -> LiveSetup:
        """What it is played on, from now on."""
        return LiveSetup.now(self.scenario, self.choice.backend, self.rate_plan, tls=self.tls)


def overshoot_here_s() -> float:
    """What a sleep lasts too long here for those who have a live run's priority, in seconds."""
    with preferred():
        return measured_overshoot_s()


def _steady(rate: float, overshoot_s: float) -> RatePlan:
    if not rate >= 1:
        raise SlowerThanLife
    require_safe_rate(rate, overshoot_s)
    return constant(rate)


def _slowest_part(scenario: Scenario, rate_plan: RatePlan) -> SlowPart | None:
    slow_parts = [*rate_plan.slow_parts, *around_deadline(scenario, 0)]
    return min(slow_parts, key=lambda part: part.rate, default=None)
