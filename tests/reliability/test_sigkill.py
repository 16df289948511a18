"""A real central CLA, killed at random moments under load and while it starts, again and again.

Six kills by default; `INTERNETSIM_KILLS=200 pytest tests/reliability/test_sigkill.py` for more. The
moments follow from a seed, what they hit does not: the points in between are `test_crash_points`.
After each kill the facts are judged by the oracle, and the database is read.
"""

import asyncio
import contextlib
import os
import random  # noqa: TID251 - seeded: the same moments in every run
from pathlib import Path

import aiohttp
import pytest
from agency import Refused, Session, seats
from books import Books, content, seats_in
from callers import VENDOR, Caller, Office
from court import MASTER, Court

from licensing.entitlements import Entitlement
from licensing.events import (
    AssignmentChange,
    AssignmentsChanged,
    ConnectionEstablished,
    ConnectionLost,
    DecisionReceived,
    LeaseInstalled,
    ProgramStarted,
    StateChanged,
)
from licensing.messages import Demand, from_agent
from licensing.words import LicenseState, NodeState, Trigger
from simulator.oracle import Violation

KILLS = int(os.environ.get("INTERNETSIM_KILLS", "6"))
WHILE_IT_STARTS = 0.25
"""The share of kills that do not wait until the CLA answers."""

LICENSES = {"base": 1, "ip": 10, "itsp": 5, "networking": 4}
STATIONS = [str(number) for number in range(200, 206)]
HOLDERS = [*((number, "ip") for number in STATIONS), ("trunk", "itsp")]

real = pytest.mark.asyncio(loop_factories=["real"])


class Customer:
    """A node that wants and gives back at random, and sends again what was not answered.

    Like any node it states what it uses: from the answer on, until right before it gives it back.
    """

    def __init__(self, name: str, port: int, court: Court) -> None:
        self.name = name
        self.caller = Caller(name, port)
        self.dice = random.Random(name)
        self.answers: dict[str, bytes] = {}
        self.held: set[tuple[str, str]] = set()
        self.unanswered: Demand | None = None
        self._court = court
        self._state = NodeState.ACTIVATION_PERIOD

    async def live(self) -> None:
        """For ever, whether or not the CLA is there."""
        while True:
            with contextlib.suppress(Refused, aiohttp.ClientError, OSError):
                async with self.session() as session:
                    while True:
                        await self.change(session)
            await asyncio.sleep(0.01)

    @contextlib.asynccontextmanager
    async def session(self):
        """A session of which the court hears."""
        asked_ns = self._court.now_ns
        async with self.caller.session() as session:
            self._connected(session, asked_ns)
            try:
                yield session
            finally:
                self._court.tell(self.name, ConnectionLost(cause="gone"))

    async def change(self, session: Session) -> None:
        """One demand, answered; sometimes an older one again, which must be answered as before."""
        demand = self.unanswered or self._next()
        answer = await self.demand(session, demand)
        if self.dice.random() < 0.2:
            assert await self._ask(session, demand) == answer

    async def demand(self, session: Session, demand: Demand) -> bytes:
        """One demand and its answer, which is acted upon."""
        self.unanswered = demand
        released = {(seat.holder, seat.license) for seat in demand.releases}
        self._use(self.held - released)
        asked_ns = self._court.now_ns
        answer = await self._ask(session, demand)
        round_trip_ns = self._court.now_ns - asked_ns
        decision = from_agent(answer)
        received = DecisionReceived(request_id=demand.request_id, round_trip_ns=round_trip_ns)
        self._court.tell(self.name, received)
        self._install(decision.lease)
        self._use(self.held | {(seat.holder, seat.license) for seat in decision.granted})
        self.answers[demand.request_id], self.unanswered = answer, None
        return answer

    async def _ask(self, session: Session, demand: Demand) -> bytes:
        await session.send(demand)
        frame = await session.socket.receive()
        if frame.type is not aiohttp.WSMsgType.TEXT:
            raise Refused("gone")
        return frame.data.encode()

    def _next(self) -> Demand:
        choice = self.dice.choice(HOLDERS)
        wants = [] if choice in self.held else seats(choice)
        return Demand(
            request_id=f"r{len(self.answers)}",
            lease_id="",
            wants=wants,
            releases=[] if wants else seats(choice),
        )

    def _connected(self, session: Session, asked_ns: int) -> None:
        welcome, round_trip_ns = session.welcome, self._court.now_ns - asked_ns
        established = ConnectionEstablished(
            condition=welcome.condition, epoch=1, round_trip_ns=round_trip_ns
        )
        self._court.tell(self.name, established)
        if welcome.lease and self._state is not NodeState.REGULAR:
            before, self._state = self._state, NodeState.REGULAR
            regular = StateChanged(
                before=before, after=self._state, cause=Trigger.LEASED_ANEW, charged_ns=0
            )
            self._court.tell(self.name, regular)
        self._install(welcome.lease)

    def _install(self, document: str | None) -> None:
        self.caller.remember(document)
        if document:
            said = content(document)
            fields = {name: said[name] for name in ("lease_id", "seq", "epoch")}
            held = dict(seats_in(document))
            fields |= {"seats": held, "entitlements": [Entitlement(seats=held)]}
            self._court.tell(self.name, LeaseInstalled(**fields))

    def _use(self, now: set[tuple[str, str]]) -> None:
        changes = [_change(holder, key, True) for holder, key in sorted(now - self.held)]
        changes += [_change(holder, key, False) for holder, key in sorted(self.held - now)]
        self.held = now
        if changes:
            self._court.tell(self.name, AssignmentsChanged(changes=changes))


