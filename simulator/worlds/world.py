"""A world: the machines of a scenario, the links between them, their faults, their clocks.

What a world does to machines, links and clocks is journaled here. What is done *to a program* goes
through that program's administration socket and is `internetwork`'s business, in every world.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path

from licensing.events import (
    ClockStepped,
    ConnectionEstablished,
    DiskFilled,
    DiskFreed,
    DiskReplaced,
    DiskSaved,
    Entry,
    Fact,
    HardwareReplaced,
    HostCrashed,
    HostFrozen,
    HostReconfigured,
    HostStarted,
    HostStopped,
    HostThawed,
    NothingChanged,
    ProgramEnded,
    ProgramRestarted,
    ProgramStarted,
)
from simulator.network.fabric import Network
from simulator.scenario import Scenario
from simulator.worlds.backups import Backups, empty
from simulator.worlds.installation import Installation
from simulator.worlds.link_faults import LinkFaults
from simulator.worlds.machine import Machine
from simulator.worlds.run_journal import RunJournal
from simulator.worlds.supervisor import Supervisor

BACKUPS = ".backups"
"""Where a run keeps backups, beside the disks of its hosts."""


class World(ABC):
    """All machines of `scenario`, switched off; use as `async with`.

    `directory` holds their disks, `network` joins them; facts go to `journal`. Instants are
    nanoseconds since the start.
    """

    installation: Installation
    machines: Mapping[str, Machine]
    """By host."""

    answer_s = 15 * 60.0
    """No step waits longer for a program: activation includes a slow server's time-out."""

    ready_s = 5 * 60.0
    """How long a program that has been started may take to listen at its administration socket."""

    first_sessions_s = 5.0
    """How long the preparations wait for the nodes' first sessions."""

    tells_at_once = False
    """Whether a fact is in the journal at the instant of which it tells."""

    poll_s = 0.01
    """Pause between two questions whether a program is ready."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        directory: Path,
        journal: RunJournal,
        network: Network,
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        self._directory = directory
        self._journal = journal
        self.links = LinkFaults(scenario, network, lambda fact: self.record("world", fact))
        """What happens to the links."""
        self.vendor_key = ""
        self.ended: dict[tuple[str, str], str] = {}
        """Host and program to the reason for which it ended itself last."""
        self.welcomed: set[str] = set()
        """The nodes that have had a session, as far as the journal tells."""
        self._frozen: set[str] = set()
        self._full: set[str] = set()
        self._backups = Backups(directory / BACKUPS)
        self._supervisor = Supervisor(
            self._restart,
            now_ns=self.now_ns,
            idle_until_ns=self.idle_until_ns,
            directory=self._state_of,
            frozen=self.is_frozen,
            full=self.is_disk_full,
            fail=self.fail,
        )
        journal.add_reader(self._heed, ProgramStarted, ConnectionEstablished)

    async def open(self) -> None:
        """Lay the links and state what the run is about: the journal's first entry."""
        await self._open()
        self.record("world", self.installation.run_began(self.seed))

    async def close(self) -> None:
        """Stop all programs in order, as SIGTERM does, and take the links away."""
        try:
            await self._supervisor.end()
        finally:
            await self._close()

    def record(self, host: str, fact: Fact) -> int:
        """Append a fact of the world; returns its instant."""
        now_ns = self.now_ns()
        self._journal.record(now_ns, host, fact)
        return now_ns

    def end_program(self, host: str, program: str, reason: str) -> None:
        """A program has ended itself, with a code of the error registry; its unit knows."""
        self.ended[host, program] = reason
        self.record(host, ProgramEnded(program=program, reason=reason))
        self._supervisor.ended(host, program, reason)

    def _state_of(self, host: str, program: str) -> Path:
        return self.installation.directory(host, program)

    def _heed(self, entry: Entry) -> None:
        if isinstance(entry.fact, ConnectionEstablished):
            self.welcomed.add(entry.host)
        elif isinstance(entry.fact, ProgramStarted):
            self.ended.pop((entry.host, entry.fact.program), None)
            self._supervisor.serves(entry.host, entry.fact.program)

    async def _restart(self, host: str, program: str, times: int) -> None:
        self.record(host, ProgramRestarted(program=program, times=times))
        await self.machines[host].start_program(program)

    def trust(self, vendor_key: str) -> None:
        """The key that the vendor has built into every central CLA; known before one starts."""
        self.vendor_key = vendor_key

    # Time.

    @abstractmethod
    def now_ns(self) -> int:
        """The instant that it is."""

    def idle_until_ns(self) -> int:
        """Before this instant nothing runs; it is that of now where something may."""
        return self.now_ns()

    @abstractmethod
    async def sleep_until_ns(self, instant_ns: int) -> None:
        """Let time pass until an instant; returns at once if it is past."""

    @abstractmethod
    async def settled(self) -> None:
        """Wait until all facts up to now are in the journal."""

    @abstractmethod
    def fail(self, error: Exception) -> None:
        """End the run with `error`."""

    # Machines and clocks.

    def is_up(self, host: str) -> bool:
        """Whether a machine has power."""
        return self.machines[host].is_up

    def is_frozen(self, host: str) -> bool:
        """Whether a machine's programs stand still."""
        return host in self._frozen

    async def start(self, host: str) -> None:
        """Power on, and start every program that is not running."""
        machine = self.machines[host]
        if not machine.is_up:
            # What is prepared before the start has its instant in the journal, and so the clock.
            before_ns = max(0, -self.now_ns())
            self.record(host, HostStarted(wall_ns=machine.wall_ns() + before_ns))
            await machine.start()
            return
        await self._supervisor.forget(host)
        ended = machine.ended
        for program in ended:
            await self._restart(host, program, 1)
        if not ended:
            self._nothing(host, "all its programs were running")

    async def crash(self, host: str) -> None:
        """The power fails."""
        machine = self.machines[host]
        if not machine.is_up:
            self._nothing(host, "it had no power")
            return
        self._frozen.discard(host)
        await self._supervisor.forget(host)
        await machine.crash()
        self.record(host, HostCrashed(wall_ns=machine.wall_ns()))

    def freeze(self, host: str) -> None:
        """All programs of a machine stall, and do not know it; its clock runs on."""
        machine = self.machines[host]
        if not machine.is_up:
            self._nothing(host, "it had no power")
        elif host in self._frozen:
            self._nothing(host, "it was frozen already")
        else:
            machine.freeze()
            self._frozen.add(host)
            self.record(host, HostFrozen())

    def thaw(self, host: str) -> None:
        """The programs of a frozen machine go on, with all that fell due meanwhile."""
        if host in self._frozen:
            self._frozen.remove(host)
            self.record(host, HostThawed())
            self.machines[host].thaw()
        else:
            self._nothing(host, "it was not frozen")

    def step_clock(self, host: str, by_ns: int) -> None:
        """Somebody sets the clock."""
        machine = self.machines[host]
        machine.step_clock(by_ns)
        self.record(host, ClockStepped(by_ns=by_ns, wall_ns=machine.wall_ns()))

    async def reconfigure(self, host: str, changes: Mapping[str, str]) -> None:
        """Change the configuration of a virtual S: its software stops in order and starts anew.

        Raises `ValueError` for another host.
        """
        locking_id = self.installation.reconfigure(host, changes)
        await self._change(host, HostReconfigured(changes=dict(changes), locking_id=locking_id))

    async def replace_hardware(self, host: str, locking_id: str) -> None:
        """Another mainboard, the same disk: the software stops in order and starts there anew."""
        self.installation.replace_hardware(host, locking_id)
        await self._change(host, HardwareReplaced(locking_id=locking_id))

    async def _change(self, host: str, fact: HostReconfigured | HardwareReplaced) -> None:
        machine = self.machines[host]
        running = machine.is_up
        if running:
            await self._stop(host)
        machine.locking_id = fact.locking_id
        self.record(host, fact)
        if running:
            await self.start(host)

    # Disks.

    def is_disk_full(self, host: str) -> bool:
        """Whether nothing can be written to the disk of a host."""
        return host in self._full

    def save_disk(self, host: str) -> int:
        """Make a backup of all that its programs have on disk; returns the instant of it (ns)."""
        machine = self.machines[host]
        standing = not machine.is_up or host in self._frozen
        if not standing:
            machine.freeze()
        saved_ns = self.record(host, DiskSaved())
        self._backups.make(host, saved_ns, self._directories(host))
        if not standing:
            machine.thaw()
        return saved_ns

    async def replace_disk(self, host: str, saved_ns: int | None) -> None:
        """The power fails; an empty disk takes the place of the old one, or a backup is put back.

        What had power has it again then. Raises `UnknownName` where no backup of that instant was
        made.
        """
        if saved_ns is not None:
            self._backups.require(host, saved_ns)
        running = self.machines[host].is_up
        if running:
            await self.crash(host)
        empty(self._directories(host))
        if saved_ns is not None:
            self._backups.put_back(host, saved_ns, self._directories(host))
        self.machines[host].set_disk_full(False)
        self._full.discard(host)
        self.record(host, DiskReplaced(saved_ns=saved_ns))
        if running:
            await self.start(host)

    def fill_disk(self, host: str) -> None:
        """Nothing can be written any more."""
        if host in self._full:
            self._nothing(host, "its disk was full already")
            return
        self._full.add(host)
        self.machines[host].set_disk_full(True)
        self.record(host, DiskFilled())

    def free_disk(self, host: str) -> None:
        """There is room again."""
        if host not in self._full:
            self._nothing(host, "there was room on its disk")
            return
        self._full.remove(host)
        self.machines[host].set_disk_full(False)
        self.record(host, DiskFreed())

    def _directories(self, host: str) -> dict[str, Path]:
        return {name: self._state_of(host, name) for name in self.installation.programs(host)}

    async def _stop(self, host: str) -> None:
        """In order, for which a frozen program has to go on first; then the power is off."""
        machine = self.machines[host]
        if host in self._frozen:
            self.thaw(host)
        await self._supervisor.forget(host)
        self.record(host, HostStopped(wall_ns=machine.wall_ns()))
        await machine.stop()
        await self._supervisor.forget(host)  # who failed while it was stopped is stopped as well
        await machine.crash()

    def _nothing(self, host: str, why: str) -> None:
        self.record("world", NothingChanged(where=host, why=why))

    # What each kind of world does in its own way.

    @abstractmethod
    async def _open(self) -> None:
        """Lay the links; set `installation`."""

    @abstractmethod
    async def _close(self) -> None:
        """Stop all programs in order, as SIGTERM does, and take the links away."""


WorldFactory = Callable[..., World]
"""A kind of world: called as `World(scenario, seed=, directory=, journal=)`."""
