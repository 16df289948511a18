"""O1: what is in use and reserved, against the newest license file."""

from contextlib import nullcontext

import msgspec
import pytest
from oracle_stories import PERIOD_NS, Story, cut_off

from licensing.events import (
    Event,
    HoldEnded,
    HostFrozen,
    HostStopped,
    HostThawed,
    NodeForgotten,
    NodeKeyChanged,
    ProgramEnded,
    ProgramRestarted,
    ProgramStarted,
    RecoveryWindowBegan,
    SeatsLost,
    SeatsRestored,
    SessionOpened,
)
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, TIMING
from licensing.words import Condition, LicenseState, NodeState, Trigger
from simulator.oracle import Violation

LAST_GOOD_NS = 3 * DAY_NS + 7 * MINUTE_NS
HOLD_END_NS = LAST_GOOD_NS + PERIOD_NS + TIMING.clock_slack_ns
OFF = [HostFrozen(), HostStopped(wall_ns=0), ProgramEnded(program="node", reason="state-damaged")]


def with_north_cut_off(**policies: object) -> Story:
    """North holds and uses both tdm seats and is in failover."""
    story = Story().license("north", "south", **policies)
    story.decide("north", networking=1, tdm=2)
    story.assign("north", "200", "tdm")
    story.assign("north", "201", "tdm")
    for instant_ns in range(HOUR_NS, LAST_GOOD_NS, HOUR_NS):
        story.at(instant_ns - 1).beat("south", instant_ns)
        story.at(instant_ns).beat("north", instant_ns)
    story.at(LAST_GOOD_NS - 1).beat("south", LAST_GOOD_NS)
    story.beat("north", LAST_GOOD_NS)
    story.now += TIMING.overdue_ns
    story.break_off("north", "south")
    for node in ("north", "south"):
        story.change(node, NodeState.REGULAR, NodeState.FAILOVER, Trigger.LOST)
    return story


def test_all_that_was_bought_may_be_held() -> None:
    """Exactly the license file's number is in order."""
    story = Story().license("north", "south")
    story.decide("north", networking=1, tdm=1)
    story.decide("south", networking=1, tdm=1)
    story.end()


def test_one_more_is_too_many() -> None:
    """Per license, over all nodes; the message says who has what."""
    story = Story().license("north", "south")
    story.decide("north", tdm=2)
    story.decide("south", tdm=1)
    with pytest.raises(Violation, match=r"O1.*\n.*at most 2 x tdm\n.*3 .*north 2, south 1"):
        story.end()


def one_too_many(tolerance_ns: int) -> Story:
    """Three of two seats are held."""
    story = Story(tolerance_ns).license("north", "south")
    story.decide("north", tdm=2)
    story.decide("south", tdm=1)
    return story


def test_what_stays_broken_for_longer_than_the_tolerance_is_seen() -> None:
    """Further facts of the same rule, however often, do not put off its judgment."""
    story = one_too_many(5 * MINUTE_NS)
    for minute in range(1, 6):
        story.at(minute * MINUTE_NS).decide("south", tdm=1)
    with pytest.raises(Violation, match=r"O1.*\n.*at most 2 x tdm"):
        story.at(5 * MINUTE_NS + 1).decide("south", tdm=1)


def test_what_is_mended_within_the_tolerance_is_not_broken() -> None:
    """And a later breach has the whole tolerance again; at the end nothing may be broken."""
    story = one_too_many(5 * MINUTE_NS)
    story.at(4 * MINUTE_NS).decide("south")
    story.at(8 * MINUTE_NS).decide("south", tdm=1)
    story.at(12 * MINUTE_NS).decide("south", tdm=1)
    with pytest.raises(Violation, match="O1"):
        story.end()


def test_nothing_may_be_held_before_the_activation() -> None:
    """No license file: no seats."""
    story = Story()
    story.decide("north", tdm=1)
    with pytest.raises(Violation, match=r"O1.*\n.*at most 0 x tdm"):
        story.end()


def test_within_an_instant_seats_may_change_hands() -> None:
    """A decision states one node after the other; the instant's end counts."""
    story = Story().license("north", "south")
    story.decide("north", tdm=2)
    story.at(1)
    story.decide("south", tdm=1)
    story.decide("north", tdm=1)
    story.end()


