"""The central CLA as nodes and administrators meet it: real HTTP and SQLite, in virtual time."""

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from agency import LICENSES, MONDAY_NS, Agency, Refused, Session, acting_for, agency, seats

from licensing.agent_requests import RelicensingRequest, read_request
from licensing.errors import LicensingError
from licensing.events import (
    AgentClockJumpedForward,
    AgentStopped,
    DemandDecided,
    HoldEnded,
    LicenseFileRefused,
    LicenseServerNotReached,
    RecoveryWindowBegan,
    RelicensingRequired,
    SeatsLost,
    SeatsRestored,
    SessionEnded,
    SessionOpened,
    SessionRefused,
)
from licensing.messages import (
    AGENT_PORT,
    SESSION_PATH,
    Activate,
    Activated,
    Decision,
    Demand,
    Enrol,
    Enrolled,
    Heartbeat,
    HeartbeatAcknowledged,
    LeaseAcknowledged,
    LeaseChanged,
    LoadLicenseFile,
    Registration,
    encode,
)
from licensing.policies import DAY_NS, NS_PER_SECOND, TIMING
from licensing.signing import SigningKey
from licensing.sizes import FRAME_BYTES
from licensing.words import Condition, NodeState
from master_cla.holds import Holds
from master_cla.ledger import Ledger
from master_cla.service import AgentSettings
from master_cla.store import journal_mark
from master_cla.store.store import ClaStore
from runtime.http import Health, client, get

DAY_S = DAY_NS // NS_PER_SECOND


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Agency]:
    """A running CLA with enrolled nodes; the vendor's key is the test's own."""
    async with agency(tmp_path) as running:
        yield running


async def load(here: Agency, serial: int, epoch: int = 1, **licenses: int) -> Activated:
    """Have the CLA load a file of the vendor that the license server would not issue."""
    document = here.make_file(serial, epoch, LICENSES | licenses)
    return await here.post("/v1/license-file", LoadLicenseFile(license_file=document), Activated)


async def test_activation_pushes_the_lease_and_demands_are_decided(here: Agency) -> None:
    """Welcome without a lease, activation pushes one, a demand gets what is free."""
    north = await here.connect("north")
    assert (north.welcome.condition, north.welcome.lease) == (Condition.NOT_ACTIVATED, None)
    early = await north.demand("0", seats(("200", "ip")))
    assert [refused.reason for refused in early.refused] == ["not-activated"]
    await here.activate()
    changed = await north.expect(LeaseChanged)
    assert changed.reason == "activated"
    assert here.lease(changed.lease, "north").seats == {"networking": 1}
    decision = await north.demand("1", seats(("200", "ip"), ("200", "voicemail")))
    lease = here.lease(decision.lease, "north")
    assert lease.seats == {"networking": 1, "ip": 1, "voicemail": 1}
    assert (await north.demand("2", seats(("200", "ip")))).lease is None
    table = await here.licenses()
    assert (table["ip"].in_use, table["ip"].reserved, table["ip"].free) == (1, 0, 3)
    assert table["ip"].held == {"north": 1}


async def test_the_master_needs_no_networking_license_and_a_third_slave_gets_none(
    here: Agency,
) -> None:
    """Each slave needs its own; without one it is refused, and nobody else is disturbed."""
    await here.activate(LICENSES | {"networking": 1})
    master, north = await here.connect("hq"), await here.connect("north")
    assert here.lease(master.welcome.lease, "hq").seats == {}
    with pytest.raises(Refused, match="no-networking-license"):
        await here.connect("south")
    await north.ask(Heartbeat(number=1, seq=0), HeartbeatAcknowledged)


async def test_a_slave_that_waited_for_activation_in_vain_is_told_why(here: Agency) -> None:
    """Welcomed before activation, refused when the file has no networking license for it."""
    north, south = await here.connect("north"), await here.connect("south")
    await here.activate(LICENSES | {"networking": 1})
    await north.expect(LeaseChanged)
    with pytest.raises(Refused, match="no-networking-license"):
        await south.receive()


# Requests.


