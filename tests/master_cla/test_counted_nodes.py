"""What the CLA says of each node to whoever has to act, and that it says so when it changes.

The period of a cut-off node is the worst case (F9): no node is longer in failover than told.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from agency import THIRTY_DAYS_S, Agency, seats

from licensing.enrolment import NODES_CHANGED_PATH, CountedNode, EnrolledNodes, NodesSeen
from licensing.messages import LeaseAcknowledged
from licensing.words import CountedState
from master_cla.changes import LONGEST_QUIET_S

DAY_S = 86_400.0
HELD = {"networking": 1, "ip": 1}


async def north(here: Agency) -> CountedNode:
    """What is counted of it."""
    (found,) = [each for each in (await here.nodes()).nodes if each.node == "north"]
    return found


async def test_a_cut_off_node_is_told_with_the_end_of_its_period(here: Agency) -> None:
    """Connected, cut off, and over: what is in use becomes reserved, and then nobody's."""
    hq, session = await here.connect("hq"), await here.connect("north")
    await session.demand("1", seats(("1", "ip")))
    await session.send(LeaseAcknowledged(seq=2))
    await asyncio.sleep(1.0)
    seen = await north(here)
    assert (seen.in_use, seen.reserved, seen.period_end, seen.cut_off) == (HELD, {}, None, False)

    await session.socket.close()
    await here.beat(hq, 24.0)
    seen = await north(here)
    assert (seen.in_use, seen.reserved, seen.cut_off) == ({}, HELD, True)
    assert seen.last_contact
    assert seen.period_end == seen.last_contact + timedelta(seconds=THIRTY_DAYS_S)
    assert seen.period_rest_s == pytest.approx(29 * DAY_S, abs=60.0)
    assert not (await here.nodes()).relicensing_required

    await here.beat(hq, 30 * 24.0)
    over = await north(here)
    assert (over.state, over.period_end) == (CountedState.EMERGENCY, seen.period_end)
    assert (over.period_rest_s, over.in_use, over.reserved, over.cut_off) == (0, {}, {}, True)
    assert (await here.nodes()).relicensing_required


async def test_a_node_without_a_period_is_not_cut_off(here: Agency) -> None:
    """Neither one that never came, nor one that was forgotten: nobody waits for them."""
    assert not (await north(here)).cut_off
    session = await here.connect("north")
    await session.send(LeaseAcknowledged(seq=1))
    await session.socket.close()
    await asyncio.sleep(1.0)
    assert (await north(here)).cut_off
    await here.forget("north")
    assert not (await north(here)).cut_off


async def changed(here: Agency, version: int) -> tuple[EnrolledNodes, timedelta]:
    """The next answer after `version`, and how long it took."""
    began = asyncio.get_running_loop().time()
    nodes = await here.post(NODES_CHANGED_PATH, NodesSeen(version=version), EnrolledNodes)
    return nodes, timedelta(seconds=asyncio.get_running_loop().time() - began)


async def test_whoever_waits_learns_at_once_that_a_node_has_come_or_gone(here: Agency) -> None:
    """And after a while that nothing has happened."""
    first, took = await changed(here, 0)
    assert took < timedelta(seconds=1)
    same, took = await changed(here, first.version)
    assert (same.version, took.total_seconds() >= LONGEST_QUIET_S) == (first.version, True)
    waiting = asyncio.create_task(changed(here, first.version))
    await asyncio.sleep(10.0)
    session = await here.connect("north")
    come, took = await waiting
    assert took < timedelta(seconds=11)
    assert [each.node for each in come.nodes if each.connected] == ["north"]
    await asyncio.sleep(1.0)
    waiting = asyncio.create_task(changed(here, (await here.nodes()).version))
    await asyncio.sleep(10.0)
    await session.socket.close()
    gone, took = await waiting
    assert (took < timedelta(seconds=11), [n for n in gone.nodes if n.connected]) == (True, [])


async def test_a_restart_counts_as_a_change(here: Agency) -> None:
    """Whoever has waited before it is answered at once after it."""
    version = (await here.nodes()).version
    await here.restart()
    nodes, took = await changed(here, version)
    assert (nodes.version != version, took < timedelta(seconds=1)) == (True, True)


def test_seats_are_either_in_use_or_reserved() -> None:
    """By whether the node is connected, as in the license table."""
    for connected in (True, False):
        node = CountedNode(
            node="north",
            fingerprint="",
            connected=connected,
            state=CountedState.REGULAR,
            last_contact=datetime(2026, 3, 2, tzinfo=UTC),
            hold_end=None,
            seats=HELD,
        )
        assert (node.in_use, node.reserved) == ((HELD, {}) if connected else ({}, HELD))
