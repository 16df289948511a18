"""A central CLA that stood still knows nothing of what it missed: a recovery window opens (A10)."""

import asyncio
from pathlib import Path

import pytest
from agency import Agency, agency, seats

from licensing.events import HoldEnded, RecoveryWindowBegan, SessionEnded
from licensing.messages import Heartbeat, HeartbeatAcknowledged, LeaseAcknowledged
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.words import Condition
from master_cla.deadlines import Deadlines
from master_cla.holds import Holds

HOLD_NS = 30 * DAY_NS + TIMING.clock_slack_ns
WINDOW_NS = TIMING.recovery_window_ns


async def until(here: Agency, instant_ns: int) -> None:
    """Let time pass until an instant."""
    await asyncio.sleep((instant_ns - here.loop.time_ns()) / NS_PER_SECOND)


async def leave(here: Agency, name: str) -> int:
    """A session that ends with all four seats of a license in use; when the hold would end.

    Not near one of the instants, every six hours, at which contacts are written.
    """
    await asyncio.sleep(3600)
    session = await here.connect(name)
    await session.demand("1", [*seats(("1", "ip"), ("2", "ip"), ("3", "ip"), ("4", "ip"))])
    await session.send(LeaseAcknowledged(seq=2))
    await asyncio.sleep(1)
    heard_ns = here.loop.time_ns() - NS_PER_SECOND + 5_000_000
    await session.socket.close()
    return heard_ns + HOLD_NS


def stall(here: Agency) -> None:
    """From now on the CLA stands still."""
    here.machines["hq"].freeze()


def go_on(here: Agency) -> None:
    """It goes on."""
    here.machines["hq"].thaw()


def instants(here: Agency, kind: type) -> list[int]:
    """When facts of a kind were stated."""
    return [entry.at for entry in here.entries if isinstance(entry.fact, kind)]


async def test_a_hold_that_ended_in_a_stall_ends_after_a_recovery_window(here: Agency) -> None:
    """And not at once; the window lasts as long as one after a start."""
    end_ns = await leave(here, "north")
    await until(here, end_ns - DAY_NS)
    stall(here)
    await until(here, end_ns + DAY_NS)
    go_on(here)
    await asyncio.sleep(60)
    assert here.facts(RecoveryWindowBegan) == [RecoveryWindowBegan(lasts_ns=WINDOW_NS)]
    assert 3600 < (await here.state()).recovery_window_s < WINDOW_NS // NS_PER_SECOND
    assert here.facts(HoldEnded) == []
    assert (await here.licenses())["ip"].free == 0
    await until(here, end_ns + 2 * DAY_NS)
    assert instants(here, HoldEnded) == [end_ns + DAY_NS + WINDOW_NS]
    assert (await here.licenses())["ip"].free == 4


async def test_a_node_may_renew_in_the_window(here: Agency) -> None:
    """It is back with all that it had, and its hold counts anew."""
    end_ns = await leave(here, "north")
    await until(here, end_ns - DAY_NS)
    stall(here)
    await until(here, end_ns + DAY_NS)
    go_on(here)
    await asyncio.sleep(64 * 60)
    back = await here.connect("north", epoch=1, seq=2, serial=1)
    assert back.welcome.condition is Condition.LICENSED
    assert here.lease(back.welcome.lease, "north").seats["ip"] == 4
    await here.beat(back, 24, seq=2)
    assert here.facts(HoldEnded) == []


async def test_what_was_asked_for_in_a_stall_gets_no_seat_whose_hold_had_ended(
    here: Agency,
) -> None:
    """The demand waits in the socket and is decided before or with the overdue reclaim."""
    end_ns = await leave(here, "north")
    await until(here, end_ns - 30 * MINUTE_NS)
    south = await here.connect("south")
    stall(here)
    asking = asyncio.create_task(south.demand("1", seats(("300", "ip"))))
    await until(here, end_ns + 20 * MINUTE_NS)
    go_on(here)
    assert [seat.license for seat in (await asking).refused] == ["ip"]
    assert (await here.licenses())["ip"].held == {"north": 4}


async def test_a_heartbeat_that_waited_renews_though_its_session_was_overdue(
    here: Agency,
) -> None:
    """Heartbeat and overdue silence in one round of the loop: the node is heard."""
    north = await here.connect("north")
    stall(here)
    await asyncio.sleep(3600)
    beating = asyncio.create_task(north.ask(Heartbeat(number=1, seq=1), HeartbeatAcknowledged))
    await asyncio.sleep(1500)
    go_on(here)
    assert (await beating).number == 1
    assert here.facts(SessionEnded) == []
    assert len(here.facts(RecoveryWindowBegan)) == 1


async def test_sessions_that_fell_silent_in_a_stall_end_with_it(here: Agency) -> None:
    """Their nodes have given them up, or dial anew and say what became of them meanwhile."""
    await here.connect("north")
    stall(here)
    await asyncio.sleep(5 * 3600)
    go_on(here)
    thawed_ns = here.loop.time_ns()
    await asyncio.sleep(1)
    assert instants(here, SessionEnded) == [thawed_ns]
    assert len(here.facts(RecoveryWindowBegan)) == 1


