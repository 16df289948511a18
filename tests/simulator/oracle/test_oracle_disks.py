"""The oracle where a disk is lost or put back: what that took away is not counted, the rest is."""

from datetime import timedelta

import pytest
from oracle_stories import PERIOD_NS, START, Story, cut_off

from licensing.entitlements import Entitlement
from licensing.events import (
    ClockStepped,
    DiskReplaced,
    DiskSaved,
    HoldEnded,
    LeaseInstalled,
    LeaseSigned,
    PeriodEndCounted,
    RelicensingRequired,
)
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, TIMING
from licensing.words import Condition, LicenseState, NodeState, Trigger
from simulator.oracle import Violation

SAVED_NS = 10 * MINUTE_NS


def master_with_another_disk(saved_ns: int | None) -> Story:
    """North has one tdm at the backup and two later; then the master has another disk."""
    story = Story().license("north", "south")
    story.decide("north", networking=1, tdm=1)
    story.assign("north", "200", "tdm")
    story.at(SAVED_NS).tell("hq", DiskSaved())
    story.at(2 * SAVED_NS)
    story.decide("north", networking=1, tdm=2)
    story.assign("north", "201", "tdm")
    story.at(3 * SAVED_NS).break_off("north", "south")
    for name in ("north", "south"):
        story.change(name, NodeState.REGULAR, NodeState.FAILOVER, Trigger.LOST)
    story.crash("hq").tell("hq", DiskReplaced(saved_ns=saved_ns))
    return story.start("hq")


def test_what_a_cla_cannot_know_any_more_is_no_breach() -> None:
    """The backup knows of one of north's two seats, and the other one is granted to south."""
    story = master_with_another_disk(SAVED_NS)
    story.decide("south", networking=1, tdm=1)
    story.at(story.now + 1).end()


def test_what_the_backup_knows_is_not_granted_twice() -> None:
    """The planted fault: the CLA has read its books, and gives both seats away."""
    story = master_with_another_disk(SAVED_NS)
    story.decide("south", networking=1, tdm=2)
    with pytest.raises(Violation, match=r"O1.*\n.*at most 2 x tdm\n.*3 .*north 1, south 2"):
        story.at(story.now + 1).end()


def test_what_is_granted_on_an_empty_disk_is_judged_by_the_file_that_is_accepted_there() -> None:
    """Nothing is known of before; more than the file has is too much."""
    story = master_with_another_disk(None)
    story.accept({"networking": 2, "tdm": 2})
    story.decide("south", tdm=2)
    story.at(story.now + 1)
    story.decide("hq", tdm=1)
    with pytest.raises(Violation, match=r"O1.*\n.*at most 2 x tdm\n.*3 "):
        story.at(story.now + 1).end()


def test_who_is_back_counts_again() -> None:
    """The planted fault: north is welcomed, keeps both seats, and south keeps the one."""
    story = master_with_another_disk(SAVED_NS)
    story.decide("south", networking=1, tdm=1)
    story.at(story.now + HOUR_NS)
    story.welcome("north")
    story.change("north", NodeState.FAILOVER, NodeState.REGULAR, Trigger.LEASED)
    with pytest.raises(Violation, match=r"O1.*\n.*at most 2 x tdm\n.*3 .*north 2, south 1"):
        story.at(story.now + 1).end()


def restored_node(later_ns: int) -> Story:
    """North was saved while it was regular; in failover since, it is put back, and off so long."""
    story = Story().license("north")
    story.beat("north", DAY_NS)
    story.tell("north", DiskSaved())
    story.lose("north")
    story.at(DAY_NS + later_ns).crash("north").tell("north", DiskReplaced(saved_ns=DAY_NS))
    story.start("north").now += TIMING.redial_grace_ns
    return story


def test_a_period_goes_on_from_the_backup_by_the_clock() -> None:
    """Ten days after the backup ten days are used up, though the disk knows of none of them."""
    story = restored_node(10 * DAY_NS)
    story.change("north", NodeState.REGULAR, NodeState.FAILOVER, Trigger.LOST)
    assert story.oracle.deadline_ns("north") == DAY_NS + PERIOD_NS
    story.at(DAY_NS + PERIOD_NS).expire("north")
    story.end()