async def test_a_repeated_demand_gets_the_same_bytes_and_no_second_seat(here: Agency) -> None:
    """A8, also after a power cut between commit and answer: the answer is stored with it."""
    await here.activate()
    north = await here.connect("north")
    demand = Demand(request_id="1", lease_id="", wants=seats(("200", "ip")), releases=[])
    await north.send(demand)
    while not here.facts(DemandDecided):  # noqa: ASYNC110 - a journal tells nobody
        await asyncio.sleep(0.0001)
    await here.restart()  # the answer is on its way, or never left
    again = await here.connect("north")
    first = await again.ask(demand, Decision)
    assert encode(await again.ask(demand, Decision)) == encode(first)
    assert first.granted == seats(("200", "ip"))
    assert (await here.licenses())["ip"].in_use == 1
    assert len(here.facts(DemandDecided)) == 1
    with pytest.raises(Refused, match="request-reused"):
        await again.demand("1", seats(("201", "ip")))


async def test_many_demands_for_the_last_seats_never_grant_one_too_many(here: Agency) -> None:
    """A15: simultaneous demands of all sessions share commits and the four seats."""
    await here.activate()
    sessions = [await here.connect(name) for name in ("hq", "north", "south")]
    for session in sessions:
        for number in range(16):
            demand = Demand(
                request_id=str(number),
                lease_id="",
                wants=seats((str(number), "ip")),
                releases=[],
            )
            await session.send(demand)
    answers = [await session.expect(Decision) for session in sessions for _ in range(16)]
    assert sum(len(answer.granted) for answer in answers) == LICENSES["ip"]
    row = (await here.licenses())["ip"]
    assert (row.in_use, row.free) == (4, 0)


# Bad input on the wire.


async def refusal(session: Session) -> str:
    """The code with which the CLA ends a session."""
    with pytest.raises(Refused) as refused:
        await session.receive()
    return str(refused.value)


@pytest.mark.parametrize("seconds", [-1, -(10**12), 10**12, 10**30])
async def test_an_impossible_emergency_ends_that_session_only(here: Agency, seconds: int) -> None:
    """No report of a node, however absurd, reaches the books or ends the CLA."""
    await here.activate()
    north = await here.dial("north")
    await north.send(here.hello(north, "north", expired_for_s=seconds))
    assert await refusal(north) == "message-malformed"
    assert (await here.connect("north")).welcome.condition is Condition.LICENSED


