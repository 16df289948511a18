"""How fast a live run plays each part of a scenario, and which scenarios it cannot tell."""

import itertools
from pathlib import Path

import pytest
from live_scenarios import SHORT_OUTAGE

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from runtime.acceleration import require_safe_rate
from simulator.cli.live_commands import require_no_stall
from simulator.cli.shipped_scenarios import DIRECTORY, shipped
from simulator.cli.wrong_call import WrongCall
from simulator.live.computer import STALL_S, Computer
from simulator.live.feasibility import cannot, estimated_s
from simulator.live.live_setup import LiveSetup
from simulator.live.proxy import ProxyBackend
from simulator.live.rate_plan import JITTER_S, RatePlan, SlowPart, constant
from simulator.live.slow_parts import (
    EACH_S,
    START_S,
    STATED_S,
    around_deadline,
    is_at_a_deadline,
    rate_plan_of,
)
from simulator.live.stalls import Stall
from simulator.scenario import Scenario, load_scenario, parse_scenario
from simulator.scenario.moments import moment

IDLE = Computer(overshoot_s=0.0012, cores=2, tls=True)
BUSY = Computer(overshoot_s=0.04, cores=2, tls=True)


def shipped_scenario(name: str) -> Scenario:
    """A scenario that comes with the product."""
    return load_scenario(DIRECTORY / f"{name}.yaml")


def test_the_slowest_part_counts_and_elsewhere_it_is_fast() -> None:
    """Rates, changes, tolerance and duration follow from the slow parts."""
    slow = [SlowPart(10 * NS_PER_SECOND, 30 * NS_PER_SECOND, 10, ""), SlowPart(0, 0, 1, "")]
    rate_plan = RatePlan(100, "", [*slow, SlowPart(20 * NS_PER_SECOND, 40 * NS_PER_SECOND, 2, "")])
    rates = [rate_plan.rate_at(second * NS_PER_SECOND) for second in (0, 10, 20, 39, 40)]
    assert rates == [100, 10, 2, 2, 100]
    assert rate_plan.next_change(0, 100) == (10 * NS_PER_SECOND, 10)
    assert rate_plan.next_change(20 * NS_PER_SECOND, 2) == (40 * NS_PER_SECOND, 100)
    assert rate_plan.next_change(40 * NS_PER_SECOND, 100) is None
    assert rate_plan.real_s(50 * NS_PER_SECOND) == pytest.approx(0.1 + 1 + 10 + 0.1)
    assert rate_plan.tolerance_ns(25 * NS_PER_SECOND) == JITTER_S * 2 * NS_PER_SECOND
    assert rate_plan.tolerance_ns(25 * NS_PER_SECOND, 0) == JITTER_S * 100 * NS_PER_SECOND


def test_the_programs_of_a_host_start_within_the_grace_of_those_who_redial() -> None:
    """Or they would be in failover for a start that in virtual time takes no time (F17)."""
    rate_plan = rate_plan_of(shipped_scenario("clock-behind-at-activation"), BUSY)
    started_ns = 3 * DAY_NS + 4 * HOUR_NS + 10 * MINUTE_NS
    grace_s = TIMING.redial_grace_ns / NS_PER_SECOND
    assert rate_plan.real_s(started_ns + TIMING.redial_grace_ns) - rate_plan.real_s(
        started_ns
    ) == pytest.approx(START_S)
    assert rate_plan.rate_at(started_ns) <= grace_s / START_S


def test_what_takes_longer_has_its_own_tolerance() -> None:
    """A host that is reconfigured ends its programs first; around it the rest is as exact."""
    rate_plan = rate_plan_of(shipped_scenario("virtual-s-reconfigured"), IDLE)
    stopped_ns = 3 * DAY_NS
    stated_ns = STATED_S * rate_plan.rate_at(stopped_ns) * NS_PER_SECOND
    assert rate_plan.tolerance_ns(stopped_ns) == stated_ns
    later_ns = stopped_ns + HOUR_NS
    assert (
        rate_plan.tolerance_ns(later_ns) == JITTER_S * rate_plan.rate_at(later_ns) * NS_PER_SECOND
    )


@pytest.mark.parametrize(
    ("name", "all_s"), [("thirty-sites-to-plan", 30 * EACH_S), ("hub-and-cloud", JITTER_S)]
)
def test_many_systems_may_take_longer_one_after_the_other(name: str, all_s: float) -> None:
    """To be set up, and to check and unlock: no simulated time passes; the rest is as exact."""
    rate_plan = rate_plan_of(shipped_scenario(name), IDLE)
    for instant_ns, added_s in ((0, all_s), (HOUR_NS, JITTER_S), (2 * HOUR_NS, all_s)):
        tolerance_s = added_s * rate_plan.rate_at(instant_ns)
        assert rate_plan.tolerance_ns(instant_ns) == round(tolerance_s * NS_PER_SECOND)


