"""Records of the version before (0) become those of version 1."""

import itertools
import sqlite3
from collections.abc import Callable
from operator import itemgetter

import msgspec

from nodes.seals import Seals
from runtime import known_addresses
from runtime.schema import FormerVersion, create

_ASSIGNMENTS = "assignments"


def former_version(locking_id: str) -> FormerVersion:
    """The version before, on the machine of this Locking ID, which is a part of all seals."""

    def migrate(connection: sqlite3.Connection) -> None:
        create(connection, known_addresses.SCHEMA)
        identity = connection.execute("SELECT secret FROM identity").fetchone()
        if identity and isinstance(identity[0], bytes):
            _split_assignments(connection, Seals(identity[0], locking_id))

    return FormerVersion(shape="42be07f5c8fdbeeb", migrate=migrate)


def _split_assignments(connection: sqlite3.Connection, seals: Seals) -> None:
    """One record of all assignments becomes one for each holder; an altered one stays altered."""
    row = connection.execute(
        "SELECT content, seal FROM record WHERE name = ?", (_ASSIGNMENTS,)
    ).fetchone()
    if row is None:
        return
    content, seal = row
    pieces = {"altered": row}
    if seals.is_sound(_ASSIGNMENTS, content, seal):
        pieces = _pieces(content, seals.seal)
    connection.execute("DELETE FROM record WHERE name = ?", (_ASSIGNMENTS,))
    for key, (piece, sealed) in pieces.items():
        name = f"{_ASSIGNMENTS}/{key}"
        connection.execute("INSERT INTO record VALUES (?, ?, ?)", (name, piece, sealed))


def _pieces(content: bytes, seal: Callable[[str, bytes], bytes]) -> dict[str, tuple[bytes, bytes]]:
    """Content and seal by holder."""
    holder_of = itemgetter("holder")
    rows = sorted(msgspec.json.decode(content)["rows"], key=holder_of)
    encoded = {
        holder: msgspec.json.encode({"rows": list(own)})
        for holder, own in itertools.groupby(rows, holder_of)
    }
    return {key: (piece, seal(f"{_ASSIGNMENTS}/{key}", piece)) for key, piece in encoded.items()}
