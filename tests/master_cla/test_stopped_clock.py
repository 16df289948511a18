"""F11: a CLA whose host's clock was set back runs on, serves no node, and goes on by itself."""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from agency import Agency, seats

from licensing.agent_requests import SignedRequest, answer_in, sign_answer
from licensing.errors import LicensingError
from licensing.events import (
    AgentClockCompared,
    AgentStopped,
    HoldEnded,
    LicenseFileRefused,
    LicenseServerNotReached,
    ProgramStarted,
    RecoveryWindowBegan,
)
from licensing.messages import (
    RELICENSING_REQUEST_PATH,
    Activated,
    Heartbeat,
    IssuedAnswer,
    LeaseAcknowledged,
    LoadLicenseFile,
)
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.signing import SigningKey
from licensing.words import Condition
from runtime.http import get, post, unix_client

CLA_STARTED = ProgramStarted(program="cla")


async def pass_ns(duration_ns: int) -> None:
    """Let time pass."""
    await asyncio.sleep(duration_ns / NS_PER_SECOND)


async def set_clock(here: Agency, by_ns: int) -> None:
    """Somebody sets the clock of the CLA's host, and the CLA looks at it."""
    here.machines["hq"].step_clock(by_ns)
    with suppress(LicensingError):
        await here.state()
    await asyncio.sleep(1)


async def wrong_year(here: Agency) -> None:
    """A year ahead, seen by the CLA, and put right again."""
    await set_clock(here, 365 * DAY_NS)
    await set_clock(here, -365 * DAY_NS)


def starts(here: Agency) -> int:
    """How often the CLA has begun to serve."""
    return here.facts(type(CLA_STARTED)).count(CLA_STARTED)


async def test_a_clock_that_is_right_again_is_vouched_for_at_once(here: Agency) -> None:
    """By the license server's time: nobody has to do anything, and a recovery window begins."""
    hq = await here.connect("hq")
    before = starts(here)
    await wrong_year(here)
    assert [fact.code for fact in here.facts(AgentStopped)] == ["agent-clock-set-back"]
    [compared] = here.facts(AgentClockCompared)
    assert abs(compared.ahead_ns) < MINUTE_NS
    assert starts(here) == before + 1
    assert len(here.facts(RecoveryWindowBegan)) >= 1
    await hq.socket.close()
    assert (await here.connect("hq", epoch=1, seq=1, serial=1)).welcome.condition is (
        Condition.LICENSED
    )
    await here.restart()
    await here.connect("hq", epoch=1, seq=1, serial=1)


async def test_a_clock_that_is_wrong_is_told_until_it_is_right(here: Agency) -> None:
    """Three days behind: out of service, asked every half an hour; within a day it serves."""
    await here.connect("hq")
    before = starts(here)
    await set_clock(here, -3 * DAY_NS)
    with pytest.raises(LicensingError) as told:
        await here.state()
    assert told.value.code == "agent-clock-wrong"
    assert "3 days behind" in told.value.message
    with pytest.raises(Exception, match=r"refused|Cannot connect"):
        await here.connect("north")
    await pass_ns(2 * HOUR_NS)
    assert len(here.facts(AgentClockCompared)) == 1  # the same is stated once
    assert starts(here) == before
    here.machines["hq"].step_clock(2 * DAY_NS + 12 * HOUR_NS)
    await pass_ns(TIMING.time_request_ns)
    assert starts(here) == before + 1
    await here.connect("north")


async def test_a_clock_at_its_mark_needs_nobody_to_vouch_for_it(here: Agency) -> None:
    """Also without the license server; the journal says once that it was not reached."""
    await here.connect("hq")
    here.loop.sockets.network.cut("hq", "internet")
    before = starts(here)
    await set_clock(here, -2 * DAY_NS)
    await pass_ns(3 * HOUR_NS)
    assert len(here.facts(LicenseServerNotReached)) == 1
    here.machines["hq"].step_clock(2 * DAY_NS)
    await pass_ns(TIMING.answer_ns)
    assert starts(here) == before + 1


async def test_without_the_internet_a_request_is_carried(here: Agency) -> None:
    """F15: the answer vouches for the time, once; any other file repairs nothing."""
    here.loop.sockets.network.cut("hq", "internet")
    before = starts(here)
    await wrong_year(here)
    request = await _get(here, RELICENSING_REQUEST_PATH, SignedRequest)
    answer = await _at_license_server(here, request)
    own = await _get_document(here)
    with pytest.raises(LicensingError, match="set back"):
        await _load(here, own)
    activated = await _load(here, answer)
    assert (activated.serial, activated.epoch) == (1, 1)
    await asyncio.sleep(1)
    assert starts(here) == before + 1
    await wrong_year(here)
    with pytest.raises(LicensingError, match="another challenge"):
        await _load(here, answer)