async def test_a_change_that_fails_untouched_fails_its_caller_only(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault before anything was touched: the loop learns of it, all others get their answers."""
    await here.activate()
    north, south = await here.connect("north"), await here.connect("south")
    monkeypatch.setattr(Ledger, "decide", failing(Ledger.decide, touching=False))
    told: list[BaseException] = []
    here.loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    await north.send(Demand(request_id="bad", lease_id="", wants=[], releases=[]))
    assert (await south.demand("good", seats(("300", "ip")))).refused == []
    await asyncio.sleep(1)
    here.loop.set_exception_handler(None)
    assert ZeroDivisionError in {type(error) for error in told}
    assert here.facts(AgentStopped) == []
    assert (await here.licenses())["ip"].held == {"south": 1}


async def test_a_change_that_fails_halfway_ends_the_program(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Books that may differ from the store are not used; the store has nothing of the change."""
    await here.activate()
    north = await here.connect("north")
    monkeypatch.setattr(Ledger, "decide", failing(Ledger.decide, touching=True))
    wants = seats(("200", "ip"))
    await north.send(Demand(request_id="bad", lease_id="", wants=wants, releases=[]))
    assert await refusal(north) == "state-damaged"
    await asyncio.sleep(1)
    assert [fact.code for fact in here.facts(AgentStopped)] == ["state-damaged"]
    here.ended.clear()
    await here.restart()
    assert (await here.licenses())["ip"].held == {}


def failing(decide, *, touching: bool):
    """A planted fault in the decision on the demand `bad`, before or amid its changes."""

    def faulty(ledger: Ledger, node: str, demand: Demand, now: int) -> bytes:
        if demand.request_id == "bad":
            if touching:
                ledger.pool.decide(node, demand.wants, [])
            raise ZeroDivisionError
        return decide(ledger, node, demand, now)

    return faulty


async def test_what_cannot_be_read_ends_that_session_only(here: Agency) -> None:
    """Unknown, unexpected, binary and impossible messages: refused, journaled, nothing else."""
    await here.activate()
    good = await here.connect("north")
    heartbeat = encode(Heartbeat(number=1, seq=0)).decode()
    for first, code in [
        ('{"message":"give-all"}', "message-malformed"),
        ("no json", "message-malformed"),
        (heartbeat, "message-unexpected"),
    ]:
        session = await here.dial("south")
        await session.socket.send_str(first)
        assert await refusal(session) == code
    session = await here.dial("south")
    await session.socket.send_bytes(b"\0")
    assert await refusal(session) == "message-malformed"
    for request_id, wants in [
        ("", []),
        ("1", seats(("1", "gold"))),
        ("2", seats(("1", "ip"), quantity=2)),
        ("3", seats(("itsp-1", "itsp"), quantity=0)),
    ]:
        session = await here.connect("south")
        await session.send(Demand(request_id=request_id, lease_id="", wants=wants, releases=[]))
        assert await refusal(session) == "message-malformed"
    session = await here.connect("south")
    await session.send(here.hello(session, "south"))
    assert await refusal(session) == "message-unexpected"
    assert len(here.facts(SessionRefused)) == 9
    await good.ask(Heartbeat(number=1, seq=0), HeartbeatAcknowledged)


async def test_an_oversized_frame_closes_that_session_only(here: Agency) -> None:
    """Journaled as too large; the rest of the frame is not even read."""
    good, bad = await here.connect("north"), await here.connect("south")
    await bad.socket.send_str("x" * (FRAME_BYTES + 1))
    assert (await refusal(bad)).startswith("closed")
    assert [fact.code for fact in here.facts(SessionRefused)] == ["request-too-large"]
    await good.ask(Heartbeat(number=1, seq=0), HeartbeatAcknowledged)


async def test_hellos_that_are_refused(here: Agency) -> None:
    """Unknown node, wrong key, replayed hello, clone, newer file: refused and journaled (F12)."""
    await here.activate()
    session = await here.connect("north")
    seq = here.lease(session.welcome.lease, "north").seq
    await session.send(LeaseAcknowledged(seq=seq))
    recorded = here.hello(session, "north", seq=seq)

    async def say(hello_of: str, name: str, **fields: object) -> str:
        attempt = await here.dial("north")
        hello = here.hello(attempt, hello_of, **fields)
        await attempt.send(hello if hello_of == name else _renamed(hello, name))
        return await refusal(attempt)

    assert await say("south", "stranger") == "node-unknown"
    assert await say("south", "north") == "signature-invalid"
    assert await say("north", "north", seq=seq - 1) == "clone-suspected"
    assert await say("north", "north", seq=seq, serial=9) == "agent-outdated"
    assert await say("north", "north", seq=1 << 60) == "message-malformed"
    replay = await here.dial("north")
    await replay.send(recorded)
    assert await refusal(replay) == "signature-invalid"
    assert [(fact.node, fact.code) for fact in here.facts(SessionRefused)] == [
        ("stranger", "node-unknown"),
        ("north", "signature-invalid"),
        ("north", "clone-suspected"),
        ("north", "agent-outdated"),
        ("north", "message-malformed"),
        ("north", "signature-invalid"),
    ]
    await session.ask(Heartbeat(number=1, seq=seq), HeartbeatAcknowledged)


def _renamed(hello, name):
    return type(hello)(
        **{field: getattr(hello, field) for field in hello.__struct_fields__} | {"node": name}
    )


async def test_a_session_without_hello_is_closed(here: Agency) -> None:
    """Nobody may keep a session open by silence."""
    session = await here.dial("north")
    assert (await refusal(session)).startswith("closed")
    assert here.loop.time_ns() >= TIMING.answer_ns


async def test_other_requests_at_the_session_path_are_told_so(here: Agency) -> None:
    """A browser at the wrong address gets a problem, not an error of ours."""
    base = f"http://10.0.0.1:{AGENT_PORT}"
    with acting_for("north"):
        async with client() as http:
            assert (await get(http, f"{base}/v1/health", Health, party="CLA")).program == "cla"
            with pytest.raises(LicensingError, match="WebSocket is spoken here"):
                await get(http, base + SESSION_PATH, Health, party="CLA")


async def test_a_newer_hello_supersedes_the_older_session(here: Agency) -> None:
    """F12: after a power cut the CLA still holds the old one."""
    old = await here.connect("north")
    new = await here.connect("north")
    assert (await refusal(old)).startswith("closed")
    await new.ask(Heartbeat(number=1, seq=0), HeartbeatAcknowledged)
    assert [fact.superseded for fact in here.facts(SessionOpened)] == [False, True]
    assert here.facts(SessionEnded) == []
    await new.socket.close()
    await asyncio.sleep(1)
    assert here.facts(SessionEnded) == [SessionEnded(node="north")]


async def test_enrolment_anew_forgets_what_was_acknowledged(here: Agency) -> None:
    """The way out of a suspected clone: the machine that stays gets a new key, and its seats."""
    await here.activate()
    session = await here.connect("north")
    await session.demand("1", seats(("200", "ip")))
    await session.send(LeaseAcknowledged(seq=2))
    here.keys["north"] = SigningKey(b"new key".ljust(32))
    await here.enrol("north", destroyed=True)
    again = await here.connect("north")
    assert here.lease(again.welcome.lease, "north").seats == {"networking": 1, "ip": 1}
    for bad in (Enrol(node="", public_key="x" * 43), Enrol(node="east", public_key="?")):
        with pytest.raises(LicensingError, match="cannot be read"):
            await here.post("/v1/enrol", bad, Enrolled)


# Failover, holds, relicensing.


async def test_a_cut_off_node_keeps_its_seats_until_it_can_no_longer_use_them(
    here: Agency,
) -> None:
    """F9, F6, F4: reserved for 30 days and 5 minutes, then free; back after relicensing."""
    await here.activate()
    hq, north = await here.connect("hq"), await here.connect("north")
    await north.demand("1", seats(("200", "ip"), ("200", "voicemail")))
    await north.send(LeaseAcknowledged(seq=2))
    await asyncio.sleep(0.1)
    left_ns = here.loop.time_ns()
    await north.socket.close()
    await here.beat(hq, 24 * 29)
    row = (await here.licenses())["ip"]
    assert (row.in_use, row.reserved, row.free) == (0, 1, 3)
    await here.beat(hq, 25)
    ended = next(entry for entry in here.entries if isinstance(entry.fact, HoldEnded))
    assert ended.fact == HoldEnded(node="north", seats={"networking": 1, "ip": 1, "voicemail": 1})
    period_ns = 30 * DAY_NS + TIMING.clock_slack_ns
    assert abs(ended.at - left_ns - period_ns) < NS_PER_SECOND
    assert here.facts(RelicensingRequired) == [
        RelicensingRequired(node="north", reported_by_node=False)
    ]
    answer = await hq.demand("2", seats(("100", "ip")))
    assert [refused.reason for refused in answer.refused] == ["relicensing-required"]

    back = await here.connect(
        "north", epoch=1, seq=2, serial=1, state=NodeState.EMERGENCY, expired_for_s=3600
    )
    assert (back.welcome.condition, back.welcome.lease) == (Condition.RELICENSING_REQUIRED, None)
    state = await here.state()
    assert (state.relicensing_required, state.nodes["north"].expired) == (True, True)
    await here.relicense()
    changed = await back.expect(LeaseChanged)
    assert (changed.reason, changed.lost) == ("relicensed", [])
    lease = here.lease(changed.lease, "north")
    assert (lease.epoch, lease.seats) == (2, {"networking": 1, "ip": 1, "voicemail": 1})
    assert (await hq.expect(LeaseChanged)).reason == "relicensed"
    assert len(here.facts(SeatsRestored)) == 1
    assert (await hq.demand("3", seats(("100", "ip")))).refused == []


async def test_the_hold_of_a_connected_node_in_emergency_mode_ends(here: Agency) -> None:
    """F9, F4: what it cannot use is not reserved for ever, and its own again once relicensed."""
    await here.activate()
    north = await here.connect("north")
    await north.demand("1", seats(("200", "ip")))
    await north.socket.close()
    await asyncio.sleep(29 * DAY_S)
    back = await here.connect(
        "north", epoch=1, seq=2, serial=1, state=NodeState.EMERGENCY, expired_for_s=60
    )
    assert (await here.licenses())["ip"].free == LICENSES["ip"] - 1
    await here.beat(back, 25, seq=2)
    row = (await here.licenses())["ip"]
    assert (row.in_use, row.reserved, row.free) == (0, 0, LICENSES["ip"])
    assert len(here.facts(HoldEnded)) == 1
    await here.relicense()
    changed = await back.expect(LeaseChanged)
    assert changed.lost == []
    assert here.lease(changed.lease, "north").seats == {"networking": 1, "ip": 1}
    await here.beat(back, 2, seq=3)
    assert (await here.licenses())["ip"].in_use == 1
    assert len(here.facts(HoldEnded)) == 1


async def test_the_push_of_the_new_lease_may_be_lost(here: Agency) -> None:
    """A node that expired before the present epoch gets its lease at the next hello as well."""
    await here.activate()
    expired = {"epoch": 1, "seq": 1, "serial": 1, "state": NodeState.EMERGENCY}
    await (await here.connect("north")).socket.close()
    await asyncio.sleep(20 * DAY_S)
    north = await here.connect("north", **expired, expired_for_s=60)
    assert here.facts(RelicensingRequired) == [
        RelicensingRequired(node="north", reported_by_node=True)
    ]
    await here.relicense()
    await north.send(Heartbeat(number=1, seq=1))
    await asyncio.sleep(600)
    again = await here.connect("north", **expired, expired_for_s=700)
    lease = here.lease(again.welcome.lease, "north")
    assert lease.epoch == 2
    await again.send(LeaseAcknowledged(seq=lease.seq))
    await asyncio.sleep(1)
    assert not (await here.state()).nodes["north"].expired
    under_it = expired | {"epoch": 2, "seq": lease.seq, "serial": 2}
    later = await here.connect("north", **under_it, expired_for_s=60)
    assert later.welcome.condition is Condition.RELICENSING_REQUIRED


async def test_relicensing_by_a_request_that_somebody_carries(here: Agency) -> None:
    """F15: the CLA's request says for whom and since when; the answer is loaded like a file."""
    await here.activate()
    expired = {"epoch": 1, "seq": 1, "serial": 1, "state": NodeState.EMERGENCY}
    await (await here.connect("north")).socket.close()
    await asyncio.sleep(20 * DAY_S)
    north = await here.connect("north", **expired, expired_for_s=7200)
    signed = await here.relicensing_request()
    request = read_request(signed, RelicensingRequest)
    assert (request.relicensing_required, request.epoch, request.nodes) == (True, 1, ["north"])
    assert request.since
    assert request.since.replace(microsecond=0) == datetime(2026, 3, 22, 8, tzinfo=UTC)
    assert signed.agent_key == here.agent_key.text
    document = await here.carry(signed)
    loaded = await here.post("/v1/license-file", LoadLicenseFile(license_file=document), Activated)
    assert (loaded.epoch, loaded.repeated) == (2, False)
    assert (await north.expect(LeaseChanged)).reason == "relicensed"
    assert read_request(await here.relicensing_request(), RelicensingRequest).nodes == []


async def test_the_newest_file_comes_back_where_no_relicensing_is_required(here: Agency) -> None:
    """F11, F15: the request is answered all the same, and changes nothing but what time it is."""
    await here.activate()
    first, second = [await here.relicensing_request() for _ in range(2)]
    challenges = {read_request(each, RelicensingRequest).challenge for each in (first, second)}
    assert len(challenges) == 2
    document = await here.carry(first)
    loaded = await here.post("/v1/license-file", LoadLicenseFile(license_file=document), Activated)
    assert (loaded.epoch, loaded.repeated) == (1, True)


async def test_relicensing_is_refused_where_it_is_not_required(here: Agency) -> None:
    """F4: the license server has no other file, and nobody needs one."""
    await here.activate()
    with pytest.raises(LicensingError, match="does not report that relicensing is required"):
        await here.relicense()


async def test_a_silent_session_is_given_up(here: Agency) -> None:
    """A cut link says nothing: the seats become reserved, the session ends."""
    await here.activate()
    north = await here.connect("north")
    await north.demand("1", seats(("200", "ip")))
    here.loop.sockets.network.cut("hq", "north")
    await asyncio.sleep((TIMING.silence_ns + TIMING.clock_slack_ns) / NS_PER_SECOND + 1)
    assert here.facts(SessionEnded) == [SessionEnded(node="north")]
    assert (await here.licenses())["ip"].reserved == 1


async def test_a_smaller_file_takes_its_surplus_at_the_next_check(here: Agency) -> None:
    """F13: nobody is cut silently; latest granted first; reservations stay."""
    await here.use_own_vendor()
    await load(here, serial=1)
    hq, north, south = [await here.connect(name) for name in ("hq", "north", "south")]
    for number, session in enumerate((north, south, hq), 1):
        await session.demand("1", seats((f"{number}00", "ip"), (f"{number}00", "voicemail")))
    await south.socket.close()
    await load(here, serial=2, ip=1)
    assert here.lease((await hq.expect(LeaseChanged)).lease, "hq").seats["ip"] == 1
    await hq.ask(Heartbeat(number=1, seq=0), HeartbeatAcknowledged)
    shrunk = await hq.expect(LeaseChanged)
    assert (shrunk.reason, shrunk.lost) == ("shrunk", seats(("300", "ip"), ("300", "voicemail")))
    assert here.facts(SeatsLost) == [SeatsLost(node="hq", lost=shrunk.lost, held={})]
    await north.expect(LeaseChanged)
    await north.demand("2", [])
    assert (await here.licenses())["ip"].held == {"north": 1, "south": 1}
    back = await here.connect("south")
    assert (await back.expect(LeaseChanged)).lost == seats(("200", "ip"), ("200", "voicemail"))
    assert (await here.licenses())["ip"].held == {"north": 1}


async def test_a_slave_that_loses_its_networking_license_is_told_so(here: Agency) -> None:
    """It gives the seat up at its next check and is refused from then on."""
    await here.use_own_vendor()
    await load(here, serial=1)
    await here.connect("north")
    south = await here.connect("south")
    await load(here, serial=2, networking=1)
    await south.expect(LeaseChanged)
    await south.ask(Heartbeat(number=1, seq=0), HeartbeatAcknowledged)
    assert (await south.expect(LeaseChanged)).lost == seats(("system", "networking"))
    assert await refusal(south) == "no-networking-license"


# Restart.


async def test_a_restart_keeps_everything_and_reclaims_nothing_at_once(here: Agency) -> None:
    """A4, A10: seats, leases and the waiting for relicensing stay; holds only become longer."""
    await here.activate()
    north = await here.connect("north")
    first = await north.demand("1", seats(("200", "ip")))
    await north.send(LeaseAcknowledged(seq=2))
    await asyncio.sleep(1)
    await here.machines["hq"].crash()
    await asyncio.sleep(31 * DAY_S)
    await here.machines["hq"].start()
    await asyncio.sleep(60)
    assert here.facts(RecoveryWindowBegan) == [
        RecoveryWindowBegan(lasts_ns=TIMING.recovery_window_ns)
    ]
    assert (await here.licenses())["ip"].reserved == 1
    assert (await here.state()).recovery_window_s > 0
    again = await here.connect("north", epoch=1, seq=2, serial=1)
    assert again.welcome.lease == first.lease
    with pytest.raises(Refused, match="clone-suspected"):
        await here.connect("north", epoch=1, seq=1, serial=1)


async def test_a_deadline_that_fails_is_reported_and_tried_again(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in ending a hold ends neither the program nor any session; the hold ends later."""
    await here.activate()
    hq = await here.connect("hq")
    await (await here.connect("north")).socket.close()
    told: list[str] = []
    here.loop.set_exception_handler(lambda _, context: told.append(context["message"]))
    with monkeypatch.context() as fault:
        fault.setattr(Holds, "end", lambda *_: 1 // 0)
        await here.beat(hq, 30 * 24 + 1)
    assert "a deadline was missed, and is tried again" in told
    assert here.facts(HoldEnded) == []
    await here.beat(hq, 1)
    assert [fact.node for fact in here.facts(HoldEnded)] == ["north"]


async def test_a_jump_of_the_host_clock_ends_no_hold(here: Agency) -> None:
    """F11: forward jumps do not shorten a hold, not even across the next restart."""
    await here.activate()
    hq = await here.connect("hq")
    await (await here.connect("north")).socket.close()
    here.machines["hq"].step_clock(400 * DAY_NS)
    await here.beat(hq, 2)
    assert here.facts(AgentClockJumpedForward) == [AgentClockJumpedForward(by_ns=400 * DAY_NS)]
    await here.restart()
    await asyncio.sleep(DAY_S)
    assert here.facts(HoldEnded) == []


async def test_a_jump_amid_a_change_is_stated(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F11: every forward jump is journaled, once, also where the commit is the first to see it."""
    await here.activate()
    hq = await here.connect("hq")
    decide = Ledger.decide

    def during(ledger: Ledger, *demand: object) -> object:
        here.machines["hq"].step_clock(400 * DAY_NS)
        return decide(ledger, *demand)

    with monkeypatch.context() as moment:
        moment.setattr(Ledger, "decide", during)
        await hq.demand("1", seats(("200", "ip")))
    await here.beat(hq, 2)
    assert here.facts(AgentClockJumpedForward) == [AgentClockJumpedForward(by_ns=400 * DAY_NS)]


async def test_a_jump_that_cannot_be_stored_ends_the_program(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F11: a full disk is `state-unreachable` here as elsewhere, and no jump is stated unstored."""
    await here.activate()
    hq = await here.connect("hq")
    here.machines["hq"].step_clock(400 * DAY_NS)
    with monkeypatch.context() as disk:
        disk.setattr(ClaStore, "save_clock_mark", full)
        await hq.send(Heartbeat(number=1, seq=0))
        await asyncio.sleep(1)
    assert [fact.code for fact in here.facts(AgentStopped)] == ["state-unreachable"]
    assert here.facts(AgentClockJumpedForward) == []
    assert not here.machines["hq"].running
    here.ended.clear()
    await here.restart()


async def test_a_clock_set_back_that_cannot_be_stored_is_told_as_such(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F11: what the next start needs to know is not on the disk, so the disk is the matter."""
    await here.activate()
    here.machines["hq"].step_clock(-2 * DAY_NS)
    with monkeypatch.context() as disk:
        disk.setattr(ClaStore, "save_clock_set_back", full)
        await asyncio.sleep(7 * 3600)
    assert [fact.code for fact in here.facts(AgentStopped)] == ["state-unreachable"]
    here.ended.clear()


def full(*_: object) -> None:
    """A statement on a disk that is full."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


@pytest.mark.parametrize("how", ["heartbeat", "timer", "start"])
async def test_a_clock_set_back_by_more_than_a_day_stops_the_service(
    here: Agency, how: str
) -> None:
    """F11: at a message, at the timer, at a start; until the clock is right again."""
    await here.activate()
    hq = await here.connect("hq")
    machine = here.machines["hq"]
    if how == "start":
        await machine.crash()
    machine.step_clock(-2 * DAY_NS)
    if how == "start":
        await machine.start()
    elif how == "heartbeat":
        await hq.send(Heartbeat(number=1, seq=0))
    await asyncio.sleep(7 * 3600)
    assert [fact.code for fact in here.facts(AgentStopped)] == ["agent-clock-set-back"]
    assert machine.running == ["cla"]
    machine.step_clock(DAY_NS + DAY_NS // 2)
    await machine.crash()
    await machine.start()
    await asyncio.sleep(1)
    assert [fact.code for fact in here.facts(AgentStopped)] == ["agent-clock-set-back"] * 2
    assert (await here.connect("hq")).welcome.condition is Condition.LICENSED
    machine.step_clock(-DAY_NS // 2)
    await here.restart()


# License files.


async def test_files_that_are_not_accepted(here: Agency) -> None:
    """Each with its reason, altered ones and ones without base license too; the same is fine."""
    await here.use_own_vendor()
    await load(here, serial=5)
    assert (await load(here, serial=5)).serial == 5
    foreign = here.make_file(6, 1, LICENSES, locking_id="00-1A-E8-4C-00-09")
    older = here.make_file(4, 1, LICENSES | {"ip": 99})
    for document, code in [
        (foreign, "license-file-foreign"),
        (older, "license-file-outdated"),
        (here.make_file(6, 1, {"ip": 5}), "base-license-missing"),
        (older.replace("e", "f"), "license-file-invalid"),
        ("", "license-file-invalid"),
    ]:
        with pytest.raises(LicensingError) as refused:
            await here.post("/v1/license-file", LoadLicenseFile(license_file=document), Activated)
        assert refused.value.code == code
    assert [fact.code for fact in here.facts(LicenseFileRefused)] == [
        "license-file-foreign", "license-file-outdated", "base-license-missing",
        "license-file-invalid", "license-file-invalid",
    ]  # fmt: skip
    assert (await here.licenses())["ip"].bought == LICENSES["ip"]


async def test_a_file_that_has_ended(here: Agency) -> None:
    """It is not accepted any more; ends it in use, a node without a seat learns the reason."""
    await here.use_own_vendor()
    tomorrow = datetime.fromtimestamp(MONDAY_NS // NS_PER_SECOND, UTC) + timedelta(days=1)
    documents = [here.make_file(n, 1, LICENSES, valid_until=tomorrow) for n in (1, 2)]
    first, second = (LoadLicenseFile(license_file=document) for document in documents)
    await here.post("/v1/license-file", first, Activated)
    await here.connect("north")
    await asyncio.sleep(2 * DAY_S)
    assert (await here.connect("north", epoch=1, seq=1, serial=1)).welcome.lease
    south = await here.dial("south")
    await south.send(here.hello(south, "south"))
    assert await refusal(south) == "license-file-ended"
    with pytest.raises(LicensingError, match="it ended on 2026-03-03") as refused:
        await here.post("/v1/license-file", second, Activated)
    assert refused.value.code == "license-file-invalid"
    assert (await here.state()).serial == 1


async def test_the_license_server_may_be_unreachable(here: Agency) -> None:
    """The caller learns it within the time-out, the journal too, and nothing has changed."""
    for address, cause in (
        ("10.0.0.2:1", "connection refused"),
        ("http://10.9.9.9:7790", "connection timed out"),
    ):
        here.loop.sockets.network.cut("hq", "internet")
        request = Activate(
            lac="LAC",
            registration=Registration(company="Example Ltd", contact="it@example.com"),
            license_server=address,
        )
        with pytest.raises(LicensingError, match="license server does not answer"):
            await here.post("/v1/activate", request, Activated)
        [*_, fact] = here.facts(LicenseServerNotReached)
        assert (fact.address, fact.cause) == (address, cause)
    assert (await here.state()).serial == 0


# Disk.


async def start_on(here: Agency, change) -> str:
    """Stop the CLA, change its disk, start it: with which code it ends."""
    await here.activate()
    north = await here.connect("north")
    await north.demand("1", seats(("200", "ip")))
    machine = here.machines["hq"]
    await machine.stop()
    change(machine.program_directory("cla") / "cla.db")
    here.ended.clear()
    await machine.start()
    await asyncio.sleep(1)
    (stopped,) = here.facts(AgentStopped)
    here.ended.clear()
    return stopped.code


async def test_a_damaged_database_is_not_used(here: Agency) -> None:
    """F7: the CLA ends with the file's name, and leaves the file as it is."""

    def damage(path: Path) -> None:
        path.write_bytes(b"not a database" * 1000)

    assert await start_on(here, damage) == "state-damaged"
    assert here.facts(AgentStopped)[0].text.startswith("cla.db is damaged: ")


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_bytes(b"")])
async def test_a_database_that_is_gone_is_no_new_one(here: Agency, lose) -> None:
    """The file beside it tells: with a new key, and without a word, nobody would know the CLA."""
    assert await start_on(here, lose) == "state-damaged"
    assert "it is empty, and the file stated" in here.facts(AgentStopped)[0].text


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE audit SET fact = CAST(replace(fact, 'ip', 'xx') AS BLOB) WHERE number >= 3",
        "DELETE FROM audit WHERE number = 2",
        "UPDATE nodes SET lease = replace(lease, 'a', 'b') WHERE lease IS NOT NULL",
        "UPDATE nodes SET public_key = '?'",
        "UPDATE agent SET secret = x'00'",
        "DROP TABLE grants; CREATE TABLE grants (x)",
        "INSERT INTO redo (rows) VALUES (x'00')",
        "INSERT INTO redo (rows) VALUES (CAST(x'84' || 'broken' AS BLOB))",
    ],
)
async def test_an_edited_database_is_not_used(here: Agency, edit: str) -> None:
    """A12: leases are signed, the audit table is a hash chain."""

    def change(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.executescript(edit)
        connection.close()

    assert await start_on(here, change) == "state-damaged"


async def test_a_changed_locking_id_stops_the_agent(here: Agency) -> None:
    """F7: the file is bound to the machine on which it was activated."""

    def move(_: Path) -> None:
        here.machines["hq"].locking_id = "00-1A-E8-4C-00-09"

    assert await start_on(here, move) == "locking-id-changed"


async def test_a_disk_that_fails_ends_the_program(here: Agency) -> None:
    """Nothing is acknowledged that is not stored."""
    await here.activate()
    north = await here.connect("north")
    path = here.machines["hq"].program_directory("cla") / "cla.db"
    other = sqlite3.connect(path)
    other.execute("DROP TABLE redo")
    other.close()
    await north.send(Demand(request_id="1", lease_id="", wants=[], releases=[]))
    assert await refusal(north) == "state-damaged"
    await asyncio.sleep(1)
    assert [fact.code for fact in here.facts(AgentStopped)] == ["state-damaged"]
    assert here.facts(DemandDecided) == []
    here.ended.clear()


async def test_a_full_disk_beside_the_database_ends_the_program_in_words(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was committed is journaled, and again at the next start rather than not at all."""
    await here.activate()
    north = await here.connect("north")

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere/stated")

    with monkeypatch.context() as disk:
        disk.setattr(journal_mark, "write", no_space)
        wants = seats(("200", "ip"))
        await north.send(Demand(request_id="1", lease_id="", wants=wants, releases=[]))
        assert (await refusal(north)).startswith("closed")
    [stopped] = here.facts(AgentStopped)
    assert stopped.code == "state-unreachable"
    assert "somewhere" not in stopped.text
    here.ended.clear()
    await here.restart()
    assert (await here.licenses())["ip"].held == {"north": 1}
    assert here.facts(DemandDecided)


def test_settings_without_a_key_are_refused() -> None:
    """The message names the setting; there is no CLA with such a one."""
    with pytest.raises(ValueError, match="vendor_key"):
        AgentSettings(vendor_key="?")
