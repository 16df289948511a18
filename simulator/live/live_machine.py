"""A machine of a live run: its programs are processes, its clock is an offset in a shared file."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from licensing.records import Record
from runtime.acceleration import ClockOffset
from simulator.live.processes import LiveProgram
from simulator.network.fabric import Network
from simulator.worlds.installation import Installation

CLOCK_OFFSET = "clock-offset"
"""The file in a host's directory in which its processes read how wrong their clock is."""


class LiveMachine:
    """One host of `installation` with its `programs`; off until `start`.

    Its directory is `directory`. `settings` makes those of a program when it starts, `true_ns` is
    UTC as a right clock shows it. Its processes get `options` (`runtime.options`) beside their own.
    """

    def __init__(
        self,
        host: str,
        programs: Sequence[LiveProgram],
        *,
        installation: Installation,
        directory: Path,
        network: Network,
        settings: Callable[[str, str], Record],
        true_ns: Callable[[], int],
    ) -> None:
        self.host = host
        self.programs = list(programs)
        self.locking_id = installation.locking_id(host)
        self.options: dict[str, object] = {}
        self._installation = installation
        self._directory = directory
        self._network = network
        self._settings = settings
        self._true_ns = true_ns
        self._has_power = False

    def prepare(self) -> None:
        """Make the state directories of its programs, and a clock that is right."""
        for program in self.programs:
            self._state(program).mkdir(mode=0o700, parents=True)
        self._clock_offset = ClockOffset(self._directory / CLOCK_OFFSET)

    @property
    def is_up(self) -> bool:
        """Whether it has power."""
        return self._has_power

    @property
    def ended(self) -> list[str]:
        """The programs of which there is no process."""
        return [program.program for program in self.programs if not program.running]

    def wall_ns(self) -> int:
        """What its clock shows: UTC since 1970, in nanoseconds of simulated time."""
        return self._true_ns() + self._clock_offset.ns

    async def start(self) -> None:
        """Start the processes that are not there; then the links are open again."""
        for program in self.programs:
            if not program.running:
                await self._start(program)
        self._has_power = True
        self._network.set_up(self.host, True)

    async def start_program(self, program: str) -> None:
        """Start the process of one program that has ended by itself, where there is power."""
        for each in self.programs:
            if each.program == program and self._has_power and not each.running:
                await self._start(each)

    async def crash(self) -> None:
        """SIGKILL to all of them, after the links are closed.

        A real host that loses its power tells nobody; a process that is killed does.
        """
        self._network.set_up(self.host, False)
        self._has_power = False
        for program in self.programs:
            await program.kill()

    async def stop(self) -> None:
        """SIGTERM to all of them, and wait until they have ended."""
        await asyncio.gather(*(program.stop() for program in self.programs))

    def freeze(self) -> None:
        """SIGSTOP to all of them."""
        for program in self.programs:
            program.freeze()

    def thaw(self) -> None:
        """SIGCONT to all of them."""
        for program in self.programs:
            program.thaw()

    def set_disk_full(self, full: bool) -> None:
        """Let no program write to a file, now and after a start, until there is room again."""
        for program in self.programs:
            program.set_disk_full(full)

    def step_clock(self, by_ns: int) -> None:
        """Set the wall clock, which its processes read at once."""
        self._clock_offset.ns += by_ns

    async def _start(self, program: LiveProgram) -> None:
        await program.start(self._program_options(program), self._machine_file(program))

    def _program_options(self, program: LiveProgram) -> dict[str, object]:
        settings = self._state(program).with_suffix(".settings.json")
        settings.write_bytes(msgspec.json.encode(self._settings(self.host, program.program)))
        return {
            "state": str(self._state(program)),
            "host_name": self.host,
            "locking_id": self.locking_id,
            "settings": str(settings),
            "clock_offset": str(self._directory / CLOCK_OFFSET),
            **self.options,
        }

    def _machine_file(self, program: LiveProgram) -> Path:
        return self._state(program).with_suffix(".machine.json")

    def _state(self, program: LiveProgram) -> Path:
        return self._installation.directory(self.host, program.program)
