"""A real central CLA among strangers who mean harm or nothing: an honest node is still served.

2,000 connections by default, `INTERNETSIM_STRANGERS=10000` for more; never more than this computer
lets one process open. Memory and times are printed (`pytest -s`).
"""

import asyncio
import contextlib
import itertools
import os
import resource
import time  # noqa: TID251 - real seconds of a real process
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from agency import Session, seats
from callers import Caller, Office

from licensing.messages import (
    FRAME_LIMIT,
    SESSION_PATH,
    Demand,
    Heartbeat,
    HeartbeatAcknowledged,
    encode,
)

WANTED = int(os.environ.get("INTERNETSIM_STRANGERS", "2000"))
ALLOWED = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500
STRANGERS = min(WANTED, ALLOWED)

ANSWER_S = 10.0
"""An honest node waits no longer; the protocol's own patience is 5 min (domain.md 5, Timing)."""

MEMORY_PER_STRANGER = 64 * 1024
"""Bytes of the CLA for each open connection, at most."""

UPGRADE = (
    f"GET {SESSION_PATH} HTTP/1.1\r\nHost: cla\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)

real = pytest.mark.asyncio(loop_factories=["real"])

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Strangers:
    """Connections to a CLA; each kind of stranger is a method, and stays until the end."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: list[Connection] = []

    async def say(self, content: bytes = b"") -> Connection:
        """Connect, say this, and stay; a CLA that hangs up first is in its right."""
        connection = await asyncio.open_connection("127.0.0.1", self._port)
        self._open.append(connection)
        with contextlib.suppress(ConnectionError):
            connection[1].write(content)
            await connection[1].drain()
        return connection

    async def silent(self) -> None:
        """Connected, and nothing."""
        await self.say()

    async def half_a_handshake(self) -> None:
        """An upgrade whose headers never end."""
        await self.say(UPGRADE.encode())

    async def no_hello(self) -> None:
        """A WebSocket on which the challenge is not answered."""
        await self.say(UPGRADE.encode() + b"\r\n")

    async def garbage(self) -> None:
        """Bytes that are no HTTP."""
        await self.say(bytes(range(256)) * 16)

    async def garbage_frames(self) -> None:
        """A WebSocket on which no WebSocket frames come."""
        await self.say(UPGRADE.encode() + b"\r\n" + b"\xff" * 4096)

    async def oversized(self) -> None:
        """A frame that announces a tebibyte, and one just over the limit."""
        await self.say(UPGRADE.encode() + b"\r\n" + b"\x81\xff" + (1 << 40).to_bytes(8, "big"))
        size = FRAME_LIMIT + 1
        frame = b"\x81\xff" + size.to_bytes(8, "big") + bytes(4) + b"x" * size
        await self.say(UPGRADE.encode() + b"\r\n" + frame)

    async def endless_header(self) -> None:
        """A header line that does not end."""
        await self.say(UPGRADE.encode() + b"X-Long: " + b"x" * 100_000)

    def leave(self) -> None:
        """All hang up without a word."""
        for _, writer in self._open:
            writer.transport.abort()


async def slow_reader(session: Session) -> None:
    """A licensed node that asks and asks, and reads no answer."""
    for number in itertools.count():
        wants = seats(*((str(holder), "ip") for holder in range(300, 400)))
        message = Demand(request_id=f"slow-{number}", lease_id="", wants=wants, releases=[])
        await session.socket.send_str(encode(message).decode())


class Honest:
    """A node that measures how long its heartbeats and demands take."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.waits_s: list[float] = []

    async def work(self) -> None:
        """One after another, for ever; raises `TimeoutError` where an answer takes too long."""
        for number in itertools.count():
            wants = [] if number % 2 else seats(("200", "ip"))
            releases = seats(("200", "ip")) if number % 2 else []
            await self._timed(lambda n=number: self._beat(n))
            await self._timed(
                lambda n=number, w=wants, r=releases: self._session.demand(f"h{n}", w, r)
            )
            await asyncio.sleep(0.01)

    async def _beat(self, number: int) -> None:
        await self._session.ask(Heartbeat(number=number, seq=0), HeartbeatAcknowledged)

    async def _timed(self, ask: Callable[[], Awaitable[object]]) -> None:
        began = time.perf_counter()
        async with asyncio.timeout(ANSWER_S):
            await ask()
        self.waits_s.append(time.perf_counter() - began)


def memory(process: asyncio.subprocess.Process) -> int:
    """Resident bytes."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@real
async def test_strangers_do_not_keep_an_honest_node_waiting(tmp_path: Path) -> None:
    """Heartbeats, demands and new sessions are answered meanwhile; memory stays in bounds."""
    office = Office(tmp_path)
    callers = [Caller(name, office.port) for name in ("honest", "slow", "late")]
    strangers = Strangers(office.port)
    kinds = [
        strangers.silent, strangers.half_a_handshake, strangers.no_hello, strangers.silent,
        strangers.garbage, strangers.garbage_frames, strangers.silent, strangers.endless_header,
    ]  # fmt: skip
    async with office.open() as process, asyncio.TaskGroup() as tasks:
        await office.license({"base": 1, "ip": 4, "networking": 3}, callers)
        async with callers[0].session() as session, callers[1].session() as slow:
            before = memory(process)
            honest = Honest(session)
            work = tasks.create_task(honest.work())
            reader = tasks.create_task(slow_reader(slow))
            for number in range(STRANGERS - 20):
                await kinds[number % len(kinds)]()
            for _ in range(10):
                await strangers.oversized()
            await asyncio.sleep(2)
            async with asyncio.timeout(ANSWER_S), callers[2].session():
                pass
            grown = memory(process) - before
            work.cancel()
            reader.cancel()
        strangers.leave()
        assert process.returncode is None
    waits = sorted(honest.waits_s)
    print(
        f"{STRANGERS} strangers: {len(waits)} answers, median {waits[len(waits) // 2] * 1000:.1f}"
        f" ms, longest {waits[-1] * 1000:.0f} ms; {grown / 2**20:.1f} MiB more memory"
    )
    assert len(waits) > 100
    assert grown < STRANGERS * MEMORY_PER_STRANGER
    assert unexpected_errors(office.program.log) == []


def unexpected_errors(log: Path) -> list[str]:
    """What went wrong; that a request was no HTTP (answered with 400) is aiohttp's complaint."""
    lines = [line for line in log.read_text().splitlines() if "Traceback" in line]
    return [line for line in lines if '"event": "Error handling request from ' not in line]
