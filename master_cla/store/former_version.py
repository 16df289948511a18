"""Books of the version before (0) become those of version 1; what it did not keep counts as worst.

That version kept neither which lease a node may have besides the newest one, nor for how long the
CLA was switched off, and charged that against holds. What the CLA cannot see may still be in use
(F9), so the holds that run begin anew, with the longest period where an older lease may be out.
"""

import sqlite3
from typing import Any

import msgspec

from licensing.policies import LONGEST_FAILOVER_PERIOD_NS
from master_cla.store import server_memory
from runtime.schema import FormerVersion, create

_COLUMNS = (
    "earlier_period_ns INTEGER NOT NULL DEFAULT 0",
    "unseen_ns INTEGER NOT NULL DEFAULT 0",
    "forgotten INTEGER NOT NULL DEFAULT 0",
    "former_of TEXT NOT NULL DEFAULT ''",
    "earlier_ends TEXT NOT NULL DEFAULT ''",
)
"""New ones of the table `nodes`, and fields of a logged node, in this order."""
_MARK, _NODES = "mark", "nodes"
"""Fields of a row of the redo log that are read here; it is MessagePack."""


def _migrate(connection: sqlite3.Connection) -> None:
    create(connection, server_memory.SCHEMA)
    for column in _COLUMNS:
        connection.execute(f"ALTER TABLE nodes ADD COLUMN {column}")
    log = [
        (number, msgspec.msgpack.decode(rows))
        for number, rows in connection.execute("SELECT number, rows FROM redo ORDER BY number")
    ]
    now_ns = _newest_time_ns(connection, [rows for _, rows in log])
    _migrate_tables(connection, now_ns)
    for number, rows in log:
        for node in rows[_NODES]:
            node.extend(_unknown_of(node, now_ns))
        encoded = msgspec.msgpack.encode(rows)
        connection.execute("UPDATE redo SET rows = ? WHERE number = ?", (encoded, number))


def _newest_time_ns(connection: sqlite3.Connection, log: list[dict[str, Any]]) -> int:
    """Agent time of the newest clock mark, 0 without one."""
    marks = [rows[_MARK] for rows in log if rows[_MARK]]
    if marks:
        return int(marks[-1]["time_ns"])
    row = connection.execute("SELECT time_ns FROM agent").fetchone()
    return (row and row[0]) or 0


def _migrate_tables(connection: sqlite3.Connection, now_ns: int) -> None:
    connection.execute(
        "UPDATE nodes SET earlier_period_ns = ? WHERE acknowledged < seq AND lease IS NOT NULL",
        (LONGEST_FAILOVER_PERIOD_NS,),
    )
    connection.execute(
        "UPDATE nodes SET unseen_ns = max(0, ? - contact_ns)"
        " WHERE contact_ns IS NOT NULL AND NOT lapsed",
        (now_ns,),
    )
    connection.execute(
        "UPDATE restored SET reclaim_not_before_ns = :now + :longest"
        " WHERE reclaim_not_before_ns > :now",
        {"now": now_ns, "longest": LONGEST_FAILOVER_PERIOD_NS},
    )


def _unknown_of(node: list[Any], now_ns: int) -> tuple[int, int, bool, str, str]:
    """What a node of the redo log has in `_COLUMNS`."""
    _, _, acknowledged, seq, lease, contact_ns, _, lapsed = node
    earlier_period_ns = LONGEST_FAILOVER_PERIOD_NS if lease and acknowledged < seq else 0
    runs = contact_ns is not None and not lapsed
    return earlier_period_ns, max(0, now_ns - contact_ns) if runs else 0, False, "", ""


FORMER = FormerVersion(shape="1175b5e5f0d60080", migrate=_migrate)