def test_a_node_that_forgets_a_period_with_its_disk_is_found() -> None:
    """The planted fault: it begins another 30 days."""
    story = restored_node(10 * DAY_NS)
    story.change("north", NodeState.REGULAR, NodeState.FAILOVER, Trigger.LOST)
    with pytest.raises(Violation, match=r"O2.*\n.*emergency by day 31"):
        story.at(DAY_NS + PERIOD_NS + 8 * DAY_NS).tell("world", ClockStepped(by_ns=0, wall_ns=0))


def counted_by_its_newest_lease(at_ns: int) -> None:
    """North is put back to its first lease, of a month; by the newest one it had an hour."""
    story = Story().license("north", reserved_at_most_s=0)
    story.tell("north", DiskSaved())
    story.at(1).accept({"networking": 2, "tdm": 2}, period_ns=2 * HOUR_NS, reserved_at_most_s=0)
    story.lease("north")
    story.crash("north").tell("north", DiskReplaced(saved_ns=0)).start("north")
    story.at(1 + TIMING.redial_grace_ns)
    story.change("north", NodeState.REGULAR, NodeState.FAILOVER, Trigger.LOST)
    story.at(at_ns).tell("hq", PeriodEndCounted(node="north"))
    story.crash("hq").start("hq").welcome("north", Condition.RELICENSING_REQUIRED)
    story.change("north", NodeState.FAILOVER, NodeState.EMERGENCY, Trigger.RELICENSING_REQUIRED)


def test_a_cla_counts_the_period_of_the_lease_that_it_has_signed() -> None:
    """Whatever is on the disk that was put back, and also after a start of its own."""
    end_ns = 2 * HOUR_NS + TIMING.clock_slack_ns
    counted_by_its_newest_lease(end_ns)
    with pytest.raises(Violation, match=r"O2.*hq.*\n.*failover period of north until"):
        counted_by_its_newest_lease(end_ns - MINUTE_NS)


def goes_on_with_what_ends(*, after: str) -> None:
    """North's tdm ends in two minutes by one of its two leases."""
    story = Story().license("north")
    story.decide("north", networking=1, tdm=1)
    story.assign("north", "200", "tdm")
    seats = {"networking": 1, "tdm": 1}
    older, newer = (
        {"lease_id": "north/1", "seq": seq, "epoch": 1, "seats": seats} for seq in (5, 6)
    )
    story.tell("hq", LeaseSigned(node="north", **older), LeaseSigned(node="north", **newer))
    ends = [
        Entitlement(seats={"tdm": 1}, valid_until=START + timedelta(minutes=2)),
        Entitlement(seats={"networking": 1}),
    ]
    whole = [Entitlement(seats=seats)]
    first, last = (ends, whole) if after == "one that knows it is put back" else (whole, ends)
    story.tell("north", LeaseInstalled(**older, entitlements=first))
    story.tell("north", DiskSaved())
    story.at(1).tell("north", LeaseInstalled(**newer, entitlements=last))
    if after != "nothing":
        story.crash("north").tell("north", DiskReplaced(saved_ns=0)).start("north")
    story.at(3 * MINUTE_NS).end()


def test_no_node_knows_an_end_that_is_not_on_its_disk() -> None:
    """It goes on with what the newer lease has ended (F14); planted: where the disk knows it."""
    goes_on_with_what_ends(after="the older one is put back")
    for after in ("nothing", "one that knows it is put back"):
        with pytest.raises(Violation, match=r"O1.*north.*\n.*0 x tdm, the others have ended"):
            goes_on_with_what_ends(after=after)


def test_a_lost_disk_has_a_system_as_it_was_delivered() -> None:
    """No seats, no period, no failover display; a further status follows from that one."""
    story = cut_off("north")
    story.crash("north").tell("north", DiskReplaced(saved_ns=None)).start("north")
    assert story.oracle.state_of("north") is NodeState.ACTIVATION_PERIOD
    assert story.oracle.deadline_ns("north") is None
    story.at(story.now + 40 * DAY_NS)
    story.change(
        "north", NodeState.ACTIVATION_PERIOD, NodeState.RESTRICTED, Trigger.ACTIVATION_PERIOD_ENDED
    )
    story.end()


