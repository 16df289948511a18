"""The failover machine: its table, its deadlines, and what restarts and clocks do to a period."""

import pytest
from machine import MONDAY_NS

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.recovery import FULL, Recovery, RecoveryPolicy
from licensing.words import NodeState, Trigger
from nodes.failover.machine import (
    ACTIVATION_PERIOD_NS,
    PERIOD_WRITE_NS,
    STATUS_TRANSITIONS,
    Failover,
    IllegalTransition,
    Reading,
    StoredFailover,
    damaged,
)

PERIOD_NS = 30 * DAY_NS
ENDED_BY_TIME = (Trigger.PERIOD_ENDED, Trigger.ACTIVATION_PERIOD_ENDED, Trigger.FILE_ENDED)


def reading(running_ns: int, wall_ahead_ns: int = 0) -> Reading:
    """After `running_ns` since boot, the wall clock `wall_ahead_ns` ahead of the truth."""
    return Reading(running_ns, MONDAY_NS + running_ns + wall_ahead_ns)


def node(state: NodeState, **fields: int | None) -> Failover:
    """A node that starts in `state`, nothing charged, at running time 0."""
    values = {"charged_ns": 0, "period_ns": PERIOD_NS, "epoch": 1, "high_water_ns": MONDAY_NS}
    return Failover(StoredFailover(state=state, **values | fields), reading(0))


def lease(
    failover: Failover,
    now: Reading,
    epoch: int = 1,
    file_ends_ns: int | None = None,
    recovery: Recovery = FULL,
    cla: str = "hq",
) -> None:
    """A lease of 30 days is accepted."""
    failover.leased(
        cla=cla,
        epoch=epoch,
        period_ns=PERIOD_NS,
        recovery=recovery,
        file_ends_ns=file_ends_ns,
        now=now,
    )


def leased(file_ends_ns: int | None = None) -> Failover:
    """A regular node whose last answered request was sent at running time 0."""
    failover = node(NodeState.RESTRICTED)
    failover.answered(0, reading(0))
    lease(failover, reading(0), file_ends_ns=file_ends_ns)
    return failover


def restarted(failover: Failover, down: Reading, off_ns: int, step_ns: int = 0) -> Failover:
    """Written down and cut off at `down`; started after `off_ns`, the clock set by `step_ns`."""
    stored = failover.stored(down)
    return Failover(stored, Reading(0, down.wall_ns + off_ns + step_ns))


def tick_all(failover: Failover, now: Reading) -> list[Trigger]:
    """What time has brought, in its order."""
    triggers = []
    while transition := failover.tick(now):
        triggers.append(transition.trigger)
    return triggers


# The table


@pytest.mark.parametrize("state", NodeState)
@pytest.mark.parametrize("trigger", Trigger)
def test_what_the_table_does_not_know_is_illegal(state, trigger):
    """Every pair of status and trigger moves as the table says, or raises and changes nothing."""
    failover = node(state)
    if trigger in STATUS_TRANSITIONS[state]:
        transition = failover.happened(trigger, reading(1))
        assert failover.state is STATUS_TRANSITIONS[state][trigger]
        assert (transition is None) == (failover.state is state)
    else:
        with pytest.raises(IllegalTransition, match=str(state)):
            failover.happened(trigger, reading(1))
        assert failover.state is state


def test_emergency_mode_ends_with_a_newer_epoch_and_nothing_else():
    """F4: of all triggers only a lease of a newer epoch leads back; the same epoch is refused."""
    out = {
        t for t, to in STATUS_TRANSITIONS[NodeState.EMERGENCY].items() if to is NodeState.REGULAR
    }
    assert out == {Trigger.LEASED_ANEW}
    failover = node(NodeState.EMERGENCY)
    failover.answered(0, reading(1))
    with pytest.raises(IllegalTransition):
        lease(failover, reading(1), epoch=1)
    assert (failover.state, failover.epoch) == (NodeState.EMERGENCY, 1)
    lease(failover, reading(2), epoch=2)
    assert (failover.state, failover.epoch) == (NodeState.REGULAR, 2)