def _change(holder: str, key: str, used: bool) -> AssignmentChange:
    states = (LicenseState.UNSAVED_DEMAND, LicenseState.LICENSED)
    before, after = states if used else states[::-1]
    return AssignmentChange(
        holder=holder, license=key, before=before, after=after, quantity=used, granted=used
    )


class Trial:
    """A CLA, its customers, and the court that hears both."""

    def __init__(self, directory: Path, customers: int, module: str = "master_cla") -> None:
        names = [f"node-{number}" for number in range(customers)]
        self.court = Court(names, STATIONS)
        self.office = Office(directory, **self.court.options)
        self.office.program.module = module
        self.customers = [Customer(name, self.office.port, self.court) for name in names]
        self.while_starting = 0

    @contextlib.asynccontextmanager
    async def open(self):
        """A CLA that answers, killed with the block; then the court judges."""
        async with self.office.open():
            yield
        self._judge()

    async def license(self) -> None:
        """A license file, and the customers enrolled."""
        await self.office.license(LICENSES, [customer.caller for customer in self.customers])

    async def kill(self, dice: random.Random) -> Books:
        """Start the CLA and kill it at a random moment; its books, which know every answer."""
        if dice.random() < WHILE_IT_STARTS:
            async with self.office.starting():
                await self.office.until_opening()
                await asyncio.sleep(dice.uniform(0, 0.05))
        else:
            async with self.office.open():
                await asyncio.sleep(dice.uniform(0.05, 0.4))
        self._judge()
        return self.books()

    def books(self) -> Books:
        """What is on the disk, which knows every answer that anybody got."""
        books = Books(self.office.database, VENDOR.verification_key.text)
        for customer in self.customers:
            for request_id, answer in customer.answers.items():
                books.check_answer((customer.name, request_id), answer)
        return books

    def _judge(self) -> None:
        stated = self.office.stated()
        started = any(isinstance(entry.fact, ProgramStarted) for entry in stated)
        self.while_starting += not started
        self.court.crash(MASTER)
        self.court.judge(stated)
        self.court.start(MASTER)


@real
async def test_a_cla_that_is_killed_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    """No seat is used twice (O1), no answer is forgotten (O7), and the database says the same."""
    trial, dice = Trial(tmp_path, customers=4), random.Random("kills")
    async with trial.open():
        await trial.license()
    async with asyncio.TaskGroup() as tasks:
        lives = [tasks.create_task(customer.live()) for customer in trial.customers]
        for _ in range(KILLS):
            await trial.kill(dice)
        for life in lives:
            life.cancel()
    async with trial.open():
        for customer in trial.customers:
            async with customer.session() as session:
                await customer.change(session)
    trial.court.close([])
    books, decided = trial.books(), trial.court.acknowledged
    for customer in trial.customers:
        seats_held = sum(key == "ip" for _, key in customer.held)
        assert books.held[customer.name]["ip"] == seats_held
    assert decided.decided.keys() == books.audited.keys()
    count = sum(len(customer.answers) for customer in trial.customers)
    print(
        f"{KILLS} kills, {trial.while_starting} of them while it started; {count} demands answered,"
        f" {len(books.audited)} decided, {decided.received} answers judged"
    )
    assert count > KILLS


FORGETFUL = "tests.reliability.forgetful_cla"
"""The planted fault: what was granted is forgotten at the next start."""


@real
async def test_a_cla_that_grants_again_what_it_forgot_is_found_by_the_oracle(
    tmp_path: Path,
) -> None:
    """After a kill the seats that one node uses are granted to another."""
    trial = Trial(tmp_path, customers=2, module=FORGETFUL)
    one, other = trial.customers
    await take_stations(trial, one)
    with pytest.raises(Violation, match=r"O1 broken .*(\n.*)*at most 10 x ip"):
        await take(trial, other, STATIONS)


@real
async def test_a_cla_that_forgets_what_it_acknowledged_is_found(tmp_path: Path) -> None:
    """Nobody else wants the seats: its next lease for the node that uses them tells it."""
    trial = Trial(tmp_path, customers=1, module=FORGETFUL)
    await take_stations(trial, *trial.customers)
    with pytest.raises(Violation, match=r"O1 broken .*(\n.*)*at most the 0 x ip of its lease"):
        await take(trial, *trial.customers, STATIONS[5:])


async def take_stations(trial: Trial, customer: Customer) -> None:
    """A customer gets nearly all its stations licensed; then the CLA is killed."""
    async with trial.open():
        await trial.license()
    await take(trial, customer, STATIONS[:5])


async def take(trial: Trial, customer: Customer, stations: list[str]) -> None:
    """A customer wants these stations licensed; then the CLA is killed."""
    wants = seats(*((number, "ip") for number in stations))
    demand = Demand(request_id=stations[0], lease_id="", wants=wants, releases=[])
    async with trial.open(), customer.session() as session:
        await customer.demand(session, demand)
