"""A simulated machine: a host with power, a disk, a clock that can be wrong, and programs.

A program is a factory of coroutines; each start of it is a new incarnation on the same disk.
`crash` is a power failure: committed transactions stay, nothing else does. Nothing here knows
what the programs do.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM
from typing import Any

from runtime.host import Host
from simulator.loop.failures import ProgramDied, where_it_waits
from simulator.loop.virtual_loop import VirtualLoop
from simulator.network.incarnation import Incarnation
from simulator.worlds.random_streams import stream
from simulator.worlds.simulated_host import (
    HostDice,
    HostJournal,
    MachineClock,
    RecordFact,
    SimulatedHost,
)

_STOP_S = 90.0
"""`TimeoutStopSec` of the units, where none is set: systemd waits so long for the end."""

ProgramEntry = Callable[[Host], Coroutine[Any, Any, None]]
ProgramEnd = Callable[["SimulatedMachine", str, BaseException | None], None]


class _Run:
    """One program of the machine, while it runs."""

    def __init__(self, incarnation: Incarnation, task: asyncio.Task[BaseException | None]) -> None:
        self.incarnation = incarnation
        self.task = task


class SimulatedMachine:
    """A machine on the network of `loop`; off until `start`.

    `programs` maps names to factories; each has its own directory under `directory`. `epoch_ns` is
    the UTC instant at which the run began, `seed` the run's. Facts go to `record`;
    `on_program_end` hears of each program that returned (None) or raised, and without it a
    program that raises fails the run.
    """

    def __init__(
        self,
        loop: VirtualLoop,
        *,
        name: str,
        address: str,
        locking_id: str,
        directory: Path,
        programs: dict[str, ProgramEntry],
        record: RecordFact,
        epoch_ns: int = 0,
        seed: int = 0,
        drift_ppm: float = 0,
        on_program_end: ProgramEnd | None = None,
    ) -> None:
        self.name = name
        self.address = address
        self.locking_id = locking_id
        self.directory = directory
        self.programs = programs
        self.clock = MachineClock(loop, epoch_ns, drift_ppm)
        self._loop = loop
        self._record = record
        self._seed = seed
        self._on_program_end = on_program_end or _fail_the_run
        self._runs: dict[str, _Run] = {}
        self._starts: dict[str, int] = {}
        self._full = False
        self._network = loop.sockets.network
        self._network.add_host(name, address)
        self._network.set_up(name, False)

    def __repr__(self) -> str:
        return f"<SimulatedMachine {self.name} {'up' if self.is_up else 'down'}>"

    @property
    def loop(self) -> VirtualLoop:
        """The loop of the machine's world."""
        return self._loop

    @property
    def is_up(self) -> bool:
        """Whether the machine has power."""
        return self._network.is_up(self.name)

    @property
    def running(self) -> list[str]:
        """The programs that run now."""
        return list(self._runs)

    def program_directory(self, program: str) -> Path:
        """Where a program keeps its state."""
        return self.directory / program

    @property
    def ended(self) -> list[str]:
        """The programs that do not run."""
        return [program for program in self.programs if program not in self._runs]

    def wall_ns(self) -> int:
        """What its clock shows: UTC since 1970, in nanoseconds."""
        return self.clock.wall_ns()

    def set_disk_full(self, full: bool) -> None:
        """Let nothing more be written to its disk, by no program, until there is room again."""
        self._full = full

    def step_clock(self, by_ns: int) -> None:
        """Set the wall clock forward, or back; timers run on true time and do not notice."""
        self.clock.step(by_ns)

    async def start(self) -> None:
        """Power on where it is off, and start every program that is not running."""
        if not self.is_up:
            self.clock.booted_ns = self._loop.time_ns()
            self._network.set_up(self.name, True)
        for program in self.ended:
            self._start_program(program)

    async def start_program(self, program: str) -> None:
        """Start one program that has ended by itself, where there is power."""
        if self.is_up and program in self.ended:
            self._start_program(program)

    async def crash(self) -> None:
        """The power fails."""
        self.lose_power()

    def lose_power(self) -> None:
        """At once. No program runs its `finally`, no peer learns of it. Nothing when off."""
        self._network.set_up(self.name, False)
        for run in list(self._runs.values()):
            self._loop.fence(run.incarnation)
        self._runs.clear()

    def freeze(self) -> None:
        """All programs stall until `thaw`, and do not know it; the clock runs on."""
        for run in self._runs.values():
            self._loop.freezer.freeze(run.incarnation)

    def thaw(self) -> None:
        """The programs go on with what fell due meanwhile."""
        for run in self._runs.values():
            self._loop.freezer.thaw(run.incarnation)

    async def stop(self) -> None:
        """Stop the programs as SIGTERM does, and wait until they have ended.

        One that has a handler of that signal is not cancelled: the handler is called. One that
        goes on all the same fails the run.
        """
        running = dict(self._runs)
        for run in running.values():
            if not run.incarnation.signal(SIGTERM):
                run.task.cancel()
        for program, run in running.items():
            try:
                async with asyncio.timeout(_STOP_S):
                    await _end_of(run.task)
            except TimeoutError:
                waits = where_it_waits(run.task)
                self._loop.fence(run.incarnation)
                self._runs.pop(program)
                goes_on = (
                    f"the {program} of {self.name} goes on {_STOP_S:.0f} s after it was stopped"
                )
                self._loop.fail(
                    ProgramDied(f"{goes_on}: it must end when it is cancelled\n  {waits}")
                )
        await asyncio.sleep(0)  # what hears of the end of the last one has heard of it then

    def _start_program(self, program: str) -> None:
        number = self._starts[program] = self._starts.get(program, 0) + 1
        incarnation = Incarnation(self.name, program, number)
        host = self._host(incarnation)
        incarnation.host = host
        incarnation.at_end.append(lambda: _close_databases(host))
        task = self._loop.create_task(
            self._live(program, host),
            name=f"{self.name}/{program}",
            context=incarnation.context(),
        )
        run = self._runs[program] = _Run(incarnation, task)
        task.add_done_callback(lambda _: self._ended(program, run))

    def _host(self, incarnation: Incarnation) -> SimulatedHost:
        directory = self.program_directory(incarnation.program)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        label = f"host {self.name}/{incarnation.program} #{incarnation.number}"
        host = SimulatedHost(
            name=self.name,
            locking_id=self.locking_id,
            directory=directory,
            clock=self.clock,
            dice=HostDice(stream(self._seed, label), incarnation),
            journal=HostJournal(self._loop, incarnation, self._record),
        )
        host.incarnation = incarnation
        host.is_full = lambda: self._full
        return host

    async def _live(self, program: str, host: Host) -> BaseException | None:
        """Run a program to its end; its failure is a value, for asyncio treats some as its own."""
        try:
            await self.programs[program](host)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - judged by who hears of the end
            return error
        return None

    def _ended(self, program: str, run: _Run) -> None:
        """The process is gone: its kernel closes its sockets, and what it left running stops."""
        del self._runs[program]
        self._loop.fence(run.incarnation, orderly=True)
        error = None if run.task.cancelled() else run.task.result()
        self._on_program_end(self, program, error)


async def _end_of(task: "asyncio.Task[Any]") -> None:
    """Wait for it, however it ends; whoever waits can be cancelled meanwhile, as by Ctrl-C."""
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(_: object) -> None:
        if not ended.done():
            ended.set_result(None)

    task.add_done_callback(end)
    await ended


def _fail_the_run(machine: SimulatedMachine, program: str, error: BaseException | None) -> None:
    if error is not None:
        error.add_note(f"program {program} of {machine.name} failed")
        machine.loop.fail(error)


def _close_databases(host: Host) -> None:
    """What is not committed is rolled back, before the next start opens the same files."""
    for connection in host.databases:
        with suppress(sqlite3.ProgrammingError):  # the program has closed it itself
            connection.rollback()
            connection.close()
