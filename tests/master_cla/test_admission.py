"""Who is let in, and on which condition: every row of the table."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from licensing.entitlements import Entitlement
from licensing.errors import LicensingError
from licensing.license_file import LicenseFile
from licensing.messages import Hello
from licensing.policies import DAY_NS, HOUR_NS, NS_PER_SECOND
from licensing.signing import SigningKey
from licensing.words import Condition, NodeState
from master_cla.admission import Case, admit, why_closed
from master_cla.agent_time import AgentClock, ClockMark
from master_cla.members import Member

HELLO = Hello(
    node="north",
    locking_id="00-1A-E8-4C-00-02",
    epoch=1,
    seq=3,
    serial=1,
    boot_id="1",
    nonce="n",
    state=NodeState.REGULAR,
)
GOOD = {
    "hello": HELLO,
    "enrolled": True,
    "signed": True,
    "acknowledged": 3,
    "serial": 1,
    "epoch": 1,
    "accepted_ns": 10 * DAY_NS,
    "expired_ns": None,
    "networking": True,
    "relicensing_required": False,
}
FILE = LicenseFile(
    serial=1,
    issued_at=datetime(2026, 3, 2, tzinfo=UTC),
    locking_id="00-1A-E8-4C-00-01",
    epoch=1,
    entitlements=[Entitlement(seats={"base": 1})],
    failover_period_s=30 * 86_400,
    lacs=[],
)
ONE_IP = [Entitlement(seats={"ip": 1})]
NORTH = Member("north", SigningKey(b"k" * 32).verification_key)


@pytest.mark.parametrize(
    ("differs", "condition"),
    [
        ({}, Condition.LICENSED),
        ({"serial": 0, "hello": replace(HELLO, serial=0)}, Condition.NOT_ACTIVATED),
        ({"expired_ns": 11 * DAY_NS}, Condition.RELICENSING_REQUIRED),
        ({"expired_ns": 10 * DAY_NS}, Condition.LICENSED),
        (
            {
                "networking": False,
                "relicensing_required": True,
                "hello": replace(HELLO, state=NodeState.ACTIVATION_PERIOD),
            },
            Condition.RELICENSING_REQUIRED,
        ),
        ({"relicensing_required": True}, Condition.LICENSED),
        ({"ended": "2026-04-01"}, Condition.LICENSED),
        ({"hello": replace(HELLO, seq=4)}, Condition.LICENSED),
    ],
)
def test_welcome(differs: dict, condition: Condition) -> None:
    """F4, F6: expired before the present epoch was accepted leases anew, afterwards waits."""
    assert admit(Case(**GOOD | differs)) is condition


@pytest.mark.parametrize(
    ("differs", "code"),
    [
        ({"enrolled": False, "signed": False}, "node-unknown"),
        ({"signed": False}, "signature-invalid"),
        ({"hello": replace(HELLO, seq=2)}, "clone-suspected"),
        ({"hello": replace(HELLO, serial=2)}, "agent-outdated"),
        ({"hello": replace(HELLO, epoch=2, serial=0)}, "agent-outdated"),
        ({"serial": 0}, "agent-outdated"),
        ({"networking": False}, "no-networking-license"),
        ({"networking": False, "relicensing_required": True}, "no-networking-license"),
        ({"networking": False, "ended": "2026-04-01"}, "license-file-ended"),
    ],
)
def test_refusal(differs: dict, code: str) -> None:
    """F12, A6, A13: each reason has its own code."""
    with pytest.raises(LicensingError) as refusal:
        admit(Case(**GOOD | differs))
    assert refusal.value.code == code
    assert "?" not in refusal.value.message


def test_an_outdated_cla_is_told_what_it_lacks() -> None:
    """Who has left another internetwork knows no file of it any more, and its epoch (F4)."""
    for said, lacks in [({"serial": 2}, "file 1"), ({"epoch": 2, "serial": 0}, "epoch 1")]:
        with pytest.raises(LicensingError, match=f"2, the CLA only {lacks}"):
            admit(Case(**GOOD | {"hello": replace(HELLO, **said)}))


def test_why_nothing_is_granted() -> None:
    """Each reason in turn; a file with an end grants until then (A16)."""
    end = datetime(2026, 4, 1, tzinfo=UTC)
    end_ns = int(end.timestamp()) * NS_PER_SECOND
    ending = replace(FILE, entitlements=[Entitlement(seats={"base": 1}, valid_until=end)])
    assert why_closed(None, relicensing_required=False, wall_ns=0) == "not-activated"
    assert why_closed(FILE, relicensing_required=True, wall_ns=0) == "relicensing-required"
    assert why_closed(ending, relicensing_required=False, wall_ns=end_ns) == "file-ended"
    assert why_closed(ending, relicensing_required=False, wall_ns=end_ns - 1) == ""


def expired(hello: Hello, *, own: int | None = None, contact: int = 3 * DAY_NS) -> int | None:
    """When north's period ended, at day 40, where epoch 2 was accepted on day 35."""
    member = Member("north", NORTH.key, contact_ns=contact, expired_ns=own)
    return member.expired_by(hello, 40 * DAY_NS, epoch=2, accepted_ns=35 * DAY_NS)


