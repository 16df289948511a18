"""The power fails at every point of what the three programs do with a request, one after another.

Exact, because simulated: before each statement, after each commit, before and after each fact and
each sending (`power_cuts`). SIGKILL of real processes at random moments is `test_sigkill`, and what
the oracle says of a CLA whose power fails among real nodes is `test_contended_seats`.
"""

import asyncio
import itertools
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import aiohttp
import msgspec
import pytest
from agency import (
    CLS_ADDRESS,
    LOCKING_ID,
    REGISTRATION,
    Agency,
    Session,
    acting_for,
    agency,
    seats,
)
from asking import AskingAgent
from books import Books
from branches import NODE_PROGRAM, Branches, branches
from power_cuts import PowerCuts, commit_late

from licensing.events import HostCrashed
from licensing.license_file import read_license_file
from licensing.messages import (
    Activate,
    Activated,
    Demand,
    Enrol,
    Enrolled,
    LeaseAcknowledged,
    from_agent,
)
from licensing.policies import MINUTE_NS, NS_PER_SECOND
from licensing.signing import VerificationKey
from licensing.words import NodeState
from master_cla.store import store
from master_cla.store.store import ClaStore
from runtime.http import client

MINUTE_S = MINUTE_NS / NS_PER_SECOND
FAILOVER_POINTS = 60
"""More acts than a node has in 40 minutes of its failover period, its start among them."""


# The central CLA.


class Cla:
    """The CLA of an agency, whose power fails where a test says so."""

    def __init__(self, here: Agency, patch: pytest.MonkeyPatch) -> None:
        self.here = here
        self.power = PowerCuts(patch, "hq", "cla", here.machines["hq"].lose_power)
        self.lease_seq = 0

    @property
    def books(self) -> Books:
        """What is on the disk now."""
        path = self.here.machines["hq"].program_directory("cla") / "cla.db"
        return Books(path, self.here.vendor_key)

    async def restart(self) -> Books:
        """Off and on again; what was on the disk meanwhile, which is whole."""
        await self.here.machines["hq"].crash()
        books = self.books
        await self.here.restart()
        return books

    async def connect(self) -> Session:
        """North, with the newest lease that it has stored."""
        session = await self.here.connect("north", epoch=1, seq=self.lease_seq)
        self.remember(session.welcome.lease)
        return session

    def remember(self, document: str | None) -> None:
        """North has stored a lease."""
        if document:
            self.lease_seq = self.here.lease(document, "north").seq


async def ask(session: Session, demand: Demand) -> bytes:
    """The very bytes of the answer."""
    await session.send(demand)
    return (await session.socket.receive()).data.encode()


def change(kind: int, number: int) -> Demand:
    """Three kinds, by turns: three seats wanted, one of them given back, the others."""
    wants = seats(("200", "ip"), ("200", "voicemail"), ("s2m", "itsp"))
    wanted, released = [(wants, []), ([], wants[1:2]), ([], [wants[0], wants[2]])][kind]
    return Demand(request_id=f"{kind}-{number}", lease_id="", wants=wanted, releases=released)


@pytest.mark.parametrize("longest_log", [store._LONGEST_LOG, 0])
async def test_a_demand_is_decided_once_wherever_the_cla_loses_its_power(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, longest_log: int
) -> None:
    """What was answered stays; the same request gets the same bytes; no seat counts twice.

    Whether the transaction only adds to the redo log or writes its tables as well.
    """
    monkeypatch.setattr(store, "_LONGEST_LOG", longest_log)
    async with agency(tmp_path) as here:
        cla = Cla(here, monkeypatch)
        await here.activate()
        await demand_at_every_point(cla, await cla.connect())


async def demand_at_every_point(cla: Cla, session: Session) -> None:
    """Demands of each kind, each with a power cut at the next act, until all acts have had one."""
    points = answered_before_the_cut = 0
    for number in itertools.count(1):
        before = points
        for demand in [change(kind, number) for kind in range(3)]:
            answer = await cla.power.attempt(number, ask(session, demand))
            if cla.power.happened:
                points += 1
                answered_before_the_cut += answer is not None
                stored = (await cla.restart()).decisions.get(("north", demand.request_id))
                assert answer in (None, stored), "an acknowledged decision is lost"
                session = await cla.connect()
            again = await ask(session, demand)
            assert again == await ask(session, demand)
            assert answer == again or (answer is None and cla.power.happened)
            stored = cla.books.decisions.get(("north", demand.request_id))
            assert stored == again, "an acknowledged decision is lost"
            cla.remember(from_agent(again).lease)
        if points == before:
            break
    assert points >= 3 * 11
    assert answered_before_the_cut >= 3
    stated = [msgspec.to_builtins(entry.fact) for entry in cla.here.entries]
    missing = [fact for fact in (await cla.restart()).facts if fact not in stated]
    assert missing == [], "decided, and never journaled"


