"""O7: what was acknowledged is never lost, but by what befalls a disk."""

from collections.abc import Callable

import msgspec
import pytest
from oracle_stories import Story

from licensing.events import (
    DecisionReceived,
    DemandDecided,
    DiskReplaced,
    LeaseSigned,
    NodeKeyChanged,
    SessionOpened,
    StateDamaged,
)
from licensing.words import Condition, LicenseState
from simulator.oracle import Violation

Loss = Callable[[Story], object]
FILE = {"networking": 2, "tdm": 2}
NOT_ACTIVATED = SessionOpened(node="north", condition=Condition.NOT_ACTIVATED, superseded=False)


def lease_again(story: Story) -> None:
    """The CLA signs another lease with a number that it has used."""
    story.accept(FILE)
    newest = story.told(LeaseSigned)[-1]
    story.tell("hq", msgspec.structs.replace(newest, lease_id="another"))


def decide_again(story: Story) -> None:
    """The CLA decides otherwise what it has decided last."""
    story.accept(FILE)
    decided = story.told(DemandDecided)[-1]
    story.tell("hq", msgspec.structs.replace(decided, held={"networking": 1, "tdm": 1}))


def tick_again(story: Story) -> None:
    """The node has forgotten a license."""
    story.states.clear()
    story.assign("north", "200", "tdm")


LOSSES_OF_A_CLA: list[tuple[Loss, str]] = [
    (lambda story: story.accept(FILE, epoch=0), "a file newer than 1 of epoch 1"),
    (lambda story: story.tell("hq", NOT_ACTIVATED), "license file 1\n.*not-activated"),
    (lease_again, "a lease for north after 3 of epoch 1"),
    (decide_again, "one decision of request 2"),
]
LOSSES_OF_A_NODE: list[tuple[Loss, str]] = [
    (lambda story: story.tell("north", StateDamaged(record="the lease")), "the lease"),
    (tick_again, "200: tdm licensed\n.*unsaved demand"),
]


def acknowledged() -> Story:
    """North is leased, and its demand decided."""
    story = Story().license("north").decide("north", networking=1)
    story.assign("north", "200", "tdm")
    return story


@pytest.mark.parametrize(("loss", "says"), [*LOSSES_OF_A_CLA, *LOSSES_OF_A_NODE])
def test_what_was_acknowledged_is_lost(loss: Loss, says: str) -> None:
    """A license file, a lease, a decision, an assignment, or a whole record."""
    with pytest.raises(Violation, match=rf"O7 broken(.*\n)+.*{says}"):
        loss(acknowledged())


@pytest.mark.parametrize("loss", [loss for loss, _ in LOSSES_OF_A_CLA])
def test_with_its_disk_a_cla_loses_all_of_it(loss: Loss) -> None:
    """It cannot know any more what it has told."""
    story = acknowledged().crash("hq").tell("hq", DiskReplaced(saved_ns=None)).start("hq")
    loss(story)
    story.end()


def test_a_node_may_say_what_is_damaged_before_it_has_started() -> None:
    """Once: what it has lost with another mainboard, it cannot lose later for that reason."""
    story = acknowledged().replace_hardware("north", "the lease")
    with pytest.raises(Violation, match=r"O7 broken(.*\n)+.*the lease"):
        story.crash("north").tell("north", StateDamaged(record="the lease"))


def test_a_node_with_another_key_is_another_node() -> None:
    """Its leases begin anew (F16)."""
    story = Story().license("north")
    story.tell("hq", NodeKeyChanged(node="north", destroyed=True, seats={}))
    lease_again(story)
    story.end()


def test_an_answer_that_nobody_has_decided() -> None:
    """It is judged when its instant is over: in a live run the decision may be stated after it."""
    story = Story().license("north")
    story.tell("north", DecisionReceived(request_id="request 2", round_trip_ns=0))
    story.decide("north").at(story.now + 1).tell("north")
    story.tell("north", DecisionReceived(request_id="request 3", round_trip_ns=0))
    with pytest.raises(Violation, match=r"O7 broken(.*\n)+.*one to request 3"):
        story.end()


@pytest.mark.parametrize("requests", [["request 2", "other"], ["other", "request 2"]])
def test_each_of_several_answers_at_one_instant(requests: list[str]) -> None:
    """One that was decided makes no other one right, in whatever order they come."""
    story = Story().license("north").decide("north")
    for request in requests:
        story.tell("north", DecisionReceived(request_id=request, round_trip_ns=0))
    with pytest.raises(Violation, match=r"O7 broken(.*\n)+.*one to other"):
        story.end()


def test_what_may_be_ticked_is_stored_nowhere() -> None:
    """It follows from what is free, and a restart may find it otherwise."""
    story = Story().license("north")
    story.assign("north", "200", "tdm", after=LicenseState.CONFIGURABLE)
    story.states["north", "200", "tdm"] = LicenseState.NOT_CONFIGURABLE
    story.assign("north", "200", "tdm", after=LicenseState.UNSAVED_DEMAND)
    story.end()
