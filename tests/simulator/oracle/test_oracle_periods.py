"""O2 at the nanosecond: when failover and emergency mode may and must begin."""

from contextlib import nullcontext

import pytest
from oracle_stories import PERIOD_NS, Story, cut_off

from licensing.events import (
    ClockStepped,
    ConnectionLost,
    DecisionReceived,
    DemandDecided,
    DiskFilled,
    DiskFreed,
    HeartbeatAnswered,
    HostFrozen,
    HostThawed,
    LeaseInstalled,
    LeaseRefused,
    LeaseSigned,
    ProgramEnded,
    ProgramStarted,
    RelicensingRequired,
    SessionOpened,
)
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.recovery import Recovery, RecoveryPolicy
from licensing.words import Condition, ExpiryScope, NodeState, Trigger
from simulator.oracle import Violation
from simulator.oracle.period import LAST_GOOD_UNWRITTEN_NS, UNWRITTEN_AT_STOP_NS

REGULAR, FAILOVER, EMERGENCY = NodeState.REGULAR, NodeState.FAILOVER, NodeState.EMERGENCY
LAST_GOOD_NS = 3 * DAY_NS + 7 * MINUTE_NS
DEADLINE_NS = LAST_GOOD_NS + PERIOD_NS
SLACK_NS = TIMING.clock_slack_ns


MOST_NS = LAST_GOOD_UNWRITTEN_NS
"""After a start that lasted longer than what a regular node may not have written."""


def restart(story: Story, node: str, off_ns: int, step_ns: int = 0) -> Story:
    """The host is off for `off_ns`; its clock is stepped meanwhile."""
    story.crash(node)
    story.now += off_ns
    story.clock_ns[node] += step_ns
    story.start(node)
    if story.oracle.state_of(node) is FAILOVER:
        story.show(node, "Failover Period")
    return story


def end_period(story: Story, at_ns: int, before: NodeState = FAILOVER) -> None:
    """Emergency mode begins at `at_ns`, and the run ends a second later."""
    story.at(at_ns).expire("north", before)
    story.at(at_ns + 10**9).end()


@pytest.mark.parametrize("after_ns", [1, 500, 1_000])
def test_emergency_mode_begins_after_the_deadline(after_ns: int) -> None:
    """At most 1 us after it."""
    end_period(cut_off(), DEADLINE_NS + after_ns)


@pytest.mark.parametrize("after_ns", [0, -1, -DAY_NS])
def test_at_the_deadline_a_node_is_still_in_failover(after_ns: int) -> None:
    """F2: emergency mode at the deadline itself is too early."""
    with pytest.raises(Violation, match=r"O2.*\n.*not before"):
        end_period(cut_off(), DEADLINE_NS + after_ns)


def test_emergency_mode_is_not_late() -> None:
    """1 us and 1 ns after the deadline is too late."""
    with pytest.raises(Violation, match=r"O2.*\n.*emergency by day 33 08:07:00\n.*still failover"):
        end_period(cut_off(), DEADLINE_NS + 1_001)


def test_a_period_that_never_ends_is_seen_at_the_end_of_the_run() -> None:
    """No fact of the node itself is needed."""
    story = cut_off()
    story.at(DEADLINE_NS).tell("hq", ProgramStarted(program="cla"))
    with pytest.raises(Violation, match=r"O2.*by north.*\n.*emergency by day 33"):
        story.at(40 * DAY_NS).end()


def test_last_good_is_the_sending_of_the_last_answered_request() -> None:
    """Not its answer: 4 minutes on the way are 4 minutes less."""
    story = Story().license("north")
    story.beat("north", LAST_GOOD_NS, round_trip_ns=4 * MINUTE_NS)
    story.lose("north")
    end_period(story, DEADLINE_NS - 4 * MINUTE_NS + 1)


def answered(story: Story, *, round_trip_ns: int | None) -> None:
    """A demand of north is decided, and the decision arrives."""
    request_id = story.decide("north").told(DemandDecided)[-1].request_id
    story.tell("north", DecisionReceived(request_id=request_id, round_trip_ns=round_trip_ns))


def test_a_decision_is_an_answer_too() -> None:
    """Unless it answers what was sent before the node's start."""
    story = Story().license("north")
    story.beat("north", LAST_GOOD_NS - 2 * MINUTE_NS)
    story.at(LAST_GOOD_NS)
    answered(story, round_trip_ns=0)
    story.lose("north")
    answered(story, round_trip_ns=None)
    end_period(story, DEADLINE_NS + 1)


