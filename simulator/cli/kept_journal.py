"""A journal that was kept in a file, or comes from the standard input."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

from licensing.events import JOURNAL_VERSION, Entry, RunBegan
from runtime.journal import JournalDamaged, journal_entries
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.worlds.run_journal import Reader


@contextmanager
def opened(journal: Path) -> Iterator[tuple[RunBegan, Iterator[Entry]]]:
    """The first fact of a kept journal, and all its entries, the first one included.

    Raises `WrongCall` where it is no journal of a run, or of another version. Later entries raise
    `JournalDamaged`.
    """
    with _stream(journal) as stream:
        entries = journal_entries(stream, str(journal))
        first, began = _first(entries, journal)
        yield began, chain([first], entries)


@contextmanager
def _stream(journal: Path) -> Iterator[IO[bytes]]:
    if journal == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    try:
        stream = journal.open("rb")
    except OSError as error:
        raise WrongCall(f"the journal {journal} cannot be read: {error.strerror}") from error
    with stream:
        yield stream


def _first(entries: Iterator[Entry], journal: Path) -> tuple[Entry, RunBegan]:
    """The first entry, which says what follows."""
    try:
        first = next(entries, None)
    except JournalDamaged as damage:
        raise WrongCall(
            f"{damage}\nthis is no journal of a run, or one of another version of the product:"
            " `--journal FILE` of `run` and `live` writes one"
        ) from damage
    if first is None:
        raise WrongCall(f"the journal {journal} is empty")
    if not isinstance(first.fact, RunBegan):
        raise WrongCall(f"{journal}:1: a journal begins with `run-began`: its first lines are lost")
    if first.fact.version != JOURNAL_VERSION:
        raise WrongCall(f"{journal}:1: this journal has version {first.fact.version}, and this "
                        f"product reads version {JOURNAL_VERSION}")  # fmt: skip
    return first, first.fact


def read(reader: Reader, entries: Iterable[Entry]) -> str:
    """Show all that can be read; what is wrong with the rest, "" where nothing is."""
    try:
        for entry in entries:
            reader(entry)
    except JournalDamaged as damage:
        return str(damage)
    return ""
