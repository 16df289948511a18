"""F9: what the CLA cannot see of a cut-off node counts as the worst case, which is *in use*.

Each test is one inference from what was last heard of a node: its period, its seats, whether it has
a period at all, and how much time has passed.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from agency import Agency, Refused, Session, agency, seats

from licensing.events import HoldEnded, PeriodEndCounted, RelicensingRequired
from licensing.messages import (
    Activated,
    LeaseAcknowledged,
    LeaseChanged,
    LoadLicenseFile,
)
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.words import Condition, CountedState, ExpiryScope, NodeState
from master_cla.members import Member

LICENSES = {"base": 1, "ip": 4, "networking": 2}
SHORT_S = 75 * MINUTE_NS // NS_PER_SECOND
HOLD_NS = 30 * DAY_NS + TIMING.clock_slack_ns
SHORT_HOLD_NS = 75 * MINUTE_NS + TIMING.clock_slack_ns


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Agency]:
    """A running CLA with enrolled nodes, whose license files are the test's own."""
    async with agency(tmp_path) as running:
        await running.use_own_vendor()
        yield running


async def load(
    here: Agency, serial: int, *, epoch: int = 1, period_s: int = 30 * 86_400, **said: object
) -> None:
    """Have the CLA accept a license file; `said` are other numbers of licenses, or its policies."""
    policies = {
        name: said.pop(name) for name in ("reserved_at_most_s", "expiry_scope") if name in said
    }
    document = here.make_file(
        serial, epoch, LICENSES | said, failover_period_s=period_s, **policies
    )
    await here.post("/v1/license-file", LoadLicenseFile(license_file=document), Activated)


async def with_four_seats(here: Agency) -> Session:
    """North, connected, with all IP licenses in a lease that it has acknowledged."""
    north = await here.connect("north")
    await north.demand("1", seats(("1", "ip"), ("2", "ip"), ("3", "ip"), ("4", "ip")))
    await north.send(LeaseAcknowledged(seq=2))
    await asyncio.sleep(0.1)
    return north


async def pass_ns(duration_ns: int) -> None:
    """Let time pass."""
    await asyncio.sleep(duration_ns / NS_PER_SECOND)


async def test_a_shorter_period_that_nobody_acknowledged_ends_no_hold(here: Agency) -> None:
    """The lease of a later order is signed and lost: the node goes by the older, longer one."""
    await load(here, 1)
    north = await with_four_seats(here)
    here.loop.sockets.network.cut("hq", "north")
    await load(here, 2, period_s=SHORT_S)
    await pass_ns(SHORT_HOLD_NS + HOUR_NS)
    await north.socket.close()
    south = await here.connect("south")
    assert (await south.demand("1", seats(("300", "ip")))).granted == []
    assert not here.facts(HoldEnded)
    await here.restart()
    await pass_ns(29 * DAY_NS)
    assert (await here.licenses())["ip"].free == 0


async def test_a_shorter_period_that_was_acknowledged_ends_the_hold(here: Agency) -> None:
    """The node said that it has the new lease: it goes by that, and no older one counts."""
    await load(here, 1)
    north = await with_four_seats(here)
    await load(here, 2, period_s=SHORT_S)
    changed = await north.expect(LeaseChanged)
    await north.send(LeaseAcknowledged(seq=here.lease(changed.lease, "north").seq))
    await asyncio.sleep(0.1)
    await north.socket.close()
    await pass_ns(SHORT_HOLD_NS + MINUTE_NS)
    assert [fact.node for fact in here.facts(HoldEnded)] == ["north"]
    assert (await here.licenses())["ip"].free == 4


async def test_a_longer_period_that_nobody_acknowledged_lengthens_the_hold(here: Agency) -> None:
    """It may have arrived all the same."""
    await load(here, 1, period_s=SHORT_S)
    north = await with_four_seats(here)
    await load(here, 2)
    await north.socket.close()
    await pass_ns(29 * DAY_NS)
    assert not here.facts(HoldEnded)
    assert not here.facts(RelicensingRequired)


async def test_a_lease_that_nobody_acknowledged_requires_no_relicensing(here: Agency) -> None:
    """F6: a node that never had a lease has no period; its seats are free when the hold ends."""
    north = await here.connect("north")
    here.loop.sockets.network.cut("hq", "north")
    await load(here, 1)
    await pass_ns(HOLD_NS + HOUR_NS)
    assert here.facts(HoldEnded) == [HoldEnded(node="north", seats={"networking": 1})]
    assert not here.facts(RelicensingRequired)
    await north.socket.close()
    here.loop.sockets.network.heal("hq", "north")
    came = await here.connect("north")
    assert came.welcome.condition is Condition.LICENSED
    assert here.lease(came.welcome.lease, "north").seats == {"networking": 1}