def test_time_alone_never_makes_anything_better():
    """No trigger that only time brings leads to a status with more features."""
    closed = {NodeState.EMERGENCY, NodeState.RESTRICTED}
    for row in STATUS_TRANSITIONS.values():
        assert {row[trigger] for trigger in ENDED_BY_TIME if trigger in row} <= closed


# Deadlines


def test_at_the_deadline_still_failover_a_nanosecond_later_emergency():
    """F2, in integer nanoseconds from the sending of the last answered request."""
    failover = leased()
    failover.answered(7, reading(MINUTE_NS))
    failover.happened(Trigger.LOST, reading(2 * HOUR_NS))
    deadline_ns = 7 + PERIOD_NS
    assert failover.due_ns() == deadline_ns + 1
    assert failover.rest_ns(reading(deadline_ns)) == 0
    assert tick_all(failover, reading(deadline_ns)) == []
    assert failover.state is NodeState.FAILOVER
    assert tick_all(failover, reading(deadline_ns + 1)) == [Trigger.PERIOD_ENDED]
    assert failover.state is NodeState.EMERGENCY


@pytest.mark.parametrize(
    ("broken_min", "lost_min"),
    [(0, 5), (1, 6), (60, 65), (64.5, 69.5), (65, 70), (200, 205)],
)
def test_a_broken_connection_is_lost_after_the_grace(broken_min, lost_min):
    """F17: break + 5 min, also where the host stood still before; until then nothing flickers."""
    failover = leased()
    failover.disconnected(reading(round(broken_min * MINUTE_NS)))
    lost_ns = round(lost_min * MINUTE_NS)
    assert failover.due_ns() == lost_ns
    assert tick_all(failover, reading(lost_ns - 1)) == []
    assert tick_all(failover, reading(lost_ns)) == [Trigger.LOST]
    assert failover.state is NodeState.FAILOVER


def test_a_second_break_does_not_prolong_the_grace_and_a_welcome_ends_it():
    """The grace counts from the first break; an answer within it leaves the node regular."""
    failover = leased()
    failover.disconnected(reading(10 * MINUTE_NS))
    failover.disconnected(reading(14 * MINUTE_NS))
    assert failover.due_ns() == 15 * MINUTE_NS
    failover.answered(14 * MINUTE_NS, reading(14 * MINUTE_NS + 1))
    assert tick_all(failover, reading(DAY_NS)) == []


def test_a_regular_node_that_starts_has_the_grace_to_reconnect():
    """After a restart failover begins 5 min later unless a welcome arrives."""
    failover = restarted(leased(), reading(DAY_NS), HOUR_NS)
    assert failover.state is NodeState.REGULAR
    assert failover.due_ns() == TIMING.redial_grace_ns


def test_the_next_outage_has_a_full_period():
    """F3, recovery full: the period counts from the welcome's question, not from its answer."""
    failover = leased()
    failover.happened(Trigger.LOST, reading(HOUR_NS))
    back_ns = 29 * DAY_NS
    failover.answered(back_ns, reading(back_ns + NS_PER_SECOND))
    assert failover.charged_ns(reading(back_ns)) == back_ns, "an answer alone is no license"
    lease(failover, reading(back_ns + NS_PER_SECOND))
    assert failover.charged_ns(reading(back_ns + NS_PER_SECOND)) == NS_PER_SECOND
    assert failover.state is NodeState.REGULAR


# What restarts and clocks do, F11


def in_failover(after_ns: int = HOUR_NS) -> Failover:
    """A node that was lost after an hour."""
    failover = leased()
    failover.happened(Trigger.LOST, reading(after_ns))
    return failover


def test_downtime_is_charged_by_the_wall_clock():
    """10 days of running and 5 switched off are 15."""
    failover = restarted(in_failover(), reading(10 * DAY_NS), 5 * DAY_NS)
    assert failover.charged_ns(Reading(0, 0)) == 15 * DAY_NS
    assert failover.clock_step_ns == 0


