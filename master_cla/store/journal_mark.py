"""How far the audit has been journaled, so that no kill between commit and journal loses a fact.

A file beside the database, never synced: it outlives the program, and a power cut takes the end of
a journal with it. Without it, as after a restore of the database alone, all counts as journaled.
A database that it is missing beside, or that is not as far as it says, is a backup put back.
"""

import os
from pathlib import Path

MARK_FILE = "stated"
_MARK_BYTES = 8


def read(path: Path) -> int | None:
    """The number of the newest audit row whose fact was journaled; None where nobody knows."""
    content = path.read_bytes() if path.exists() else b""
    return int.from_bytes(content, "big") if len(content) == _MARK_BYTES else None


def write(path: Path, number: int) -> None:
    """The facts up to `number` are journaled. In one piece: a kill leaves the old or the new."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, number.to_bytes(_MARK_BYTES, "big"), 0)
    finally:
        os.close(descriptor)
