"""The audit of every decision: a hash chain that no row can leave or change unnoticed (A12, A14).

A row is appended in the transaction of its decision, and never changed afterwards.
"""

import hashlib
import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, decision TEXT NOT NULL, hash BLOB NOT NULL
);
"""
_BEFORE_THE_FIRST_ROW = bytes(32)


class ChainBroken(Exception):
    """An audit row was changed, removed or put in; the message names it."""


def append(database: sqlite3.Connection, at: str, decision: str) -> None:
    """Add a row to the running transaction: an ISO instant, and the decision as JSON."""
    newest = database.execute("SELECT hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    row_hash = _chained(newest[0] if newest else _BEFORE_THE_FIRST_ROW, at, decision)
    database.execute(
        "INSERT INTO audit (at, decision, hash) VALUES (?, ?, ?)", [at, decision, row_hash]
    )


def check(database: sqlite3.Connection) -> None:
    """Follow the whole chain; raises `ChainBroken`."""
    previous = _BEFORE_THE_FIRST_ROW
    rows = database.execute("SELECT number, at, decision, hash FROM audit ORDER BY number")
    for number, at, decision, row_hash in rows:
        previous = _chained(previous, at, decision)
        if previous != row_hash:
            raise ChainBroken(f"audit row {number} does not continue the row before it")


def _chained(previous: bytes, at: str, decision: str) -> bytes:
    return hashlib.sha256(previous + f"{at}\n{decision}".encode()).digest()
