"""O6: a failover takes nothing away, from its first instant to its last (F2, F14)."""

from datetime import timedelta

import pytest
from oracle_stories import START, Story

from licensing.entitlements import Entitlement
from licensing.events import DiskReplaced, DiskSaved, LeaseInstalled, LeaseSigned
from licensing.policies import DAY_NS, NS_PER_SECOND
from licensing.words import LicenseState, NodeState, Trigger
from simulator.oracle import Violation

NOT_LICENSED, CONFIGURABLE = LicenseState.NOT_LICENSED, LicenseState.CONFIGURABLE
SEATS = {"ip": 1, "voicemail": 1}
TAKEN = r"O6 broken(.*\n)+.*1 x {} as before failover\n.*0 x {}"


def cut_off(later_ns: int, *ends_ns: int) -> Story:
    """The telephone of south has two licenses, of which one each ends at `ends_ns`."""
    story = Story().license("south")
    ends = [START + timedelta(microseconds=end_ns // 1_000) for end_ns in ends_ns]
    by_ends = [
        Entitlement(seats={key: 1}, valid_until=end)
        for key, end in zip(SEATS, [*ends, None, None], strict=False)
    ]
    lease = {"lease_id": "south/1", "seq": 2, "epoch": 1, "seats": SEATS}
    story.tell("hq", LeaseSigned(node="south", **lease))
    story.tell("south", LeaseInstalled(entitlements=by_ends, **lease))
    story.assign("south", "300", *SEATS)
    story.tell("south", DiskSaved()).lose("south")
    return story.at(story.now + later_ns)


@pytest.mark.parametrize("later_ns", [0, 1, NS_PER_SECOND, 20 * DAY_NS])
def test_what_is_taken_away_in_failover_is_found(later_ns: int) -> None:
    """At whatever instant of it."""
    with pytest.raises(Violation, match=TAKEN.format("voicemail", "voicemail")):
        cut_off(later_ns).assign("south", "300", "voicemail", after=NOT_LICENSED)


def test_what_somebody_gives_up_is_not_taken_away() -> None:
    """It is not ticked any more; the rest is judged as before."""
    story = cut_off(DAY_NS)
    story.assign("south", "300", "voicemail", after=CONFIGURABLE)
    story.at(story.now + DAY_NS)
    with pytest.raises(Violation, match=TAKEN.format("ip", "ip")):
        story.assign("south", "300", "ip", after=NOT_LICENSED)


def test_what_has_ended_goes_at_its_end_and_nothing_else_does() -> None:
    """F14: with all that requires it, and not sooner."""
    end_ns = 10 * DAY_NS
    cut_off(0, end_ns).at(end_ns).assign("south", "300", *SEATS, after=NOT_LICENSED)
    with pytest.raises(Violation, match=TAKEN.format("ip", "ip")):
        cut_off(DAY_NS, end_ns).assign("south", "300", *SEATS, after=NOT_LICENSED)
    with pytest.raises(Violation, match=TAKEN.format("voicemail", "voicemail")):
        cut_off(0, end_ns).at(end_ns).assign("south", "300", "voicemail", after=NOT_LICENSED)


def test_who_is_welcomed_may_have_lost_seats_to_others() -> None:
    """F9: what its CLA has given to somebody is gone with the welcome."""
    story = cut_off(DAY_NS)
    story.welcome("south")
    story.assign("south", "300", "voicemail", after=NOT_LICENSED)
    story.change("south", NodeState.FAILOVER, NodeState.REGULAR, Trigger.LEASED)
    story.end()


def test_a_backup_of_failover_has_what_it_had() -> None:
    """A node goes on with the seats that are on the disk which is put back."""
    story = cut_off(DAY_NS).tell("south", DiskSaved())
    saved_ns = story.now
    story.assign("south", "300", "voicemail", after=CONFIGURABLE)
    story.at(saved_ns + 1).crash("south").tell("south", DiskReplaced(saved_ns=saved_ns))
    story.start("south").show("south", "Failover Period")
    story.states["south", "300", "voicemail"] = LicenseState.LICENSED
    with pytest.raises(Violation, match=TAKEN.format("voicemail", "voicemail")):
        story.assign("south", "300", "voicemail", after=NOT_LICENSED)