async def test_a_node_is_admitted_wherever_the_cla_lost_its_power(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between hello, welcome and acknowledgement: it is never taken for a clone or sent away."""
    async with agency(tmp_path) as here:
        cla = Cla(here, monkeypatch)
        await here.activate()

        async def come_and_acknowledge() -> None:
            session = await cla.connect()
            wants = seats(("200", "ip")) if number % 2 else []
            releases = [] if number % 2 else seats(("200", "ip"))
            decision = await session.demand(f"d{number}", wants, releases)
            cla.remember(decision.lease)
            await session.send(LeaseAcknowledged(seq=cla.lease_seq))

        for number in itertools.count(1):
            await cla.power.attempt(number, come_and_acknowledge())
            if not cla.power.happened:
                break
            await cla.restart()
            await come_and_acknowledge()
        assert number > 30
        assert cla.books.held["north"]["networking"] == 1


async def test_an_activation_that_a_power_cut_of_the_cla_interrupts_burns_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same LAC goes on to the same license file, with nodes connected or not."""
    async with agency(tmp_path) as here:
        cla = Cla(here, monkeypatch)
        await here.activate()
        for number in itertools.count(1):
            await cla.connect()
            lac = await here.order({"ip": 1})
            request = Activate(lac=lac, registration=REGISTRATION, license_server=CLS_ADDRESS)
            first = await cla.power.attempt(number, here.post("/v1/activate", request, Activated))
            if cla.power.happened:
                await cla.restart()
            again = await here.post("/v1/activate", request, Activated)
            assert first is None or again == msgspec.structs.replace(first, repeated=True)
            assert (again.serial, again.licenses["ip"]) == (1 + number, 4 + number)
            if not cla.power.happened:
                break
        assert number > 15


async def test_an_enrolment_is_whole_or_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enrolling again after the power cut gives the same answer; the CLA keeps its key."""
    async with agency(tmp_path) as here:
        cla = Cla(here, monkeypatch)
        key = here.agent_key.text
        for number in itertools.count(1):
            request = Enrol(node=f"n{number}", public_key=here.keys["north"].verification_key.text)
            await cla.power.attempt(number, here.post("/v1/enrol", request, Enrolled))
            if not cla.power.happened:
                break
            await cla.restart()
            assert await here.post("/v1/enrol", request, Enrolled) == Enrolled(agent_key=key)
        assert number > 8


async def test_forgetting_is_whole_or_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said again it gives the same answer; made known again the node has all its seats (F16)."""
    async with agency(tmp_path) as here:
        cla = Cla(here, monkeypatch)
        await here.activate()
        session = await here.connect("north")
        await session.demand("1", seats(("200", "ip")))
        await session.socket.close()
        await asyncio.sleep(1)
        for number in itertools.count(1):
            await cla.power.attempt(number, here.forget("north"))
            if not cla.power.happened:
                break
            await cla.restart()
            assert (await here.forget("north")).seats == {"networking": 1, "ip": 1}
            await here.enrol("north")
            assert cla.books.held["north"] == {"networking": 1, "ip": 1}
        assert number > 5


async def test_a_start_that_a_power_cut_interrupts_is_made_up_for_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every point of opening the books, the first start included: same key, same seats."""
    async with agency(tmp_path) as here:
        cla = Cla(here, monkeypatch)
        await here.activate()
        session = await cla.connect()
        await session.demand("1", seats(("200", "ip")))
        before = cla.books.held
        for number in itertools.count(1):
            await here.machines["hq"].crash()
            cla.power.arm(number)
            await here.machines["hq"].start()
            await asyncio.sleep(1)
            if not cla.power.happened:
                break
            await cla.restart()
            assert cla.books.held == before
        assert number > 5
        cla.power.arm(0)
        cla.lease_seq = 2
        assert (await cla.connect()).welcome.lease


async def test_a_decision_that_leaves_before_its_commit_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: the CLA's transactions end a moment after it has answered."""
    async with agency(tmp_path) as here:
        cla = Cla(here, monkeypatch)
        await here.activate()
        session = await cla.connect()
        monkeypatch.setattr(ClaStore, "transaction", commit_late)
        with pytest.raises(AssertionError, match="an acknowledged decision is lost"):
            await demand_at_every_point(cla, session)


# The license server.

Ask = Callable[[aiohttp.ClientSession, str], Awaitable[str]]
"""What a CLA asks of the license server at a base address; the document that it gets."""


class Cls:
    """The license server of an agency, called by its own protocol."""

    def __init__(self, here: Agency, patch: pytest.MonkeyPatch) -> None:
        self.here = here
        self.power = PowerCuts(patch, "internet", "cls", here.machines["internet"].lose_power)

    async def call(self, ask: Ask) -> str:
        """A license file, asked for by the CLA."""
        with acting_for("hq"):
            async with client() as http:
                return await ask(http, f"http://{CLS_ADDRESS}")

    async def restart(self) -> None:
        """Off and on again; it accepts its own audit."""
        seen = len(self.here.entries)
        await self.here.machines["internet"].crash()
        await self.here.machines["internet"].start()
        await self.here.until_started("cls", seen)

    def documents(self) -> list[str]:
        """Every file that was ever issued, in the order of the serials, which has no gap."""
        path = self.here.machines["internet"].program_directory("cls") / "cls.db"
        with closing(sqlite3.Connection(path)) as database:
            rows = database.execute("SELECT serial, document FROM files ORDER BY serial").fetchall()
        assert [serial for serial, _ in rows] == list(range(1, len(rows) + 1))
        return [document for _, document in rows]

    async def issue_at_every_point(self, asks: Callable[[int], Ask]) -> list[str]:
        """Ask for one file after another, each again after a power cut; returns them all."""
        issued = []
        for number in itertools.count(1):
            ask = asks(number)
            first = await self.power.attempt(number, self.call(ask))
            if self.power.happened:
                await self.restart()
            again = await self.call(ask)
            assert again == await self.call(ask)
            assert first in (None, again)
            issued.append(again)
            if not self.power.happened:
                return issued
        raise AssertionError


async def test_the_license_server_issues_one_file_for_a_lac_wherever_its_power_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never a second document for the same LAC and Locking ID; no serial is skipped."""
    async with agency(tmp_path) as here:
        cls = Cls(here, monkeypatch)
        lacs = [await here.order({"base": 1, "ip": 1}) for _ in range(60)]

        agent = AskingAgent(LOCKING_ID)
        issued = await cls.issue_at_every_point(
            lambda number: partial(agent.activate, lac=lacs[number])
        )
        assert len(issued) > 15
        assert cls.documents() == issued


async def test_epochs_never_skip_wherever_the_power_of_the_license_server_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relicensing after relicensing: each file has the next epoch, whatever was lost."""
    async with agency(tmp_path) as here:
        cls = Cls(here, monkeypatch)
        lac = await here.order()
        agent, key = AskingAgent(LOCKING_ID), VerificationKey(here.vendor_key)
        await cls.call(partial(agent.activate, lac=lac))
        issued = await cls.issue_at_every_point(
            lambda number: partial(agent.relicense, vendor_key=key, epoch=number)
        )
        assert len(issued) > 12
        epochs = [read_license_file(document, key).epoch for document in cls.documents()]
        assert epochs == list(range(1, len(issued) + 2))


# A node in its failover period. The oracle does not judge here: it knows what was stated, and a
# power cut may fall between writing a change down and stating it.


async def test_a_failover_period_never_grows_wherever_the_power_of_its_node_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Starting, dialing, asked: its end is never later than it was before.

    Every other time the clock stands behind the last writing at the start. Then the time switched
    off is not known (F11); what was used up before never comes back.
    """
    async with branches(judged=False) as here:
        power = PowerCuts(monkeypatch, "north", NODE_PROGRAM, lambda: lose_power(here))
        await here.license()
        await here.net.cut("hq-north")
        await asyncio.sleep(70 * MINUTE_S)
        for number in itertools.count(1):
            end_ns, rest_ns = await period_end_ns(here)
            await here.net.crash("north")
            if number % 2:
                await here.net.clock("north", "-4 h")
            await asyncio.sleep(10 * MINUTE_S)
            power.arm(number)
            await here.net.start("north")
            await asyncio.sleep(40 * MINUTE_S)
            cut = power.happened
            power.arm(0)
            if not here.net.world.is_up("north"):
                await here.net.start("north")
                await asyncio.sleep(1)
            later_end_ns, later_rest_ns = await period_end_ns(here)
            if number % 2:
                assert later_rest_ns <= rest_ns, number
                await here.net.clock("north", "4 h")
            else:
                assert later_end_ns <= end_ns + NS_PER_SECOND, number
            if number == FAILOVER_POINTS:
                assert not cut, "there are further acts"
                break
        await here.net.sleep_until_ns(later_end_ns + NS_PER_SECOND)
        assert await here.state("north") is NodeState.EMERGENCY


async def test_a_node_comes_back_wherever_its_power_fails_while_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Healed, and switched off at every point of reconnecting: regular after the next start."""
    async with branches(judged=False) as here:
        power = PowerCuts(monkeypatch, "north", NODE_PROGRAM, lambda: lose_power(here))
        await here.license()
        for number in itertools.count(1):
            await here.net.cut("hq-north")
            await asyncio.sleep(70 * MINUTE_S)
            assert await here.state("north") is NodeState.FAILOVER
            power.arm(number)
            await here.net.heal("hq-north")
            await asyncio.sleep(35 * MINUTE_S)
            cut = power.happened
            power.arm(0)
            if not cut:
                break
            await here.net.start("north")
            await asyncio.sleep(MINUTE_S)
            assert await here.state("north") is NodeState.REGULAR, power.acts
        assert number > 10


async def period_end_ns(here: Branches) -> tuple[int, int]:
    """When north's period ends and what is left of it, by its own word: in whole seconds."""
    state = await here.net.state("north")
    assert state.state is NodeState.FAILOVER
    assert state.rest_s is not None
    rest_ns = state.rest_s * NS_PER_SECOND
    return here.net.world.now_ns() + rest_ns, rest_ns


def lose_power(here: Branches) -> None:
    """North's, at this very instant."""
    machine = here.net.world.machines["north"]
    machine.lose_power()
    here.net.world.record("north", HostCrashed(wall_ns=machine.clock.wall_ns()))