def test_a_period_that_ends_while_switched_off_ends_at_the_start():
    """From failover and from regular alike, and the end lies in the past."""
    for failover in (in_failover(), leased()):
        late = restarted(failover, reading(10 * DAY_NS), 21 * DAY_NS)
        now = Reading(0, MONDAY_NS + 31 * DAY_NS)
        assert tick_all(late, now) == [Trigger.PERIOD_ENDED]
        assert late.expired_for_s(now) == DAY_NS // NS_PER_SECOND


@pytest.mark.parametrize("back_ns", [HOUR_NS, 29 * DAY_NS, MONDAY_NS + 10 * DAY_NS])
def test_a_clock_behind_the_mark_charges_the_longest_time_between_writes(back_ns):
    """Back 1 h, back 29 days, and 1970: no downtime, nothing given back, and it is said."""
    failover = restarted(in_failover(), reading(10 * DAY_NS), 0, step_ns=-back_ns)
    assert failover.charged_ns(Reading(0, 0)) == 10 * DAY_NS + PERIOD_WRITE_NS
    assert failover.clock_step_ns == -back_ns


def test_a_clock_set_back_a_little_at_every_restart_gains_nothing():
    """A4: what ran since the last writing counts, though the wall clock has not moved at all."""
    failover, restarts = in_failover(), 0
    while not tick_all(failover, reading(0)):
        ran_ns = PERIOD_WRITE_NS - 1
        stored = failover.stored(reading(0))
        failover = Failover(stored, reading(0))
        restarts += 1
        assert restarts * ran_ns <= PERIOD_NS + PERIOD_WRITE_NS, "longer than the period"
    assert failover.state is NodeState.EMERGENCY


def test_a_clock_that_was_set_back_once_is_not_caught_up_with():
    """The mark stays: each further start behind it charges, and none of them gives back."""
    failover = in_failover()
    charged = []
    for _ in range(3):
        failover = restarted(failover, reading(DAY_NS, -29 * DAY_NS), 0)
        charged.append(failover.charged_ns(reading(DAY_NS)))
    assert charged == sorted(charged)
    assert charged[0] > DAY_NS


@pytest.mark.parametrize("step_ns", [400 * DAY_NS, -29 * DAY_NS, -MONDAY_NS])
def test_a_step_while_the_node_runs_charges_nothing(step_ns):
    """Forward 400 days, back 29 days, 1970: journaled, and the period runs on as before."""
    failover = in_failover()
    now = reading(2 * HOUR_NS, step_ns)
    failover.observe(reading(HOUR_NS))
    assert failover.observe(now) == step_ns
    assert failover.observe(reading(3 * HOUR_NS, step_ns)) == 0, "each step once"
    assert failover.charged_ns(reading(3 * HOUR_NS, step_ns)) == 3 * HOUR_NS
    assert tick_all(failover, now) == []


def test_forward_then_back_leaves_the_mark_ahead():
    """The mark is the latest time ever seen: a start below it is a clock set back."""
    failover = in_failover()
    failover.observe(reading(2 * HOUR_NS, 400 * DAY_NS))
    failover.observe(reading(3 * HOUR_NS))
    again = restarted(failover, reading(4 * HOUR_NS), HOUR_NS)
    assert again.clock_step_ns == -(400 * DAY_NS) + 3 * HOUR_NS
    assert again.charged_ns(Reading(0, 0)) == 4 * HOUR_NS + PERIOD_WRITE_NS


def test_back_then_forward_between_two_starts_charges_the_time_once():
    """What the first start charged for want of knowledge is not given back by the second."""
    first = restarted(in_failover(), reading(DAY_NS), 0, step_ns=-HOUR_NS)
    charged_ns = first.charged_ns(Reading(0, 0))
    stored = first.stored(Reading(0, MONDAY_NS + DAY_NS - HOUR_NS))
    second = Failover(stored, Reading(0, MONDAY_NS + DAY_NS + HOUR_NS))
    assert second.charged_ns(Reading(0, 0)) == charged_ns + HOUR_NS
    assert second.clock_step_ns == 0