def test_a_node_that_goes_on_with_what_was_on_a_lost_disk_is_found() -> None:
    """The planted fault: its period ends, of which it can know nothing."""
    story = cut_off("north")
    story.crash("north").tell("north", DiskReplaced(saved_ns=None)).start("north")
    with pytest.raises(Violation, match="O0"):
        story.at(story.now + PERIOD_NS).expire("north")


def test_a_lease_of_before_is_none_of_the_new_cla() -> None:
    """A CLA on an empty disk numbers its leases anew."""
    story = master_with_another_disk(None)
    story.accept({"networking": 2, "tdm": 2})
    story.tell("hq", LeaseSigned(node="south", lease_id="new", seq=1, epoch=1, seats={"tdm": 2}))
    story.at(story.now + 1).end()


def replaced_a_lease(*, installed: bool) -> Story:
    """North's lease of a month gives way to one of an hour; then the master has a backup."""
    story = Story().license("north")
    story.accept({"networking": 2, "tdm": 2}, epoch=1, period_ns=HOUR_NS)
    lease = {"lease_id": "north/1", "seq": 2, "epoch": 1, "seats": {"tdm": 2}}
    story.tell("hq", LeaseSigned(node="north", **lease))
    story.at(SAVED_NS).tell("hq", DiskSaved())
    if installed:
        ends = [Entitlement(seats={"tdm": 2})]
        story.tell("north", LeaseInstalled(entitlements=ends, **lease))
    story.at(2 * SAVED_NS).break_off("north")
    story.change("north", NodeState.REGULAR, NodeState.FAILOVER, Trigger.LOST)
    story.crash("hq").tell("hq", DiskReplaced(saved_ns=SAVED_NS)).start("hq")
    return story


def test_a_lease_that_a_node_has_replaced_holds_nothing_after_a_backup() -> None:
    """The CLA can learn it from the node's hello; the backup alone knows of both."""
    story = replaced_a_lease(installed=True)
    story.at(HOUR_NS + 1).expire("north")
    story.at(story.now + TIMING.recovery_window_ns + TIMING.clock_slack_ns)
    story.tell("hq", HoldEnded(node="north", seats={"tdm": 2}))
    story.end()


def test_a_lease_that_a_node_may_have_is_held_after_a_backup() -> None:
    """The planted fault: a CLA counts by the newest one that it has signed."""
    story = replaced_a_lease(installed=False)
    story.at(HOUR_NS + TIMING.recovery_window_ns + TIMING.clock_slack_ns)
    with pytest.raises(Violation, match=r"O1.*by hq.*\n.*seats held for north until day 30"):
        story.tell("hq", HoldEnded(node="north", seats={"tdm": 2}))


def test_a_node_that_is_put_back_may_use_what_has_been_released_since() -> None:
    """By its older lease, of which it cannot know better: O10 tells that, and O1 does not."""
    story = Story().license("north", "south")
    story.decide("north", networking=1, tdm=2)
    story.assign("north", "200", "tdm")
    story.assign("north", "201", "tdm")
    story.at(SAVED_NS).tell("north", DiskSaved())
    story.decide("north", networking=1, tdm=1)
    story.assign("north", "201", "tdm", after=LicenseState.CONFIGURABLE)
    story.at(2 * SAVED_NS)
    story.decide("south", networking=1, tdm=1)
    story.crash("north").tell("north", DiskReplaced(saved_ns=SAVED_NS)).start("north")
    story.at(story.now + 1).end()


def test_a_node_whose_table_is_lost_uses_nothing() -> None:
    """As its facts say; with another record altered it goes on with the table that it has."""
    for record, used in (("the record assignments was altered", 0), ("the record lease", 1)):
        story = Story().license("north")
        story.assign("north", "200", "tdm")
        story.replace_hardware("north", record)
        assert sum(story.oracle._picture.nodes["north"].used.values()) == used


