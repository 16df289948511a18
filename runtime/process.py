"""A program as an operating-system process: clock, chance, loop, logs, signals, exit status.

Only the three `__main__` modules come here; in a simulated world the simulator takes this place.
"""

import asyncio
import gc
import logging
import os
import random  # noqa: TID251 - this is where a process's chance comes from
import signal
import stat
import sys
import time  # noqa: TID251 - this is where a process's time comes from
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
import structlog
from aiohttp.http_exceptions import HttpProcessingError

from licensing.errors import LicensingError
from licensing.events import Entry, Fact, ProgramEnded
from licensing.identifiers import parse_locking_id
from licensing.messages import encode_lines
from licensing.problems import OF_SETTINGS
from licensing.records import UNREADABLE
from licensing.words import CLA_PROGRAM, CLS_PROGRAM, NODE_PROGRAM
from runtime.acceleration import AcceleratedClock, AcceleratedLoop, ClockOffset
from runtime.exclusion import alone_in
from runtime.host import Clock, Host
from runtime.journal import JournalFile, JournalLost
from runtime.lateness import DelayFile
from runtime.metrics import CountingJournal, metrics_on_tcp
from runtime.options import CallWrong, Options, parse_metrics_address, read_options
from runtime.tempo import Tempo
from runtime.tls import TlsIdentity, TlsUnusable, load_identity

_UNSUSPENDED = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the computer is suspended: a period must not be the longer for it (F11, A4)."""

_IN_FACTS = {
    "nodes": NODE_PROGRAM,
    "master_cla": CLA_PROGRAM,
    "license_server": CLS_PROGRAM,
}
"""What a program is called in facts, by its module."""

Settings = TypeVar("Settings")
Serve = Callable[[Host, Settings], Coroutine[Any, Any, None]]
_Serving = Callable[[], Coroutine[Any, Any, None]]
"""Begins when it is called: a coroutine that is made before it is known whether it will be awaited
ends, where it is not, with a warning about ourselves beside the complaint."""


class ProcessClock(Clock, Protocol):
    """The clocks of a process, and the instants of its facts."""

    def instant_ns(self) -> int:
        """What a fact of this moment is dated with."""


class SystemClock:
    """The machine's own clocks."""

    def monotonic_ns(self) -> int:
        """Time since the machine's start, in nanoseconds; goes on while it is suspended."""
        return time.clock_gettime_ns(_UNSUSPENDED)

    def wall_ns(self) -> int:
        """UTC since 1970 in nanoseconds."""
        return time.time_ns()

    def instant_ns(self) -> int:
        """UTC since 1970."""
        return self.wall_ns()


class SystemDice:
    """The operating system's chance."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def token(self, size: int) -> bytes:
        """`size` bytes that nobody can guess."""
        return self._random.randbytes(size)

    def uniform(self, low: float, high: float) -> float:
        """A number between `low` and `high`."""
        return self._random.uniform(low, high)


class ProcessJournal:
    """Facts as JSON log lines on standard error and, where asked for, as lines of a file."""

    def __init__(self, host_name: str, clock: ProcessClock, file: Path | None) -> None:
        self._host_name = host_name
        self._clock = clock
        self._file = JournalFile(file) if file else None

    def record(self, *facts: Fact) -> None:
        """Append facts of one moment; a file that cannot be written does not end the program."""
        self._log(facts)
        if self._file is None:
            return
        at = self._clock.instant_ns()
        try:
            self._file.append(*(Entry(at=at, host=self._host_name, fact=fact) for fact in facts))
        except JournalLost as error:
            structlog.get_logger().error("journal-lost", host=self._host_name, reason=str(error))
            self._file.close()
            self._file = None

    def _log(self, facts: Sequence[Fact]) -> None:
        """The lines that structlog would render, in one piece: facts are most of what a log has."""
        now = datetime.now(UTC)  # noqa: TID251 - a log line has this computer's time
        rest = {"host": self._host_name, "level": "info", "timestamp": now.isoformat()}
        tail = b"," + msgspec.json.encode(rest)[1:] + b"\n"
        # JSON has no newline within a line, so that only ends of lines are replaced.
        with suppress(OSError):  # a log on a full disk is lost, and is no reason to end
            sys.stderr.buffer.write(encode_lines(facts).replace(b"}\n", tail))
            sys.stderr.buffer.flush()


def run_program(
    program: str, description: str, settings: type[Settings], serve: Serve[Settings]
) -> int:
    """Run `serve` as a process until SIGTERM or SIGINT; returns the exit status.

    0: stopped as asked; 1: the program ended itself; 2: the call or its settings are wrong, also
    where that is found only beside the stored state.
    """
    try:
        options = read_options(program, description, sys.argv[1:], os.environ)
        _log_as_json()
        configured = read_settings(options.settings, settings)
        clock, new_loop = _time(options)
        host = _host(options, clock)
    except (CallWrong, TlsUnusable, OSError, LicensingError) as error:
        return _complain(program, str(error), 2)
    _collect_garbage_seldom()
    observed = partial(_observed, host, options, partial(serve, host, configured))
    try:
        with alone_in(host.directory), asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(_until_signal(observed))
    except LicensingError as error:
        status = 2 if error.code in OF_SETTINGS else 1
        named = _IN_FACTS.get(program, program)
        host.journal.record(ProgramEnded(program=named, reason=error.code))
        where = _located(error, host.directory)
        return _complain(program, f"{where.message} {where.hint}", status)
    except OSError as error:
        return _complain(program, str(error), 1)
    return 0


def _collect_garbage_seldom() -> None:
    """What is imported stays, and under load nearly all that is new is gone again by itself."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


