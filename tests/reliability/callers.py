"""A central CLA as a real process with a license file, and nodes that the test speaks for."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec
from agency import LOCKING_ID, THIRTY_DAYS_S, Refused, Session
from books import content
from machine import free_port
from processes import PATIENCE_S, ROOT, answering
from programs import Program, agent

from licensing.entitlements import Entitlement
from licensing.events import Entry
from licensing.license_file import LicenseFile, sign_license_file
from licensing.messages import (
    SESSION_PATH,
    Activated,
    Challenge,
    Enrol,
    Enrolled,
    Hello,
    LoadLicenseFile,
    Welcome,
    from_agent,
    hello_message,
)
from licensing.signing import SigningKey
from licensing.sizes import FRAME_BYTES
from licensing.words import NodeState
from runtime.http import client
from runtime.tls import TlsIdentity

VENDOR = SigningKey(b"k" * 32)
"""As `programs.agent` trusts it."""

EPOCH = 1

_entries = msgspec.json.Decoder(Entry)


class Caller:
    """A node of which only the identity and the newest lease are real."""

    def __init__(self, name: str, port: int, tls: TlsIdentity | None = None) -> None:
        self.name = name
        self.key = SigningKey(name.encode().ljust(32, b"-"))
        self._tls = tls
        self._url = f"{'https' if tls else 'http'}://127.0.0.1:{port}{SESSION_PATH}"
        self.lease_seq = 0

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A welcomed session; raises `Refused`, or as aiohttp where no CLA is there."""
        async with (
            client(self._tls) as http,
            http.ws_connect(
                self._url,
                max_msg_size=FRAME_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=0.0),
            ) as socket,
        ):
            frame = await socket.receive()
            if frame.type is not aiohttp.WSMsgType.TEXT:
                raise Refused("no challenge")
            challenge = from_agent(frame.data)
            assert isinstance(challenge, Challenge)
            session = Session(socket, challenge)
            session.welcome = await session.ask(self._hello(challenge), Welcome)
            self.remember(session.welcome.lease)
            yield session

    def remember(self, document: str | None) -> None:
        """The node has stored a lease."""
        if document:
            self.lease_seq = content(document)["seq"]

    def _hello(self, challenge: Challenge) -> Hello:
        fields = {
            "node": self.name,
            "locking_id": LOCKING_ID,
            "epoch": EPOCH if self.lease_seq else 0,
            "seq": self.lease_seq,
            "serial": 1 if self.lease_seq else 0,
            "boot_id": "1",
            "nonce": "n" * 22,
            "state": NodeState.REGULAR,
        }
        signature = self.key.sign_answer(hello_message(challenge, Hello(**fields)))
        return Hello(**fields, signature=signature)


@contextlib.asynccontextmanager
async def killable(program: Program, *further: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that is about to start; killed at the latest with the block."""
    with program.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *program.command, *further, cwd=ROOT, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        yield process
    finally:
        await kill(process)


async def kill(process: asyncio.subprocess.Process) -> None:
    """SIGKILL, unless it has ended."""
    if process.returncode is None:
        process.kill()
    await process.wait()


async def until_answering(program: Program) -> None:
    """Wait until it answers at its administration socket; its last words where it does not."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await answering(program.socket)
    except TimeoutError as error:
        error.add_note(program.log.read_text()[-2000:])
        raise


class Office:
    """The program, its port, and how it is started: each process with a journal of its own."""

    def __init__(self, directory: Path, **options: object) -> None:
        self.port = free_port()
        self.program: Program = agent(directory, self.port, **options)
        self.database = self.program.directory / "state" / "cla.db"
        self._starts = 0

    @contextlib.asynccontextmanager
    async def starting(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """A process that is about to start; killed at the latest with the block."""
        self._starts += 1
        async with killable(self.program, "--journal", str(self._journal)) as process:
            yield process

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """A process that answers; killed at the latest with the block."""
        async with self.starting() as process:
            await until_answering(self.program)
            yield process

    async def until_opening(self) -> None:
        """Wait until the process has read its options, and is about to open its books."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._journal.exists():  # noqa: ASYNC110 - what it waits for has no event
                await asyncio.sleep(0.001)

    def stated(self) -> list[Entry]:
        """The facts of the newest process, but for a last line that its end has torn."""
        content = self._journal.read_bytes() if self._journal.exists() else b""
        return [_entries.decode(line) for line in content.split(b"\n")[:-1]]

    @property
    def _journal(self) -> Path:
        return self.program.directory / f"journal-{self._starts}"

    async def license(self, licenses: dict[str, int], callers: list[Caller]) -> None:
        """A license file, and the nodes enrolled."""
        file = LicenseFile(
            serial=1,
            issued_at=datetime(2026, 3, 2, tzinfo=UTC),
            locking_id=LOCKING_ID,
            epoch=EPOCH,
            entitlements=[Entitlement(seats=licenses)],
            failover_period_s=THIRTY_DAYS_S,
            lacs=[],
        )
        load = LoadLicenseFile(license_file=sign_license_file(file, VENDOR))
        await self.program.tell("/v1/license-file", load, Activated)
        for caller in callers:
            enrol = Enrol(node=caller.name, public_key=caller.key.verification_key.text)
            await self.program.tell("/v1/enrol", enrol, Enrolled)
