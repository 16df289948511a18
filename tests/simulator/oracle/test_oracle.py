"""The oracle as a whole: what it tells, how it counts instants, and what it says of a violation."""

import pytest
from oracle_stories import PERIOD_NS, Story, cut_off

from licensing.events import HeartbeatAnswered, StateChanged
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from licensing.words import NodeState
from simulator.oracle import RULES, Violation
from simulator.oracle.violation import day_and_time

REGULAR, FAILOVER, EMERGENCY = NodeState.REGULAR, NodeState.FAILOVER, NodeState.EMERGENCY
LAST_GOOD_NS = 3 * DAY_NS + 7 * MINUTE_NS


def test_it_tells_state_deadline_and_last_facts() -> None:
    """The deadline is there while a failover period runs, and only then."""
    story = Story().license("north")
    assert story.oracle.state_of("north") is REGULAR
    assert story.oracle.deadline_ns("north") is None
    story.beat("north", LAST_GOOD_NS)
    story.lose("north")
    assert story.oracle.state_of("north") is FAILOVER
    assert story.oracle.deadline_ns("north") == LAST_GOOD_NS + PERIOD_NS
    assert [type(entry.fact).__name__ for entry in story.oracle.last_facts("north")][-2:] == [
        "StateChanged",
        "DisplaysChanged",
    ]
    story.at(LAST_GOOD_NS + PERIOD_NS + 1).expire("north")
    assert story.oracle.deadline_ns("north") is None
    assert story.oracle.deadline_ns("nowhere") is None
    assert story.oracle.last_facts("nowhere") == []


def test_a_deadline_counts_the_time_switched_off() -> None:
    """While a host is off, and after its start with a right clock, the deadline stays."""
    story = cut_off()
    deadline_ns = story.oracle.deadline_ns("north")
    story.at(10 * DAY_NS).crash("north")
    assert story.oracle.deadline_ns("north") == deadline_ns
    story.at(12 * DAY_NS).start("north").show("north", "Failover Period")
    assert story.oracle.deadline_ns("north") == deadline_ns


def test_a_violation_can_be_read() -> None:
    """Day and time, the rule by number and sentence, expected, seen, and the last facts."""
    story = cut_off()
    with pytest.raises(Violation) as caught:
        story.at(20 * DAY_NS + 4 * HOUR_NS).expire("north")
    violation = caught.value
    assert (violation.rule, violation.host) == ("O2", "north")
    assert violation.at_ns == 20 * DAY_NS + 4 * HOUR_NS
    lines = str(violation).splitlines()
    assert lines[0] == f"O2 broken at day 20 12:00:00 by north: {RULES['O2']}"
    assert lines[1] == "  expected: not before day 33 08:07:00.000000001"
    assert lines[2] == "  seen: emergency mode: failover period ended"
    assert lines[3] == "  last facts of north:"
    assert "day 3 09:17:00 state-changed: before regular, after failover" in str(violation)
    assert lines[-1].strip().startswith("day 20 12:00:00 state-changed")


def test_instants_that_look_the_same_are_told_apart() -> None:
    """By all digits, where what was seen and what was expected are of the same second."""
    story = cut_off(after_ns=LAST_GOOD_NS + 500).at(LAST_GOOD_NS + PERIOD_NS)
    with pytest.raises(Violation) as caught:
        story.expire("north")
    first, expected, *_ = str(caught.value).splitlines()
    assert first.startswith("O2 broken at day 33 08:07:00.000000000 by north")
    assert expected == "  expected: not before day 33 08:07:00.000000501"


def test_instants_of_a_run_begin_with_its_start() -> None:
    """Day 0 is the start's date; fractions of a second are shown where there are some."""
    start = Story().oracle.last_facts("world")[0].fact.start  # type: ignore[union-attr]
    assert day_and_time(0, start) == "day 0 08:00:00"
    assert day_and_time(16 * HOUR_NS + 1, start) == "day 1 00:00:00.000000001"


def test_long_facts_are_cut() -> None:
    """A license table does not push the rest of the message off the screen."""
    story = cut_off()
    for _ in range(3):
        story.assign("north", "200", *(["tdm"] * 40))
    with pytest.raises(Violation) as caught:
        story.at(20 * DAY_NS).expire("north")
    assert max(len(line) for line in str(caught.value).splitlines()) < 200


def test_o0_an_instant_that_goes_back() -> None:
    """Time in a journal never goes back."""
    with pytest.raises(Violation, match="O0"):
        Story().at(5).tell("north").at(5).license("north").at(4).beat("north", 4)


def test_o0_a_change_from_another_status() -> None:
    """A status changes from what it was; so a status lost over a restart is seen."""
    story = cut_off()
    with pytest.raises(Violation, match=r"O0.*\n.*a change from failover\n.*from regular"):
        story.tell("north", StateChanged(before=REGULAR, after=FAILOVER, cause="", charged_ns=0))


def test_o0_an_impossible_change() -> None:
    """What the table of states does not know is a violation too."""
    story = Story()
    with pytest.raises(Violation, match=r"O0.*\n.*activation-period then regular or restricted"):
        story.change("north", NodeState.ACTIVATION_PERIOD, FAILOVER, "")


def test_after_the_end_nothing_is_judged() -> None:
    """Programs that are stopped after the run may say what they like."""
    story = Story().license("north")
    story.end()
    story.at(99 * DAY_NS).tell("north", HeartbeatAnswered(round_trip_ns=0))
    assert story.oracle.state_of("north") is REGULAR


def test_the_last_instant_is_judged_too() -> None:
    """A violation in the last instant of a run is not lost."""
    story = cut_off()
    story.at(LAST_GOOD_NS + PERIOD_NS)
    story.show("north", "")
    with pytest.raises(Violation, match="O3"):
        story.end()
