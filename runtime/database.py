"""SQLite, opened in the one way that keeps what was acknowledged: WAL, FULL, one writer."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DatabaseDamaged(Exception):
    """A state file that SQLite cannot read.

    `path` is the file; the message says what is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: damaged ({reason})")
        self.path = path
        self.reason = reason


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open `path`, creating the tables of `schema` where they are missing.

    `schema` is SQL of `CREATE TABLE IF NOT EXISTS` statements. Raises `DatabaseDamaged` where the
    file is no intact database; it is left as it is.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise DatabaseDamaged(path, str(error)) from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict == "ok":
            connection.executescript(schema)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise DatabaseDamaged(path, str(error)) from error
    if verdict != "ok":
        connection.close()
        raise DatabaseDamaged(path, str(verdict))
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One immediate transaction: all of its statements or none, durable when the block ends."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
