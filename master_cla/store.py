"""What the CLA must never forget, in one SQLite file: key, nodes, seats, file, decisions, audit.

Nothing is decided here. A decision, its audit row and its replayable answer are written within one
`transaction` (A8, A14): its rows are collected, and written at its end as they are then. Of each
node the newest decisions are kept, of the audit everything (`runtime.audit`).
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from licensing.events import AgentFact
from licensing.messages import encode
from master_cla import answers, stated
from master_cla.agent_clock import ClockMark
from master_cla.answers import Answers
from master_cla.pool import Grant
from master_cla.seal import Answer, Document
from runtime import audit
from runtime.database import state_problem, transaction

FILE_NAME = "cla.db"

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
CREATE TABLE IF NOT EXISTS clock_set_back (
    one INTEGER PRIMARY KEY CHECK (one = 1)
) STRICT;
CREATE TABLE IF NOT EXISTS restored (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    reclaim_not_before_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS nodes (
    name TEXT PRIMARY KEY,
    public_key TEXT NOT NULL,
    acknowledged INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    lease TEXT,
    contact_ns INTEGER,
    expired_ns INTEGER,
    lapsed INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS grants (
    number INTEGER PRIMARY KEY,
    node TEXT NOT NULL REFERENCES nodes (name),
    holder TEXT NOT NULL,
    license TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0)
) STRICT;
"""
    + answers.SCHEMA
    + audit.SCHEMA
)

_facts = msgspec.json.Decoder(AgentFact)

_SAVE_NODE = (
    "INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
    " public_key = excluded.public_key, acknowledged = excluded.acknowledged,"
    " seq = excluded.seq, lease = excluded.lease, contact_ns = excluded.contact_ns,"
    " expired_ns = excluded.expired_ns, lapsed = excluded.lapsed"
)


@dataclass(slots=True)
class Standing:
    """The CLA's own row: its file, and what follows from it. Times are agent time."""

    license_file: str | None
    epoch_accepted_ns: int
    relicensing_required: bool


class NodeRow(NamedTuple):
    """An enrolled node as stored; times are agent time."""

    name: str
    public_key: str
    acknowledged: int
    seq: int
    lease: Document | None
    contact_ns: int | None
    expired_ns: int | None
    lapsed: bool