async def test_a_lease_out_of_emergency_mode_that_nobody_acknowledged_requires_no_relicensing(
    here: Agency,
) -> None:
    """F4, F6: its period had ended before that epoch, so whenever it comes it is leased anew."""
    await load(here, 1)
    await (await with_four_seats(here)).socket.close()
    await pass_ns(HOLD_NS + HOUR_NS)
    assert len(here.facts(RelicensingRequired)) == 1
    ended: dict[str, object] = {"seq": 2, "epoch": 1, "expired_for_s": 3600}
    north = await here.connect("north", **ended)
    assert north.welcome.condition is Condition.RELICENSING_REQUIRED
    here.loop.sockets.network.cut("hq", "north")
    document = here.make_file(2, 2, LICENSES)
    await here.post("/v1/license-file", LoadLicenseFile(license_file=document), Activated)
    await pass_ns(HOLD_NS + HOUR_NS)
    assert [fact.node for fact in here.facts(HoldEnded)] == ["north", "north"]
    assert len(here.facts(RelicensingRequired)) == 1
    await north.socket.close()
    here.loop.sockets.network.heal("hq", "north")
    came = await here.connect("north", **ended)
    assert came.welcome.condition is Condition.LICENSED
    assert here.lease(came.welcome.lease, "north").epoch == 2


async def test_time_for_which_the_cla_was_off_ends_no_hold(here: Agency) -> None:
    """Off for 32 days, by whatever its clock says: the hold has as long to run as before."""
    await load(here, 1)
    north = await with_four_seats(here)
    await north.socket.close()
    await pass_ns(10 * DAY_NS)
    await here.machines["hq"].crash()
    await pass_ns(32 * DAY_NS)
    await here.restart()
    await pass_ns(19 * DAY_NS)
    assert not here.facts(HoldEnded)
    await pass_ns(2 * DAY_NS)
    assert [fact.node for fact in here.facts(HoldEnded)] == ["north"]
    assert here.facts(RelicensingRequired)
    await here.restart()
    await pass_ns(2 * DAY_NS)
    assert len(here.facts(HoldEnded)) == 1