async def test_a_refused_file_in_the_answer_stops_nobody(here: Agency) -> None:
    """The time is vouched for all the same: the CLA serves with the file that it had."""
    here.loop.sockets.network.cut("hq", "internet")
    before = starts(here)
    await wrong_year(here)
    request = await _get(here, RELICENSING_REQUEST_PATH, SignedRequest)
    answer = await _at_license_server(here, request)
    with pytest.raises(LicensingError) as refused:
        await _load(here, _with_file(here, answer, "no license file"))
    assert refused.value.code == "license-file-invalid"
    await asyncio.sleep(1)
    assert here.facts(LicenseFileRefused) == [LicenseFileRefused(code="license-file-invalid")]
    assert starts(here) == before + 1
    assert (await here.connect("north")).welcome.condition is Condition.LICENSED


async def test_no_time_out_of_service_counts_against_a_hold(here: Agency) -> None:
    """F9: what the clock showed meanwhile frees no seat."""
    north = await here.connect("north")
    await north.demand("1", seats(("1", "ip")))
    await north.send(LeaseAcknowledged(seq=2))
    await asyncio.sleep(0.1)
    await north.socket.close()
    await wrong_year(here)
    await pass_ns(29 * DAY_NS)
    assert here.facts(HoldEnded) == []
    await pass_ns(2 * DAY_NS)
    assert [fact.node for fact in here.facts(HoldEnded)] == ["north"]


async def test_who_asks_while_it_stops_is_told_why(here: Agency) -> None:
    """An activation that finds the clock set back is answered, not cut off, and burns nothing."""
    lac = await here.order()
    here.machines["hq"].step_clock(-3 * DAY_NS)
    with pytest.raises(LicensingError) as refused:
        await here.activate_lac(lac)
    assert refused.value.code == "agent-clock-set-back"
    here.machines["hq"].step_clock(3 * DAY_NS)
    await pass_ns(TIMING.answer_ns)
    assert (await here.activate_lac(lac)).serial == 2


async def test_heartbeats_find_it_out_too(here: Agency) -> None:
    """At a message of a node: its session ends, and the next one is after the right time."""
    hq = await here.connect("hq")
    here.machines["hq"].step_clock(-2 * DAY_NS)
    await hq.send(Heartbeat(number=1, seq=0))
    await asyncio.sleep(1)
    assert [fact.code for fact in here.facts(AgentStopped)] == ["agent-clock-set-back"]


async def _get(here: Agency, path: str, kind):
    async with unix_client(here.directory / "hq" / "cla" / "admin.sock") as admin:
        return await get(admin, path, kind, party="CLA")


async def _load(here: Agency, document: str) -> Activated:
    return await here.post("/v1/license-file", LoadLicenseFile(license_file=document), Activated)


async def _at_license_server(here: Agency, request: SignedRequest) -> str:
    async with unix_client(here.directory / "internet" / "cls" / "admin.sock") as admin:
        issued = await post(admin, "/v1/reissue", request, IssuedAnswer, party="CLS")
    return issued.answer


def _with_file(here: Agency, answer: str, license_file: str) -> str:
    """The same answer of the license server, with another file in it."""
    with sqlite3.connect(here.directory / "internet" / "cls" / "cls.db") as books:
        vendor = SigningKey(books.execute("SELECT secret FROM signing_key").fetchone()[0])
    content = answer_in(answer, vendor.verification_key)
    assert content
    return sign_answer(msgspec.structs.replace(content, license_file=license_file), vendor)


async def _get_document(here: Agency) -> str:
    with sqlite3.connect(here.directory / "hq" / "cla" / "cla.db") as books:
        return books.execute("SELECT license_file FROM agent").fetchone()[0]


async def test_a_clock_that_was_never_right_is_found_at_the_activation(tmp_path: Path) -> None:
    """The file was issued days after it: refused, nothing is burnt; set right it is accepted."""
    here = Agency(tmp_path)
    here.machines["hq"].step_clock(-3 * DAY_NS)
    await here.begin()
    try:
        lac = await here.order()
        with pytest.raises(LicensingError) as refused:
            await here.activate_lac(lac)
        assert refused.value.code == "clock-behind-file"
        here.machines["hq"].step_clock(3 * DAY_NS)
        await here.activate_lac(lac)
        assert (await here.connect("north")).welcome.condition is Condition.LICENSED
    finally:
        await here.sockets.aclose()
        for machine in here.machines.values():
            await machine.stop()