def read_settings(text: str, kind: type[Settings]) -> Settings:
    """The settings in the file that `text` names, or in `text` where it is the JSON object itself.

    "" is for the defaults. Raises `CallWrong` with the place, `OSError` for a file that is missing.
    """
    is_file = bool(text) and not text.lstrip().startswith("{")
    try:
        content = Path(text).read_bytes() if is_file else (text or "{}").encode()
        return msgspec.json.decode(content, type=kind)
    except UNREADABLE as error:
        raise CallWrong(f"{text if is_file else 'settings'}: {error}") from error


def _time(
    options: Options,
) -> tuple[ProcessClock, Callable[[], asyncio.AbstractEventLoop] | None]:
    """The clock, and what makes a loop that runs by it (None: asyncio's own)."""
    if not options.accelerated:
        return SystemClock(), None
    epoch_ns = time.time_ns() if options.epoch is None else options.epoch
    offset = ClockOffset(Path(options.clock_offset)) if options.clock_offset else None
    tempo = _tempo(options)
    noting = [DelayFile(Path(options.delays)).note] if options.delays else []
    return AcceleratedClock(tempo, epoch_ns, offset), lambda: AcceleratedLoop(tempo, *noting)


def _tempo(options: Options) -> Tempo:
    if not options.tempo:
        origin_ns = time.monotonic_ns() if options.origin is None else options.origin
        return Tempo(options.rate, origin_ns)
    try:
        return Tempo.shared(Path(options.tempo))
    except ValueError as error:
        raise CallWrong(str(error)) from error


def _host(options: Options, clock: ProcessClock) -> Host:
    locking_id = parse_locking_id(options.locking_id)
    directory = Path(options.state)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _keep_private(directory)
    journal = Path(options.journal) if options.journal else None
    return Host(
        name=options.host_name,
        locking_id=locking_id,
        directory=directory,
        clock=clock,
        dice=SystemDice(),
        journal=CountingJournal(ProcessJournal(options.host_name, clock, journal)),
        tls=_tls(options),
    )


def _keep_private(directory: Path) -> None:
    """Close a state directory to others, where it is one; raises `CallWrong` for another.

    It has no directories in it; `/var/lib`, named by mistake, has.
    """
    mode = stat.S_IMODE(directory.stat().st_mode)
    if not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    if any(found.is_dir() for found in directory.iterdir()):
        raise CallWrong(
            f"state: {directory} is open to others (mode {mode:04o}) and has directories in it;"
            f" name one of its own, or chmod 700 {directory}"
        )
    directory.chmod(stat.S_IRWXU)


def _tls(options: Options) -> TlsIdentity | None:
    if not options.certificate:
        return None
    return load_identity(Path(options.certificate), Path(options.key), Path(options.authority))


def _log_as_json() -> None:
    """One JSON object a line: facts, and what asyncio and aiohttp have to report."""
    common: list[structlog.types.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    render = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*common, structlog.processors.JSONRenderer(serializer=_line)],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
    )
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=common, processors=[strip, render])
    )
    logging.basicConfig(handlers=[handler])
    logging.getLogger("aiohttp.server").addFilter(_Strangers())
    logging.getLogger("asyncio").addFilter(_OutOfDescriptors())


class _Strangers(logging.Filter):
    """Somebody who does not speak HTTP is worth a line, and no traceback: nothing is wrong here."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            reason = " ".join(error.message.split())
            record.msg, record.args = f"{record.getMessage()}: {reason}", ()
            record.exc_info = None
            record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
        return True


class _OutOfDescriptors(logging.Filter):
    """Want of file descriptors, for which nobody can be let in, is logged once a second, in a line.

    The loop tries a hundred times each second then, and reports every time with a traceback. Where
    the program ends meanwhile, it tries as often to go on with sockets that are closed.
    """

    _WORDS = "socket.accept() out of system resource"
    _CLOSED = "Exception in callback BaseSelectorEventLoop._start_serving("
    _EVERY_S = 1.0

    def __init__(self) -> None:
        super().__init__()
        self._next_s = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if not message.startswith(self._WORDS):
            return not message.startswith(self._CLOSED)
        now_s = time.monotonic()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self._EVERY_S
        error = record.exc_info[1] if record.exc_info else None
        record.msg, record.args = f"nobody can be let in at the moment: {error}", ()
        record.exc_info = None
        return True


def _line(fields: dict[str, Any], **_: object) -> bytes:
    return msgspec.json.encode(fields, enc_hook=repr)


async def _observed(host: Host, options: Options, serve: _Serving) -> None:
    """Run the program, with its metrics at a TCP address where one is given."""
    address = parse_metrics_address(options.metrics)
    if address is None:
        await serve()
        return
    async with metrics_on_tcp(host, *address):
        await serve()


async def _until_signal(serve: _Serving) -> None:
    task = asyncio.ensure_future(serve())
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


def _located(error: LicensingError, directory: Path) -> LicensingError:
    """The same, with the whole path of the file: that is for a person, and for no fact."""
    name = error.details.get("path")
    if name is None:
        return error
    return LicensingError(error.code, **error.details | {"path": directory / str(name)})


def _complain(program: str, problem: str, status: int) -> int:
    try:
        sys.stderr.write(f"{program}: {problem}\n")
        sys.stderr.flush()
    except (
        OSError
    ):  # a log on a full disk; at its end Python would try again, and change the status
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    return status
