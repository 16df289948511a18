"""A program as an operating-system process: real clock, real chance, logs, signals, exit status.

Only the three `__main__` modules come here; in a simulated world the simulator takes this place.
"""

import argparse
import asyncio
import random  # noqa: TID251 - this is where a process's chance comes from
import signal
import sys
import time  # noqa: TID251 - this is where a process's time comes from
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog

from licensing.errors import LicensingError
from licensing.events import Entry, Fact
from licensing.identifiers import parse_locking_id
from licensing.records import UNREADABLE
from runtime.host import Host
from runtime.journal import encode_entry

Settings = TypeVar("Settings")
Serve = Callable[[Host, Settings], Coroutine[Any, Any, None]]


class SystemClock:
    """The machine's own clocks."""

    def monotonic_ns(self) -> int:
        """See `runtime.host.Clock`."""
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        """See `runtime.host.Clock`."""
        return time.time_ns()


class SystemDice:
    """The operating system's chance."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def token(self, size: int) -> bytes:
        """See `runtime.host.Dice`."""
        return self._random.randbytes(size)

    def uniform(self, low: float, high: float) -> float:
        """See `runtime.host.Dice`."""
        return self._random.uniform(low, high)


class ProcessJournal:
    """Facts as JSON log lines on standard error and, where asked for, as lines of a file."""

    def __init__(self, host_name: str, clock: SystemClock, file: Path | None) -> None:
        self._host_name = host_name
        self._clock = clock
        self._log = structlog.get_logger().bind(host=host_name)
        self._file = file.open("ab", buffering=0) if file else None

    def record(self, fact: Fact) -> None:
        """See `runtime.host.Journal`; the instant is UTC in nanoseconds since 1970."""
        fields = msgspec.to_builtins(fact)
        self._log.info(fields.pop("event"), **fields)
        if self._file:
            entry = Entry(at=self._clock.wall_ns(), host=self._host_name, fact=fact)
            self._file.write(encode_entry(entry) + b"\n")


def run_program(
    program: str, description: str, settings: type[Settings], serve: Serve[Settings]
) -> int:
    """Run `serve` as a process until SIGTERM or SIGINT; returns the exit status.

    0: stopped as asked; 1: the program ended itself; 2: the call or its settings are wrong.
    """
    arguments = _parser(program, description).parse_args()
    _log_as_json()
    try:
        content = arguments.settings.read_bytes() if arguments.settings else b"{}"
        configured = msgspec.json.decode(content, type=settings)
        host = _host(arguments)
    except (OSError, *UNREADABLE, LicensingError) as error:
        return _complain(program, f"{arguments.settings or arguments.state}: {error}", 2)
    try:
        asyncio.run(_until_signal(serve(host, configured)))
    except LicensingError as error:
        return _complain(program, f"{error.message} {error.hint}", 1)
    except OSError as error:
        return _complain(program, str(error), 1)
    return 0


def _parser(program: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--state", type=Path, required=True, help="state directory (kept private)")
    parser.add_argument("--settings", type=Path, help="JSON file with the program's settings")
    parser.add_argument(
        "--host-name", required=True, help="this machine's name in the internetwork"
    )
    parser.add_argument(
        "--locking-id", required=True, help="identity that license files are bound to"
    )
    parser.add_argument(
        "--journal", type=Path, help="also append facts as journal lines to this file"
    )
    return parser


def _host(arguments: argparse.Namespace) -> Host:
    arguments.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = SystemClock()
    return Host(
        name=arguments.host_name,
        locking_id=parse_locking_id(arguments.locking_id),
        directory=arguments.state,
        clock=clock,
        dice=SystemDice(),
        journal=ProcessJournal(arguments.host_name, clock, arguments.journal),
    )


def _log_as_json() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


async def _until_signal(serving: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(serving)
    asked = False

    def stop() -> None:
        nonlocal asked
        asked = True
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not asked:
            raise


def _complain(program: str, problem: str, status: int) -> int:
    sys.stderr.write(f"{program}: {problem}\n")
    return status
