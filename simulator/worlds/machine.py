"""A machine as its world sees it: power, a clock that can be wrong, programs that can stall."""

from typing import Protocol


class Machine(Protocol):
    """A host with its programs, off until `start`; simulated, or processes of this computer.

    `locking_id` is its identity from the next start on. The caller states the fact.
    """

    locking_id: str

    @property
    def is_up(self) -> bool:
        """Whether it has power."""

    @property
    def ended(self) -> list[str]:
        """The programs that do not run."""

    def wall_ns(self) -> int:
        """What its clock shows, with power or without: UTC since 1970, in nanoseconds."""

    async def start(self) -> None:
        """Power on where it is off, and start every program that is not running."""

    async def start_program(self, program: str) -> None:
        """Start one program that has ended by itself, where there is power."""

    async def crash(self) -> None:
        """The power fails: no program tidies up, no peer learns of it. Nothing where it is off."""

    async def stop(self) -> None:
        """Stop the programs as SIGTERM does, and wait until they have ended."""

    def freeze(self) -> None:
        """All programs stall until `thaw`, and do not know it; the clock runs on."""

    def thaw(self) -> None:
        """The programs go on with what fell due meanwhile."""

    def set_disk_full(self, full: bool) -> None:
        """Let nothing more be written to its disk, by no program, until there is room again."""

    def step_clock(self, by_ns: int) -> None:
        """Set the wall clock forward, or back; timers run on true time and do not notice."""
