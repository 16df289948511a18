"""Nodes, grants, answers and the clock mark: put here, and written into their tables now and then.

Until then they are in the redo log (`master_cla.store.redo_log`). Readers see everything as
it was put last, written or not.
"""

import sqlite3
from typing import Any

from master_cla.agent_time import ClockMark
from master_cla.decision import read_decision
from master_cla.holdings import Grant
from master_cla.lease_signing import SignedLease
from master_cla.store import kept_decisions
from master_cla.store.kept_decisions import KeptDecision, KeptDecisions
from master_cla.store.records import NodeRow, Rows

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS agent (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    secret BLOB NOT NULL,
    time_ns INTEGER,
    wall_ns INTEGER,
    license_file TEXT,
    epoch_accepted_ns INTEGER NOT NULL DEFAULT 0,
    relicensing_required INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS nodes (
    name TEXT PRIMARY KEY,
    public_key TEXT NOT NULL,
    acknowledged INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    lease TEXT,
    contact_ns INTEGER,
    expired_ns INTEGER,
    lapsed INTEGER NOT NULL,
    earlier_period_ns INTEGER NOT NULL DEFAULT 0,
    unseen_ns INTEGER NOT NULL DEFAULT 0,
    forgotten INTEGER NOT NULL DEFAULT 0,
    former_of TEXT NOT NULL DEFAULT '',
    earlier_ends TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS grants (
    number INTEGER PRIMARY KEY,
    node TEXT NOT NULL REFERENCES nodes (name),
    holder TEXT NOT NULL,
    license TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0)
) STRICT;
"""
    + kept_decisions.SCHEMA
)

_SAVE_NODE = (
    "INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET"
    " public_key = excluded.public_key, acknowledged = excluded.acknowledged,"
    " seq = excluded.seq, lease = excluded.lease, contact_ns = excluded.contact_ns,"
    " expired_ns = excluded.expired_ns, lapsed = excluded.lapsed,"
    " earlier_period_ns = excluded.earlier_period_ns, unseen_ns = excluded.unseen_ns,"
    " forgotten = excluded.forgotten, former_of = excluded.former_of,"
    " earlier_ends = excluded.earlier_ends"
)


class Tables:
    """The tables of `SCHEMA`, and what was put and is not in them yet."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._nodes: dict[str, NodeRow] = {}
        self._grants: dict[int, tuple[str, Grant | None]] = {}
        self.decisions = KeptDecisions(connection)
        self._mark: ClockMark | None = None

    def put(self, rows: Rows) -> None:
        """What a transaction changed, without its answers."""
        self._mark = rows.mark or self._mark
        self._nodes.update((node.name, node) for node in rows.nodes)
        self._grants.update(rows.grants)

    def put_answers(self, rows: Rows) -> None:
        """The answers that a transaction gave."""
        for logged in rows.answers:
            node = rows.nodes[logged.node_row]
            answer = read_decision(logged.decision, node.lease if logged.leased else None)
            self.decisions.keep(node.name, logged.request_id, KeptDecision(logged.digest, answer))

    def mark(self) -> tuple[int, int] | None:
        """Agent time and wall time of the clock mark, None on a new store."""
        if self._mark:
            return self._mark.time_ns, self._mark.wall_ns
        row = self._connection.execute("SELECT time_ns, wall_ns FROM agent").fetchone()
        return (row[0], row[1]) if row and row[0] is not None else None

    def nodes(self, newer: Rows) -> list[NodeRow]:
        """All nodes in the order of their enrolment, as they are with what is `newer` still."""
        rows = self._connection.execute(
            "SELECT name, public_key, acknowledged, seq, lease, contact_ns, expired_ns, lapsed,"
            " earlier_period_ns, unseen_ns, forgotten, former_of, earlier_ends FROM nodes"
            " ORDER BY rowid"
        )
        stored = {row[0]: _node(row) for row in rows}
        return list((stored | self._nodes | {row.name: row for row in newer.nodes}).values())

    def grants(self) -> dict[str, list[Grant]]:
        """What was granted to each node that was granted anything, in the order of granting."""
        rows = self._connection.execute(
            "SELECT node, number, holder, license, quantity FROM grants"
        )
        stored = {row[1]: (row[0], Grant(*row[1:])) for row in rows}
        found: dict[str, list[Grant]] = {}
        for _, (node, grant) in sorted((stored | self._grants).items()):
            if grant:
                found.setdefault(node, []).append(grant)
        return found

    def write(self) -> None:
        """Bring the tables up to date."""
        if self._mark:
            mark = (self._mark.time_ns, self._mark.wall_ns)
            self._connection.execute("UPDATE agent SET time_ns = ?, wall_ns = ?", mark)
        write = self._connection.executemany
        write(_SAVE_NODE, [_columns(node) for node in self._nodes.values()])
        gone = [(number,) for number, (_, grant) in self._grants.items() if grant is None]
        kept = [(node, grant) for node, grant in self._grants.values() if grant]
        write("DELETE FROM grants WHERE number = ?", gone)
        write(
            "INSERT OR REPLACE INTO grants VALUES (?, ?, ?, ?, ?)",
            [(g.number, node, g.holder, g.license, g.quantity) for node, g in kept],
        )
        self.decisions.write()
        self._mark = None
        self._nodes.clear()
        self._grants.clear()


def _node(columns: tuple[Any, ...]) -> NodeRow:
    row = NodeRow(*columns)
    return row._replace(
        lease=None if row.lease is None else SignedLease(columns[4]),
        lapsed=bool(row.lapsed),
        forgotten=bool(row.forgotten),
    )


def _columns(node: NodeRow) -> tuple[object, ...]:
    *before, lease = node[:5]
    assert lease is None or lease.text, "what is stored was signed before"
    return (*before, lease.text if lease else None, *node[5:])
