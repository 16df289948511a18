"""The rate plan of a scenario: fast where nothing happens, slow where it does.

The steps of the timeline say where that is; only a step at the end of a failover period is dated
while the run goes on.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from licensing.policies import MINUTE_NS, NS_PER_SECOND, TIMING
from simulator.live.computer import Computer
from simulator.live.outages import ANSWERED_NS, ends_of_periods
from simulator.live.rate_plan import JITTER_S, RatePlan, SlowPart
from simulator.network.virtual_time import LONG_AGO_NS, NEVER_NS
from simulator.scenario import (
    Bandwidth,
    Crash,
    Cut,
    CutOneWay,
    Deadline,
    Disk,
    Drop,
    Expect,
    Fail,
    Freeze,
    Heal,
    Instant,
    Purchase,
    Reconfigure,
    Refuse,
    Repair,
    ReplaceHardware,
    Reset,
    Scenario,
    Start,
    Step,
    Thaw,
    Unlock,
    UploadLicenseFile,
)
from simulator.worlds.installation import programs_of

START_S = 4.0
"""Real seconds in which the programs of a host start, generously, beside all others."""

STATED_S = 2.0
"""Real seconds after which the programs of a host may state what they find when they start, after
they have ended in order where they had to: a tolerance of its own."""

EACH_S = 0.02
"""Real seconds for each system where all are asked one after the other, as at the beginning."""

_SHARE_OF_A_MARGIN = 5

_TOLD_NS = round(_SHARE_OF_A_MARGIN * JITTER_S * NS_PER_SECOND)
"""Nearer to a deadline a live run would have to be slower than life to tell what comes first."""

_STARTS_PROGRAMS = Start | Reconfigure | ReplaceHardware | Disk
"""After these the programs of a host start; after some words of `Disk` half a minute later."""

_SETTLED = {
    Cut: TIMING.noticed_ns + TIMING.answer_ns,
    CutOneWay: TIMING.noticed_ns + TIMING.answer_ns,
    Drop: TIMING.noticed_ns + TIMING.answer_ns,
    Fail: TIMING.noticed_ns + TIMING.answer_ns,
    Refuse: TIMING.noticed_ns + TIMING.answer_ns,
    Reset: TIMING.redialed_ns + ANSWERED_NS,
    Crash: TIMING.noticed_ns + TIMING.answer_ns,
    Freeze: TIMING.noticed_ns + TIMING.answer_ns,
    Heal: TIMING.redialed_ns + ANSWERED_NS,
    Repair: TIMING.redialed_ns + ANSWERED_NS,
    Bandwidth: TIMING.noticed_ns + ANSWERED_NS,
    Thaw: TIMING.redialed_ns + ANSWERED_NS,
    Start: TIMING.redialed_ns + ANSWERED_NS,
    Reconfigure: TIMING.noticed_ns + TIMING.answer_ns,
    UploadLicenseFile: TIMING.redialed_ns + ANSWERED_NS,
    Expect: 0,
}
"""Until when after a step its consequences are over; of one that is not here, `ANSWERED_NS`.

