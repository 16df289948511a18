"""A disk without room: what SQLite does there, for a simulated host whose disk is full.

A test compares it with a real one, a small tmpfs: what is to be committed is rolled back by SQLite
itself, and a database cannot be opened, for there is no room for its shared memory.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

_BORNE = ("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH")
"""In a transaction, the commit of which fails."""
_TRANSACTION = ("BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE")

Result = TypeVar("Result")


class FillingConnection(sqlite3.Connection):
    """A connection whose disk may become full, as `is_full` says.

    What writes there raises `SQLITE_FULL`, however it is asked for.
    """

    is_full: Callable[[], bool]
    _changes = 0

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401
        """As SQLite's."""
        if sql.startswith("BEGIN"):
            self._changes = self.total_changes
        cursor = _cursor(self)
        if self.is_full():
            return self.without_room(sql, lambda: cursor.execute(sql, parameters))
        return cursor.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:  # noqa: ANN401
        """As SQLite's."""
        cursor = _cursor(self)
        if self.is_full():
            return self.without_room(sql, lambda: cursor.executemany(sql, parameters))
        return cursor.executemany(sql, parameters)

    def executescript(self, sql: str, /) -> sqlite3.Cursor:
        """As SQLite's, which commits first."""
        cursor = _cursor(self)
        if not self.is_full():
            return cursor.executescript(sql)
        self.commit()
        return self._reading(lambda: cursor.executescript(sql))

    def cursor(self, factory: Any = None) -> Any:  # noqa: ANN401 - as sqlite3
        """One that meets a full disk as its connection does."""
        return super().cursor(factory or FillingCursor)

    def commit(self) -> None:
        """As SQLite's."""
        if self.is_full():
            self._require_nothing_written()
        super().commit()

    def __exit__(self, *raised: object) -> Literal[False]:
        """As SQLite's: commit, or roll back."""
        if raised[0] is None and self.is_full():
            self._require_nothing_written()
        return super().__exit__(*raised)  # type: ignore[arg-type]  # typeshed names each

    def without_room(self, sql: str, call: Callable[[], Result]) -> Result:
        """Do what reads, and what the end of a transaction takes back."""
        word = (sql.split(maxsplit=1) or [""])[0].upper().rstrip(";")
        if word in {"COMMIT", "END"}:
            self._require_nothing_written()
        if word in _TRANSACTION or (word in _BORNE and self.in_transaction):
            return call()
        return self._reading(call)

    def note_begin(self, sql: str) -> None:
        """What is changed from now on belongs to the transaction that begins."""
        if not self.in_transaction and sql.lstrip()[:5].upper() == "BEGIN":
            self._changes = self.total_changes

    def _require_nothing_written(self) -> None:
        if self.in_transaction and self.total_changes > self._changes:
            _cursor(self).execute("ROLLBACK")
            raise _no_room()

    def _reading(self, call: Callable[[], Result]) -> Result:
        """SQLite itself knows which statements write."""
        _cursor(self).execute("PRAGMA query_only = ON")
        try:
            return call()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_READONLY:
                raise
            if self.in_transaction:
                _cursor(self).execute("ROLLBACK")
            raise _no_room() from None
        finally:
            _cursor(self).execute("PRAGMA query_only = OFF")


_PRIMARY = 0xFF
_cursor = sqlite3.Connection.cursor
"""One of SQLite's own, for those who have looked whether there is room."""


class FillingCursor(sqlite3.Cursor):
    """A cursor of a disk that may become full."""

    connection: FillingConnection

    def execute(self, sql: str, parameters: Any = (), /) -> "FillingCursor":  # noqa: ANN401
        """As SQLite's."""
        self.connection.note_begin(sql)
        execute = super().execute
        if self.connection.is_full():
            self.connection.without_room(sql, lambda: execute(sql, parameters))
        else:
            execute(sql, parameters)
        return self

    def executemany(self, sql: str, parameters: Any, /) -> "FillingCursor":  # noqa: ANN401
        """As SQLite's."""
        execute = super().executemany
        if self.connection.is_full():
            self.connection.without_room(sql, lambda: execute(sql, parameters))
        else:
            execute(sql, parameters)
        return self

    def executescript(self, sql: str, /) -> "FillingCursor":
        """As SQLite's, of the connection."""
        self.connection.executescript(sql)
        return self


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