@pytest.mark.parametrize("off_ns", [0, MINUTE_NS])
async def test_a_cla_that_starts_often_puts_no_contact_later_each_time(
    here: Agency, off_ns: int
) -> None:
    """Only the run that had it may have had a later one, and none is after the start itself."""
    await load(here, 1)
    await (await with_four_seats(here)).socket.close()
    for _ in range(5):
        await pass_ns(HOUR_NS)
        await here.machines["hq"].crash()
        await pass_ns(off_ns)
        await here.restart()
    north = await here.connect("north", epoch=0, seq=2, serial=1, expired_for_s=HOUR_NS // 10**9)
    assert north.welcome.condition is Condition.RELICENSING_REQUIRED
    document = here.make_file(2, 2, LICENSES, failover_period_s=30 * 86_400)
    await here.post("/v1/license-file", LoadLicenseFile(license_file=document), Activated)
    assert (await north.expect(LeaseChanged)).condition is Condition.LICENSED


async def test_a_clock_set_ahead_while_the_cla_is_off_ends_no_hold(here: Agency) -> None:
    """And a contact after it begins another hold, of which nothing has passed."""
    await load(here, 1)
    await (await with_four_seats(here)).socket.close()
    await here.machines["hq"].crash()
    here.machines["hq"].clock.step(40 * DAY_NS)
    await here.restart()
    await pass_ns(29 * DAY_NS)
    assert not here.facts(HoldEnded)
    back = await here.connect("north", epoch=1, seq=2, serial=1)
    await back.socket.close()
    await pass_ns(HOLD_NS + MINUTE_NS)
    assert [fact.node for fact in here.facts(HoldEnded)] == ["north"]


async def test_a_networking_license_that_was_taken_back_is_kept_for_its_node(here: Agency) -> None:
    """Its node is sent away and goes on for its period: nobody else gets the seat meanwhile."""
    await load(here, 1)
    await here.connect("north")
    south = await here.connect("south")
    await load(here, 2, networking=1)
    await south.expect(LeaseChanged)
    await south.send(LeaseAcknowledged(seq=2))
    await asyncio.sleep(0.1)
    assert (await here.licenses())["networking"].held == {"north": 1}
    await load(here, 3, networking=2)
    assert (await here.licenses())["networking"].free == 0
    again = await here.connect("south", epoch=1, seq=2, serial=1)
    assert here.lease(again.welcome.lease, "south").seats["networking"] == 1


async def test_seats_that_are_reserved_for_a_day_come_free_and_the_period_goes_on(
    here: Agency,
) -> None:
    """F9, `bounded`: others may have them, while the node is counted as before (F6)."""
    await load(here, 1, reserved_at_most_s=86_400)
    await (await with_four_seats(here)).socket.close()
    await pass_ns(DAY_NS)
    assert not here.facts(HoldEnded)
    await pass_ns(TIMING.clock_slack_ns)
    assert [fact.node for fact in here.facts(HoldEnded)] == ["north"]
    assert (await here.licenses())["ip"].free == 4
    [north] = [each for each in (await here.nodes()).nodes if each.node == "north"]
    assert (north.state, north.hold_end, north.seats) == (CountedState.FAILOVER, None, {})
    assert north.period_end is not None
    await here.restart()
    await pass_ns(28 * DAY_NS)
    assert not here.facts(RelicensingRequired)
    await pass_ns(2 * DAY_NS)
    assert [fact.node for fact in here.facts(RelicensingRequired)] == ["north"]
    assert here.facts(PeriodEndCounted) == [PeriodEndCounted(node="north")]
    assert len(here.facts(HoldEnded)) == 1


async def test_reclaimed_seats_come_free_as_soon_as_a_node_that_is_well_would_have_been_heard(
    here: Agency,
) -> None:
    """F9, `reclaim`: not in the grace in which it redials, nor between two heartbeats (F17)."""
    await load(here, 1, reserved_at_most_s=0)
    await (await with_four_seats(here)).socket.close()
    await pass_ns(TIMING.silence_ns)
    assert not here.facts(HoldEnded)
    await pass_ns(TIMING.clock_slack_ns)
    assert [fact.node for fact in here.facts(HoldEnded)] == ["north"]


async def test_who_comes_back_in_its_period_has_what_is_still_free(here: Agency) -> None:
    """Also while relicensing is required for another: coming back is no new demand."""
    await load(here, 1, period_s=3 * 86_400, reserved_at_most_s=0)
    south = await here.connect("south")
    await south.send(LeaseAcknowledged(seq=1))
    await asyncio.sleep(0.1)
    await south.socket.close()
    await pass_ns(2 * DAY_NS)
    await (await with_four_seats(here)).socket.close()
    await pass_ns(2 * DAY_NS)
    assert [fact.node for fact in here.facts(RelicensingRequired)] == ["south"]
    assert [fact.node for fact in here.facts(HoldEnded)] == ["south", "north"]
    north = await here.connect("north", epoch=1, seq=2, serial=1, state=NodeState.FAILOVER)
    assert north.welcome.condition is Condition.LICENSED
    assert here.lease(north.welcome.lease, "north").seats == {"networking": 1, "ip": 4}
    assert (await north.demand("2", seats(("5", "ip")))).granted == []


async def test_what_others_have_meanwhile_is_lost_to_who_comes_back(here: Agency) -> None:
    """And is named, so that it is shown in red."""
    await load(here, 1, reserved_at_most_s=0)
    await (await with_four_seats(here)).socket.close()
    await pass_ns(2 * HOUR_NS)
    south = await here.connect("south")
    assert len((await south.demand("1", seats(("300", "ip"), ("301", "ip")))).granted) == 2
    north = await here.connect("north", epoch=1, seq=2, serial=1)
    assert here.lease(north.welcome.lease, "north").seats == {"networking": 1, "ip": 2}
    assert [seat.holder for seat in north.welcome.lost] == ["3", "4"]


async def test_the_end_of_one_period_is_that_of_all_where_the_file_says_so(here: Agency) -> None:
    """F6, `internetwork`: whoever is connected is sent away, and comes again to wait for a file."""
    await load(here, 1, expiry_scope=ExpiryScope.INTERNETWORK)
    south = await here.connect("south")
    await south.send(LeaseAcknowledged(seq=1))
    await (await with_four_seats(here)).socket.close()
    await here.beat(south, 30 * 24 - 1, seq=1)
    with pytest.raises(Refused, match="closed"):
        await south.receive()
    assert [fact.node for fact in here.facts(RelicensingRequired)] == ["north"]
    await here.restart()
    south = await here.connect("south", epoch=1, seq=1, serial=1)
    assert south.welcome.condition is Condition.RELICENSING_REQUIRED
    await load(here, 2, epoch=2)
    assert (await south.expect(LeaseChanged)).condition is Condition.LICENSED


@pytest.mark.parametrize("bug", ["leased", "off"])
async def test_what_is_wrong_is_found(
    here: Agency, monkeypatch: pytest.MonkeyPatch, bug: str
) -> None:
    """Planted: only the newest lease counts; time switched off is charged to holds."""
    if bug == "leased":

        def forget_older(member: Member, lease: object, signed: object) -> None:
            member.seq, member.lease, member.signed = lease.seq, lease, signed

        monkeypatch.setattr(Member, "leased", forget_older)
        story = test_a_shorter_period_that_nobody_acknowledged_ends_no_hold
    else:
        monkeypatch.setattr(
            Member,
            "period_end_ns",
            property(lambda m: m.contact_ns and m.contact_ns + m.lease.failover_period_ns),
        )
        story = test_time_for_which_the_cla_was_off_ends_no_hold
    with pytest.raises((AssertionError, Refused)):
        await story(here)