def test_what_a_node_uses_counts_whatever_the_cla_says() -> None:
    """The CLA frees a cut-off node's seats in silence and grants them again."""
    story = with_north_cut_off()
    story.decide("north")
    story.at(story.now + 1).decide("south", tdm=1)
    with pytest.raises(Violation, match=r"O1.*\n.*at most 2 x tdm\n.*north 2, south 1"):
        story.end()


@pytest.mark.parametrize("stopped", OFF)
@pytest.mark.parametrize("ended", [False, True])
def test_what_a_node_used_counts_while_it_is_off(stopped: Event, *, ended: bool) -> None:
    """The CLA's word alone frees nothing of it, before its hold has ended."""
    story = with_north_cut_off().tell("north", stopped)
    if ended:
        story.at(LAST_GOOD_NS + PERIOD_NS + 1).expire("south")
        story.at(HOLD_END_NS).tell("hq", HoldEnded(node="north", seats={"tdm": 2}))
    story.tell("hq", SeatsLost(node="north", lost=[], held={})).decide("south", tdm=1)
    expected = r"O1.*\n.*at most 2 x tdm\n.*north 2, south 1"
    with nullcontext() if ended else pytest.raises(Violation, match=expected):
        story.end()


def test_what_the_cla_holds_counts_while_the_node_is_off() -> None:
    """A crashed node's seats stay reserved."""
    story = with_north_cut_off()
    story.at(4 * DAY_NS).crash("north")
    story.at(5 * DAY_NS).decide("south", tdm=2)
    with pytest.raises(Violation, match=r"O1.*\n.*\n.*north 2, south 2"):
        story.end()


def test_unticked_seats_are_on_their_way_back() -> None:
    """The release was decided; the node's table follows a moment later."""
    story = Story().license("north", "south")
    story.decide("north", tdm=2)
    story.assign("north", "200", "tdm")
    story.at(5).assign("north", "200", "tdm", after=LicenseState.UNSAVED_RELEASE)
    story.decide("north", tdm=1)
    story.decide("south", tdm=1)
    story.end()


def test_a_hold_ends_after_contact_period_and_slack() -> None:
    """F9, by the oracle's own count; then the seats may be granted again."""
    story = with_north_cut_off()
    story.at(LAST_GOOD_NS + PERIOD_NS + 1)
    story.expire("north")
    story.expire("south")
    story.at(HOLD_END_NS).tell("hq", HoldEnded(node="north", seats={"tdm": 2}))
    story.decide("south", tdm=2)
    story.end()


def test_a_hold_must_not_end_early() -> None:
    """A CLA that frees a cut-off node's seats at once is caught at once."""
    story = with_north_cut_off()
    with pytest.raises(Violation, match=r"O1.*by hq.*\n.*seats held for north until day 33 08:12"):
        story.tell("hq", HoldEnded(node="north", seats={"tdm": 2}))
    story = with_north_cut_off().at(LAST_GOOD_NS + PERIOD_NS + 1)
    story.expire("north")
    story.expire("south")
    with pytest.raises(Violation, match=r"O1.*by hq"):
        story.at(HOLD_END_NS - 1_001).tell("hq", HoldEnded(node="north", seats={}))


def bounded_hold_ends(at_ns: int) -> Story:
    """The file reserves seats for a day; the CLA frees those of north at an instant."""
    story = with_north_cut_off(reserved_at_most_s=86_400).at(at_ns)
    return story.tell("hq", HoldEnded(node="north", seats={"tdm": 2}))


def test_where_the_file_bounds_a_hold_it_ends_then_and_not_before() -> None:
    """F9, `bounded`: a day and the slack after the last contact."""
    end_ns = LAST_GOOD_NS + DAY_NS + TIMING.clock_slack_ns
    bounded_hold_ends(end_ns).end()
    with pytest.raises(Violation, match=r"O1.*by hq.*\n.*seats held for north until day 4 08:12"):
        bounded_hold_ends(end_ns - 1_001)


