"""The journal: one canonical JSON line for each fact; a process writes it, readers read it back."""

import os
import select
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import IO

import msgspec

from licensing.events import Entry
from licensing.records import UNREADABLE

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Entry)


_PATIENCE_MS = 1000


class JournalLost(Exception):
    """The journal cannot be written any more; the message says why."""


class JournalDamaged(Exception):
    """A journal line that cannot be read; the message names file and line."""


def encode_entry(entry: Entry) -> bytes:
    """The line of `entry`, without its newline; equal entries give equal bytes."""
    return _encoder.encode(entry)


class JournalFile:
    """Lines appended to a file, a FIFO or `/dev/fd/N`, each one as soon as it is written.

    Opening raises `OSError`; a FIFO must have its reader by then. A reader that does not read is
    waited for one second, and the program with it.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
        self._fd = os.open(path, flags, 0o600)

    def append(self, *entries: Entry) -> None:
        """Write the lines of `entries`; raises `JournalLost`, and then no line may follow."""
        rest = b"".join(encode_entry(entry) + b"\n" for entry in entries)
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                self._await_reader()
            except OSError as error:
                raise JournalLost(error.strerror) from error

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)

    def _await_reader(self) -> None:
        writable = select.poll()
        writable.register(self._fd, select.POLLOUT)
        if not writable.poll(_PATIENCE_MS):
            raise JournalLost("its reader does not read")


LONGEST_LINE_BYTES = 1 << 26
"""The first line of the largest internetwork has a quarter of it."""


def read_journal(path: Path) -> Iterator[Entry]:
    """The entries of a journal file in order; raises `JournalDamaged`."""
    with path.open("rb") as stream:
        yield from journal_entries(stream, str(path))


def journal_entries(stream: IO[bytes], name: str) -> Iterator[Entry]:
    """The entries of a journal that is read from `stream`, one line at a time.

    Raises `JournalDamaged`, which calls it `name`.
    """
    for number in count(1):
        line = stream.readline(LONGEST_LINE_BYTES)
        if not line:
            return
        try:
            yield _decoder.decode(line)
        except UNREADABLE as error:
            raise JournalDamaged(f"{name}:{number}: {error}") from error