def put_back_after_its_period(*counted: HoldEnded | RelicensingRequired) -> None:
    """North's disk is one from before the outage: it learns from its CLA that its period ended."""
    story = Story().license("north")
    story.tell("north", DiskSaved()).lose("north")
    story.at(PERIOD_NS + 1).expire("north")
    story.at(story.now + TIMING.clock_slack_ns)
    for fact in counted:
        story.tell("hq", fact)
    contacts = dict(story.oracle._picture.nodes["north"].contacts)
    story.crash("north").tell("north", DiskReplaced(saved_ns=0)).start("north")
    assert story.oracle._picture.nodes["north"].contacts == contacts, "the CLA knows of them"
    story.oracle._picture.nodes["north"].contacts.clear()  # then nothing else may excuse it
    story.welcome("north", Condition.RELICENSING_REQUIRED)
    required = Trigger.RELICENSING_REQUIRED
    story.change("north", NodeState.REGULAR, NodeState.EMERGENCY, required)


@pytest.mark.parametrize(
    "counted",
    [
        HoldEnded(node="north", seats={}),
        RelicensingRequired(node="north", reported_by_node=True),
    ],
)
def test_what_a_cla_has_counted_counts_whatever_disk_the_node_has(
    counted: HoldEnded | RelicensingRequired,
) -> None:
    """The end of its hold, or its own report: the disk that knew of it is gone."""
    put_back_after_its_period(counted)


def test_a_cla_that_has_counted_nothing_is_found() -> None:
    """The planted fault: it sends the node into emergency mode all the same."""
    with pytest.raises(Violation, match=r"O2.*\n.*\n.*requires relicensing"):
        put_back_after_its_period()


def counted_by_a_backup(saved_ns: int) -> None:
    """The CLA counts north out, leases it by an older backup, and then has that of an instant."""
    story = Story().license("north")
    story.tell("north", DiskSaved()).tell("hq", DiskSaved()).lose("north")
    story.at(PERIOD_NS + 1).expire("north")
    story.at(COUNTED_OUT_NS).tell("hq", HoldEnded(node="north", seats={}), DiskSaved())
    for host in ("hq", "north"):
        story.crash(host).tell(host, DiskReplaced(saved_ns=0)).start(host)
    story.lease("north")
    story.crash("hq").tell("hq", DiskReplaced(saved_ns=saved_ns)).start("hq")
    story.oracle._picture.nodes["north"].contacts.clear()  # then nothing else may excuse it
    story.welcome("north", Condition.RELICENSING_REQUIRED)
    required = Trigger.RELICENSING_REQUIRED
    story.change("north", NodeState.REGULAR, NodeState.EMERGENCY, required)


COUNTED_OUT_NS = PERIOD_NS + 1 + TIMING.clock_slack_ns


def test_a_cla_has_counted_what_its_backup_knows() -> None:
    """Whatever it has signed since on another disk."""
    counted_by_a_backup(COUNTED_OUT_NS)
    with pytest.raises(Violation, match=r"O2.*\n.*\n.*requires relicensing"):
        counted_by_a_backup(0)


def test_the_terms_of_a_lease_are_those_of_the_backup() -> None:
    """CLA and node have forgotten the shorter period, and the node is welcomed without a lease."""
    story = Story().license("north")
    story.tell("north", DiskSaved()).tell("hq", DiskSaved())
    story.accept({"networking": 2}, epoch=2, period_ns=2 * HOUR_NS)
    story.lease("north", epoch=2)
    for host in ("hq", "north"):
        story.crash(host).tell(host, DiskReplaced(saved_ns=0)).start(host)
    story.break_off("north").change("north", NodeState.REGULAR, NodeState.FAILOVER, Trigger.LOST)
    story.welcome("north")
    story.change("north", NodeState.FAILOVER, NodeState.REGULAR, Trigger.LEASED)
    welcomed_ns = story.now
    story.lose("north").at(welcomed_ns + PERIOD_NS + 1).expire("north")
    story.end()