def test_missing_or_altered_state_has_no_period_left():
    """A12: the worst case, and no 30 days of grace by a WBM access; the CLA's lease leads out."""
    failover = Failover(damaged(reading(0)), reading(0))
    assert not failover.accessed(reading(1))
    assert (failover.state, failover.due_ns()) == (NodeState.RESTRICTED, None)
    lease(failover, reading(2))
    assert failover.state is NodeState.REGULAR


# The license file's end (A16)


def test_the_file_ends_before_the_connection_is_lost():
    """Connected or not: a lease ends with its file, at that very second of the wall clock."""
    failover = leased(file_ends_ns=MONDAY_NS + DAY_NS)
    assert failover.due_ns() == DAY_NS
    assert tick_all(failover, reading(DAY_NS - 1)) == []
    assert tick_all(failover, reading(DAY_NS)) == [Trigger.FILE_ENDED]
    assert failover.state is NodeState.RESTRICTED


def test_the_file_ends_during_failover():
    """The failover period does not outlive the file."""
    failover = leased(file_ends_ns=MONDAY_NS + 10 * DAY_NS)
    failover.happened(Trigger.LOST, reading(DAY_NS))
    assert failover.due_ns() == 10 * DAY_NS
    assert tick_all(failover, reading(10 * DAY_NS)) == [Trigger.FILE_ENDED]


def test_the_file_ends_after_the_period():
    """Emergency mode stays emergency mode: what leads out is relicensing in both cases."""
    failover = leased(file_ends_ns=MONDAY_NS + 40 * DAY_NS)
    failover.happened(Trigger.LOST, reading(DAY_NS))
    assert tick_all(failover, reading(PERIOD_NS + 1)) == [Trigger.PERIOD_ENDED]
    assert failover.due_ns() is None
    assert tick_all(failover, reading(41 * DAY_NS)) == []


def test_an_ended_file_is_not_revived_by_the_clock():
    """Neither while running nor by a restart with an earlier date."""
    failover = leased(file_ends_ns=MONDAY_NS + DAY_NS)
    back = reading(DAY_NS, -20 * DAY_NS)
    failover.observe(back)
    assert tick_all(restarted(failover, back, 0), Reading(0, MONDAY_NS)) == [Trigger.FILE_ENDED]
    assert tick_all(failover, back) == [Trigger.FILE_ENDED]


@pytest.mark.parametrize("step_ns", [400 * DAY_NS, -29 * DAY_NS])
def test_a_step_of_the_clock_does_not_move_the_end_of_the_file(step_ns):
    """F11: while the node runs a step is journaled and burns nothing, whichever way it goes."""
    failover = leased(file_ends_ns=MONDAY_NS + DAY_NS)
    failover.observe(reading(HOUR_NS, step_ns))
    assert failover.due_ns() == DAY_NS
    assert tick_all(failover, reading(DAY_NS - 1, step_ns)) == []
    lease(failover, reading(DAY_NS - 1, step_ns), file_ends_ns=MONDAY_NS + DAY_NS)
    assert failover.state is NodeState.REGULAR
    assert tick_all(failover, reading(DAY_NS, step_ns)) == [Trigger.FILE_ENDED]


def test_a_clock_that_was_wrong_for_a_while_leaves_nothing_behind():
    """Forward and back again before a restart: the file ends on its day, also then."""
    failover = leased(file_ends_ns=MONDAY_NS + DAY_NS)
    failover.observe(reading(HOUR_NS, 400 * DAY_NS))
    failover.observe(reading(2 * HOUR_NS))
    again = restarted(failover, reading(2 * HOUR_NS), HOUR_NS)
    assert again.due_ns() == 5 * MINUTE_NS, "the grace"
    assert tick_all(again, Reading(1, MONDAY_NS + 3 * HOUR_NS)) == []
    assert again.tick(Reading(21 * HOUR_NS, MONDAY_NS)).trigger is Trigger.FILE_ENDED


# The activation period (F10)