def test_the_period_is_that_of_the_lease() -> None:
    """A new file counts for a node when its lease is there."""
    story = Story().license("north")
    story.accept({"networking": 2}, period_ns=10 * DAY_NS)
    story.beat("north", LAST_GOOD_NS)
    story.lease("north")
    story.beat("north", LAST_GOOD_NS + HOUR_NS)
    story.lose("north")
    end_period(story, LAST_GOOD_NS + HOUR_NS + 10 * DAY_NS + 1)


def test_a_pushed_lease_counts_from_the_last_answered_request() -> None:
    """Activation pushes the lease to a node that was welcomed before."""
    story = Story()
    story.accept({"networking": 2})
    story.welcome("north", Condition.NOT_ACTIVATED)
    story.at(30 * MINUTE_NS).change(
        "north", NodeState.ACTIVATION_PERIOD, REGULAR, Trigger.LEASED_ANEW
    )
    story.lease("north")
    story.at(0).lose("north")
    end_period(story, PERIOD_NS + 1)


def test_without_a_period_there_is_no_end() -> None:
    """Emergency mode needs a period that ran."""
    story = Story()
    story.welcome("north")
    story.change("north", NodeState.ACTIVATION_PERIOD, REGULAR, Trigger.LEASED)
    with pytest.raises(Violation, match=r"O2.*\n.*no emergency mode"):
        story.expire("north", REGULAR)


def test_an_unknown_cause_of_emergency_mode() -> None:
    """Emergency mode follows from a period that ended, by the node's count or by the CLA's."""
    with pytest.raises(Violation, match=r"O2.*\n.*end of a period as cause\n.*bad mood"):
        cut_off().change("north", FAILOVER, EMERGENCY, "bad mood")


# Failover begins in time and ends with the welcome.


def test_failover_begins_70_minutes_after_the_last_answer() -> None:
    """F17, at the latest: one heartbeat, its time-out and the grace for a redialing."""
    story = Story().license("north")
    story.beat("north", LAST_GOOD_NS)
    story.at(LAST_GOOD_NS + TIMING.noticed_ns + 1_001)
    with pytest.raises(Violation, match=r"O2.*\n.*failover by day 3 09:17:00\n.*still regular"):
        story.change("north", REGULAR, FAILOVER, Trigger.LOST)


def test_failover_begins_within_the_grace_after_a_broken_connection() -> None:
    """A redial has 5 minutes; a welcome within them leaves the node regular."""
    story = Story().license("north")
    story.at(MINUTE_NS).tell("north", ConnectionLost(cause="reset"))
    story.at(6 * MINUTE_NS).welcome("north")
    story.at(7 * MINUTE_NS).tell("north", ConnectionLost(cause="reset"))
    with pytest.raises(Violation, match=r"O2.*\n.*failover by day 0 08:12:00"):
        story.at(12 * MINUTE_NS + 1_001).end()


def test_failover_never_begins_within_the_grace() -> None:
    """F17: not with the break itself, not a moment too early, and never without a break."""
    for early_ns in (5 * MINUTE_NS, 1):
        story = Story().license("north").break_off("north")
        story.now -= early_ns
        with pytest.raises(Violation, match=r"O2.*\n.*failover not before day 0 08:05:00"):
            story.change("north", REGULAR, FAILOVER, Trigger.LOST)
    with pytest.raises(Violation, match=r"O2.*\n.*no failover"):
        Story().license("north").change("north", REGULAR, FAILOVER, Trigger.LOST)


@pytest.mark.parametrize(("apart_min", "whole"), [(72, True), (73, False)])
def test_a_break_redialed_within_the_grace_is_no_interruption(apart_min: int, whole: bool) -> None:
    """F17: up to 72 minutes between two answers are connection, under `after_stable` too."""
    stable = Recovery(policy=RecoveryPolicy.AFTER_STABLE, stable_s=6 * 3600)
    story = Story().license("north", recovery=stable)
    story.lose("north").at(5 * DAY_NS).welcome("north")
    story.change("north", FAILOVER, REGULAR, Trigger.LEASED)
    story.beat("north", story.now + 5 * HOUR_NS)
    story.tell("north", HostFrozen())
    story.now += (apart_min - 1) * MINUTE_NS
    story.tell("north", HostThawed(), ConnectionLost(cause="connection closed"))
    story.at(story.now + MINUTE_NS).welcome("north")
    good_ns = story.now
    story.lose("north")
    used_ns = 0 if whole else 5 * DAY_NS + apart_min * MINUTE_NS
    assert story.oracle.deadline_ns("north") == good_ns + PERIOD_NS - used_ns


