"""Real programs among strangers who mean harm or nothing: an honest party is still served.

By default 2,000 connections to the central CLA and 500 to the others; with
`INTERNETSIM_STRANGERS=10000` so many to each. Where this computer does not let a process open that
many, the test is skipped and says so. Memory and times are printed (`pytest -s`).
"""

import asyncio
import itertools
import os
import resource
import signal
import time  # noqa: TID251 - real seconds of a real process
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from agency import THIRTY_DAYS_S, Session, seats
from asking import AskingAgent
from callers import Caller, Office, killable, until_answering
from machine import SeededDice, free_port
from programs import Program, slave
from strangers import BeforeTls, OnASession, Strangers, WithABody

from license_server.administration import ORDER_PATH, OrderedLac, PlaceOrder
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    INCOMING_CALL_PATH,
    Demand,
    Heartbeat,
    HeartbeatAcknowledged,
    IncomingCall,
    IncomingCallAnswer,
    encode,
)
from runtime.http import client, post
from runtime.tls import TlsIdentity, load_identity
from simulator.live.certificates import Authority

ASKED = os.environ.get("INTERNETSIM_STRANGERS", "")

ANSWER_S = 10.0
"""An honest party waits no longer; the protocol's own patience is 5 min (domain.md 5, Timing)."""

OWN_FILES = 500
"""What this process and the program under test open beside the connections."""

real = pytest.mark.asyncio(loop_factories=["real"])

Ask = Callable[[int], Awaitable[object]]


@pytest.fixture
def strangers_of() -> Iterator[Callable[[int], int]]:
    """How many strangers come where by default so many would; as many files may be opened."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def number_of(default: int) -> int:
        number = int(ASKED or default)
        needed = number + OWN_FILES
        if hard != resource.RLIM_INFINITY and needed > hard:
            pytest.skip(f"{number} strangers: a process may open {hard} files, not {needed}")
        if soft != resource.RLIM_INFINITY and needed > soft:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
        return number

    yield number_of
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Honest:
    """A party that asks one thing after another and measures how long the answers take."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.waits_s: list[float] = []

    async def work(self) -> None:
        """For ever; raises `TimeoutError` where an answer takes too long."""
        for number in itertools.count():
            began = time.perf_counter()
            async with asyncio.timeout(ANSWER_S):
                await self._ask(number)
            self.waits_s.append(time.perf_counter() - began)
            await asyncio.sleep(0.01)

    async def answers(self, number: int) -> None:
        """Wait for so many more."""
        enough = len(self.waits_s) + number
        while len(self.waits_s) < enough:  # noqa: ASYNC110 - each is awaited in `work`
            await asyncio.sleep(0.01)


@dataclass
class Siege:
    """A program among strangers."""

    program: Program
    process: asyncio.subprocess.Process
    strangers: Strangers

    async def bear(self, number: int, ask: Ask) -> None:
        """All strangers come and stay; whoever asks is answered, and memory stays in bounds."""
        before, honest = memory(self.process), Honest(ask)
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(honest.work())
            await self.strangers.come(number - 20)
            for _ in range(10):
                await self.strangers.oversized()
            await asyncio.sleep(1)
            await honest.answers(20)
            grown = memory(self.process) - before
            work.cancel()
        self.strangers.leave()
        self._judge(number, grown, sorted(honest.waits_s))

    def _judge(self, number: int, grown: int, waits_s: list[float]) -> None:
        print(
            f"{self.program.module}, {type(self.strangers).__name__}: {number} strangers, "
            f"{len(waits_s)} answers, median {waits_s[len(waits_s) // 2] * 1000:.1f} ms, "
            f"longest {waits_s[-1] * 1000:.0f} ms; {grown / 2**20:.1f} MiB more memory"
        )
        assert self.process.returncode is None
        assert grown < number * self.strangers.memory
        assert unexpected_errors(self.program.log) == []


def memory(process: asyncio.subprocess.Process) -> int:
    """Resident bytes."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def unexpected_errors(log: Path) -> list[str]:
    """What went wrong; that a request was no HTTP (answered with 400) is aiohttp's complaint."""
    lines = [line for line in log.read_text().splitlines() if "Traceback" in line]
    return [line for line in lines if '"event": "Error handling request from ' not in line]


# The central CLA.


def beats_and_demands(session: Session) -> Ask:
    """A licensed node's work: heartbeats, and by turns a demand and a release."""

    async def ask(number: int) -> None:
        if number % 2:
            await session.ask(Heartbeat(number=number, seq=0), HeartbeatAcknowledged)
            return
        station = seats(("200", "ip"))
        wants, releases = ([], station) if number % 4 else (station, [])
        await session.demand(f"h{number}", wants, releases)

    return ask


async def slow_reader(session: Session) -> None:
    """A licensed node that asks and asks, and reads no answer."""
    for number in itertools.count():
        wants = seats(*((str(holder), "ip") for holder in range(300, 400)))
        message = Demand(request_id=f"slow-{number}", lease_id="", wants=wants, releases=[])
        await session.socket.send_str(encode(message).decode())