def test_the_first_access_begins_the_activation_period_and_no_other():
    """30 days from the first WBM access; before it nothing runs."""
    failover = Failover(StoredFailover(), reading(0))
    assert failover.due_ns() is None
    assert failover.accessed(reading(5 * DAY_NS))
    assert not failover.accessed(reading(6 * DAY_NS))
    end_ns = 5 * DAY_NS + ACTIVATION_PERIOD_NS
    assert tick_all(failover, reading(end_ns)) == []
    assert tick_all(failover, reading(end_ns + 1)) == [Trigger.ACTIVATION_PERIOD_ENDED]
    assert not failover.accessed(reading(end_ns + DAY_NS))
    assert failover.state is NodeState.RESTRICTED


def test_the_activation_period_runs_once_whatever_happens():
    """Restarts continue it, a lost connection and an answer without a lease do not touch it."""
    failover = Failover(StoredFailover(), reading(0))
    failover.accessed(reading(0))
    failover = restarted(failover, reading(10 * DAY_NS), 5 * DAY_NS)
    failover.answered(DAY_NS, reading(DAY_NS))
    assert failover.happened(Trigger.LOST, reading(DAY_NS)) is None
    assert not failover.accessed(reading(DAY_NS))
    assert failover.charged_ns(reading(DAY_NS)) == 16 * DAY_NS


# What an answer gives back (F3)

RESUME = Recovery(policy=RecoveryPolicy.RESUME)


def healed(recovery: Recovery, outage_ns: int) -> Failover:
    """Leased at running time 0, cut off at once, and welcomed again after `outage_ns`."""
    failover = node(NodeState.RESTRICTED)
    failover.answered(0, reading(0))
    lease(failover, reading(0), recovery=recovery)
    failover.happened(Trigger.LOST, reading(HOUR_NS))
    failover.answered(outage_ns, reading(outage_ns))
    lease(failover, reading(outage_ns), recovery=recovery)
    return failover


def answer_hourly(failover: Failover, since_ns: int, hours: int) -> int:
    """Heartbeats are answered; returns when the last one was sent."""
    for hour in range(1, hours + 1):
        failover.answered(since_ns + hour * HOUR_NS, reading(since_ns + hour * HOUR_NS))
    return since_ns + hours * HOUR_NS


@pytest.mark.parametrize(
    ("policy", "stable_h", "left_days"),
    [
        (RecoveryPolicy.FULL, 0, 30),
        (RecoveryPolicy.RESUME, 0, 10),
        (RecoveryPolicy.RECHARGE, 0, 12),
        (RecoveryPolicy.AFTER_STABLE, 48, 30),
        (RecoveryPolicy.AFTER_STABLE, 49, 10),
    ],
)
def test_what_is_left_after_20_days_without_and_2_days_with_a_connection(
    policy, stable_h, left_days
):
    """F3: the next outage finds what the policy has given back."""
    failover = healed(Recovery(policy=policy, stable_s=stable_h * 3600), 20 * DAY_NS)
    last_ns = answer_hourly(failover, 20 * DAY_NS, 48)
    assert failover.rest_ns(reading(last_ns)) == left_days * DAY_NS


def test_a_regular_node_does_not_end_while_its_heartbeats_are_answered():
    """Of a period that is as good as over an answer leaves 75 minutes: failover begins first."""
    failover = healed(RESUME, 30 * DAY_NS)
    last_ns = answer_hourly(failover, 30 * DAY_NS, 100)
    assert failover.state is NodeState.REGULAR
    assert failover.rest_ns(reading(last_ns)) == 75 * MINUTE_NS
    failover.disconnected(reading(last_ns))
    assert tick_all(failover, reading(last_ns + 75 * MINUTE_NS)) == [Trigger.LOST]
    assert tick_all(failover, reading(last_ns + 75 * MINUTE_NS + 1)) == [Trigger.PERIOD_ENDED]


def test_what_is_used_up_survives_a_restart():
    """A4: otherwise a restart would do what the policy denies to a contact."""
    failover = restarted(healed(RESUME, 20 * DAY_NS), reading(20 * DAY_NS), HOUR_NS)
    failover.answered(0, reading(0))
    used_ns = failover.charged_ns(reading(0))
    assert 20 * DAY_NS + HOUR_NS <= used_ns <= 20 * DAY_NS + 3 * HOUR_NS


