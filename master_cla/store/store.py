"""What the CLA must never forget, in one SQLite file: key, nodes, seats, file, decisions, audit.

Nothing is decided here. A decision, its audit row and its replayable answer are written within one
`transaction` (A8, A14): what it changes is collected, and written at its end as it is then, the
facts to the audit, the rest to the redo log (`master_cla.store.redo_log`). The tables are brought
up to date once in a while; whoever reads them beside the program finds the rest in that log. Of
each node the newest decisions are kept, of the audit everything (`runtime.audit`).
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from licensing.events import AgentFact
from master_cla.agent_time import ClockMark
from master_cla.decision import EncodedDecision
from master_cla.holdings import Grant
from master_cla.store import journal_mark, redo_log, server_memory, tables
from master_cla.store.former_version import FORMER
from master_cla.store.kept_decisions import KeptDecision
from master_cla.store.records import LoggedDecision, NodeRow, Rows
from master_cla.store.server_memory import ServerMemory
from master_cla.store.tables import Tables
from runtime import audit
from runtime.database import state_problem, transaction
from runtime.schema import Schema

CLA_DATABASE = "cla.db"

SCHEMA = Schema(
    version=1,
    tables="""
CREATE TABLE IF NOT EXISTS clock_set_back (
    one INTEGER PRIMARY KEY CHECK (one = 1)
) STRICT;
CREATE TABLE IF NOT EXISTS restored (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    reclaim_not_before_ns INTEGER NOT NULL
) STRICT;
"""
    + tables.SCHEMA
    + redo_log.SCHEMA
    + server_memory.SCHEMA
    + audit.SCHEMA,
    former=FORMER,
)

_LONGEST_LOG = 1 << 15
"""Rows in the redo log: rewritten often enough to be few, and soon written after a kill."""

_facts = msgspec.json.Decoder(AgentFact)


@dataclass(slots=True)
class Standing:
    """The CLA's own row: its file, and what follows from it. Times are agent time."""

    license_file: str | None
    epoch_accepted_ns: int
    relicensing_required: bool


