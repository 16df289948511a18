"""The central CLA as a process of its own, with nodes that the benchmark speaks for.

The nodes say what the protocol has them say and nothing more: they keep no state and believe all.
"""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec

from licensing.entitlements import Entitlement
from licensing.errors import LicensingError
from licensing.lease import read_lease
from licensing.license_file import LicenseFile, sign_license_file
from licensing.messages import (
    HEALTH_PATH,
    SESSION_PATH,
    Activated,
    Challenge,
    Enrol,
    Enrolled,
    Hello,
    LoadLicenseFile,
    Welcome,
    encode,
    from_agent,
    hello_message,
)
from licensing.signing import SigningKey, VerificationKey
from licensing.sizes import FRAME_BYTES
from licensing.words import NodeState
from master_cla.administration import AgentState
from runtime.http import Health, get, post, unix_client

Socket = aiohttp.ClientWebSocketResponse

LOCKING_ID = "00-1A-E8-4C-00-01"
HOST = "127.0.0.1"
_VENDOR = SigningKey(b"v" * 32)
_PATIENCE_S = 30
_ROOT = Path(__file__).parents[1]
_keepers: list[socket.socket] = []


@dataclass
class EnrolledNode:
    """An enrolled node and the newest `seq` that it was given."""

    name: str
    key: SigningKey
    seq: int = 0


class Agency:
    """A running CLA: its process, its port, and its nodes."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, directory: Path) -> None:
        self._process = process
        self._socket = directory / "admin.sock"
        self.port = port
        self.agent_key: VerificationKey
        self.nodes: list[EnrolledNode] = []

    async def begin(self, licenses: dict[str, int], nodes: int) -> None:
        """Load a file with these licenses, and enrol `nodes`."""
        await answering(self._socket)
        async with unix_client(self._socket) as admin:
            body = LoadLicenseFile(license_file=_license_file(licenses))
            await post(admin, "/v1/license-file", body, Activated, party="CLA")
            for number in range(nodes):
                key = SigningKey(number.to_bytes(32, "big"))
                node = EnrolledNode(f"node-{number}", key)
                enrol = Enrol(node=node.name, public_key=key.verification_key.text)
                enrolled = await post(admin, "/v1/enrol", enrol, Enrolled, party="CLA")
                self.nodes.append(node)
        self.agent_key = VerificationKey(enrolled.agent_key)

    async def state(self) -> AgentState:
        """The CLA at a glance."""
        async with unix_client(self._socket) as admin:
            return await get(admin, "/v1/state", AgentState, party="CLA")

    def resident_kib(self) -> int:
        """What the process has in memory."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    async def connect(self, client: aiohttp.ClientSession, node: EnrolledNode) -> Socket:
        """A welcomed session; raises `LicensingError` where the CLA refuses it."""
        dialed = await dial(client, self.port)
        challenge = from_agent(await dialed.receive_str())
        assert isinstance(challenge, Challenge)
        await dialed.send_str(encode(_hello(node, challenge)).decode())
        welcome = from_agent(await dialed.receive_str())
        if not isinstance(welcome, Welcome):
            raise LicensingError(welcome.code)  # type: ignore[union-attr]  # a refusal
        assert welcome.lease is not None
        node.seq = read_lease(welcome.lease, self.agent_key, node.name).seq
        return dialed


async def dial(client: aiohttp.ClientSession, port: int) -> Socket:
    """A WebSocket where sessions are spoken, before the first word."""
    url = f"http://{HOST}:{port}{SESSION_PATH}"
    closing = aiohttp.ClientWSTimeout(ws_close=1.0)
    return await client.ws_connect(url, max_msg_size=FRAME_BYTES, timeout=closing)


@contextlib.asynccontextmanager
async def agency(directory: Path) -> AsyncIterator[Agency]:
    """A CLA for the time of the block."""
    port = free_port()
    settings = directory / "settings.json"
    vendor_key = _VENDOR.verification_key.text
    settings.write_bytes(
        msgspec.json.encode({"address": HOST, "port": port, "vendor_key": vendor_key})
    )
    state = directory / "state"
    identity = ["--host-name", "hq", "--locking-id", LOCKING_ID]
    arguments = ["master_cla", "--state", str(state), "--settings", str(settings), *identity]
    with (directory / "log").open("wb") as log:
        async with running(arguments, log.fileno()) as process:
            yield Agency(process, port, state)


@contextlib.asynccontextmanager
async def running(
    arguments: Sequence[str], log: int | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python module as a process for the time of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, cwd=_ROOT, stderr=log
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def answering(admin_socket: Path) -> None:
    """Wait until a program answers at its administration socket."""
    async with asyncio.timeout(_PATIENCE_S), unix_client(admin_socket) as admin:
        while True:
            with contextlib.suppress(LicensingError):
                await get(admin, HEALTH_PATH, Health, party="CLA")
                return
            await asyncio.sleep(0.02)


def free_port() -> int:
    """A TCP port that nobody else gets until this process ends; a server may listen on it."""
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind((HOST, 0))
    _keepers.append(keeper)
    return int(keeper.getsockname()[1])


def _hello(node: EnrolledNode, challenge: Challenge) -> Hello:
    epoch = serial = 1 if node.seq else 0
    hello = Hello(
        node=node.name,
        locking_id=LOCKING_ID,
        epoch=epoch,
        seq=node.seq,
        serial=serial,
        boot_id="1",
        nonce="n" * 22,
        state=NodeState.REGULAR,
    )
    signature = node.key.sign_answer(hello_message(challenge, hello))
    return msgspec.structs.replace(hello, signature=signature)


def _license_file(licenses: dict[str, int]) -> str:
    file = LicenseFile(
        serial=1,
        issued_at=datetime(2026, 3, 2, tzinfo=UTC),
        locking_id=LOCKING_ID,
        epoch=1,
        entitlements=[Entitlement(seats=licenses)],
        failover_period_s=30 * 24 * 3600,
        lacs=[],
    )
    return sign_license_file(file, _VENDOR)