def test_relicensing_begins_a_whole_period():
    """F4: a newer epoch owes nothing to outages under an older one, connected or not."""
    failover = healed(RESUME, 20 * DAY_NS)
    lease(failover, reading(20 * DAY_NS + 5), epoch=2, recovery=RESUME)
    assert failover.rest_ns(reading(20 * DAY_NS)) == PERIOD_NS
    failover.happened(Trigger.LOST, reading(21 * DAY_NS))
    failover.answered(25 * DAY_NS, reading(25 * DAY_NS))
    lease(failover, reading(25 * DAY_NS), epoch=3, recovery=RESUME)
    assert failover.rest_ns(reading(25 * DAY_NS)) == PERIOD_NS


def test_a_lease_with_another_policy_counts_from_its_own():
    """An order that allows more is felt at once, one that allows less from the next outage on."""
    failover = healed(RESUME, 20 * DAY_NS)
    lease(failover, reading(20 * DAY_NS), recovery=FULL)
    assert failover.rest_ns(reading(20 * DAY_NS)) == PERIOD_NS
    lease(failover, reading(20 * DAY_NS), recovery=RESUME)
    assert failover.rest_ns(reading(20 * DAY_NS)) == PERIOD_NS


def test_time_for_which_a_node_stood_still_is_no_connection():
    """Answers further apart than a silence recharge nothing: nobody knows what lay between."""
    failover = healed(Recovery(policy=RecoveryPolicy.RECHARGE), 10 * DAY_NS)
    failover.answered(15 * DAY_NS, reading(15 * DAY_NS))
    assert failover.rest_ns(reading(15 * DAY_NS)) == 15 * DAY_NS


@pytest.mark.parametrize(
    ("apart_min", "used_days"), [(60, 9), (65, 9), (70, 9), (72, 9), (73, 10), (400, 10)]
)
@pytest.mark.parametrize("round_trip_min", [0, 5])
def test_a_break_redialed_within_the_grace_is_no_interruption(apart_min, used_days, round_trip_min):
    """F17: where at most 72 minutes lie between two answers the connection has lasted.

    Under `after_stable` that is seen by the instant at which the period is whole again.
    """
    stable = Recovery(policy=RecoveryPolicy.AFTER_STABLE, stable_s=24 * 3600)
    failover = healed(stable, 10 * DAY_NS)
    answer_hourly(failover, 10 * DAY_NS, 12)
    at_ns = 10 * DAY_NS + (12 * 60 + apart_min) * MINUTE_NS
    failover.disconnected(reading(at_ns - MINUTE_NS))
    failover.answered(at_ns - round_trip_min * MINUTE_NS, reading(at_ns))
    last_ns = answer_hourly(failover, at_ns, 12)
    whole = failover.rest_ns(reading(last_ns)) == PERIOD_NS
    assert whole is (used_days == 9)


def test_a_pushed_lease_is_no_answer():
    """F17 counts between two answers: what the CLA sends of itself bridges no longer time."""
    failover = healed(Recovery(policy=RecoveryPolicy.RECHARGE), 10 * DAY_NS)
    pushed_ns = 10 * DAY_NS + 40 * MINUTE_NS
    lease(failover, reading(pushed_ns), recovery=Recovery(policy=RecoveryPolicy.RECHARGE))
    answered_ns = pushed_ns + 40 * MINUTE_NS
    failover.answered(answered_ns, reading(answered_ns))
    assert failover.charged_ns(reading(answered_ns)) == 10 * DAY_NS + 80 * MINUTE_NS


def test_leaving_and_coming_back_brings_no_other_period():
    """The Network Wizard is no relicensing; another CLA and a newer epoch bring another."""
    for cla, epoch, left_days in [("hq", 1, 10), ("other", 1, 30), ("hq", 2, 30)]:
        failover = healed(RESUME, 20 * DAY_NS)
        failover.left(reading(20 * DAY_NS))
        failover.answered(20 * DAY_NS, reading(20 * DAY_NS))
        lease(failover, reading(20 * DAY_NS), cla=cla, epoch=epoch, recovery=RESUME)
        assert failover.rest_ns(reading(20 * DAY_NS)) == left_days * DAY_NS