class ClaStore:
    """The tables of `SCHEMA` behind one connection.

    `stated` is the path of the file of `master_cla.store.journal_mark`. Raises `AuditBroken`, and
    `ValueError` where that file is there and nothing of what it was written beside.
    """

    def __init__(self, connection: sqlite3.Connection, stated: Path) -> None:
        audit.check(connection)
        if stated.exists() and _secret(connection) is None:
            raise ValueError(
                f"it is empty, and the file {stated.name} beside it is of one that was not"
            )
        # Some builds overwrite what is deleted with zeros: the redo log would be written again.
        connection.execute("PRAGMA secure_delete = OFF")
        self._connection = connection
        self._stated = stated
        self._newest_audited = 0
        self._tables = Tables(connection)
        self._rows = Rows()
        self._facts: list[AgentFact] = []
        self._wall_ns = 0
        self._collected = 0
        self._logged = 0
        self._failed = False
        self._take_up_log()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes of the block or none, durable at its end."""
        try:
            with transaction(self._connection):
                yield
                self._write()
        except BaseException:
            # What was put lately is not stored: from now on no table is written from memory.
            self._failed = True
            self._rows, self._facts = Rows(), []
            raise

    def close(self) -> None:
        """Let go of the file; where the tables cannot be written, the redo log has it all."""
        if not self._failed:
            with suppress(sqlite3.Error), transaction(self._connection):
                self._write_tables()
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
        return _secret(self._connection)

    def clock_mark(self) -> ClockMark | None:
        """The latest clock mark."""
        mark = self._tables.mark()
        (set_back,) = self._connection.execute("SELECT count(*) FROM clock_set_back").fetchone()
        return ClockMark(*mark, bool(set_back)) if mark else None

    def save_clock_mark(self, mark: ClockMark) -> None:
        """Store the clock mark (F11)."""
        self._rows.mark = mark
        self._collected += 1

    def save_clock_set_back(self, mark: ClockMark) -> None:
        """Store a mark with `set_back`, because of which the program ends."""
        self._connection.execute("INSERT OR IGNORE INTO clock_set_back VALUES (1)")
        self.save_clock_mark(mark)

    @property
    def license_server(self) -> ServerMemory:
        """What is remembered of the license server."""
        return server_memory.read(self._connection)

    @license_server.setter
    def license_server(self, memory: ServerMemory) -> None:
        server_memory.write(self._connection, memory)

    def forget_clock_set_back(self) -> None:
        """The clock is right again, and the program has started."""
        self._connection.execute("DELETE FROM clock_set_back")

    @property
    def restored(self) -> bool:
        """Whether this is a backup that was put back, as far as what lies beside it tells."""
        journaled, newest = journal_mark.read(self._stated), audit.newest(self._connection)
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
        return self._tables.nodes(self._rows)

    def save_node(self, node: NodeRow) -> None:
        """Store a node, new or known."""
        self._rows.nodes.append(node)
        self._collected += 1

    def grants(self) -> dict[str, list[Grant]]:
        """What was granted to each node that was granted anything, in the order of granting."""
        return self._tables.grants()

    def save_grants(self, changed: Mapping[int, tuple[str, Grant | None]]) -> None:
        """Store what became of grants, by number: the node, and None where nothing is left."""
        self._rows.grants.update(changed)
        self._collected += len(changed)

    def decision(self, node: str, request_id: str) -> KeptDecision | None:
        """The answer to this request and to what; None where none is kept."""
        return self._tables.decisions.find(node, request_id)

    def save_decision(
        self, node: NodeRow, request_id: str, digest: bytes, answer: EncodedDecision
    ) -> None:
        """Store a node with what was decided on its demand, and keep the answer to be replayed."""
        self.save_node(node)
        place = len(self._rows.nodes) - 1
        leased = answer.lease is not None
        assert not leased or answer.lease is node.lease, "a node's lease is that of its answer"
        logged = LoggedDecision(place, request_id, digest, answer.encoded_without, leased)
        self._rows.answers.append(logged)
        self._tables.decisions.keep(node.name, request_id, KeptDecision(digest, answer))

    def audit(self, fact: AgentFact, wall_ns: int) -> None:
        """Append `fact` to the audit chain."""
        self._facts.append(fact)
        self._wall_ns = wall_ns
        self._collected += 1

    def unstated(self) -> list[AgentFact]:
        """Audited facts that nobody may have journaled: the program was killed in between.

        The newest may have been; stating them again, in their order, changes no picture.
        """
        number = journal_mark.read(self._stated)
        facts = [] if number is None else audit.facts_after(self._connection, number)
        return [cast("AgentFact", _facts.decode(fact)) for fact in facts]

    def all_stated(self) -> None:
        """Everything that is audited is journaled now; raises as `state_problem`."""
        try:
            journal_mark.write(self._stated, self._newest_audited)
        except OSError as error:
            reason = OSError(error.errno, error.strerror)  # a fact names no path of this computer
            raise state_problem(Path(journal_mark.MARK_FILE), reason) from error

    def _write(self) -> None:
        rows, self._rows = self._rows, Rows()
        self._tables.put(rows)
        if self._logged > _LONGEST_LOG and not self._failed:
            self._write_tables()
        elif rows:
            redo_log.append(self._connection, rows)
            self._logged += len(rows)
        self._newest_audited = audit.append(self._connection, self._wall_ns, self._facts)
        self._facts = []

    def _write_tables(self) -> None:
        self._tables.write()
        redo_log.clear(self._connection)
        self._logged = 0

    def _take_up_log(self) -> None:
        """Write what a kill has left in the redo log."""
        for rows in redo_log.read(self._connection):
            self._tables.put(rows)
            self._tables.put_answers(rows)
            self._logged += len(rows)
        if self._logged:
            with transaction(self._connection):
                self._write_tables()


def _secret(connection: sqlite3.Connection) -> bytes | None:
    row = connection.execute("SELECT secret FROM agent").fetchone()
    return bytes(row[0]) if row else None
