"""A state of the version before goes on as one of this version; any other is refused, and kept."""

import shutil
import sqlite3
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from former_states import CLA_STATES, NODE_STATES, STATES, lay_out
from machine import Machine

from license_server import store as server_store
from licensing.errors import LicensingError
from licensing.events import LicenseFileAccepted, NodeEnrolled
from licensing.policies import LONGEST_FAILOVER_PERIOD_NS
from master_cla.store import store as cla_store
from nodes import store as node_store
from nodes.cla_session.membership import StoredAssignments
from runtime import database as runtime_database
from runtime.database import open_database, state_problem
from runtime.schema import Schema, shape_of
from simulator.worlds.installation import locking_id_of

NODES = {"master": "hq", "slave": "north", "cut_off_slave": "south"}


def schema_of(state: str) -> Schema:
    """The tables of the program whose state that is, on the machine whose state that is."""
    if state in NODES:
        return node_store.schema_on(locking_id_of(NODES[state]))
    return cla_store.SCHEMA if state in CLA_STATES else server_store.SCHEMA


def content(database: sqlite3.Connection) -> list[str]:
    """Everything that a database says, tables and rows."""
    return [*database.iterdump(), str(database.execute("PRAGMA user_version").fetchone())]


def without_changed(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows without a node's assignments, which are stored in another way."""
    return [row for row in rows if not str(row[0]).startswith("assignments")]


def columns(database: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table."""
    return database.execute(f"SELECT * FROM {table}").fetchall()


@pytest.mark.parametrize("state", STATES)
def test_a_state_of_the_version_before_becomes_one_of_this_version(tmp_path, state):
    """Its tables are those of a new database then, and no row of it is missing."""
    path = lay_out(state, tmp_path / state)
    with closing(sqlite3.connect(path)) as former:
        names = [name for (name,) in former.execute("SELECT name FROM sqlite_schema")]
        tables = [name for name in names if f"CREATE TABLE {name} " in " ".join(content(former))]
        before = {table: columns(former, table) for table in tables}
    schema = schema_of(state)
    with (
        closing(open_database(path, schema)) as migrated,
        closing(open_database(tmp_path / "new.db", schema)) as new,
    ):
        assert shape_of(migrated) == shape_of(new)
        assert migrated.execute("PRAGMA user_version").fetchone() == (schema.version,)
        assert before
        for table in tables:
            kept, was = without_changed(columns(migrated, table)), without_changed(before[table])
            pairs = list(zip(kept, was, strict=True))
            assert table == "redo" or all(row[: len(old)] == old for row, old in pairs)


def killed_at_each_step(path: Path, schema: Schema) -> list[Path]:
    """Bring a database up to date; copies of what a kill would have left before each statement."""
    copies: list[Path] = []

    class Copied(sqlite3.Connection):
        """Copies the files of `path` first, whatever it is asked for."""

        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            copy = path.parent / f"killed-{len(copies)}"
            copy.mkdir()
            for file in (path, path.with_name(f"{path.name}-wal")):
                if file.exists():
                    shutil.copy(file, copy)
            copies.append(copy / path.name)
            return super().execute(statement, *values)

    open_database(path, schema, partial(sqlite3.connect, factory=Copied)).close()
    return copies


def ends(path: Path, schema: Schema) -> str:
    """What a database is after the next opening, or why it cannot be opened."""
    try:
        with closing(open_database(path, schema)) as database:
            return "\n".join(content(database))
    except LicensingError as error:
        return error.code


@pytest.mark.parametrize("state", STATES)
def test_a_kill_at_any_step_of_a_migration_loses_nothing(tmp_path, state):
    """What is on the disk then is the former state; the next opening makes the new one of it."""
    path = lay_out(state, tmp_path / state)
    schema = schema_of(state)
    copies = killed_at_each_step(path, schema)
    assert len(copies) > 8, "the steps were not seen"
    assert {ends(copy, schema) for copy in copies} == {ends(path, schema)}


class FullDisk(sqlite3.Connection):
    """The database cannot grow by a page."""

    def __init__(self, *where: Any, **how: Any) -> None:
        super().__init__(*where, **how)
        self.execute("PRAGMA max_page_count = 1")


@pytest.mark.parametrize("state", STATES)
def test_a_migration_on_a_full_disk_loses_nothing(tmp_path, state):
    """It is said that the disk is full; the next opening with room makes the new state."""
    path = lay_out(state, tmp_path / state)
    with closing(sqlite3.connect(path)) as former:
        before = content(former)
    with pytest.raises(sqlite3.OperationalError, match="full") as failure:
        open_database(path, schema_of(state), partial(sqlite3.connect, factory=FullDisk))
    assert state_problem(path, failure.value).code == "state-unreachable"
    with closing(sqlite3.connect(path)) as former:
        assert content(former) == before
    open_database(path, schema_of(state)).close()


def test_a_migration_in_several_transactions_would_be_noticed(tmp_path, monkeypatch):
    """The planted fault: a kill between them leaves what is of neither version."""
    path = lay_out("license_server", tmp_path / "server")
    schema = server_store.SCHEMA
    with monkeypatch.context() as patch:
        patch.setattr(runtime_database, "transaction", nullcontext)
        copies = killed_at_each_step(path, schema)
    assert "state-version-unknown" in {ends(copy, schema) for copy in copies}


@pytest.mark.parametrize("state", CLA_STATES)
def test_what_the_former_cla_did_not_keep_counts_as_worst(tmp_path, state):
    """F9: holds begin anew, the longest period counts where an older lease may be out."""
    path = lay_out(state, tmp_path / state)
    connection = open_database(path, cla_store.SCHEMA)
    with closing(cla_store.ClaStore(connection, path.with_name("stated"))) as store:
        mark = store.clock_mark()
        assert mark
        nodes = {row.name: row for row in store.nodes()}
        south = nodes["south"]
        assert (south.acknowledged, south.seq) == (2, 3)
        assert south.earlier_period_ns == LONGEST_FAILOVER_PERIOD_NS
        assert nodes["north"].earlier_period_ns == 0
        for node in nodes.values():
            assert node.contact_ns is not None
            assert node.contact_ns + node.unseen_ns == mark.time_ns
            assert (node.forgotten, node.former_of) == (False, "")
        held = {node: sum(grant.quantity for grant in of) for node, of in store.grants().items()}
        assert held == {"hq": 1, "north": 2, "south": 2}


def test_both_former_cla_states_are_of_the_same_books(tmp_path):
    """The redo log has become one of this version; kept answers stay, byte for byte."""
    found = []
    for state in CLA_STATES:
        path = lay_out(state, tmp_path / state)
        connection = open_database(path, cla_store.SCHEMA)
        with closing(cla_store.ClaStore(connection, path.with_name("stated"))) as store:
            leases = {row.name: row.lease and row.lease.text for row in store.nodes()}
            kept = store.decision("north", "eca6bfb634659e212421c0a9")
            assert kept
            answer = kept.digest, kept.answer.encoded
            found.append((store.grants(), leases, answer, store.standing(), store.secret()))
    assert found[0] == found[1]


@pytest.mark.parametrize("state", CLA_STATES)
def test_what_the_former_cla_had_audited_can_be_journaled(tmp_path, state):
    """Its facts are read although some have more fields now; `stated` says that none is missing."""
    path = lay_out(state, tmp_path / state)
    stated = path.with_name("stated")
    with closing(cla_store.ClaStore(open_database(path, cla_store.SCHEMA), stated)) as store:
        assert not store.restored
        assert store.unstated() == []
        stated.write_bytes(bytes(8))
        kinds = [type(fact) for fact in store.unstated()]
        assert kinds.count(NodeEnrolled) == 3
        assert kinds.count(LicenseFileAccepted) == 2


@pytest.mark.parametrize("state", ["cla_with_tables", *NODE_STATES, "license_server"])
@pytest.mark.parametrize(
    "change",
    [
        "PRAGMA user_version = 99",
        "CREATE TABLE song (title TEXT)",
        "CREATE VIEW more AS SELECT 1",
    ],
    ids=["newer", "a foreign table", "a foreign view"],
)
def test_any_other_version_is_refused_with_the_way_on(tmp_path, state, change):
    """And loses nothing: neither its content nor a file beside it changes."""
    path = lay_out(state, tmp_path / state)
    with closing(sqlite3.connect(path)) as database:
        database.execute(change)
        before = content(database)
    with pytest.raises(LicensingError) as refused:
        open_database(path, schema_of(state))
    assert refused.value.code == "state-version-unknown"
    assert refused.value.message.startswith(f"{path.name} "), "a fact names no path"
    assert "by way of each version in between" in refused.value.hint
    with closing(sqlite3.connect(path)) as database:
        assert content(database) == before


@pytest.mark.parametrize("state", NODE_STATES)
def test_assignments_are_sealed_anew_holder_by_holder(tmp_path, state):
    """A12: what was sound is sound, and what was altered does not become so."""
    for altered in (False, True):
        path = lay_out(state, tmp_path / state)
        with closing(sqlite3.connect(path)) as former:
            if altered:
                former.execute("UPDATE record SET seal = x'00' WHERE name = 'assignments'")
            former.commit()
        host = Machine(path.parent).host
        host.locking_id = locking_id_of(NODES[state])
        store = node_store.NodeStore(host)
        pieces = store.load_pieces("assignments", StoredAssignments)
        assert store.damage == (["the record assignments was altered"] if altered else [])
        licenses = [row.license for piece in pieces for row in piece.rows]
        assert licenses == ([] if altered else ["ip"])


def test_a_migration_that_cannot_read_a_row_changes_nothing(tmp_path):
    """A redo log with rubbish is damage, and stays as it is for whoever can mend it."""
    path = lay_out("cla_with_redo_log", tmp_path / "cla")
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE redo SET rows = X'C1' WHERE number = 3")
        database.commit()
        before = content(database)
    with pytest.raises(Exception, match="damaged"):
        open_database(path, cla_store.SCHEMA)
    with closing(sqlite3.connect(path)) as database:
        assert content(database) == before
