"""Programs as real processes of a test: started, waited for, and ended at the latest with it."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
from machine import LOCKING_ID

from licensing.errors import LicensingError
from licensing.messages import HEALTH_PATH
from runtime.http import Health, get, unix_client

ROOT = Path(__file__).parents[1]
PATIENCE_S = 120


def command(
    package: str, state: Path, *further: str, host: str = "machine", locking_id: str = LOCKING_ID
) -> list[str]:
    """The command line of a program."""
    identity = ["--host-name", host, "--locking-id", locking_id]
    return [sys.executable, "-m", package, "--state", str(state), *identity, *further]


def settings_file(directory: Path, **settings: object) -> Path:
    """A settings file with these contents."""
    path = directory / "settings.json"
    path.write_bytes(msgspec.json.encode(settings))
    return path


def outcome(arguments: Sequence[str]) -> tuple[int, str]:
    """Exit status and standard error of a process that ends by itself."""
    ended = subprocess.run(
        arguments, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stderr


def shown(screen: int) -> str:
    """All that is written on a pseudo-terminal, until nobody has it open; closes `screen`.

    One read gives what is there just then, which may be the echo of an input alone.
    """
    with open(screen, "rb", buffering=0) as written:
        pieces = []
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while piece := written.read(65536):
                pieces.append(piece)
    return b"".join(pieces).decode()


@contextlib.asynccontextmanager
async def running(
    arguments: Sequence[str], socket: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that answers at its administration socket."""
    process = await asyncio.create_subprocess_exec(
        *arguments, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            await answering(socket)
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def answering(socket: Path) -> None:
    """Wait until a program answers at its administration socket."""
    async with unix_client(socket) as admin:
        while True:
            with contextlib.suppress(LicensingError):
                await get(admin, HEALTH_PATH, Health, party="program")
                return
            await asyncio.sleep(0.02)