@pytest.mark.parametrize(("late_ns", "windows"), [(-MINUTE_NS, 0), (0, 0), (NS_PER_SECOND, 1)])
async def test_what_is_no_later_than_the_clock_slack_is_done_at_once(
    here: Agency, late_ns: int, windows: int
) -> None:
    """Two clocks may differ by so much anyway."""
    end_ns = await leave(here, "north")
    await until(here, end_ns - 10 * MINUTE_NS)
    stall(here)
    thawed_ns = end_ns + TIMING.clock_slack_ns + late_ns
    await until(here, thawed_ns)
    go_on(here)
    await asyncio.sleep(2 * 3600)
    assert instants(here, HoldEnded) == [thawed_ns + windows * WINDOW_NS]
    assert len(here.facts(RecoveryWindowBegan)) == windows


async def test_a_stall_in_which_nothing_fell_due_missed_nothing(here: Agency) -> None:
    """The next hold ends at its instant."""
    end_ns = await leave(here, "north")
    await until(here, end_ns - HOUR_NS)
    stall(here)
    await until(here, end_ns - MINUTE_NS)
    go_on(here)
    await until(here, end_ns + HOUR_NS)
    assert instants(here, HoldEnded) == [end_ns]
    assert here.facts(RecoveryWindowBegan) == []


async def test_a_stall_in_the_window_does_not_use_it_up(here: Agency) -> None:
    """Each one opens it anew: a node has the whole of it."""
    end_ns = await leave(here, "north")
    await until(here, end_ns - HOUR_NS)
    for _ in range(3):
        stall(here)
        await asyncio.sleep(2 * 3600)
        go_on(here)
        await asyncio.sleep(600)
    stall(here)
    await asyncio.sleep(50 * 60)
    go_on(here)
    thawed_ns = here.loop.time_ns()
    await asyncio.sleep(2 * 3600)
    assert len(here.facts(RecoveryWindowBegan)) == 4
    assert instants(here, HoldEnded) == [thawed_ns + WINDOW_NS]


@pytest.mark.parametrize("rounds", range(12))
async def test_it_may_stand_still_in_the_middle_of_its_work(here: Agency, rounds: int) -> None:
    """Stopped at any round of the loop while it ends one hold, it ends no other at the thaw."""
    first_ns = await leave(here, "north")
    await asyncio.sleep(3600)
    await (await here.connect("south")).socket.close()
    await until(here, first_ns)
    for _ in range(rounds):
        await asyncio.sleep(0)
    stall(here)
    await asyncio.sleep(DAY_NS / NS_PER_SECOND)
    go_on(here)
    thawed_ns = here.loop.time_ns()
    await asyncio.sleep(2 * 3600)
    ended = {e.fact.node: e.at for e in here.entries if isinstance(e.fact, HoldEnded)}
    assert ended["north"] in (first_ns, thawed_ns, thawed_ns + WINDOW_NS)
    assert ended["south"] == thawed_ns + WINDOW_NS


async def test_a_clock_that_is_set_forward_is_no_stall(here: Agency) -> None:
    """F11: agent time runs on as before."""
    end_ns = await leave(here, "north")
    here.machines["hq"].step_clock(400 * DAY_NS)
    await until(here, end_ns + HOUR_NS)
    assert instants(here, HoldEnded) == [end_ns]
    assert here.facts(RecoveryWindowBegan) == []


async def test_a_deadline_that_is_tried_again_is_no_stall(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits on purpose, and ends the hold as soon as it can."""
    end_ns = await leave(here, "north")
    here.loop.set_exception_handler(lambda *_: None)
    with monkeypatch.context() as fault:
        fault.setattr(Holds, "end", lambda *_: 1 // 0)
        await until(here, end_ns + HOUR_NS)
    await asyncio.sleep(600)
    assert len(here.facts(HoldEnded)) == 1
    assert here.facts(RecoveryWindowBegan) == []


async def test_who_never_granted_anything_needs_no_window(tmp_path: Path) -> None:
    """As after a start."""
    async with agency(tmp_path) as here:
        await here.connect("north")
        stall(here)
        await asyncio.sleep(DAY_NS / NS_PER_SECOND)
        go_on(here)
        await asyncio.sleep(1)
        assert here.facts(RecoveryWindowBegan) == []


async def test_without_the_window_a_seat_is_taken_at_the_thaw(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: these tests can fail."""

    async def ignore(*_: object) -> None:
        """Nothing was noticed."""

    monkeypatch.setattr(Deadlines, "_notice_stall", ignore)
    end_ns = await leave(here, "north")
    stall(here)
    await until(here, end_ns + DAY_NS)
    go_on(here)
    await asyncio.sleep(1)
    assert instants(here, HoldEnded) == [end_ns + DAY_NS]
