"""The audit of decisions: a hash chain that no row can leave or change unnoticed (A12, A14).

A row has what one transaction decided. It is appended within that and never changed, moved or
deleted afterwards, however old it is: a chain without its beginning proves nothing.
"""

import hashlib
import sqlite3
from collections.abc import Sequence

from licensing.messages import encode_lines
from licensing.records import Record

SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY,
    wall_ns INTEGER NOT NULL,
    fact BLOB NOT NULL,
    digest BLOB NOT NULL
) STRICT;
"""
"""`fact` has the facts of a transaction in their order, a line of JSON for each."""
_BEFORE_THE_FIRST_ROW = bytes(32)


class AuditBroken(Exception):
    """An audit row was changed, removed or put in; the message names it."""


def append(database: sqlite3.Connection, wall_ns: int, facts: Sequence[Record]) -> int:
    """Add a row to the running transaction; `wall_ns` is UTC since 1970. Without facts add none.

    Returns the number of the newest row, 0 where there is none.
    """
    last = database.execute(
        "SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1"
    ).fetchone()
    number, digest = last or (0, _BEFORE_THE_FIRST_ROW)
    if not facts:
        return int(number)
    lines = encode_lines(facts).rstrip()
    row = (number + 1, wall_ns, lines, _chained(digest, wall_ns, lines))
    database.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", row)
    return int(number + 1)


def newest(database: sqlite3.Connection) -> int:
    """The number of the newest row, 0 where there is none."""
    (number,) = database.execute("SELECT coalesce(max(number), 0) FROM audit").fetchone()
    return int(number)


def facts_after(database: sqlite3.Connection, number: int) -> list[bytes]:
    """The facts of the rows after `number`, in their order, each in JSON."""
    rows = database.execute("SELECT fact FROM audit WHERE number > ? ORDER BY number", (number,))
    return [fact for (lines,) in rows for fact in bytes(lines).splitlines()]


def check(database: sqlite3.Connection) -> None:
    """Follow the whole chain; raises `AuditBroken`."""
    digest = _BEFORE_THE_FIRST_ROW
    rows = database.execute("SELECT number, wall_ns, fact, digest FROM audit ORDER BY number")
    for number, wall_ns, lines, stored in rows:
        digest = _chained(digest, wall_ns, lines)
        if digest != stored:
            raise AuditBroken(f"audit row {number} does not continue the row before it")


def _chained(previous: bytes, wall_ns: int, lines: bytes) -> bytes:
    return hashlib.sha256(previous + wall_ns.to_bytes(12, "big", signed=True) + lines).digest()
