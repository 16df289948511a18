"""The seam between a program and the machine on which it runs.

A program (license server, central CLA, node) gets one `Host` and asks it for everything that the
world decides: time, chance, the disk, the journal, the hardware's identity. It never asks the
operating system for these itself; that is why the same program runs in a simulated world.
Waiting is not here: programs wait with plain asyncio, and the event loop belongs to the world.
"""

import sqlite3
from pathlib import Path
from typing import Protocol

from licensing.events import Fact
from runtime.database import open_database
from runtime.disk_failure import DiskFailure
from runtime.schema import Schema
from runtime.tls import TlsIdentity


class Clock(Protocol):
    """The two clocks of a machine, in integer nanoseconds."""

    def monotonic_ns(self) -> int:
        """Time since some fixed point; never steps, never stands while the machine runs."""

    def wall_ns(self) -> int:
        """UTC since 1970 as the machine believes it; people and attackers may step it."""


class Dice(Protocol):
    """A program's only source of chance."""

    def token(self, size: int) -> bytes:
        """`size` bytes that nobody can guess (in a simulated world: that follow from the seed)."""

    def uniform(self, low: float, high: float) -> float:
        """A number between `low` and `high`."""


class Journal(Protocol):
    """Where a program states its facts."""

    def record(self, *facts: Fact) -> None:
        """Append facts of one moment; the journal adds the instant and the host."""


class Host:
    """One program's share of a machine.

    `name` is the machine's host name, `locking_id` the identity of its hardware (domain 1),
    `directory` the program's own state directory (exists, mode 0700). With `tls` the program
    serves and dials with TLS, without it with neither.
    """

    def __init__(
        self,
        *,
        name: str,
        locking_id: str,
        directory: Path,
        clock: Clock,
        dice: Dice,
        journal: Journal,
        tls: TlsIdentity | None = None,
    ) -> None:
        self.name = name
        self.locking_id = locking_id
        self.directory = directory
        self.clock = clock
        self.dice = dice
        self.journal = journal
        self.tls = tls
        self.databases: list[sqlite3.Connection] = []
        self.disk_failure = DiskFailure()

    def __repr__(self) -> str:
        return f"<Host {self.name} at {self.directory}>"

    @property
    def admin_socket(self) -> Path:
        """The Unix socket of the program's administration API."""
        return self.directory / "admin.sock"

    def database(self, file_name: str, schema: Schema) -> sqlite3.Connection:
        """Open a SQLite file of the state directory; raises as `open_database`.

        It stands in `databases` too, so that whoever stops the machine can close it.
        """
        connection = open_database(self.directory / file_name, schema)
        self.databases.append(connection)
        return connection
