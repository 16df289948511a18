"""What the CLA remembers of the license server: where it is, and its time (F11)."""

import sqlite3
from dataclasses import dataclass

SCHEMA = """
CREATE TABLE IF NOT EXISTS license_server (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    address TEXT NOT NULL,
    challenge TEXT NOT NULL,
    vouched_ns INTEGER NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class ServerMemory:
    """`address` is where it was asked last, "" for never.

    `challenge` is the one that an answer must repeat to vouch for a time, "" for none, `vouched_ns`
    the newest time that was vouched for (wall time in ns, 0 for none).
    """

    address: str = ""
    challenge: str = ""
    vouched_ns: int = 0


def read(connection: sqlite3.Connection) -> ServerMemory:
    """What is remembered."""
    row = connection.execute("SELECT address, challenge, vouched_ns FROM license_server").fetchone()
    return ServerMemory(*row) if row else ServerMemory()


def write(connection: sqlite3.Connection, memory: ServerMemory) -> None:
    """Remember, within a transaction of the caller."""
    row = (memory.address, memory.challenge, memory.vouched_ns)
    connection.execute("INSERT OR REPLACE INTO license_server VALUES (1, ?, ?, ?)", row)
