"""O0: a node that states nothing at all is no node of which all rules hold."""

import pytest
from oracle_stories import Story

from licensing.events import (
    ConnectionEstablished,
    Event,
    HostFrozen,
    LinkCut,
    LinkHealed,
    LossChanged,
    ProgramEnded,
    SessionEnded,
    SessionOpened,
)
from licensing.policies import DAY_NS, MINUTE_NS, NS_PER_SECOND
from licensing.words import Condition
from simulator.oracle import Violation

OPENED = SessionOpened(node="north", condition=Condition.NOT_ACTIVATED, superseded=False)
WELCOME = ConnectionEstablished(condition=Condition.NOT_ACTIVATED, epoch=0, round_trip_ns=0)
SILENT = r"O0 broken(.*\n)+.*states that it was welcomed.*\n.*it states nothing"


def welcomed(tolerance_ns: int = 0) -> Story:
    """The CLA has welcomed north an hour after the start."""
    return Story(tolerance_ns).at(60 * MINUTE_NS).tell("hq", OPENED)


def test_a_node_that_never_states_its_welcome_is_caught() -> None:
    """At the end of the run, of the session, or with the next one."""
    for goes_on in ("end", SessionEnded(node="north"), OPENED):
        story = welcomed().at(DAY_NS)
        with pytest.raises(Violation, match=SILENT):
            story.end() if goes_on == "end" else story.tell("hq", goes_on)


def test_a_node_that_states_it_is_in_order() -> None:
    """Whenever the welcome arrives; and whoever is dialed again within a few minutes."""
    welcomed().at(61 * MINUTE_NS).tell("north", WELCOME).at(DAY_NS).end()
    welcomed().at(64 * MINUTE_NS).tell("hq", SessionEnded(node="north")).at(DAY_NS).end()


@pytest.mark.parametrize(
    ("host", "fact"),
    [
        ("north", HostFrozen()),
        ("north", ProgramEnded(program="node", reason="state-damaged")),
        ("hq", HostFrozen()),
        ("world", LinkCut(link="hq-north", directions=["hq->north"])),
        ("world", LossChanged(link="hq-north", loss_percent=90)),
    ],
)
def test_what_was_in_its_way_is_no_silence(host: str, fact: Event) -> None:
    """A welcome that is on its way then may never arrive; one that has had its time should have."""
    welcomed().at(61 * MINUTE_NS).tell(host, fact).at(DAY_NS).end()
    with pytest.raises(Violation, match=SILENT):
        welcomed().at(65 * MINUTE_NS).tell(host, fact)


def test_right_after_a_fault_nobody_is_waited_for() -> None:
    """Routes may change yet; where a link loses packets, or in a stall, a dialing takes long."""
    faults = [
        ("world", LinkHealed(link="hq-north")),
        ("world", LossChanged(link="hq-north", loss_percent=9)),
        ("north", HostFrozen()),
    ]
    for host, fault in faults:
        Story().at(MINUTE_NS).tell(host, fault).tell("hq", OPENED).at(DAY_NS).end()


def test_in_a_live_run_a_node_may_state_it_first() -> None:
    """Facts of one moment have neighboring instants there."""
    for apart_ns in (NS_PER_SECOND, 2 * NS_PER_SECOND):
        story = Story(NS_PER_SECOND).at(60 * MINUTE_NS).tell("north", WELCOME)
        story.at(story.now + apart_ns).tell("hq", OPENED).at(DAY_NS)
        if apart_ns <= NS_PER_SECOND:
            story.end()
        else:
            with pytest.raises(Violation, match=SILENT):
                story.end()