@pytest.mark.parametrize("ends_after_ns", [NS_PER_SECOND, NS_PER_SECOND + 1_001])
def test_what_cannot_be_written_down_ends_the_node_in_a_moment(ends_after_ns: int) -> None:
    """With a full disk no status changes any more: the program ends itself, and must do so."""
    story = cut_off()
    story.tell("north", DiskFilled()).at(DEADLINE_NS + ends_after_ns)
    with pytest.raises(Violation, match="O2") if ends_after_ns > NS_PER_SECOND else nullcontext():
        story.tell("north", ProgramEnded(program="node", reason="state-unreachable"))


@pytest.mark.parametrize("room", [False, True])
def test_what_an_answer_gave_back_while_the_disk_was_full_may_be_lost(room: bool) -> None:
    """The node ends itself over it, and goes on with what it had written down before (F3)."""
    stable = Recovery(policy=RecoveryPolicy.AFTER_STABLE, stable_s=6 * 3600)
    story = Story().license("north", recovery=stable)
    story.lose("north").at(5 * DAY_NS).welcome("north")
    story.change("north", FAILOVER, REGULAR, Trigger.LEASED)
    story.beat("north", story.now + 6 * HOUR_NS - 1)
    story.tell("north", DiskFreed() if room else DiskFilled())
    story.at(story.now + 1).tell("north", HeartbeatAnswered(round_trip_ns=0))
    with pytest.raises(Violation, match="O2") if room else nullcontext():
        restart(story, "north", 25 * DAY_NS).expire("north", REGULAR)


def test_failover_begins_within_the_grace_after_a_start() -> None:
    """A node that was regular dials at once."""
    story = Story().license("north")
    restart(story, "north", HOUR_NS)
    with pytest.raises(Violation, match=r"O2.*\n.*failover by day 0 09:05:00"):
        story.at(HOUR_NS + 5 * MINUTE_NS + 1_001).end()


def test_failover_ends_with_the_welcome() -> None:
    """At that same instant; later is too late."""
    story = cut_off().at(10 * DAY_NS)
    story.welcome("north")
    with pytest.raises(Violation, match=r"O2.*\n.*regular with the welcome\n.*still failover"):
        story.at(10 * DAY_NS + 1).change("north", FAILOVER, REGULAR, Trigger.LEASED)


def test_a_welcome_begins_the_period_anew() -> None:
    """F3, recovery `full`: the next outage has 30 days."""
    story = cut_off().at(10 * DAY_NS)
    story.welcome("north", round_trip_ns=50)
    story.change("north", FAILOVER, REGULAR, Trigger.LEASED)
    story.lose("north")
    end_period(story, 10 * DAY_NS - 50 + PERIOD_NS + 1)


def test_a_lease_that_the_node_refuses_ends_nothing() -> None:
    """A welcome with a lease that is not the CLA's is none."""
    story = cut_off().at(10 * DAY_NS)
    story.welcome("north")
    story.tell("north", LeaseRefused(code="lease-outdated"))
    end_period(story, DEADLINE_NS + 1)


# Restarts and clocks (F11).


def test_a_restart_during_failover_changes_nothing() -> None:
    """The node knows what it used up, and the wall clock says how long it was off."""
    end_period(restart(cut_off(), "north", 4 * DAY_NS), DEADLINE_NS + 1)
    with pytest.raises(Violation, match=r"O2.*\n.*not before"):
        end_period(restart(cut_off(), "north", 4 * DAY_NS), DEADLINE_NS)


def test_a_period_begun_anew_at_a_restart_is_caught() -> None:
    """The mutant: 30 days from the start."""
    story = restart(cut_off(), "north", HOUR_NS)
    with pytest.raises(Violation, match=r"O2.*by north.*\n.*emergency by day 33"):
        end_period(story, story.now + PERIOD_NS + 1)


def test_a_period_that_ended_while_the_host_was_off() -> None:
    """Emergency mode begins with the start."""
    story = restart(cut_off(), "north", 60 * DAY_NS)
    end_period(story, story.now)
    story = restart(cut_off(), "north", 60 * DAY_NS)
    with pytest.raises(Violation, match="O2"):
        end_period(story, story.now + 1_001)


def test_it_may_end_straight_from_regular() -> None:
    """A regular node was switched off for longer than its period."""
    story = Story().license("north")
    restart(story, "north", 60 * DAY_NS)
    end_period(story, story.now, REGULAR)


