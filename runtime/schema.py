"""The tables of a database with their version, and how a state of the version before comes to it.

Which version a file has, its `PRAGMA user_version` says, and its tables must be those of that
version. What was written before databases had a version says 0, as a new file does; a new file has
no tables.
"""

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

_SHAPE = """
SELECT item.type, item.name, columns.name, columns.type, columns."notnull", columns.dflt_value,
       columns.pk, iif(item.type = 'table', '', item.sql)
FROM sqlite_schema AS item LEFT JOIN pragma_table_xinfo(item.name) AS columns
WHERE item.name NOT LIKE 'sqlite%' ORDER BY item.type, item.name, columns.cid
"""


class VersionUnknown(Exception):
    """A database that this program cannot go on from; the message says which it is."""


@dataclass(frozen=True)
class FormerVersion:
    """What the version before had: `shape` of its tables, and how they become those of today.

    `migrate` changes tables and rows within a transaction of the caller; it may raise `ValueError`
    for rows that cannot be read.
    """

    shape: str
    migrate: Callable[[sqlite3.Connection], None]


@dataclass(frozen=True)
class Schema:
    """The tables of a program's database: SQL of CREATE statements, ended by semicolons.

    `version` rises by one with each released change of `tables` or of what stands in their rows;
    `former` is the version below it, None where there is none from which a state can be taken over.
    A new file has pages of `page_bytes`; another one keeps those that it has.
    """

    version: int
    tables: str
    former: FormerVersion | None = None
    page_bytes: int = 4096

    def update(self, connection: sqlite3.Connection) -> Callable[[], None] | None:
        """What makes the database one of this version, within a transaction; None where it is one.

        Nothing is written before that. Raises `VersionUnknown` for a database that is older than
        `former`, newer than this or somebody else's, `ValueError` for one of this version whose
        tables are others.
        """
        (stored,) = connection.execute("PRAGMA user_version").fetchone()
        shape = shape_of(connection)
        if stored == self.version:
            if shape != _shape_made_by(self.tables):
                raise ValueError(f"its tables are not those of version {stored}")
            return None
        if stored == 0 and shape == _shape_made_by(""):
            return lambda: self._create(connection)
        former = self.former
        if former and stored == self.version - 1 and shape == former.shape:
            return lambda: self._migrate(connection, former)
        raise VersionUnknown(self._why_unknown(stored))

    def _create(self, connection: sqlite3.Connection) -> None:
        create(connection, self.tables)
        self._stamp(connection)

    def _migrate(self, connection: sqlite3.Connection, former: FormerVersion) -> None:
        former.migrate(connection)
        self._stamp(connection)

    def _stamp(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA user_version = {self.version}")

    def _why_unknown(self, stored: int) -> str:
        if stored > self.version:
            return f"it has version {stored}, and this program knows version {self.version}"
        if stored == 0:
            return "it has no version, and its tables are not those of the version before"
        return f"it has version {stored}, which is too old for version {self.version}"


def create(connection: sqlite3.Connection, tables: str) -> None:
    """Carry out each of the statements in `tables`, one by one: a script would commit before it."""
    for statement in tables.split(";"):
        if statement.strip():
            connection.execute(statement)


def shape_of(connection: sqlite3.Connection) -> str:
    """A digest of tables, columns and indexes, the same however they came to be."""
    rows = connection.execute(_SHAPE).fetchall()
    lines = [" ".join(str(value) for value in row).split() for row in rows]
    return hashlib.sha256(repr(lines).encode()).hexdigest()[:16]


@cache
def _shape_made_by(tables: str) -> str:
    connection = sqlite3.connect(":memory:")
    create(connection, tables)
    shape = shape_of(connection)
    connection.close()
    return shape
