"""Whether a scenario can be played live, and about how long that takes."""

from licensing.recovery import FULL
from simulator.live.outages import begins_an_outage, ends_an_outage
from simulator.live.rate_plan import RatePlan
from simulator.live.slow_parts import around_deadline
from simulator.scenario import Deadline, Instant, Scenario, Step
from simulator.worlds.installation import programs_of

LONGEST_RUN_S = 20 * 60
"""Real seconds that a comparison may take."""

_SLOWEST = 1.0


def cannot(scenario: Scenario, rate_plan: RatePlan) -> str:
    """Why a scenario cannot be played live, or is not worth its time; "" where it is."""
    lasting = any(recovery != FULL for _, recovery in scenario.terms())
    if lasting and (step := _outage_by_deadline(scenario)):
        return (
            f"{step}, dated by a deadline, decides when later periods end, and a live run,"
            " which must be slow then, has to know that beforehand"
        )
    slow_parts = [*rate_plan.slow_parts, *around_deadline(scenario, 0)]
    slowest = min(slow_parts, key=lambda part: part.rate, default=None)
    if slowest and slowest.rate < _SLOWEST:
        needed_s = 1 / slowest.rate
        return f"{slowest.why}: a live run would have to be {needed_s:.1f} times slower than life"
    minutes = estimated_s(scenario, rate_plan) / 60
    if minutes * 60 > LONGEST_RUN_S:
        return f"it would take about {minutes:.0f} min, and {LONGEST_RUN_S // 60} are the most"
    return ""


def estimated_s(scenario: Scenario, rate_plan: RatePlan) -> float:
    """About how many real seconds a live run takes, its preparations included."""
    slow_parts = list(rate_plan.slow_parts)
    ends_ns = scenario.last_dated_ns()
    for step in scenario.timeline:
        if isinstance(step.at, Deadline):
            for period_ns, _ in scenario.terms():
                deadline_ns = _first_loss_ns(scenario) + period_ns
                slow_parts += around_deadline(scenario, deadline_ns + step.at.shift_ns)
                ends_ns = max(ends_ns, deadline_ns + step.at.shift_ns)
    processes = programs_of(scenario)
    return processes + RatePlan(rate_plan.fastest, "", slow_parts).real_s(ends_ns)


def _outage_by_deadline(scenario: Scenario) -> Step | None:
    """The first step that begins or ends an outage at the end of a failover period, or near it."""
    steps = (step for step in scenario.timeline if isinstance(step.at, Deadline))
    return next((step for step in steps if begins_an_outage(step) or ends_an_outage(step)), None)


def _first_loss_ns(scenario: Scenario) -> int:
    lost = [
        step.at.after_ns(scenario.start)
        for step in scenario.timeline
        if isinstance(step.at, Instant) and begins_an_outage(step)
    ]
    return min(lost, default=0)