def early_after_restart(early_ns: int) -> None:
    """Emergency mode begins so long before the deadline; the host was off while regular."""
    story = Story().license("north")
    story.beat("north", LAST_GOOD_NS)
    restart(story, "north", 2 * HOUR_NS)
    story.now += TIMING.redial_grace_ns
    story.change("north", REGULAR, FAILOVER, Trigger.LOST)
    end_period(story, DEADLINE_NS - early_ns)


def test_after_a_restart_the_written_last_good_counts() -> None:
    """It may be older: the period is shorter, never longer."""
    early_after_restart(6 * HOUR_NS)
    early_after_restart(LAST_GOOD_UNWRITTEN_NS - 1)
    with pytest.raises(Violation, match=r"O2.*\n.*not before"):
        early_after_restart(LAST_GOOD_UNWRITTEN_NS)
    with pytest.raises(Violation, match="O2"):
        early_after_restart(-1_001)


@pytest.mark.parametrize(("told_h", "earlier_ns"), [(-1, 0), (5, 5 * HOUR_NS), (48, MOST_NS)])
def test_a_deadline_is_the_nodes_own(told_h: int, earlier_ns: int) -> None:
    """A node that was restarted counts from what it had written: earlier by what that may be."""
    story = Story().license("north")
    story.beat("north", LAST_GOOD_NS)
    restart(story, "north", 2 * HOUR_NS)
    story.now += TIMING.redial_grace_ns
    used_ns = story.now - LAST_GOOD_NS + told_h * HOUR_NS
    story.change("north", REGULAR, FAILOVER, Trigger.LOST, charged_ns=used_ns)
    assert story.oracle.deadline_ns("north") == DEADLINE_NS - earlier_ns


def test_two_restarts_do_not_add_up() -> None:
    """Without an answer in between the same written last-good counts."""
    story = Story().license("north")
    story.beat("north", LAST_GOOD_NS)
    restart(restart(story, "north", 2 * HOUR_NS), "north", 2 * HOUR_NS)
    story.now += TIMING.redial_grace_ns
    story.change("north", REGULAR, FAILOVER, Trigger.LOST)
    with pytest.raises(Violation, match=r"O2.*\n.*not before"):
        end_period(story, DEADLINE_NS - LAST_GOOD_UNWRITTEN_NS)


def test_a_clock_set_forward_while_off_is_charged() -> None:
    """Nobody can know better."""
    story = restart(cut_off(), "north", HOUR_NS, step_ns=10 * DAY_NS)
    assert story.oracle.deadline_ns("north") == DEADLINE_NS - 10 * DAY_NS
    end_period(story, DEADLINE_NS - 10 * DAY_NS + 1)


def set_back(at_ns: int) -> None:
    """Emergency mode begins at `at_ns`; the clock was set back while the host was off."""
    story = cut_off().at(10 * DAY_NS)
    restart(story, "north", HOUR_NS, step_ns=-5 * DAY_NS)
    unwritten_ns = UNWRITTEN_AT_STOP_NS[NodeState.FAILOVER]
    assert story.oracle.deadline_ns("north") == DEADLINE_NS + HOUR_NS - unwritten_ns
    end_period(story, at_ns)


def test_a_clock_set_back_while_off_charges_nothing_for_the_downtime() -> None:
    """The node charges what it may have run since it last wrote: early, and never late."""
    unwritten_ns = UNWRITTEN_AT_STOP_NS[NodeState.FAILOVER]
    set_back(DEADLINE_NS + HOUR_NS + 1)
    set_back(DEADLINE_NS + HOUR_NS - unwritten_ns + 1)
    with pytest.raises(Violation, match=r"O2.*\n.*not before"):
        set_back(DEADLINE_NS + HOUR_NS - unwritten_ns)
    with pytest.raises(Violation, match=r"O2.*\n.*emergency by"):
        set_back(DEADLINE_NS + HOUR_NS + 1_001)


def step(story: Story, by_ns: int) -> Story:
    """Somebody sets north's clock."""
    story.clock_ns["north"] += by_ns
    return story.tell("north", ClockStepped(by_ns=by_ns, wall_ns=story.wall_ns("north")))


def test_steps_charge_nothing_while_the_node_runs() -> None:
    """Neither forward nor back: the running clock counts."""
    for by_ns in (-29 * DAY_NS, 400 * DAY_NS):
        end_period(step(cut_off().at(10 * DAY_NS), by_ns), DEADLINE_NS + 1)