class Store:
    """The tables of `SCHEMA` behind one connection; raises `AuditBroken` at once where it must.

    `stated` is the path of the file of `master_cla.stated`.
    """

    def __init__(self, connection: sqlite3.Connection, stated: Path) -> None:
        audit.check(connection)
        self._connection = connection
        self._stated = stated
        self._newest_audited = 0
        self._collected = 0
        self._nodes: dict[str, NodeRow] = {}
        self._grants: dict[int, tuple[str, Grant | None]] = {}
        self._audit: list[tuple[int, bytes]] = []
        self._answers = Answers(connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes of the block or none, durable at its end."""
        with transaction(self._connection):
            yield
            self._write_rows()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @property
    def changes(self) -> int:
        """Counts every change; tells whether something of a transaction is to be written."""
        return self._connection.total_changes + self._collected

    def begin(self, secret: bytes) -> None:
        """On a new store: keep `secret` as the CLA's key. Otherwise nothing."""
        self._connection.execute(
            "INSERT OR IGNORE INTO agent (one, secret) VALUES (1, ?)", (secret,)
        )

    def secret(self) -> bytes | None:
        """The CLA's secret key, None on a new store."""
        row = self._connection.execute("SELECT secret FROM agent").fetchone()
        return bytes(row[0]) if row else None

    def clock_mark(self) -> ClockMark | None:
        """The latest clock mark."""
        row = self._connection.execute(
            "SELECT time_ns, wall_ns, EXISTS (SELECT 1 FROM clock_set_back) FROM agent"
        ).fetchone()
        return ClockMark(row[0], row[1], bool(row[2])) if row and row[0] is not None else None

    def save_clock_mark(self, mark: ClockMark) -> None:
        """Store the clock mark (F11)."""
        self._connection.execute(
            "UPDATE agent SET time_ns = ?, wall_ns = ?", (mark.time_ns, mark.wall_ns)
        )

    def save_clock_set_back(self, mark: ClockMark) -> None:
        """Store a mark with `set_back`, on whose account the program ends."""
        self._connection.execute("INSERT OR IGNORE INTO clock_set_back VALUES (1)")
        self.save_clock_mark(mark)

    def forget_clock_set_back(self) -> None:
        """The clock is right again, and the program has started."""
        self._connection.execute("DELETE FROM clock_set_back")

    @property
    def restored(self) -> bool:
        """Whether this is a backup that was put back, as far as what lies beside it tells."""
        journaled, newest = stated.read(self._stated), audit.newest(self._connection)
        return newest > 0 if journaled is None else journaled > newest

    def reclaim_not_before_ns(self) -> int:
        """Until when (agent time) nothing is reclaimed after a restore; 0 where there was none."""
        row = self._connection.execute("SELECT reclaim_not_before_ns FROM restored").fetchone()
        return int(row[0]) if row else 0

    def save_reclaim_not_before(self, instant_ns: int) -> None:
        """Store until when (agent time) nothing is reclaimed: it outlasts the next start."""
        self._connection.execute("INSERT OR REPLACE INTO restored VALUES (1, ?)", (instant_ns,))

    def standing(self) -> Standing:
        """The stored license file and what follows from it."""
        row = self._connection.execute(
            "SELECT license_file, epoch_accepted_ns, relicensing_required FROM agent"
        ).fetchone()
        return Standing(row[0], row[1], bool(row[2]))

    def save_standing(self, standing: Standing) -> None:
        """Store the license file and what follows from it."""
        self._connection.execute(
            "UPDATE agent SET license_file = ?, epoch_accepted_ns = ?, relicensing_required = ?",
            (standing.license_file, standing.epoch_accepted_ns, standing.relicensing_required),
        )

    def nodes(self) -> list[NodeRow]:
        """All nodes in the order of their enrolment, as the transaction has them."""
        rows = self._connection.execute(
            "SELECT name, public_key, acknowledged, seq, lease, contact_ns, expired_ns, lapsed"
            " FROM nodes ORDER BY rowid"
        )
        stored = {row[0]: _node(*row) for row in rows}
        return list((stored | self._nodes).values())

    def save_node(self, node: NodeRow) -> None:
        """Store a node, new or known."""
        self._nodes[node.name] = node
        self._collected += 1

    def grants(self) -> dict[str, list[Grant]]:
        """What was granted to each node that was granted anything, in the order of granting."""
        found: dict[str, list[Grant]] = {}
        rows = self._connection.execute(
            "SELECT node, number, holder, license, quantity FROM grants ORDER BY number"
        )
        for node, *grant in rows:
            found.setdefault(node, []).append(Grant(*grant))
        return found

    def save_grants(self, changed: Mapping[int, tuple[str, Grant | None]]) -> None:
        """Store what became of grants, by number: the node, and None where nothing is left."""
        self._grants.update(changed)
        self._collected += len(changed)

    def decision(self, node: str, request_id: str) -> tuple[bytes, Answer] | None:
        """Digest of the demand's contents and the answer, None where none is kept."""
        return self._answers.find(node, request_id)

    def save_decision(self, node: str, request_id: str, contents: bytes, answer: Answer) -> None:
        """Keep the answer, to be replayed."""
        self._answers.keep(node, request_id, contents, answer)
        self._collected += 1

    def audit(self, fact: AgentFact, wall_ns: int) -> None:
        """Append `fact` to the audit chain."""
        self._audit.append((wall_ns, encode(fact)))
        self._collected += 1

    def unstated(self) -> list[AgentFact]:
        """Audited facts that nobody may have journaled: the program was killed in between.

        The newest may have been; stating them again, in their order, changes no picture.
        """
        number = stated.read(self._stated)
        facts = [] if number is None else audit.facts_after(self._connection, number)
        return [cast("AgentFact", _facts.decode(fact)) for fact in facts]

    def all_stated(self) -> None:
        """Everything that is audited is journaled now; raises as `state_problem`."""
        try:
            stated.write(self._stated, self._newest_audited)
        except OSError as error:
            reason = OSError(error.errno, error.strerror)  # a fact names no path of this computer
            raise state_problem(Path(stated.FILE_NAME), reason) from error

    def _write_rows(self) -> None:
        write = self._connection.executemany
        write(_SAVE_NODE, [_columns(node) for node in self._nodes.values()])
        gone = [(number,) for number, (_, grant) in self._grants.items() if grant is None]
        kept = [(node, grant) for node, grant in self._grants.values() if grant]
        write("DELETE FROM grants WHERE number = ?", gone)
        write(
            "INSERT OR REPLACE INTO grants VALUES (?, ?, ?, ?, ?)",
            [(g.number, node, g.holder, g.license, g.quantity) for node, g in kept],
        )
        self._answers.write()
        self._newest_audited = audit.append(self._connection, self._audit)
        self._nodes.clear()
        self._grants.clear()
        self._audit.clear()


def _node(
    name: str,
    public_key: str,
    acknowledged: int,
    seq: int,
    lease: str | None,
    *rest: Any,  # noqa: ANN401 - the columns after it, as NodeRow names them
) -> NodeRow:
    document = None if lease is None else Document(lease)
    return NodeRow(name, public_key, acknowledged, seq, document, *rest)


def _columns(node: NodeRow) -> tuple[object, ...]:
    *before, lease = node[:5]
    assert lease is None or lease.text, "what is stored was signed before"
    return (*before, lease.text if lease else None, *node[5:])
