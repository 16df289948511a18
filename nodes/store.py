"""What a node keeps on its disk: one SQLite file, every record sealed against edits (A12).

A marker beside the database remembers that the system was commissioned: a database that vanishes is
therefore seen, and is not a fresh system with a fresh activation period.
"""

import hashlib
import hmac
from pathlib import Path
from typing import TypeVar

import msgspec

from licensing.messages import encode
from licensing.records import Record
from licensing.signing import SigningKey
from runtime.database import DatabaseDamaged, transaction
from runtime.host import Host

DATABASE = "node.db"
MARKER = "commissioned"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    name TEXT PRIMARY KEY, content BLOB NOT NULL, seal BLOB NOT NULL
) WITHOUT ROWID;
"""

Content = TypeVar("Content", bound=Record)


class Store:
    """The records of one node. `damage` lists what could not be trusted."""

    def __init__(self, host: Host) -> None:
        """Open or create the database; a damaged one is set aside under another name."""
        self.damage: list[str] = []
        marker = host.directory / MARKER
        known = marker.exists()
        if known and not (host.directory / DATABASE).exists():
            self.damage.append(f"{DATABASE} is missing")
        try:
            self._connection = host.database(DATABASE, _SCHEMA)
            row = self._connection.execute("SELECT secret FROM identity").fetchone()
        except DatabaseDamaged as error:
            self.damage.append(f"{DATABASE} is damaged: {error.reason}")
            _set_aside(host.directory)
            self._connection = host.database(DATABASE, _SCHEMA)
            row = None
        if row is None:
            row = (host.dice.token(32),)
            with transaction(self._connection) as connection:
                connection.execute("INSERT INTO identity VALUES (?)", row)
        self.key = SigningKey(row[0])
        self._seal_key = hashlib.sha256(b"seal\n" + row[0] + host.locking_id.encode()).digest()
        marker.touch()

    def load(self, name: str, kind: type[Content]) -> Content | None:
        """The record, or None where there is none or its seal is broken (then `damage` says so)."""
        row = self._connection.execute(
            "SELECT content, seal FROM record WHERE name = ?", (name,)
        ).fetchone()
        if row is None:
            return None
        content, seal = row
        try:
            if hmac.compare_digest(bytes(seal), self._seal(name, bytes(content))):
                return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, TypeError):
            pass
        self.damage.append(f"the record {name} was altered")
        return None

    def save(self, **records: Record | None) -> None:
        """Write all `records` in one transaction; None deletes. Durable when this returns."""
        with transaction(self._connection) as connection:
            for name, record in records.items():
                if record is None:
                    connection.execute("DELETE FROM record WHERE name = ?", (name,))
                    continue
                content = encode(record)
                connection.execute(
                    "INSERT OR REPLACE INTO record VALUES (?, ?, ?)",
                    (name, content, self._seal(name, content)),
                )

    def _seal(self, name: str, content: bytes) -> bytes:
        return hmac.digest(self._seal_key, name.encode() + b"\n" + content, "sha256")


def _set_aside(directory: Path) -> None:
    number = len(list(directory.glob(f"{DATABASE}.damaged-*"))) + 1
    (directory / DATABASE).rename(directory / f"{DATABASE}.damaged-{number}")
    for suffix in ("-wal", "-shm"):
        (directory / (DATABASE + suffix)).unlink(missing_ok=True)
