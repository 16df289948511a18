"""No table changes without a new schema version, and without a way there from the one before."""

import hashlib

import pytest

from license_server import store as server_store
from master_cla.store import store as cla_store
from nodes import store as node_store

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