def test_what_is_used_meanwhile_counts_again_when_the_node_is_back() -> None:
    """Others may have the seats, which O10 tells; who is back has only what it was given again."""
    story = bounded_hold_ends(LAST_GOOD_NS + DAY_NS + TIMING.clock_slack_ns)
    story.decide("south", tdm=1)
    story.at(story.now + HOUR_NS).tell(
        "hq", SeatsRestored(node="north", held={"networking": 1, "tdm": 1}, lost=[])
    )
    story.at(story.now + 1).welcome("north")
    story.change("north", NodeState.FAILOVER, NodeState.REGULAR, Trigger.LEASED)
    story.assign("north", "201", "tdm", after=LicenseState.NOT_LICENSED)
    story.lease("north", seats={"networking": 1, "tdm": 1})
    story.at(story.now + 1).assign("north", "201", "tdm")
    with pytest.raises(Violation, match=r"O1.*\n.*at most 2 x tdm"):
        story.end()


def test_only_destroyed_hardware_is_forgotten_at_once() -> None:
    """F16: seats of a forgotten node stay reserved, those of a destroyed one do not."""
    forgotten = NodeForgotten(node="north", destroyed=False, seats={"tdm": 2})
    story = with_north_cut_off()
    story.tell("hq", forgotten)
    story.decide("south", tdm=2)
    with pytest.raises(Violation, match=r"O1.*by south"):
        story.end()
    story = with_north_cut_off()
    story.tell("hq", msgspec.structs.replace(forgotten, destroyed=True))
    story.decide("south", tdm=2)
    story.at(story.now + 1)


def test_a_former_key_keeps_its_claim_until_its_own_hold_ends() -> None:
    """F16: a CLA that grants the new key what may be in use by the old one is caught."""
    former = "north (former key K7QD-3MZX-9PLV-2R6T)"
    changed = NodeKeyChanged(node="north", destroyed=False, seats={"tdm": 2}, former=former)
    story = with_north_cut_off()
    story.tell("hq", changed)
    story.decide("south", tdm=2)
    with pytest.raises(Violation, match=r"O1.*by south"):
        story.end()
    story = with_north_cut_off()
    story.tell("hq", changed)
    with pytest.raises(Violation, match=r"O1.*by hq.*\n.*seats held for north \(former key"):
        story.tell("hq", HoldEnded(node=former, seats={"tdm": 2}))


def frozen_over_the_end_of_a_hold() -> Story:
    """The CLA's host stands still for a day while north's hold ends."""
    story = with_north_cut_off().at(LAST_GOOD_NS + PERIOD_NS + 1)
    story.expire("north")
    story.expire("south")
    story.tell("hq", HostFrozen())
    return story.at(HOLD_END_NS + DAY_NS).tell("hq", HostThawed())


def test_a_hold_that_ended_in_a_stall_ends_after_the_recovery_window() -> None:
    """A10: a CLA that reclaims at its thaw is caught, and one that waits is in order."""
    story = frozen_over_the_end_of_a_hold()
    with pytest.raises(Violation, match=r"O1.*by hq.*\n.*until day 34 09:29"):
        story.at(story.now + HOUR_NS).tell("hq", HoldEnded(node="north", seats={"tdm": 2}))
    story = frozen_over_the_end_of_a_hold()
    story.at(story.now + TIMING.recovery_window_ns)
    story.tell("hq", HoldEnded(node="north", seats={"tdm": 2})).end()


def test_no_hold_ends_in_a_window_that_the_cla_has_stated() -> None:
    """Whatever opened it."""
    story = with_north_cut_off().at(LAST_GOOD_NS + PERIOD_NS + 1)
    story.expire("north")
    story.expire("south")
    story.tell("hq", RecoveryWindowBegan(lasts_ns=TIMING.recovery_window_ns))
    with pytest.raises(Violation, match=r"O1.*by hq"):
        story.at(HOLD_END_NS).tell("hq", HoldEnded(node="north", seats={"tdm": 2}))


def test_no_hold_ends_right_after_a_start() -> None:
    """Also where the CLA states no window."""
    story = with_north_cut_off().at(LAST_GOOD_NS + PERIOD_NS + 1)
    story.expire("north")
    story.expire("south")
    story.crash("hq").at(HOLD_END_NS + DAY_NS).start("hq")
    with pytest.raises(Violation, match=r"O1.*by hq"):
        story.at(story.now + HOUR_NS).tell("hq", HoldEnded(node="north", seats={"tdm": 2}))


