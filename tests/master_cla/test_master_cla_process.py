"""The central CLA as a real process: real sockets, real signals, real exit status."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from machine import LOCKING_ID, free_port

from licensing.entitlements import Entitlement
from licensing.errors import LicensingError
from licensing.license_file import LicenseFile, sign_license_file
from licensing.messages import HEALTH_PATH, Activated, Enrol, Enrolled, LoadLicenseFile
from licensing.signing import SigningKey
from master_cla.administration import AgentState
from runtime.http import Health, client, get, post, unix_client

real = pytest.mark.asyncio(loop_factories=["real"])
ROOT = Path(__file__).parents[2]
KEY = SigningKey(b"k" * 32).verification_key.text


def command(directory: Path, **settings: object) -> list[str]:
    """The command line of a CLA with these settings."""
    path = directory / "settings.json"
    path.write_bytes(msgspec.json.encode(settings))
    identity = ["--host-name", "hq", "--locking-id", LOCKING_ID]
    state = ["--state", str(directory / "state"), "--settings", str(path)]
    return [sys.executable, "-m", "master_cla", *state, *identity]


@contextlib.asynccontextmanager
async def running(arguments: list[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process, ended at the latest with the block."""
    process = await asyncio.create_subprocess_exec(
        *arguments, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def answered(socket: Path) -> AgentState:
    """The state, once the process answers."""
    async with asyncio.timeout(30):
        while True:
            try:
                async with unix_client(socket) as admin:
                    return await get(admin, "/v1/state", AgentState, party="CLA")
            except LicensingError:
                await asyncio.sleep(0.05)


@real
async def test_it_starts_answers_and_stops_clean(tmp_path: Path) -> None:
    """Health on TCP, administration on the private socket, SIGTERM is exit status 0; twice."""
    port, socket = free_port(), tmp_path / "state" / "admin.sock"
    arguments = command(tmp_path, address="127.0.0.1", port=port, vendor_key=KEY)
    keys = []
    for _ in range(2):
        async with running(arguments) as process:
            assert (await answered(socket)).serial == 0
            assert socket.stat().st_mode & 0o777 == 0o600
            async with client() as public, unix_client(socket) as admin:
                url = f"http://127.0.0.1:{port}{HEALTH_PATH}"
                health = await get(public, url, Health, party="CLA")
                enrol = Enrol(node="north", public_key=KEY)
                keys.append(await post(admin, "/v1/enrol", enrol, Enrolled, party="CLA"))
            assert health == Health(program="cla", host="hq")
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    assert keys[0] == keys[1]


def started_in_vain(directory: Path, **settings: object) -> str:
    """What a CLA says that ends at its start with status 2: another start would not help."""
    ended = subprocess.run(
        command(directory, **settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    return ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("settings", [{}, {"vendor_key": "?"}, {"vendor_key": KEY[:-1]}])
def test_settings_that_cannot_be_used(tmp_path: Path, settings: dict) -> None:
    """The exit status and one line say what is wrong."""
    assert "vendor_key" in started_in_vain(tmp_path, **settings)


@real
async def test_a_vendor_key_that_is_not_that_of_the_stored_file(tmp_path: Path) -> None:
    """Both keys are named; with the right one all goes on. A damaged file is something else."""
    file = LicenseFile(
        serial=1,
        issued_at=datetime(2026, 3, 2, tzinfo=UTC),
        locking_id=LOCKING_ID,
        epoch=1,
        entitlements=[Entitlement(seats={"base": 1})],
        failover_period_s=2_592_000,
        lacs=[],
    )
    document = sign_license_file(file, SigningKey(b"k" * 32))
    socket, settings = tmp_path / "state" / "admin.sock", {"address": "127.0.0.1"}
    arguments = command(tmp_path, port=free_port(), vendor_key=KEY, **settings)
    async with running(arguments):
        await answered(socket)
        async with unix_client(socket) as admin:
            load = LoadLicenseFile(license_file=document)
            await post(admin, "/v1/license-file", load, Activated, party="CLA")
    other = SigningKey(b"o" * 32).verification_key.text
    said = started_in_vain(tmp_path, port=free_port(), vendor_key=other, **settings)
    assert f"vendor_key is {other}" in said
    assert f"signed with {KEY}" in said
    async with running(command(tmp_path, port=free_port(), vendor_key=KEY, **settings)):
        assert (await answered(socket)).serial == 1
