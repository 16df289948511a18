"""Which status follows which: `restricted` is no way around emergency mode (O0, O2, F2, F14)."""

from datetime import timedelta

import pytest
from oracle_stories import START, Story, cut_off

from licensing.events import ClockStepped, WizardCompleted
from licensing.policies import DAY_NS, NS_PER_SECOND
from licensing.words import NodeState, Role, Trigger
from simulator.oracle import Violation

REGULAR, FAILOVER, RESTRICTED = NodeState.REGULAR, NodeState.FAILOVER, NodeState.RESTRICTED
ENDS_NS = 20 * DAY_NS
ENDS = {"valid_until": START + timedelta(days=20)}


@pytest.mark.parametrize("cause", [Trigger.PERIOD_ENDED, Trigger.STATE_DAMAGED, "its own"])
@pytest.mark.parametrize("before", [REGULAR, FAILOVER])
def test_only_the_end_of_the_file_restricts_a_node(before: NodeState, cause: str) -> None:
    """Who comes from failover to `restricted` and from there to regular ends no period ever."""
    story = cut_off(**ENDS) if before is FAILOVER else Story().license("north", **ENDS)
    with pytest.raises(Violation, match=rf"O0 broken(.*\n)+.*{before} then .*\n.*restricted"):
        story.change("north", before, RESTRICTED, cause)


def test_so_does_who_leaves() -> None:
    """With the wizard, at whatever time."""
    story = cut_off()
    story.change("north", FAILOVER, RESTRICTED, Trigger.LEFT)
    story.tell("north", WizardCompleted(role=Role.STANDALONE, master_address="")).end()


def file_ends(at_ns: int, **policies: object) -> None:
    """North is cut off, and says then that its file has ended."""
    story = cut_off(**policies).at(at_ns)
    story.change("north", FAILOVER, RESTRICTED, Trigger.FILE_ENDED)
    story.end()


def test_a_file_has_ended_when_it_ends() -> None:
    """F14: not sooner, and none ends that has no end."""
    file_ends(ENDS_NS, **ENDS)
    with pytest.raises(Violation, match=r"O2 broken(.*\n)+.*failover until its license file ends"):
        file_ends(ENDS_NS - NS_PER_SECOND, **ENDS)
    with pytest.raises(Violation, match=r"O2 broken(.*\n)+.*failover until its license file ends"):
        file_ends(ENDS_NS)


@pytest.mark.parametrize("whose", ["north", "hq"])
def test_by_the_clock_of_the_node_or_of_its_cla(whose: str) -> None:
    """Which of them is right is no matter here: a clock that was set forward has shown the end."""
    story = cut_off(**ENDS)
    for by_ns in (30 * DAY_NS, -30 * DAY_NS):
        wall_ns = story.wall_ns(whose) + max(by_ns, 0)
        story.tell(whose, ClockStepped(by_ns=by_ns, wall_ns=wall_ns))
    story.change("north", FAILOVER, RESTRICTED, Trigger.FILE_ENDED)
    story.end()