def test_no_hold_ends_right_after_a_program_is_started_again() -> None:
    """As after a start of its host, whether the CLA states a window or not (A10)."""
    for after_ns, right in ((HOUR_NS, False), (TIMING.recovery_window_ns, True)):
        story = with_north_cut_off().at(LAST_GOOD_NS + PERIOD_NS + 1)
        story.expire("north")
        story.expire("south")
        story.at(HOLD_END_NS - MINUTE_NS)
        story.tell("hq", ProgramEnded(program="cla", reason="state-damaged"))
        story.tell("hq", ProgramRestarted(program="cla", times=1), ProgramStarted(program="cla"))
        with nullcontext() if right else pytest.raises(Violation, match=r"O1.*by hq"):
            story.at(story.now + after_ns)
            story.tell("hq", HoldEnded(node="north", seats={"tdm": 2})).end()


def test_heartbeats_in_emergency_mode_prolong_no_hold() -> None:
    """A node that needs a newer epoch is heard, and its hold ends."""
    story = with_north_cut_off().at(LAST_GOOD_NS + PERIOD_NS + 1)
    story.expire("north")
    story.expire("south")
    story.beat("north", story.now)
    story.at(HOLD_END_NS).tell("hq", HoldEnded(node="north", seats={"tdm": 2})).end()


def test_a_welcome_that_is_lost_on_its_way_is_a_contact() -> None:
    """The CLA counts from what it did, the node from what it heard: the CLA holds longer."""
    story = with_north_cut_off().at(5 * DAY_NS)
    opened = SessionOpened(node="north", condition=Condition.LICENSED, superseded=False)
    story.tell("hq", opened)
    story.at(LAST_GOOD_NS + PERIOD_NS + 1)
    story.expire("north")
    story.expire("south")
    with pytest.raises(Violation, match=r"O1.*by hq"):
        story.at(HOLD_END_NS).tell("hq", HoldEnded(node="north", seats={}))


def test_a_hold_without_a_lease_ends_nothing() -> None:
    """A node that never had a lease has no hold that could end early."""
    Story().tell("hq", HoldEnded(node="north", seats={})).end()


@pytest.mark.parametrize("set_back", [True, False])
def test_a_node_that_outlives_its_hold_has_no_claim(*, set_back: bool) -> None:
    """F16: off with its clock set back it goes on; the seats that it uses were granted again.

    With its clock left alone there is no such excuse.
    """
    story = cut_off()
    story.assign("north", "200", "tdm")
    story.at(10 * DAY_NS).crash("north")
    story.at(HOLD_END_NS).tell("hq", HoldEnded(node="north", seats={"tdm": 1}))
    story.decide("south", tdm=2)
    story.clock_ns["north"] -= 30 * DAY_NS if set_back else 0
    story.at(HOLD_END_NS + DAY_NS).start("north").show("north", "Failover Period")
    with nullcontext() if set_back else pytest.raises(Violation, match=r"O1 broken .* by north"):
        story.end()


def test_after_a_smaller_file_nothing_grows_until_it_is_below() -> None:
    """F13: nobody is cut silently, but nobody gets more either."""
    story = Story().license("north", "south")
    story.decide("north", tdm=2)
    story.accept({"networking": 2, "tdm": 1}, epoch=2)
    story.at(1).tell("hq", SeatsLost(node="south", lost=[], held={}))
    story.at(2).decide("south", tdm=1)
    with pytest.raises(Violation, match=r"O1.*\n.*at most 2 x tdm\n.*3 "):
        story.end()


def test_after_a_smaller_file_what_was_given_up_stays_given_up() -> None:
    """From 2 over 1 to 2 again is growth above the file."""
    story = Story().license("north")
    story.decide("north", tdm=2)
    story.accept({"networking": 2, "tdm": 0}, epoch=2)
    story.at(1).tell("hq", SeatsLost(node="north", lost=[], held={"tdm": 1}))
    restored = SeatsRestored(node="north", held={"tdm": 2}, lost=[])
    with pytest.raises(Violation, match=r"O1.*\n.*at most 1 x tdm\n.*2 "):
        story.at(2).tell("hq", restored).at(3).end()


def test_a_grant_together_with_a_smaller_file_is_growth() -> None:
    """What is granted after the file was accepted counts against it, even at the same instant."""
    story = Story().license("north")
    story.decide("north", tdm=1)
    story.at(1).accept({"networking": 2, "tdm": 0}, epoch=2)
    story.decide("north", tdm=2)
    with pytest.raises(Violation, match=r"O1.*\n.*at most 1 x tdm"):
        story.end()
