"""SQLite, opened in the one way that keeps what was acknowledged: WAL, FULL, one writer.

A file that is wrong is kept apart from one that only cannot be reached now: a disk that is full, or
a right that is missing, is no reason to give up what stands in the file.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from licensing.errors import LicensingError
from runtime.schema import Schema, VersionUnknown

_NOT_THE_FILE = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_PRIMARY = 0xFF
"""The part of an extended result code that says what kind it is."""


class DatabaseDamaged(Exception):
    """A state file that SQLite cannot read.

    `path` is the file; the message says what is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: damaged ({reason})")
        self.path = path
        self.reason = reason


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is wrong; False where it cannot be read or written at the moment."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & _PRIMARY not in _NOT_THE_FILE


def state_problem(path: Path, error: Exception) -> LicensingError:
    """What a program says that cannot go on with its database: damaged, or out of reach.

    It becomes a fact, and a fact names no path of this computer: of `path` it has the file's name.
    """
    if isinstance(error, OSError) or (isinstance(error, sqlite3.Error) and not is_damage(error)):
        return LicensingError("state-unreachable", path=path.name, reason=error)
    reason = error.reason if isinstance(error, DatabaseDamaged) else str(error)
    return LicensingError("state-damaged", path=path.name, reason=reason)


def open_database(
    path: Path, schema: Schema, connect: Callable[..., sqlite3.Connection] = sqlite3.connect
) -> sqlite3.Connection:
    """Open `path`: a new database, or one of `schema`'s version or of the version before.

    Tables are made, and those of the version before changed, in one transaction. `connect` does as
    `sqlite3.connect`. Raises `DatabaseDamaged` where the file is no intact database,
    `state-version-unknown` for another version or somebody else's database, and SQLite's own error
    where that cannot be known, as on a full disk; the file is left as it is.
    """
    connection = connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {schema.page_bytes}")
        _bring_up_to_date(connection, path, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _bring_up_to_date(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    try:
        (verdict,) = connection.execute("PRAGMA main.quick_check(1)").fetchone()
        if verdict != "ok":
            raise DatabaseDamaged(path, str(verdict))
        update = schema.update(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if update:
            with transaction(connection):
                update()
        connection.execute("PRAGMA shrink_memory")  # what the check has read is not needed again
    except VersionUnknown as error:
        raise LicensingError("state-version-unknown", path=path.name, reason=error) from error
    except ValueError as error:
        raise DatabaseDamaged(path, str(error)) from error
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise DatabaseDamaged(path, str(error)) from error
        raise


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One immediate transaction: all of its statements or none, durable when the block ends."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # where the disk is full SQLite has rolled back itself
            connection.execute("ROLLBACK")
        raise
