"""A central CLA and a slave as real processes that know each other, with any machine options."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import msgspec
from processes import PATIENCE_S, ROOT

from licensing.errors import LicensingError
from licensing.events import Entry, Event
from licensing.messages import HEALTH_PATH, Enrol, Enrolled
from licensing.records import Record
from licensing.signing import SigningKey
from nodes.administration import Wizard, WizardDone
from runtime.http import Health, get, post, unix_client
from runtime.journal import read_journal

VENDOR_KEY = SigningKey(b"k" * 32).verification_key.text
EQUIPMENT = {
    "model": "X3",
    "subscribers": [{"number": "200", "type": "up0"}],
    "trunks": [{"name": "s2m-1", "kind": "s2m", "channels": 2}],
}
Fact = TypeVar("Fact", bound=Event)
Answer = TypeVar("Answer", bound=Record)


class Program:
    """One program in a directory of its own; off until `running`."""

    def __init__(self, module: str, directory: Path, settings: dict, **options: object) -> None:
        directory.mkdir(parents=True)
        self.module = module
        self.directory = directory
        self.socket = directory / "state" / "admin.sock"
        self.journal = directory / "journal"
        self.log = directory / "log"
        self._machine = directory / "machine.json"
        (directory / "settings.json").write_bytes(msgspec.json.encode(settings))
        options = {
            "state": str(directory / "state"),
            "settings": str(directory / "settings.json"),
            "journal": str(self.journal),
            "host_name": directory.name,
            "locking_id": "00-1A-E8-4C-00-01",
        } | options
        self._machine.write_bytes(msgspec.json.encode(options))

    @property
    def command(self) -> list[str]:
        """How the process is started."""
        return [sys.executable, "-m", self.module, "--machine", str(self._machine)]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The process, from its first answer until the block ends; it stops when it is asked to."""
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self.command, cwd=ROOT, stderr=log, stdin=subprocess.DEVNULL
            )
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._answering(process)
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
        assert process.returncode == 0
        assert "Traceback" not in self.log.read_text()

    async def _answering(self, process: asyncio.subprocess.Process) -> None:
        while True:
            assert process.returncode is None, self.log.read_text()
            with contextlib.suppress(LicensingError):
                await self.ask(HEALTH_PATH, Health)
                return
            await asyncio.sleep(0.02)

    async def ask(self, path: str, answer: type[Answer]) -> Answer:
        """GET at the administration socket."""
        async with unix_client(self.socket) as admin:
            return await get(admin, path, answer, party=self.module)

    async def tell(self, path: str, body: Record, answer: type[Answer]) -> Answer:
        """POST at the administration socket."""
        async with unix_client(self.socket) as admin:
            return await post(admin, path, body, answer, party=self.module)

    async def entries(self, kind: type[Event], count: int = 1) -> list[Entry]:
        """The journal's entries of this kind, once there are so many."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = [entry for entry in self._lines() if isinstance(entry.fact, kind)]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.02)

    def _lines(self) -> list[Entry]:
        return list(read_journal(self.journal)) if self.journal.exists() else []


def agent(directory: Path, port: int, **options: object) -> Program:
    """A central CLA."""
    settings = {"address": "127.0.0.1", "port": port, "vendor_key": VENDOR_KEY}
    return Program("master_cla", directory / "hq", settings, **options)


def slave(directory: Path, port: int, **options: object) -> Program:
    """A node called north."""
    settings = {"equipment": EQUIPMENT, "address": "127.0.0.1", "port": port}
    return Program("nodes", directory / "north", settings, **options)


async def join(node: Program, master: Program, address: str) -> None:
    """Network Wizard at the node, and its key enrolled at the central CLA."""
    wizard = Wizard(role="slave", master_address=address)
    key = (await node.tell("/v1/wizard", wizard, WizardDone)).public_key
    await master.tell("/v1/enrol", Enrol(node=node.directory.name, public_key=key), Enrolled)
