"""Several CLAs: nodes leave an internetwork or join another, and each CLA has its own file."""

import pytest
from oracle_stories import PERIOD_NS, Story, cut_off

from licensing.entitlements import Entitlement
from licensing.events import (
    ConnectionOpened,
    LeaseInstalled,
    LeaseSigned,
    LicenseFileAccepted,
    SessionOpened,
    WizardCompleted,
)
from licensing.words import Condition, LicenseState, NodeState, Role, Trigger
from simulator.oracle import Violation

OWN_TDM = {"tdm": 1}
OWN = {"base": 1} | OWN_TDM


def north_leaves() -> Story:
    """North holds two tdm seats of hq's CLA, then uses its own CLA with one tdm license."""
    story = Story().license("north", "south")
    story.decide("north", networking=1, tdm=2)
    story.assign("north", "200", "tdm")
    story.assign("north", "201", "tdm")
    return story.at(1).tell("north", WizardCompleted(role=Role.STANDALONE, master_address="here"))


def welcomed_at_home(story: Story) -> Story:
    """North's own CLA has a file, lets it in and leases."""
    file = LicenseFileAccepted(
        serial=9, epoch=1, licenses=OWN, failover_period_ns=PERIOD_NS, valid_until=None
    )
    lease = {"lease_id": "own", "seq": 1, "epoch": 1, "seats": OWN_TDM}
    story.tell("north", file)
    story.tell("north", SessionOpened(node="north", condition=Condition.LICENSED, superseded=False))
    story.welcome("north")
    story.tell("north", LeaseSigned(node="north", **lease))
    return story.tell("north", LeaseInstalled(entitlements=[Entitlement(seats=OWN_TDM)], **lease))


def test_what_a_node_uses_counts_against_the_cla_that_has_let_it_in() -> None:
    """Two seats were in order at the master's CLA; the node's own has one."""
    story = welcomed_at_home(north_leaves())
    with pytest.raises(Violation, match=r"O1.*north.*\n.*at most 1 x tdm\n.*2 in use"):
        story.at(2).end()


def test_what_a_node_gives_up_when_it_joins_another_cla_is_in_order() -> None:
    """The table loses what the new lease does not cover within the same instant."""
    story = welcomed_at_home(north_leaves())
    story.assign("north", "201", "tdm", after=LicenseState.NOT_LICENSED)
    story.at(2).end()


def test_the_cla_that_a_node_has_left_keeps_its_seats_reserved() -> None:
    """F9: nobody else may have them until the hold has ended."""
    story = north_leaves()
    story.decide("south", networking=1, tdm=1)
    with pytest.raises(Violation, match=r"O1.*\n.*at most 2 x tdm\n.*3 in use or reserved"):
        story.at(2).end()


def test_o5_follows_the_network_wizard() -> None:
    """A system of its own reaches the license server; as a slave it does not (manual 4.4)."""
    story = north_leaves().tell("north", ConnectionOpened(to="internet", port=7790))
    story.tell("north", WizardCompleted(role=Role.SLAVE, master_address="hq"))
    with pytest.raises(Violation, match="O5"):
        story.tell("north", ConnectionOpened(to="internet", port=7790))


def in_emergency() -> Story:
    """North's period ended under epoch 1."""
    story = cut_off("north")
    story.at(story.oracle.deadline_ns("north") + 1).expire("north")
    return story


def leave(story: Story) -> None:
    """North leaves out of emergency mode, by the Network Wizard."""
    story.change("north", NodeState.EMERGENCY, NodeState.RESTRICTED, Trigger.LEFT)
    story.tell("north", WizardCompleted(role=Role.STANDALONE, master_address="here"))


def test_o0_nobody_leaves_without_the_wizard() -> None:
    """A node that lost its state by a mistake must not pass for one that left on purpose."""
    story = in_emergency()
    story.change("north", NodeState.EMERGENCY, NodeState.RESTRICTED, Trigger.LEFT)
    with pytest.raises(Violation, match=r"O0.*north.*\n.*Network Wizard.*\n.*left by itself"):
        story.at(story.now + 1).end()


def test_o4_whoever_leaves_in_emergency_mode_begins_anew_at_another_cla() -> None:
    """The epochs of another CLA are its own."""
    story = in_emergency()
    leave(story)
    welcomed_at_home(story)
    story.change("north", NodeState.RESTRICTED, NodeState.REGULAR, Trigger.LEASED_ANEW)
    story.at(story.now + 1).end()


def test_o4_leaving_and_coming_back_is_no_relicensing() -> None:
    """At the same CLA only a newer epoch ends what the end of the period began (F4)."""
    story = in_emergency()
    leave(story)
    story.change("north", NodeState.RESTRICTED, NodeState.REGULAR, Trigger.LEASED)
    with pytest.raises(Violation, match=r"O4.*north.*\n.*newer than epoch 1"):
        story.at(story.now + 1).end()


def test_only_leaving_begins_anew() -> None:
    """O0: no other cause leads from regular back into the activation period."""
    story = Story().license("north")
    with pytest.raises(Violation, match="O0"):
        story.change("north", NodeState.REGULAR, NodeState.ACTIVATION_PERIOD, Trigger.LEASED)