def test_an_asked_rate_is_the_same_everywhere() -> None:
    """`--rate` is no pace."""
    rate_plan = constant(1000)
    assert rate_plan.rate_at(-DAY_NS) == rate_plan.rate_at(DAY_NS) == 1000
    assert rate_plan.next_change(0, 1000) is None


def test_an_answer_outlasts_every_stall() -> None:
    """300 s / 40 ms on a computer at rest; on a sluggish one no more than `--rate` may be."""
    assert IDLE.quiet_rate() == pytest.approx(TIMING.answer_ns / NS_PER_SECOND / STALL_S)
    assert BUSY.quiet_rate() == pytest.approx(120 / 10 / 0.04)


@pytest.mark.parametrize("overshoot_s", [0.0012, 0.0019, 0.004, 0.04])
def test_no_pace_is_faster_than_the_rate_that_may_be_asked_for(overshoot_s: float) -> None:
    """What is refused as `--rate` is not done without it, and the reason is given."""
    computer = Computer(overshoot_s, cores=2, tls=True)
    rate_plan = rate_plan_of(shipped_scenario("slave-cut-off-31-days"), computer)
    require_safe_rate(rate_plan.fastest, overshoot_s)
    reason = "busy for 40 ms" if rate_plan.fastest == IDLE.quiet_rate() else "1/10 of the shortest"
    assert reason in rate_plan.why
    assert IDLE.busy_rate(5) == pytest.approx(120 / 4 / 0.025)


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_played_live(path: Path) -> None:
    """In well under the longest time, on a computer at rest; or it is said why not."""
    scenario = load_scenario(path)
    why_not = cannot(scenario, rate_plan_of(scenario, IDLE))
    assert not why_not


def test_thirty_one_days_take_well_under_ten_minutes_with_tls() -> None:
    """The arithmetic of the outage that is shown to everybody."""
    scenario = shipped_scenario("slave-cut-off-31-days")
    assert 6 * 60 < estimated_s(scenario, rate_plan_of(scenario, IDLE)) < 8 * 60


def test_it_is_slow_where_a_step_has_consequences() -> None:
    """While a cut is noticed, redialing goes on, and a period may end."""
    scenario = shipped_scenario("slave-cut-off-31-days")
    rate_plan = rate_plan_of(scenario, IDLE)
    cut_ns, heal_ns = 3 * DAY_NS, 34 * DAY_NS + HOUR_NS
    for instant_ns in (cut_ns, cut_ns + HOUR_NS, cut_ns + 30 * DAY_NS - HOUR_NS, heal_ns):
        assert rate_plan.rate_at(instant_ns) == IDLE.busy_rate(5)
    assert rate_plan.rate_at(20 * DAY_NS) == IDLE.quiet_rate()


@pytest.mark.parametrize(
    ("policy", "ended"),
    [
        ("resume", "day 38 06:00"),
        ("recharge", "day 51 05:00"),
        ("after-stable", "day 57 07:05"),
    ],
)
def test_it_is_slow_where_a_period_ends_that_earlier_outages_have_shortened(
    policy: str, ended: str
) -> None:
    """F3: `ended` is when it did in virtual time; redialing and heartbeats may move that."""
    scenario = shipped_scenario(f"one-contact-a-month-{policy}")
    rate_plan = rate_plan_of(scenario, IDLE)
    ended_ns = moment(ended).after_ns(scenario.start)  # type: ignore[union-attr]
    for instant_ns in (ended_ns - HOUR_NS, ended_ns, ended_ns + HOUR_NS):
        assert rate_plan.rate_at(instant_ns) == IDLE.busy_rate(4)
    assert rate_plan.rate_at(ended_ns - 12 * HOUR_NS) == IDLE.quiet_rate()


def test_it_is_slow_where_an_order_ends_or_its_own_period_does() -> None:
    """A license file may have the period of any order, and the end of each (F2, F14)."""
    text = SHORT_OUTAGE.partition("timeline:")[0] + (
        "timeline:\n"
        "  - {at: day 1 08:00, purchase: {LAC-9:"
        " {licenses: {ip: 1}, failover_period: 5 days, valid_for: 60 days}}}\n"
        "  - {at: day 10 08:00, cut: hq-north}\n"
    )
    scenario = parse_scenario(text, "terms")
    rate_plan = rate_plan_of(scenario, IDLE)
    for day in (15, 40, 61):
        ended_ns = moment(f"day {day} 08:00").after_ns(scenario.start)  # type: ignore[union-attr]
        assert rate_plan.rate_at(ended_ns - MINUTE_NS) < IDLE.quiet_rate()
    assert rate_plan.rate_at(moment("day 20 08:00").after_ns(scenario.start)) == IDLE.quiet_rate()  # type: ignore[union-attr]


