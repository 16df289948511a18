"""The audit of decisions: a hash chain that no row can leave or change unnoticed (A12, A14).

Rows are appended in the transaction of their decision and never changed, moved or deleted
afterwards, however old they are: a chain without its beginning proves nothing.
"""

import hashlib
import sqlite3
from collections.abc import Iterable

SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY,
    wall_ns INTEGER NOT NULL,
    fact BLOB NOT NULL,
    digest BLOB NOT NULL
) STRICT;
"""
_BEFORE_THE_FIRST_ROW = bytes(32)


class AuditBroken(Exception):
    """An audit row was changed, removed or put in; the message names it."""


def append(database: sqlite3.Connection, rows: Iterable[tuple[int, bytes]]) -> int:
    """Add rows to the running transaction: a wall time (UTC since 1970, in ns) and a fact each.

    Returns the number of the newest row, 0 where there is none.
    """
    newest = database.execute(
        "SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1"
    ).fetchone()
    number, digest = newest or (0, _BEFORE_THE_FIRST_ROW)
    chained = []
    for wall_ns, fact in rows:
        number, digest = number + 1, _chained(digest, wall_ns, fact)
        chained.append((number, wall_ns, fact, digest))
    database.executemany("INSERT INTO audit VALUES (?, ?, ?, ?)", chained)
    return int(number)


def newest(database: sqlite3.Connection) -> int:
    """The number of the newest row, 0 where there is none."""
    (number,) = database.execute("SELECT coalesce(max(number), 0) FROM audit").fetchone()
    return int(number)


def facts_after(database: sqlite3.Connection, number: int) -> list[bytes]:
    """The facts of the rows after `number`, in their order."""
    rows = database.execute("SELECT fact FROM audit WHERE number > ? ORDER BY number", (number,))
    return [bytes(fact) for (fact,) in rows]


def check(database: sqlite3.Connection) -> None:
    """Follow the whole chain; raises `AuditBroken`."""
    digest = _BEFORE_THE_FIRST_ROW
    rows = database.execute("SELECT number, wall_ns, fact, digest FROM audit ORDER BY number")
    for number, wall_ns, fact, stored in rows:
        digest = _chained(digest, wall_ns, fact)
        if digest != stored:
            raise AuditBroken(f"audit row {number} does not continue the row before it")


def _chained(previous: bytes, wall_ns: int, fact: bytes) -> bytes:
    return hashlib.sha256(previous + wall_ns.to_bytes(12, "big", signed=True) + fact).digest()
