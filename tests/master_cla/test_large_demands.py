"""Demands that are larger than a frame, as a node sends them and as a stranger would."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from agency import Agency, Refused, Session, agency

from licensing.events import DemandDecided, SessionRefused
from licensing.messages import (
    Decision,
    Demand,
    Heartbeat,
    HeartbeatAcknowledged,
    MessagePart,
    Seat,
    encode,
)
from licensing.parts import Room, in_frames
from master_cla import sessions

STATIONS = 25_000
LARGE = [Seat(holder=str(100_000 + number), license="ip") for number in range(STATIONS)]
ENOUGH = {"base": 1, "networking": 2, "ip": STATIONS}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Agency]:
    """A running CLA with enrolled nodes, and licenses for the large demand."""
    async with agency(tmp_path) as running:
        await running.activate(ENOUGH)
        yield running


async def send_parts(session: Session, request_id: str, first: int, last: int | None) -> None:
    """Some of the parts of a large demand."""
    demand = Demand(request_id=request_id, lease_id="", wants=LARGE, releases=[])
    for frame in list(in_frames(encode(demand), request_id))[first:last]:
        await session.socket.send_str(frame.decode())


async def test_a_large_demand_is_decided_with_its_last_part(here: Agency) -> None:
    """Once, as a whole; a heartbeat between its parts is answered, and the answer is in parts."""
    north = await here.connect("north")
    await send_parts(north, "1", 0, -1)
    await north.ask(Heartbeat(number=1, seq=0), HeartbeatAcknowledged)
    assert here.facts(DemandDecided) == []
    await send_parts(north, "1", -1, None)
    decision = await north.expect(Decision)
    assert decision.granted == LARGE
    assert len(encode(decision)) > 1 << 20
    assert [len(fact.granted) for fact in here.facts(DemandDecided)] == [STATIONS]
    again = await north.demand("1", LARGE)
    assert encode(again) == encode(decision)


async def test_an_incomplete_demand_is_forgotten_with_its_session(here: Agency) -> None:
    """It decides nothing; the whole demand, sent anew, is decided as if it were the first."""
    north = await here.connect("north")
    await send_parts(north, "1", 0, -1)
    north = await here.connect("north")
    with pytest.raises(Refused, match="message-malformed"):
        await north.ask(MessagePart(request_id="1", number=9, count=9, content="x"), Decision)
    assert here.facts(DemandDecided) == []
    assert (await here.licenses())["ip"].in_use == 0
    north = await here.connect("north")
    assert len((await north.demand("1", LARGE)).granted) == STATIONS


async def test_nobody_fills_the_memory_with_incomplete_demands(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What finds no room is refused until there is; smaller demands are decided as ever."""
    monkeypatch.setattr(sessions, "Room", lambda: Room(free=2 << 20))
    await here.restart()
    north, south = await here.connect("north"), await here.connect("south")
    await send_parts(north, "1", 0, -1)
    with pytest.raises(Refused, match="agent-busy"):
        await south.demand("2", LARGE)
    south = await here.connect("south")
    assert (await south.demand("3", LARGE[:1])).granted == LARGE[:1]
    await north.socket.close()
    assert len((await south.demand("2", LARGE)).granted) == STATIONS


@pytest.mark.parametrize("welcomed", [False, True])
async def test_parts_of_what_is_no_demand_are_refused(here: Agency, *, welcomed: bool) -> None:
    """Before the hello no part is kept; after it a part may not have parts of its own."""
    north = await here.connect("north") if welcomed else await here.dial("north")
    part = MessagePart(request_id="1", number=1, count=1, content="x")
    nested = MessagePart(request_id="1", number=1, count=1, content=encode(part).decode())
    with pytest.raises(Refused, match="message-unexpected"):
        await north.ask(nested, Decision)
    assert [fact.code for fact in here.facts(SessionRefused)] == ["message-unexpected"]
