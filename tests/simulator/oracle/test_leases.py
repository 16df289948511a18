"""O1 by the lease: what a node uses it has on its lease, and that is what its CLA has signed."""

import pytest
from oracle_stories import Story

from licensing.entitlements import Entitlement
from licensing.events import (
    AssignmentChange,
    AssignmentsChanged,
    DiskReplaced,
    DiskSaved,
    LeaseInstalled,
    LeaseSigned,
)
from licensing.policies import DAY_NS
from licensing.words import LicenseState
from simulator.oracle import Violation

SEATS = {"networking": 1, "tdm": 1}
UNLEASED = r"O1 broken(.*\n)+.*at most the {} x tdm of its lease\n.*{} in use"


def ticked(number: str, granted: int = 1) -> AssignmentsChanged:
    """One more is licensed by the node's own table, with so many granted."""
    change = AssignmentChange(
        holder=number,
        license="tdm",
        before=LicenseState.UNSAVED_DEMAND,
        after=LicenseState.LICENSED,
        quantity=1,
        granted=granted,
    )
    return AssignmentsChanged(changes=[change])


def leased() -> Story:
    """North has a lease of one tdm seat, of the two that were bought, and uses it."""
    story = Story().license("north")
    story.lease("north", seats=SEATS)
    return story.tell("north", ticked("200"))


def test_what_is_leased_may_be_used() -> None:
    """Also where table and lease change one after the other within an instant."""
    leased().end()
    story = leased().tell("north", ticked("201"))
    story.lease("north", seats=SEATS | {"tdm": 2})
    story.end()


def test_a_node_that_licenses_more_than_its_lease_is_caught() -> None:
    """Free seats of the license file are none of its own."""
    with pytest.raises(Violation, match=UNLEASED.format(1, 2)):
        leased().tell("north", ticked("201")).end()
    with pytest.raises(Violation, match=UNLEASED.format(0, 1)):
        Story().license("north").tell("north", ticked("200")).end()


def test_nor_does_a_node_in_failover_license_anything_by_itself() -> None:
    """F8: nobody can have granted it."""
    story = leased().lose("north")
    story.at(story.now + DAY_NS).tell("north", ticked("201"))
    with pytest.raises(Violation, match=UNLEASED.format(1, 2)):
        story.end()


def test_a_smaller_lease_takes_what_it_lacks_at_once() -> None:
    """F13: what the node goes on with is nobody's."""
    story = leased()
    story.lease("north", seats={"networking": 1})
    with pytest.raises(Violation, match=UNLEASED.format(0, 1)):
        story.end()


def test_a_disk_has_the_lease_of_its_backup() -> None:
    """The seats of the newer one are not on it."""
    story = leased().tell("north", DiskSaved()).at(1)
    story.lease("north", seats=SEATS | {"tdm": 2})
    story.at(2).crash("north").tell("north", DiskReplaced(saved_ns=0)).start("north")
    story.at(3).tell("north", ticked("201"))
    with pytest.raises(Violation, match=UNLEASED.format(1, 2)):
        story.end()


def test_nothing_is_licensed_that_was_not_granted() -> None:
    """However little is then in use."""
    with pytest.raises(Violation, match=r"O1(.*\n)+.*1 x tdm of 201 granted\n.*licensed with 0"):
        leased().tell("north", ticked("201", granted=0))


def installed(**said: object) -> Story:
    """North says that it has a lease, of which its CLA has signed one tdm seat."""
    story = Story().license("north")
    fields = {"lease_id": "north/1", "seq": 2, "epoch": 1, "seats": SEATS}
    story.tell("hq", LeaseSigned(node="north", **fields))
    by_ends = [Entitlement(seats=said.get("seats", SEATS))]
    return story.tell("north", LeaseInstalled(**fields | {"entitlements": by_ends} | said))


def test_a_lease_is_what_was_signed() -> None:
    """Whichever of two that have the same number: a CLA on an older disk may use it twice."""
    installed().end()
    story = installed(seats={"networking": 1})
    again = {"lease_id": "north/1", "seq": 2, "epoch": 1, "seats": {"networking": 1}}
    story.crash("hq").tell("hq", DiskReplaced()).start("hq")
    story.accept({"networking": 1, "tdm": 2})
    story.tell("hq", LeaseSigned(node="north", **again)).end()


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ({"seats": SEATS | {"tdm": 2}}, "the seats .*'tdm': 1.* of epoch 1\n.*'tdm': 2"),
        ({"epoch": 2}, "the seats .* of epoch 1\n.*of epoch 2"),
        ({"seq": 3}, "number 3: none, it was never signed"),
        ({"lease_id": "south/1"}, "lease south/1, number 2: none"),
        ({"entitlements": []}, "the ends of .*'tdm': 1"),
        ({"entitlements": [Entitlement(seats=SEATS), Entitlement(seats=SEATS)]}, "'tdm': 2"),
    ],
)
def test_a_lease_that_was_not_signed_so_is_caught(said: dict[str, object], seen: str) -> None:
    """More seats, a newer epoch, another number, a neighbor's, and seats without their ends."""
    story = installed(**said)
    with pytest.raises(Violation, match=rf"O1 broken(.*\n)+.*{seen}"):
        story.end()


def test_each_lease_of_an_instant_is_judged() -> None:
    """One that is right makes no other one right."""
    story = installed(seats=SEATS | {"tdm": 2})
    story.lease("north", seats=SEATS)
    with pytest.raises(Violation, match=r"O1 broken(.*\n)+.*number 2: the seats"):
        story.end()
