"""A disk without room: what SQLite does there, for a simulated host whose disk is full.

A test compares it with a real one, a small tmpfs: what is to be committed is rolled back by SQLite
itself, and a database cannot be opened, for there is no room for its shared memory.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

_WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class FillingConnection(sqlite3.Connection):
    """A connection whose disk may become full, as `is_full` says."""

    is_full: Callable[[], bool]
    _changes = 0

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401
        """As SQLite's; raises `SQLITE_FULL` where there is no room for what it writes."""
        if sql.startswith("BEGIN"):
            self._changes = self.total_changes
        if self.is_full():
            word = sql.split(maxsplit=1)[0].upper()
            if word == "COMMIT" and self.total_changes > self._changes:
                super().execute("ROLLBACK")
                raise _no_room()
            if word in _WRITING and not self.in_transaction:
                raise _no_room()
        return super().execute(sql, parameters)


def connecting(is_full: Callable[[], bool]) -> Callable[..., sqlite3.Connection]:
    """What stands for `sqlite3.connect` on a disk that may become full, or is."""

    def connect(path: Path, isolation_level: None = None) -> sqlite3.Connection:
        if is_full():
            raise _no_room()
        connection = sqlite3.connect(
            path, isolation_level=isolation_level, factory=FillingConnection
        )
        connection.is_full = is_full
        return connection

    return connect


def _no_room() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.sqlite_errorname = "SQLITE_FULL"
    return error
