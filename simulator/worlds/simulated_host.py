"""What a program of a simulated machine has of it: clock, chance, journal, disk.

All but the clock end with the program's incarnation: what is fenced draws, writes and states
nothing any more, and whoever tries meets `Fenced`.
"""

import random  # noqa: TID251 - the dice of a simulated host are streams of the run's seed
import sqlite3
from collections.abc import Callable

from licensing.events import Fact
from licensing.policies import LATEST_WALL_NS
from runtime.database import open_database
from runtime.host import Host
from runtime.schema import Schema
from simulator.loop.virtual_loop import VirtualLoop
from simulator.network.incarnation import Fenced, Incarnation
from simulator.worlds.full_disk import connecting

RecordFact = Callable[[int, str, Fact], None]
"""Takes a fact: the instant in nanoseconds since the start, the host, the fact."""


class MachineClock:
    """The machine's clocks: monotonic since its boot, wall as it believes."""

    def __init__(self, loop: VirtualLoop, epoch_ns: int, drift_ppm: float = 0) -> None:
        self._loop = loop
        self._ahead_ns = epoch_ns
        self._drift_ppm = drift_ppm
        self.booted_ns = 0

    def monotonic_ns(self) -> int:
        """Nanoseconds since the machine was started."""
        return self._loop.time_ns() - self.booted_ns

    def wall_ns(self) -> int:
        """UTC since 1970 as the machine believes it; it ends in 2262."""
        true_ns = self._loop.time_ns()
        drift_ns = round(true_ns * self._drift_ppm / 1e6) if self._drift_ppm else 0
        return min(self._ahead_ns + true_ns + drift_ns, LATEST_WALL_NS)

    def step(self, by_ns: int) -> None:
        """Somebody sets the wall clock."""
        self._ahead_ns += by_ns


class HostDice:
    """A program's chance, from the seed; a fenced program has none."""

    def __init__(self, dice: random.Random, incarnation: Incarnation) -> None:
        self._dice = dice
        self._incarnation = incarnation

    def token(self, size: int) -> bytes:
        """`size` bytes; raises `Fenced`."""
        _require_alive(self._incarnation)
        return self._dice.randbytes(size)

    def uniform(self, low: float, high: float) -> float:
        """A number between `low` and `high`; raises `Fenced`."""
        _require_alive(self._incarnation)
        return self._dice.uniform(low, high)


class HostJournal:
    """A program's way into the run's journal; a fenced program has none."""

    def __init__(self, loop: VirtualLoop, incarnation: Incarnation, record: RecordFact) -> None:
        self._loop = loop
        self._incarnation = incarnation
        self._record = record

    def record(self, *facts: Fact) -> None:
        """Append facts with the instant and the host; raises `Fenced`."""
        _require_alive(self._incarnation)
        for fact in facts:
            self._record(self._loop.time_ns(), self._incarnation.host_name, fact)


class SimulatedHost(Host):
    """A `Host` whose disk is gone when its machine has lost power; `is_full` asks if it is full."""

    incarnation: Incarnation
    is_full: Callable[[], bool]

    def database(self, file_name: str, schema: Schema) -> sqlite3.Connection:
        """As `Host.database`; raises `Fenced` after a crash, SQLite's own error on a full disk."""
        _require_alive(self.incarnation)
        connection = open_database(self.directory / file_name, schema, connecting(self.is_full))
        self.databases.append(connection)
        return connection


def _require_alive(incarnation: Incarnation) -> None:
    if incarnation.fenced:
        raise Fenced(f"{incarnation!r} has crashed")