def test_a_seen_step_forward_is_not_charged_by_a_restart() -> None:
    """The high-water mark went with it."""
    story = step(cut_off().at(10 * DAY_NS), 2 * DAY_NS).at(11 * DAY_NS)
    restart(story, "north", HOUR_NS)
    with pytest.raises(Violation, match=r"O2.*\n.*not before"):
        end_period(story, DEADLINE_NS)


def test_an_unseen_step_forward_may_be_charged_by_a_restart() -> None:
    """The node went down before it looked at its clock again."""
    story = step(cut_off().at(10 * DAY_NS), 2 * DAY_NS).at(10 * DAY_NS + MINUTE_NS)
    end_period(restart(story, "north", HOUR_NS), DEADLINE_NS - 2 * DAY_NS + 1)


def test_back_and_forward_again_leaves_a_doubt() -> None:
    """A clock that was behind its mark before the stop does not say how long the node ran."""
    story = step(cut_off().at(10 * DAY_NS), -DAY_NS).at(10 * DAY_NS + 12 * HOUR_NS)
    restart(story, "north", HOUR_NS, step_ns=DAY_NS)
    # 12 hours are charged twice: while it ran, and by the clock that came back.
    end_period(story, DEADLINE_NS - 12 * HOUR_NS + UNWRITTEN_AT_STOP_NS[NodeState.FAILOVER])


def frozen_without_power(at_ns: int) -> None:
    """Its clock set back by 3 h, frozen a minute later, without power from then 5 h to 6 h."""
    story = step(cut_off().at(10 * DAY_NS), -3 * HOUR_NS)
    story.at(10 * DAY_NS + MINUTE_NS).tell("north", HostFrozen())
    restart(story.at(10 * DAY_NS + 5 * HOUR_NS), "north", HOUR_NS)
    end_period(story, at_ns)


def test_what_a_frozen_node_ran_is_not_known_where_its_power_fails() -> None:
    """It could not write: of 6 hours it charges the 3 that its clock shows, and all is in order."""
    frozen_without_power(DEADLINE_NS + 3 * HOUR_NS)
    with pytest.raises(Violation, match=r"O2.*\n.*emergency by"):
        frozen_without_power(DEADLINE_NS + 4 * HOUR_NS)


def thawed_and_stopped(at_ns: int, stopped_after_ns: int = 0) -> None:
    """Its clock set back by 3 h, frozen a minute later, gone on after 5 h, off for an hour then."""
    story = step(cut_off().at(10 * DAY_NS), -3 * HOUR_NS)
    story.at(10 * DAY_NS + MINUTE_NS).tell("north", HostFrozen())
    story.at(10 * DAY_NS + 5 * HOUR_NS + MINUTE_NS).tell("north", HostThawed())
    story.at(story.now + stopped_after_ns)
    restart(story, "north", HOUR_NS, step_ns=-3 * HOUR_NS)
    end_period(story, at_ns)


def test_what_a_frozen_node_ran_is_not_known_where_it_goes_on_only_to_stop() -> None:
    """It had no time to write; a node that had is charged for all of it."""
    thawed_and_stopped(DEADLINE_NS + HOUR_NS + 5 * HOUR_NS)
    with pytest.raises(Violation, match=r"O2.*\n.*emergency by"):
        thawed_and_stopped(DEADLINE_NS + HOUR_NS + 5 * HOUR_NS + 1_001)
    thawed_and_stopped(DEADLINE_NS + HOUR_NS, stopped_after_ns=5 * MINUTE_NS)
    with pytest.raises(Violation, match=r"O2.*\n.*emergency by"):
        thawed_and_stopped(DEADLINE_NS + HOUR_NS + 1_001, stopped_after_ns=5 * MINUTE_NS)


# Emergency mode by the central CLA's word (F6).


def with_north_behind() -> Story:
    """North is cut off, and its clock was set back while it was off."""
    return restart(cut_off(), "north", 20 * DAY_NS, step_ns=-20 * DAY_NS)


def by_word_at(at_ns: int, story: Story | None = None) -> None:
    """The CLA says that relicensing is required; by default north's own clock is behind."""
    story = (story or with_north_behind()).at(at_ns)
    story.tell(
        "hq",
        SessionOpened(node="north", condition=Condition.RELICENSING_REQUIRED, superseded=False),
    )
    story.welcome("north", Condition.RELICENSING_REQUIRED)
    story.change("north", FAILOVER, EMERGENCY, Trigger.RELICENSING_REQUIRED)