def test_the_end_of_a_file_and_its_renewal_bring_no_other_period():
    """A renewal has the same epoch, and is no relicensing."""
    failover = healed(RESUME, 20 * DAY_NS)
    lease(failover, reading(20 * DAY_NS), file_ends_ns=MONDAY_NS + 21 * DAY_NS, recovery=RESUME)
    assert tick_all(failover, reading(21 * DAY_NS)) == [Trigger.FILE_ENDED]
    failover.answered(22 * DAY_NS, reading(22 * DAY_NS))
    lease(failover, reading(22 * DAY_NS), recovery=RESUME)
    assert failover.rest_ns(reading(22 * DAY_NS)) == 8 * DAY_NS


@pytest.mark.parametrize(("recovery", "left_ns"), [(FULL, PERIOD_NS), (RESUME, 75 * MINUTE_NS)])
def test_damaged_state_is_no_way_to_another_period(recovery, left_ns):
    """A12: nothing is left, but for what every contact leaves; also after one more restart."""
    failover = restarted(Failover(damaged(reading(0)), reading(0)), reading(1), HOUR_NS)
    failover.answered(0, reading(0))
    lease(failover, reading(0), recovery=recovery)
    assert failover.rest_ns(reading(0)) == left_ns


def test_an_answer_that_was_overtaken_breaks_no_connection():
    """A decision may be answered after a heartbeat that was sent later."""
    failover = healed(Recovery(policy=RecoveryPolicy.RECHARGE), 10 * DAY_NS)
    for sent_min in (60, 54, 121):
        sent_ns = 10 * DAY_NS + sent_min * MINUTE_NS
        failover.answered(sent_ns, reading(sent_ns))
    assert failover.charged_ns(reading(sent_ns)) == 10 * DAY_NS - 121 * MINUTE_NS


# The date, by which licenses end.

YEAR_NS = 365 * DAY_NS


def test_a_clock_that_was_wrong_and_is_right_gives_the_date_back_while_the_cla_answers():
    """F14: the end that it brought is undone; not before the CLA has told its own date."""
    failover = Failover(StoredFailover(), reading(0, YEAR_NS))
    assert failover.date_ns(reading(0)) == MONDAY_NS + YEAR_NS
    failover.answered(0, reading(HOUR_NS))
    assert failover.date_ns(reading(HOUR_NS)) == MONDAY_NS + YEAR_NS + HOUR_NS
    failover.told_date(MONDAY_NS + HOUR_NS, reading(HOUR_NS))
    failover.answered(0, reading(2 * HOUR_NS, YEAR_NS))
    assert failover.date_ns(reading(2 * HOUR_NS)) == MONDAY_NS + YEAR_NS + 2 * HOUR_NS, (
        "not set yet"
    )
    failover.answered(0, reading(3 * HOUR_NS))
    assert failover.date_ns(reading(3 * HOUR_NS)) == MONDAY_NS + 3 * HOUR_NS


def test_no_clock_takes_the_date_back_behind_that_of_the_cla():
    """F11: a clock set back lengthens no license, neither at a start nor while the CLA answers."""
    failover = Failover(StoredFailover(date_ns=MONDAY_NS), reading(0, -YEAR_NS))
    assert failover.date_ns(reading(0)) == MONDAY_NS
    failover.told_date(MONDAY_NS + DAY_NS, reading(0))
    for running_ns in (0, HOUR_NS):
        failover.answered(0, reading(running_ns, -YEAR_NS))
        assert failover.date_ns(reading(running_ns)) == MONDAY_NS + DAY_NS + running_ns
    away = Failover(failover.stored(reading(HOUR_NS, -YEAR_NS)), Reading(0, MONDAY_NS - YEAR_NS))
    away.answered(0, Reading(HOUR_NS, MONDAY_NS - YEAR_NS))
    assert away.date_ns(Reading(HOUR_NS, 0)) == MONDAY_NS + DAY_NS + 2 * HOUR_NS