def test_when_a_period_ended() -> None:
    """By the CLA's count, else by a report, which never reaches back before the last contact."""
    reporting = replace(HELLO, expired_for_s=7 * 86_400)
    assert expired(HELLO) is None
    assert expired(HELLO, own=33 * DAY_NS) == 33 * DAY_NS
    assert expired(reporting) == 33 * DAY_NS
    assert expired(reporting, own=34 * DAY_NS) == 34 * DAY_NS
    assert expired(replace(HELLO, expired_for_s=400 * 86_400)) == 3 * DAY_NS


def test_an_end_under_the_present_epoch_needs_a_newer_one() -> None:
    """F4, also at a CLA that lost its disk and accepted the same file again."""
    reporting = replace(HELLO, epoch=2, expired_for_s=20 * 86_400)
    ended = expired(reporting)
    assert ended is not None
    assert ended > 35 * DAY_NS


def test_a_report_does_not_move_an_end_that_was_counted() -> None:
    """A node that comes back late ended when the CLA counted it, not when it came (F9)."""
    reporting = replace(HELLO, epoch=2, expired_for_s=20 * 86_400)
    assert expired(reporting, own=36 * DAY_NS) == 36 * DAY_NS
    assert expired(reporting, own=34 * DAY_NS) == 40 * DAY_NS


def test_a_lease_is_signed_anew_only_when_it_changes() -> None:
    """F12: seq advances only then, and never to one that the node may have already."""
    member = Member("north", NORTH.key, seq=4)
    first = member.next_lease(FILE, ONE_IP)
    assert first is not None
    assert first.seq == 5
    member.lease, member.seq = first, 5
    assert member.next_lease(FILE, ONE_IP) is None
    assert member.next_lease(replace(FILE, serial=2), ONE_IP) is not None
    member.acknowledge(9)
    assert member.acknowledged == 5


# The agent's clock.

WALL = 1_772_438_400 * NS_PER_SECOND


def test_only_running_time_counts_while_running() -> None:
    """F11: a jump forward does not burn a hold, and is noted so that no restart charges it."""
    clock = AgentClock(None, 5, WALL)
    assert clock.read(5 + HOUR_NS, WALL + HOUR_NS) == HOUR_NS
    assert clock.jumped_by_ns(HOUR_NS) == 0
    assert clock.read(5 + 2 * HOUR_NS, WALL + 400 * DAY_NS) == 2 * HOUR_NS
    assert clock.jumped_by_ns(2 * HOUR_NS) == 400 * DAY_NS - 2 * HOUR_NS
    mark = clock.mark(2 * HOUR_NS)
    assert clock.jumped_by_ns(2 * HOUR_NS) == 0
    again = AgentClock(mark, 0, WALL + 400 * DAY_NS + HOUR_NS)
    assert again.read(0, WALL + 400 * DAY_NS + HOUR_NS) == 3 * HOUR_NS


def test_a_clock_behind_the_mark_charges_nothing_for_the_downtime() -> None:
    """F11: longer, never shorter; up to a day goes on."""
    clock = AgentClock(ClockMark(7, WALL), 0, WALL - DAY_NS)
    assert clock.read(1, WALL - DAY_NS) == 8
    assert clock.latest_wall_ns == WALL


def test_a_clock_set_back_by_more_than_a_day_stops_the_agent() -> None:
    """F11, at the start and while running; the clock at 1970 after a flat battery too."""
    with pytest.raises(LicensingError, match="set back by 24 hours"):
        AgentClock(ClockMark(0, WALL), 0, WALL - DAY_NS - 1)
    clock = AgentClock(None, 0, WALL)
    with pytest.raises(LicensingError, match="set back by 24 hours"):
        clock.read(1, WALL - DAY_NS - 1)
    with pytest.raises(LicensingError, match="set back by 492344 hours"):
        clock.read(1, 0)


def test_an_agent_that_stopped_for_its_clock_waits_for_the_mark() -> None:
    """F11: stopped until the clock is at or past the mark again, then the day is back."""
    clock = AgentClock(None, 0, WALL)
    with pytest.raises(LicensingError):
        clock.read(5, WALL - 2 * DAY_NS)
    assert clock.marked == ClockMark(5, WALL, set_back=True)
    for behind_ns in (1, DAY_NS):
        with pytest.raises(LicensingError, match="was set back"):
            AgentClock(clock.marked, 0, WALL - behind_ns)
    again = AgentClock(clock.marked, 0, WALL)
    assert again.marked == ClockMark(5, WALL)
    assert again.read(1, WALL - DAY_NS) == 6