Another bandwidth may begin an outage or end one, and to notice the first takes longer.
"""


def rate_plan_of(scenario: Scenario, computer: Computer) -> RatePlan:
    """The rate plan of a scenario, with the arithmetic of its fastest rate in words."""
    quiet, busy = computer.quiet_rate(), computer.busy_rate(programs_of(scenario))
    steps = sorted(
        ((step.at.after_ns(scenario.start), step) for step in scenario.timeline
         if isinstance(step.at, Instant)), key=lambda dated: dated[0],
    )  # fmt: skip
    all_s = max(JITTER_S, len(scenario.internetwork.nodes) * EACH_S)
    slow_parts = [
        *_beginning(steps, busy, all_s),
        *_between(steps),
        *_after(steps, busy, all_s, scenario),
    ]
    return RatePlan(quiet, computer.why_quiet(), slow_parts)


def is_at_a_deadline(step: Step) -> bool:
    """Whether it is an expectation that no live run, however slow, can tell from a deadline.

    So near the end of a failover period what it finds is chance.
    """
    near = isinstance(step.at, Deadline) and abs(step.at.shift_ns) < _TOLD_NS
    return near and isinstance(step, Expect)


def around_deadline(scenario: Scenario, instant_ns: int) -> list[SlowPart]:
    """What is played slowly because a step is to be at `instant_ns`, near the end of a period."""
    shifts = [abs(moment.shift_ns) for moment in _deadlines(scenario)]
    if not any(shifts):
        return []
    margin_ns = max(shifts) * 6 // 5
    return [_near_deadline(scenario, instant_ns - margin_ns, instant_ns + margin_ns)]


def _beginning(steps: Sequence[tuple[int, Step]], busy: float, all_s: float) -> Iterator[SlowPart]:
    first_ns = min((at for at, _ in steps if at > 0), default=TIMING.redialed_ns)
    rate = min(busy, first_ns / NS_PER_SECOND / START_S)
    ends_ns = min(first_ns, TIMING.redialed_ns)
    yield SlowPart(LONG_AGO_NS, ends_ns, rate, "the first step comes soon", all_s)


def _between(steps: Sequence[tuple[int, Step]]) -> Iterator[SlowPart]:
    """Between two steps, and after the start of a host, there is real time for what they cause."""
    instants = sorted({at for at, _ in steps})
    later = dict(pairwise(instants))
    for at_ns, next_ns in later.items():
        gap_ns = next_ns - at_ns
        why = f"two steps are only {gap_ns / NS_PER_SECOND:g} s apart"
        yield SlowPart(at_ns, next_ns, gap_ns / NS_PER_SECOND / JITTER_S, why)
    for at_ns, step in steps:
        if isinstance(step, _STARTS_PROGRAMS):
            gap_ns = later.get(at_ns, NEVER_NS) - at_ns
            soon_ns = min(gap_ns, TIMING.redialed_ns)
            why = f"{step}, and the next step comes soon"
            yield SlowPart(at_ns, at_ns + soon_ns, soon_ns / NS_PER_SECOND / START_S, why)
            grace_ns = min(gap_ns, TIMING.redial_grace_ns)
            rate = grace_ns / NS_PER_SECOND / START_S
            why = f"{step}, and who is cut off by it redials"
            yield SlowPart(at_ns, at_ns + grace_ns, rate, why, STATED_S)


def _after(
    steps: Sequence[tuple[int, Step]], busy: float, all_s: float, scenario: Scenario
) -> Iterator[SlowPart]:
    """What a step causes, and the end of the failover period that it may have begun."""
    for at_ns, step in steps:
        if settled_ns := _SETTLED.get(type(step), ANSWERED_NS):
            asks_all = isinstance(step, Unlock) and step.everywhere
            added_s = all_s if asks_all else JITTER_S
            yield SlowPart(at_ns, at_ns + settled_ns, busy, str(step), added_s)
    for end_ns, vague_ns, step in ends_of_periods(steps, scenario):
        begins_ns = end_ns - vague_ns - TIMING.noticed_ns
        ends_ns = end_ns + vague_ns + 10 * MINUTE_NS
        yield SlowPart(begins_ns, ends_ns, busy, f"the end of the period after {step}")
    for end_ns, name in _ends_of_orders(steps, scenario):
        yield SlowPart(
            end_ns - 10 * MINUTE_NS, end_ns + TIMING.noticed_ns, busy, f"the end of {name}"
        )


def _ends_of_orders(
    steps: Sequence[tuple[int, Step]], scenario: Scenario
) -> Iterator[tuple[int, str]]:
    """When the licenses of an order end, in nanoseconds since the start, and its name (F14)."""
    later = [(at_ns, step.orders) for at_ns, step in steps if isinstance(step, Purchase)]
    for at_ns, orders in [(0, scenario.internetwork.purchase), *later]:
        for name, order in orders.items():
            if order.valid_for is not None:
                yield at_ns + order.valid_for, name


def _deadlines(scenario: Scenario) -> list[Deadline]:
    steps = (step for step in scenario.timeline if not is_at_a_deadline(step))
    return [step.at for step in steps if isinstance(step.at, Deadline)]


def _near_deadline(scenario: Scenario, begins_ns: int, ends_ns: int) -> SlowPart:
    """A step near a deadline is known from it, and from its neighbors, by a fifth of the gap."""
    marks = sorted({0, *(moment.shift_ns for moment in _deadlines(scenario))})
    gap_ns = min(later - earlier for earlier, later in pairwise(marks))
    rate = gap_ns / NS_PER_SECOND / _SHARE_OF_A_MARGIN / JITTER_S
    why = f"a step is only {gap_ns / NS_PER_SECOND:g} s from a deadline, or from another step there"
    return SlowPart(begins_ns, ends_ns, rate, why)