async def besiege_cla(
    office: Office, strangers: Strangers, number: int, tls: TlsIdentity | None = None
) -> None:
    """Heartbeats and demands in a session, then a new one, beside strangers and a slow reader."""
    names = ("honest", "slow", "late")
    honest, slow, late = callers = [Caller(name, office.port, tls) for name in names]
    async with office.open() as process:
        await office.license({"base": 1, "ip": 4, "networking": 3}, callers)
        async with (
            honest.session() as session,
            slow.session() as reading_nothing,
            asyncio.TaskGroup() as tasks,
        ):
            reader = tasks.create_task(slow_reader(reading_nothing))
            siege = Siege(office.program, process, strangers)
            await siege.bear(number, beats_and_demands(session))
            async with asyncio.timeout(ANSWER_S), late.session():
                pass
            reader.cancel()


@real
async def test_strangers_do_not_keep_an_honest_node_waiting(
    tmp_path: Path, strangers_of: Callable[[int], int]
) -> None:
    """Heartbeats, demands and new sessions are answered meanwhile; memory stays in bounds."""
    number, office = strangers_of(2000), Office(tmp_path)
    await besiege_cla(office, OnASession(office.port), number)


@real
async def test_who_never_finishes_a_handshake_keeps_nobody_from_the_cla(
    tmp_path: Path, strangers_of: Callable[[int], int]
) -> None:
    """The same over TLS, with strangers who stop before it is spoken."""
    number, pems = strangers_of(500), certificates(tmp_path)
    office = Office(tmp_path, **pems)
    await besiege_cla(office, BeforeTls(office.port), number, identity(pems))


# The license server and a node.


def buyer(server: Program, port: int, tls: TlsIdentity | None) -> Ask:
    """Somebody orders, and a system activates."""

    async def ask(number: int) -> None:
        order = PlaceOrder(licenses={"base": 1}, failover_period_s=THIRTY_DAYS_S)
        lac = (await server.tell(ORDER_PATH, order, OrderedLac)).lac
        async with client(tls) as http:
            await AskingAgent().activate(http, url(port, "", tls), lac)

    return ask


def neighbor(_: Program, port: int, tls: TlsIdentity | None) -> Ask:
    """Another node calls a subscriber of this one."""

    async def ask(number: int) -> None:
        call = IncomingCall(call_id=f"call-{number}", source="300", destination="200")
        async with client(tls) as http:
            path = url(port, INCOMING_CALL_PATH, tls)
            await post(http, path, call, IncomingCallAnswer, party="node")

    return ask


def license_server(directory: Path, port: int, **options: object) -> Program:
    """A license server."""
    settings = {"address": "127.0.0.1", "port": port}
    return Program("license_server", directory / "internet", settings, **options)


PARTIES = pytest.mark.parametrize(
    ("make", "honest", "path"),
    [(license_server, buyer, CLS_ACTIVATE_PATH), (slave, neighbor, INCOMING_CALL_PATH)],
    ids=["license server", "node"],
)


@real
@PARTIES
async def test_strangers_keep_nobody_from_a_license_server_or_a_node(
    tmp_path: Path, strangers_of: Callable[[int], int], make: Callable, honest: Callable, path: str
) -> None:
    """Whoever activates or calls is answered meanwhile; memory stays in bounds."""
    number, port = strangers_of(500), free_port()
    program = make(tmp_path, port)
    async with killable(program) as process:
        await until_answering(program)
        siege = Siege(program, process, WithABody(port, path))
        await siege.bear(number, honest(program, port, None))


@real
@PARTIES
async def test_who_never_finishes_a_handshake_keeps_nobody_from_a_license_server_or_a_node(
    tmp_path: Path, strangers_of: Callable[[int], int], make: Callable, honest: Callable, path: str
) -> None:
    """The same over TLS, with strangers who stop before it is spoken."""
    number, port, pems = strangers_of(500), free_port(), certificates(tmp_path)
    program = make(tmp_path, port, **pems)
    async with killable(program) as process:
        await until_answering(program)
        siege = Siege(program, process, BeforeTls(port))
        await siege.bear(number, honest(program, port, identity(pems)))


def certificates(directory: Path) -> dict[str, str]:
    """The files of a host at 127.0.0.1, good for today."""
    now = datetime.now(UTC)  # noqa: TID251 - TLS judges certificates by the real clock
    authority = Authority(SeededDice().token, now - timedelta(days=1), now + timedelta(days=1))
    return authority.equip(directory, addresses=["127.0.0.1"])


def identity(pems: dict[str, str]) -> TlsIdentity:
    """Of somebody whom the host believes."""
    return load_identity(*(Path(pems[name]) for name in ("certificate", "key", "authority")))


def url(port: int, path: str, tls: TlsIdentity | None) -> str:
    """Where an honest party asks."""
    return f"{'https' if tls else 'http'}://127.0.0.1:{port}{path}"


# That this can fail.


@real
async def test_a_program_that_keeps_the_honest_waiting_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: the process answers nobody, as if a stranger had all its attention."""
    monkeypatch.setattr("test_hostile_clients.ANSWER_S", 0.5)
    port = free_port()
    program = license_server(tmp_path, port)
    async with killable(program) as process:
        await until_answering(program)
        process.send_signal(signal.SIGSTOP)
        siege = Siege(program, process, WithABody(port, CLS_ACTIVATE_PATH))
        with pytest.raises(ExceptionGroup) as failed:
            await siege.bear(30, neighbor(program, port, None))
        assert failed.group_contains(TimeoutError)
