"""No table changes without a new schema version, and without a way there from the one before."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from former_states import STATES, lay_out

from license_server import store as server_store
from master_cla.store import store as cla_store
from nodes import store as node_store
from runtime.schema import create

SCHEMAS = {
    "cla.db": cla_store.SCHEMA,
    "node.db": node_store.schema_on("00-1A-E8-4C-00-01"),
    "cls.db": server_store.SCHEMA,
}
DIGESTS = {
    "cla.db": (1, "1fade8cc977fbb5c"),
    "node.db": (1, "f6e90b3481b0abd7"),
    "cls.db": (1, "9563b50815923803"),
}
"""Version and digest of the tables of each database, as this version of the programs has them."""


@pytest.mark.parametrize("database", SCHEMAS)
def test_tables_that_change_need_a_new_version(database):
    """Where this fails: raise the version, let the former one be what the last release had.

    Before a release the version stays, the migration is extended, and the digest here renewed.
    """
    schema = SCHEMAS[database]
    tables = " ".join(schema.tables.split())
    digest = hashlib.sha256(tables.encode()).hexdigest()[:16]
    assert (schema.version, digest) == DIGESTS[database]


def columns_of(database: sqlite3.Connection) -> set[tuple[str, str]]:
    """Table and name of each column."""
    rows = database.execute(
        "SELECT item.name, columns.name FROM sqlite_schema AS item"
        " JOIN pragma_table_xinfo(item.name) AS columns WHERE item.type = 'table'"
    )
    return set(rows.fetchall())


@pytest.mark.parametrize("state", STATES)
def test_the_documents_name_what_a_migration_adds(tmp_path, state):
    """The table in operating.md has each new table, and each new column of a table that was."""
    path = lay_out(state, tmp_path / state)
    with closing(sqlite3.connect(path)) as former, closing(sqlite3.connect(":memory:")) as now:
        create(now, SCHEMAS[path.name].tables)
        tables = {table for table, _ in columns_of(former)}
        new = columns_of(now) - columns_of(former)
    added = {column if table in tables else table for table, column in new}
    operating = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    (line,) = [line for line in operating.splitlines() if line.startswith(f"| `{path.name}` | ")]
    assert added
    assert {name for name in added if f"`{name}`" not in line} == set()