def test_the_central_cla_may_know_better_than_a_node_with_a_wrong_clock() -> None:
    """Its own count says that the period and the slack are over; not before."""
    by_word_at(DEADLINE_NS + SLACK_NS)
    with pytest.raises(Violation, match=r"O2.*\n.*not before"):
        by_word_at(DEADLINE_NS + SLACK_NS - 1_001)


def test_the_central_cla_counts_in_its_own_time() -> None:
    """F9: what it was off counts as none, and so does a clock that was set forward meanwhile."""
    story = restart(with_north_behind(), "hq", HOUR_NS, step_ns=25 * DAY_NS)
    by_word_at(DEADLINE_NS + SLACK_NS + HOUR_NS, story)
    story = restart(with_north_behind(), "hq", HOUR_NS, step_ns=25 * DAY_NS)
    with pytest.raises(Violation, match=r"O2.*\n.*not before"):
        by_word_at(DEADLINE_NS + SLACK_NS + HOUR_NS - 1_001, story)


def test_a_central_cla_that_ended_counts_when_it_runs_again() -> None:
    """Its program alone may be off while the host runs."""
    story = with_north_behind()
    story.tell("hq", ProgramEnded(program="cla", reason="state-unreachable"))
    story.now += DAY_NS
    story.tell("hq", ClockStepped(by_ns=9 * DAY_NS, wall_ns=story.wall_ns("hq") + 9 * DAY_NS))
    story.now += DAY_NS
    story.tell("hq", ProgramStarted(program="cla"))
    by_word_at(DEADLINE_NS + SLACK_NS + 2 * DAY_NS, story)


def test_no_word_counts_against_a_node_without_contact() -> None:
    """A node that never had an answer has no period that could be over."""
    story = Story().license("north")
    story.welcome("south", Condition.RELICENSING_REQUIRED)
    story.change("south", NodeState.ACTIVATION_PERIOD, REGULAR, Trigger.LEASED_ANEW)
    with pytest.raises(Violation, match=r"O2.*\n.*no emergency mode"):
        story.change("south", REGULAR, EMERGENCY, Trigger.RELICENSING_REQUIRED)


def sent_away(**policies: object) -> None:
    """The period of north ends by its CLA's count, and south, which is well, must be relicensed."""
    story = cut_off(**policies)
    story.welcome("south")
    story.change("south", NodeState.ACTIVATION_PERIOD, REGULAR, Trigger.LEASED_ANEW)
    story.lease("south")
    story.beat("south", DEADLINE_NS)
    story.at(DEADLINE_NS + 1).expire("north")
    story.tell("hq", RelicensingRequired(node="north", reported_by_node=False))
    story.welcome("south", Condition.RELICENSING_REQUIRED)
    story.change("south", REGULAR, EMERGENCY, Trigger.RELICENSING_REQUIRED)


def test_the_end_of_one_period_is_that_of_all_only_where_the_file_says_so() -> None:
    """F6: by default a node that is connected goes on with what it holds."""
    sent_away(expiry_scope=ExpiryScope.INTERNETWORK)
    with pytest.raises(Violation, match=r"O2.*\n.*not before"):
        sent_away()


def test_a_host_that_is_no_node_has_no_period() -> None:
    """The license server's host starts and stops too."""
    story = Story()
    story.clock_ns["internet"] = 0
    story.start("internet").crash("internet")
    story.tell("internet", ClockStepped(by_ns=1, wall_ns=story.wall_ns("internet") + 1))
    story.end()


def test_flapping_does_not_pile_up_alarms() -> None:
    """Each node has one alarm, however often its connection breaks."""
    story = Story().license("north")
    for _ in range(500):
        story.now += MINUTE_NS
        story.tell("north", ConnectionLost(cause="reset"))
        story.now += MINUTE_NS
        story.welcome("north")
    story.tell("north", HeartbeatAnswered(round_trip_ns=0))
    assert len(story.oracle._periods._alarms) < 20


def test_a_lease_of_an_unknown_signing_takes_the_newest_file() -> None:
    """A journal may begin after the signing."""
    story = Story().license("north")
    fields = {"lease_id": "north/1", "seq": 99, "epoch": 1, "seats": {}}
    story.tell("north", LeaseInstalled(**fields))
    story.tell("hq", LeaseSigned(node="north", **fields))
    story.beat("north", LAST_GOOD_NS)
    end_period(story.lose("north"), DEADLINE_NS + 1)
