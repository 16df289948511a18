"""One program as a process of its own: started, watched, killed, frozen, and never left behind.

A process dies with its supervisor, whatever ends that: the kernel is asked for it. What it states
as facts comes through a pipe, what it logs stands in a file beside its state directory.
"""

import asyncio
import contextlib
import ctypes
import os
import resource
import signal
import sys
import time  # noqa: TID251 - the real instants between which a process is to keep up
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from licensing.events import Entry, ProgramEnded, ProgramStarted
from licensing.records import UNREADABLE
from runtime.lateness import Delay, read_delays
from simulator.live.stalls import RunningTime
from simulator.loop.failures import ProgramDied

MODULES = {"cls": "license_server", "cla": "master_cla", "node": "nodes"}
"""Program to the module that is run with `python -m`."""

CLIENT_MODULE = "simulator.live.client_process"
"""What is run with the file of a client."""

PATIENCE_S = 5.0
"""How long SIGTERM may take before SIGKILL follows, in real seconds."""

_PR_SET_PDEATHSIG = 1
_PREFERRED = -15
_LAST_LOG_LINES = 12
_LONGEST_LINE_BYTES = 1 << 24
_libc = ctypes.CDLL(None, use_errno=True)


class LiveProgram:
    """A program of one host; may be started again after its end.

    `client` is the file of somebody's own program that stands in its place, "" for ours. `command`
    turns a command line into one that runs on the host, `read` gets its facts, `ended` hears of an
    end that nobody asked for: host, program, code of the error registry or "". `delays` is where
    the process notes its delays (`runtime.lateness`), `look_s` how often, in the loop's seconds,
    somebody looks whether it has ended.
    """

    def __init__(
        self,
        host: str,
        program: str,
        *,
        client: str = "",
        command: Callable[[Sequence[str]], list[str]],
        log: Path,
        delays: Path,
        read: Callable[[Entry], None],
        ended: Callable[[str, str, str, ProgramDied], None],
        look_s: float,
    ) -> None:
        self.host = host
        self.program = program
        self._module = [CLIENT_MODULE, client] if client else [MODULES[program]]
        self._command = command
        self._log = log
        self._delays = delays
        self._running_time = RunningTime()
        self._read = read
        self._ended = ended
        self._look_s = look_s
        self._process: asyncio.subprocess.Process | None = None
        self._watched: asyncio.Task[None] | None = None
        self._last_reason = ""
        self._asked_to_end = False
        self._disk_full = False

    def __repr__(self) -> str:
        return f"<{self.program} of {self.host}>"

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.returncode is None

    def delays(self) -> Iterator[Delay]:
        """What came too late while nobody had frozen the process, since its first start."""
        for delay in read_delays(self._delays):
            if late_ns := self._running_time.missed_ns(delay):
                yield Delay(until_ns=delay.until_ns, late_ns=late_ns)

    async def start(self, options: dict[str, object], machine: Path) -> None:
        """Start the process with `options` (see `runtime.options`), written to `machine`."""
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb"), contextlib.ExitStack() as unused:
            unused.callback(os.close, reading)
            files = {"journal": f"/dev/fd/{writing}", "delays": str(self._delays)}
            machine.write_bytes(msgspec.json.encode(options | files))
            self._asked_to_end = False
            self._last_reason = ""
            self._process = await self._spawn(machine, writing)
            unused.pop_all()
        # From here on nothing is awaited: there is no process that nobody watches.
        self._watched = asyncio.create_task(self._watch(self._process, reading))

    async def _spawn(self, machine: Path, journal: int) -> asyncio.subprocess.Process:
        argv = [sys.executable, "-P", "-m", *self._module, "--machine", str(machine)]
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self._command(argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[journal],
                preexec_fn=partial(_die_with, os.getpid(), disk_full=self._disk_full),
                start_new_session=True,
            )

    async def kill(self) -> None:
        """SIGKILL, as a power failure does; returns when the process is gone and all is read."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL where that does not help."""
        await self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """SIGSTOP: the process stalls and does not know it."""
        self._running_time.end(time.monotonic_ns())
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on, and has to keep up again."""
        self._send(signal.SIGCONT)
        self._running_time.begin(time.monotonic_ns())

    def set_disk_full(self, full: bool) -> None:
        """Let the kernel refuse whatever it writes to a file, until there is room again."""
        self._disk_full = full
        if self.running and self._process is not None:
            _limit_files(self._process.pid, full=full)

    async def _end(self, number: signal.Signals) -> None:
        self._asked_to_end = True
        self._running_time.end(time.monotonic_ns())
        self._send(number)
        if self._watched is not None:
            if not await self._within_patience(self._watched):
                self._send(signal.SIGKILL)
            await asyncio.shield(self._watched)

    async def _within_patience(self, task: "asyncio.Task[Any]") -> bool:
        """Whether it ends within `PATIENCE_S` of real time, at whatever pace the loop runs."""
        until = time.monotonic() + PATIENCE_S
        while not task.done() and time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._look_s):
                    await asyncio.shield(task)
        return task.done()

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _tell(self, journal: int) -> None:
        stream = asyncio.StreamReader(limit=_LONGEST_LINE_BYTES)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(journal, "rb")
        )
        decoder = msgspec.json.Decoder(Entry)
        while line := await stream.readline():
            try:
                entry = decoder.decode(line)
            except UNREADABLE:
                continue  # the process was killed in the middle of its last line
            if isinstance(entry.fact, ProgramStarted) and self._process is not None:
                _prefer(self._process.pid)  # not before: loading its modules is no waiting
                self._running_time.begin(time.monotonic_ns())
            if isinstance(entry.fact, ProgramEnded):
                self._last_reason = entry.fact.reason  # a fact of the world, once it has ended
            else:
                self._read(entry)

    async def _watch(self, process: asyncio.subprocess.Process, journal: int) -> None:
        await self._tell(journal)
        self._running_time.end(time.monotonic_ns())
        ended = asyncio.create_task(process.wait())
        status = ended.result() if await self._within_patience(ended) else None
        if not self._asked_to_end:
            how = "tells no more facts" if status is None else _how(status)
            death = ProgramDied(f"{self.program} of {self.host} {how}:\n{self._last_words()}")
            self._ended(self.host, self.program, self._last_reason if status == 1 else "", death)
        await ended

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-_LAST_LOG_LINES:]
        return "\n".join(f"    {line[:300]}" for line in lines or ["it has logged nothing"])


def _how(status: int) -> str:
    """How a process died, by the status that it left."""
    by_signal = status < 0
    return (
        f"was killed by {signal.Signals(-status).name}" if by_signal else f"died (status {status})"
    )


def _limit_files(pid: int, *, full: bool) -> None:
    """The longest that a file may become by a process (0: itself): nothing, or whatever it needs.

    SQLite calls it an I/O error and not a full disk, and so does a program; it means the same.
    """
    with contextlib.suppress(ProcessLookupError):
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if full else most, most))


def _die_with(supervisor: int, *, disk_full: bool = False) -> None:
    if disk_full:
        _limit_files(0, full=True)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:  # it was gone before the kernel could be asked
        os.kill(os.getpid(), signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _prefer(pid: int) -> None:
    """Give a process the computer's attention before others.

    All programs of a run wait most of the time, so nobody is starved by their real-time priority.
    """
    with contextlib.suppress(OSError):  # only root may, and not in every container
        os.setpriority(os.PRIO_PROCESS, pid, _PREFERRED)
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))


@contextlib.contextmanager
def preferred() -> Iterator[None]:
    """Let this process come before others meanwhile: a stall is hours of simulated time."""
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    _prefer(0)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, 0, nice)
