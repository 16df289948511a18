"""The redo log: what a transaction changed, as one row, until it is written into the tables.

A decision changes a row in each of several tables, and the next one changes most of them again.
Written one by one they cost as much as deciding. So a transaction appends all of them together;
once in a while the newest of each is written into its table (`master_cla.store.tables`), and the
log is emptied. What a kill has left in the log is taken up at the next start.
"""

import sqlite3
from collections.abc import Iterator

import msgspec

from master_cla.store.records import Rows

SCHEMA = """
CREATE TABLE IF NOT EXISTS redo (
    number INTEGER PRIMARY KEY,
    rows BLOB NOT NULL
) STRICT;
"""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Rows)


def append(database: sqlite3.Connection, rows: Rows) -> None:
    """Add `rows` to the running transaction."""
    database.execute("INSERT INTO redo (rows) VALUES (?)", (_encoder.encode(rows),))


def read(database: sqlite3.Connection) -> Iterator[Rows]:
    """What the log has, transaction by transaction; raises `ValueError`."""
    for number, encoded in database.execute("SELECT number, rows FROM redo ORDER BY number"):
        rows = _decoder.decode(encoded)
        if not all(0 <= answer.node_row < len(rows.nodes) for answer in rows.answers):
            raise ValueError(f"row {number} of the redo log has an answer without its node")
        yield rows


def clear(database: sqlite3.Connection) -> None:
    """Empty the log: what stands in it is in the tables now."""
    database.execute("DELETE FROM redo")
