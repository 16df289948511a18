"""The journal: one canonical JSON line for each fact, and reading it back."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from licensing.events import Entry
from licensing.records import UNREADABLE

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Entry)


class JournalDamaged(Exception):
    """A journal line that cannot be read; the message names file and line."""


def encode_entry(entry: Entry) -> bytes:
    """The line of `entry`, without its newline; equal entries give equal bytes."""
    return _encoder.encode(entry)


def read_journal(path: Path) -> Iterator[Entry]:
    """The entries of a journal file in order; raises `JournalDamaged`."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield _decoder.decode(line)
            except UNREADABLE as error:
                raise JournalDamaged(f"{path}:{number}: {error}") from error
