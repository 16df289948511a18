"""A world: the machines of a scenario, the links between them, their faults, their clocks.

What a world does to machines, links and clocks is journaled here. What is done *to a program* goes
through that program's administration socket and is `internetwork`'s business, in every world.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path

from licensing.events import (
    ClockStepped,
    Fact,
    HostCrashed,
    HostFrozen,
    HostReconfigured,
    HostStarted,
    HostStopped,
    HostThawed,
    ProgramEnded,
)
from simulator.network.fabric import Network
from simulator.scenario import Scenario
from simulator.worlds.installation import Installation
from simulator.worlds.link_faults import LinkFaults
from simulator.worlds.run_journal import RunJournal


class World(ABC):
    """All machines of `scenario`, switched off; use as `async with`.

    `directory` holds their disks, `network` joins them; facts go to `journal`. Instants are
    nanoseconds since the start.
    """

    installation: Installation

    answer_s = 15 * 60.0
    """No step waits longer for a program: activation includes a slow server's time-out."""

    first_sessions_s = 5.0
    """How long the preparations wait for the nodes' first sessions."""

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
        self._frozen: dict[str, None] = {}

    async def open(self) -> None:
        """Lay the links and state what the run is about: the journal's first entry."""
        await self._open()
        self.record("world", self.installation.run_began(self.seed))

    def record(self, host: str, fact: Fact) -> None:
        """Append a fact of the world."""
        self._journal.record(self.now_ns(), host, fact)

    def end_program(self, host: str, program: str, reason: str) -> None:
        """A program has ended itself, with a code of the error registry."""
        self.ended[host, program] = reason
        self.record(host, ProgramEnded(program=program, reason=reason))

    def trust(self, vendor_key: str) -> None:
        """The key that the vendor has built into every central CLA; known before one starts."""
        self.vendor_key = vendor_key

    # Time.

    @abstractmethod
    def now_ns(self) -> int:
        """The instant that it is."""

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

    @abstractmethod
    def is_up(self, host: str) -> bool:
        """Whether a machine has power."""

    @abstractmethod
    def is_running(self, host: str) -> bool:
        """Whether a machine has power, and all its programs run."""

    async def start(self, host: str) -> None:
        """Power on, and start every program that is not running."""
        if not self.is_up(host):
            self.record(host, HostStarted(wall_ns=self._wall_ns(host)))
        await self._start(host)

    async def crash(self, host: str) -> None:
        """The power fails."""
        if self.is_up(host):
            self._frozen.pop(host, None)
            await self._crash(host)
            self.record(host, HostCrashed(wall_ns=self._wall_ns(host)))

    def is_frozen(self, host: str) -> bool:
        """Whether a machine's programs stand still."""
        return host in self._frozen

    async def freeze(self, host: str) -> None:
        """All programs of a machine stall, and do not know it; its clock runs on."""
        await self._freeze(host)
        self._frozen[host] = None
        self.record(host, HostFrozen())

    async def thaw(self, host: str) -> None:
        """The programs of a frozen machine go on, with all that fell due meanwhile."""
        if host in self._frozen:
            del self._frozen[host]
            self.record(host, HostThawed())
            await self._thaw(host)

    async def reconfigure(self, host: str, changes: Mapping[str, str]) -> None:
        """Change the configuration of a virtual S: its software stops in order and starts anew.

        Raises `ValueError` for another host.
        """
        locking_id = self.installation.reconfigure(host, changes)
        running = self.is_up(host)
        if running:
            await self.thaw(host)  # who is to end in order has to go on first
            self.record(host, HostStopped(wall_ns=self._wall_ns(host)))
            await self._stop(host)
        self.record(host, HostReconfigured(changes=dict(changes), locking_id=locking_id))
        if running:
            await self.start(host)

    async def step_clock(self, host: str, by_ns: int) -> None:
        """Somebody sets the clock."""
        self._step_clock(host, by_ns)
        self.record(host, ClockStepped(by_ns=by_ns, wall_ns=self._wall_ns(host)))

    # What each kind of world does in its own way.

    @abstractmethod
    async def _open(self) -> None:
        """Lay the links; set `installation`."""

    @abstractmethod
    async def close(self) -> None:
        """Stop all programs in order, as SIGTERM does, and take the links away."""

    @abstractmethod
    def _wall_ns(self, host: str) -> int:
        """What a machine's clock shows: UTC since 1970."""

    @abstractmethod
    async def _start(self, host: str) -> None: ...

    @abstractmethod
    async def _crash(self, host: str) -> None: ...

    @abstractmethod
    async def _stop(self, host: str) -> None:
        """Stop a machine's programs as SIGTERM does, then the machine."""

    @abstractmethod
    async def _freeze(self, host: str) -> None: ...

    @abstractmethod
    async def _thaw(self, host: str) -> None: ...

    @abstractmethod
    def _step_clock(self, host: str, by_ns: int) -> None: ...


WorldFactory = Callable[..., World]
"""A kind of world: called as `World(scenario, seed=, directory=, journal=)`."""
