"""What a node keeps on its disk: one SQLite file, every record sealed against edits (A12).

A marker beside the database remembers that the system was commissioned: a database that vanishes is
therefore seen, and is not a fresh system with a fresh activation period.
"""

import contextlib
import itertools
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from licensing.messages import encode
from licensing.records import Record
from licensing.signing import SigningKey
from nodes.former_version import former_version
from nodes.seals import Seals
from runtime import idempotency, known_addresses
from runtime.database import DatabaseDamaged, is_damage, transaction
from runtime.host import Host
from runtime.idempotency import KeptAnswers
from runtime.known_addresses import KnownAddresses
from runtime.schema import Schema

DATABASE = "node.db"
MARKER = "commissioned"
_SECRET_BYTES = 32
_PAGE_BYTES = 1024
"""A record is no larger, as a rule, and a page is what is written, and kept in memory."""
_CACHED_PAGES = 8
"""A write meets as few, and SQLite keeps twenty ready otherwise."""


_TABLES = (
    idempotency.SCHEMA
    + known_addresses.SCHEMA
    + """
CREATE TABLE IF NOT EXISTS identity (secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    name TEXT PRIMARY KEY, content BLOB NOT NULL, seal BLOB NOT NULL
) WITHOUT ROWID;
"""
)

Content = TypeVar("Content", bound=Record)


def schema_on(locking_id: str) -> Schema:
    """The tables, and what a state of the version before becomes on the machine of a Locking ID."""
    return Schema(
        version=1, tables=_TABLES, former=former_version(locking_id), page_bytes=_PAGE_BYTES
    )


class Pieces(Record):
    """A record that is kept in pieces by key, of which these changed; None deletes one.

    Where `whole`, no other piece is left.
    """

    changed: Mapping[str, Record | None]
    whole: bool = False


_KEEP = """
INSERT INTO record VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET content = excluded.content, seal = excluded.seal
"""
"""To replace the row would change its index, too: twice as many pages to be made durable."""


class NodeStore:
    """The records of one node. `damage` lists what could not be trusted.

    `commissioned` says whether records were written before; then a missing one is missed.
    """

    def __init__(self, host: Host) -> None:
        """Open or create the database; a damaged one is set aside under another name.

        Raises `sqlite3.Error` where the disk is full, or for another reason out of reach, and
        `state-version-unknown`.
        """
        self.damage: list[str] = []
        self._altered: list[str] = []
        self._marker = host.directory / MARKER
        self.commissioned = self._marker.exists()
        if self.commissioned and not (host.directory / DATABASE).exists():
            self.damage.append(f"{DATABASE} is missing")
        try:
            self._connection, secret = _open(host)
        except DatabaseDamaged as error:
            self.damage.append(f"{DATABASE} is damaged: {error.reason}")
            _set_aside(host.directory)
            self._connection, secret = _open(host)
        self.answers = KeptAnswers(self._connection)
        self.known_addresses = KnownAddresses(self._connection)
        if secret is None:
            if self.commissioned and not self.damage:
                self.damage.append("the identity is missing")
            secret = host.dice.token(_SECRET_BYTES)
            with transaction(self._connection) as connection:
                connection.execute("INSERT INTO identity VALUES (?)", (secret,))
        self.key = SigningKey(secret)
        self._seals = Seals(secret, host.locking_id)

    def load(self, name: str, kind: type[Content]) -> Content | None:
        """The record, or None where there is none or its seal is broken (then `damage` says so)."""
        row = self._connection.execute(
            "SELECT content, seal FROM record WHERE name = ?", (name,)
        ).fetchone()
        if row is None:
            return None
        content, seal = row
        record = self._opened(name, content, seal, kind)
        if record is None:
            self.damage.append(f"the record {name} was altered")
        return record

    def load_pieces(self, name: str, kind: type[Content]) -> list[Content]:
        """The pieces of a record in the order of their keys; none where one has a broken seal."""
        rows = self._connection.execute(
            "SELECT name, content, seal FROM record WHERE name > ? AND name < ? ORDER BY name",
            _range_of(name),
        )
        pieces = [self._opened(piece, content, seal, kind) for piece, content, seal in rows]
        sound = [piece for piece in pieces if piece is not None]
        if len(sound) == len(pieces):
            return sound
        self.damage.append(f"the record {name} was altered")
        return []

    def _opened(
        self, name: str, content: object, seal: object, kind: type[Content]
    ) -> Content | None:
        """The record behind a seal, None where that is broken."""
        if isinstance(content, bytes) and self._seals.is_sound(name, content, seal):
            with contextlib.suppress(msgspec.DecodeError):
                return msgspec.json.decode(content, type=kind)
        self._altered.append(name)
        return None

    def save(self, **records: Record | None) -> None:
        """Write all `records` in one transaction; None deletes. Durable when this returns.

        Of `Pieces` only what changed is written. What was found altered is deleted: it counts as
        damage once, and not at each start for as long as nobody enters it anew.
        """
        with self._writing(records) as connection:
            for name in self._altered:
                self._put(name, None)
            for name, record in records.items():
                if not isinstance(record, Pieces):
                    self._put(name, record)
                    continue
                if record.whole:
                    connection.execute(
                        "DELETE FROM record WHERE name > ? AND name < ?", _range_of(name)
                    )
                for key, piece in record.changed.items():
                    self._put(_piece(name, key), piece)
        self._altered.clear()
        if not self.commissioned:
            self._marker.touch()
            self.commissioned = True

    def _writing(
        self, records: Mapping[str, Record | None]
    ) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """A transaction; a single statement is one by itself."""
        pieces = any(isinstance(record, Pieces) for record in records.values())
        if len(records) > 1 or self._altered or pieces:
            return transaction(self._connection)
        return contextlib.nullcontext(self._connection)

    def _put(self, name: str, record: Record | None) -> None:
        if record is None:
            self._connection.execute("DELETE FROM record WHERE name = ?", (name,))
            return
        content = encode(record)
        self._connection.execute(
            _KEEP,
            (name, content, self._seals.seal(name, content)),
        )


def _piece(name: str, key: str) -> str:
    return f"{name}/{key}"


def _range_of(name: str) -> tuple[str, str]:
    """Between these, in SQLite's order of bytes, are the names of the pieces and no others."""
    return f"{name}/", f"{name}0"


def _open(host: Host) -> tuple[sqlite3.Connection, bytes | None]:
    """The database and the node's secret, None in a new one; raises `DatabaseDamaged`."""
    connection = host.database(DATABASE, schema_on(host.locking_id))
    try:
        connection.execute(f"PRAGMA cache_size = {_CACHED_PAGES}")
        row = connection.execute("SELECT secret FROM identity").fetchone()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            connection.close()
            raise
        reason = str(error)
    else:
        if row is None:
            return connection, None
        if isinstance(row[0], bytes) and len(row[0]) == _SECRET_BYTES:
            return connection, row[0]
        reason = "the identity is no key"
    connection.close()
    raise DatabaseDamaged(host.directory / DATABASE, reason)


def _set_aside(directory: Path) -> None:
    """Rename the database and what belongs to it, to names that nothing has."""
    names = (f"{DATABASE}.damaged-{number}" for number in itertools.count(1))
    aside = next(name for name in names if not (directory / name).exists())
    for suffix in ("", "-wal", "-shm"):
        file = directory / (DATABASE + suffix)
        if file.exists():
            file.rename(directory / (aside + suffix))