def test_outages_of_several_things_may_shorten_one_period() -> None:
    """A node behind a link that was cut is cut off by a crash of its master, too."""
    text = SHORT_OUTAGE.partition("timeline:")[0] + (
        "policies: {recovery: resume}\ntimeline:\n"
        "  - {at: day 1 08:00, cut: hq-north}\n"
        "  - {at: day 21 08:00, heal: hq-north}\n"
        "  - {at: day 25 08:00, crash: hq}\n"
    )
    scenario = parse_scenario(text, "two things")
    rate_plan = rate_plan_of(scenario, IDLE)
    start = scenario.start
    for day in (35, 55):
        ended_ns = moment(f"day {day} 07:30").after_ns(start)  # type: ignore[union-attr]
        assert rate_plan.rate_at(ended_ns) < IDLE.quiet_rate()
    assert rate_plan.rate_at(moment("day 45 08:00").after_ns(start)) == IDLE.quiet_rate()  # type: ignore[union-attr]


def test_a_fault_that_waits_for_a_shortened_deadline_is_refused() -> None:
    """When it happens is not known beforehand, and with it when the next period ends."""
    text = (
        (DIRECTORY / "one-contact-a-month-resume.yaml")
        .read_text()
        .replace("at: day 70 09:00", "at: deadline of north - 1 h")
    )
    scenario = parse_scenario(text, "waits")
    assert "heal hq-north, dated by a deadline" in cannot(scenario, rate_plan_of(scenario, IDLE))


def test_steps_near_a_deadline_are_told_from_it() -> None:
    """Half a minute lasts five times as long as the computer may add; a second nobody tells."""
    scenario = shipped_scenario("healed-1-minute-after-the-deadline")
    (part,) = around_deadline(scenario, 33 * DAY_NS)
    assert part.begins_ns < 33 * DAY_NS - MINUTE_NS
    assert part.ends_ns > 33 * DAY_NS + MINUTE_NS
    assert 30 / part.rate >= 5 * JITTER_S
    assert around_deadline(shipped_scenario("cut-one-way"), 0) == []
    at_the_deadline = shipped_scenario("at-the-deadline")
    assert around_deadline(at_the_deadline, 33 * DAY_NS) == [], "no rate tells them apart"
    assert sum(is_at_a_deadline(step) for step in at_the_deadline.timeline) == 3


def test_a_stall_is_borne_longer_where_it_is_slow() -> None:
    """A quarter of a second next to a step; where only heartbeats are, what an answer bears."""
    rate_plan = rate_plan_of(shipped_scenario("slave-cut-off-31-days"), IDLE)
    assert rate_plan.bearable_s(3 * DAY_NS) == JITTER_S
    assert rate_plan.bearable_s(20 * DAY_NS) == STALL_S
    assert constant(2).bearable_s(0) == JITTER_S


def test_a_computer_that_stood_still_proves_nothing() -> None:
    """When, how long in real and in simulated time, and the way out."""
    scenario = shipped_scenario("slave-cut-off-31-days")
    setup = LiveSetup.now(scenario, ProxyBackend, rate_plan_of(scenario, IDLE), tls=True)
    require_no_stall(scenario, setup)
    setup.stalls.append(Stall(20 * DAY_NS, 0.1, STALL_S, 7500))
    with pytest.raises(WrongCall, match=r"day 20 08:00.* 0.10 s, which is 750 s .* --rate 1875"):
        require_no_stall(scenario, setup)


def test_between_two_steps_there_is_real_time() -> None:
    """However near they are, what the first one causes is over."""
    scenario = parse_scenario(SHORT_OUTAGE, "short")
    rate_plan = rate_plan_of(scenario, IDLE)
    instants = [step.at.after_ns(scenario.start) for step in scenario.timeline]  # type: ignore[union-attr]
    for one, other in itertools.pairwise(instants):
        assert rate_plan.real_s(other) - rate_plan.real_s(one) >= JITTER_S * 0.999


def test_what_a_live_run_cannot_tell_is_said_with_the_reason() -> None:
    """Steps that are nearer than a computer can tell, and runs that nobody waits for."""
    deadline = "deadline of north + 1 s, call: {from: 200, to: 112}}\n  - {at: day 0 12:20"
    late = parse_scenario(SHORT_OUTAGE.replace("day 0 12:20", deadline), "late")
    assert "only 1 s from a deadline" in cannot(late, rate_plan_of(late, IDLE))
    long = shipped_scenario("healed-on-day-29")
    assert "min, and 20 are the most" in cannot(long, rate_plan_of(long, BUSY))
