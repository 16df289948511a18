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
from simulator.report.histories import HistoryFull
from simulator.scenario import INTERNET
from simulator.worlds.run_journal import Reader


@contextmanager
def opened(journal: Path) -> Iterator[tuple[RunBegan, Iterator[Entry]]]:
    """The first fact of a kept journal, and all its entries, the first one included.

    Raises `WrongCall` where it is no journal of a run, or of another version. Later entries raise
    `JournalDamaged`, also where they are those of another run.
    """
    with _stream(journal) as stream:
        entries = journal_entries(stream, str(journal))
        first, began = _first(entries, journal)
        yield began, chain([first], _of_one_run(entries, began, journal))


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
            f"{damage}: this is no journal of a run, or one of another version of the product;"
            " `--journal FILE` of `run` and `live` writes one"
        ) from damage
    if first is None:
        raise WrongCall(f"the journal {journal} is empty")
    if not isinstance(first.fact, RunBegan):
        raise WrongCall(f"{journal}:1: a journal begins with `run-began`: its first lines are lost")
    if first.fact.version != JOURNAL_VERSION:
        raise WrongCall(f"{journal}:1: this journal has version {first.fact.version}, and this "
                        f"product reads version {JOURNAL_VERSION}")  # fmt: skip
    _require_ends(first.fact, journal)
    return first, first.fact


def _require_ends(began: RunBegan, journal: Path) -> None:
    """Raise `WrongCall` where a link leads to nowhere: somebody has written that line by hand."""
    network = began.network
    known = {*began.nodes, *network.routers, *network.clouds, INTERNET}
    for link, ends in network.links.items():
        if unknown := set(ends) - known:
            nobody = ", ".join(sorted(unknown))
            raise WrongCall(f"{journal}:1: the link {link} leads to {nobody}, which is not there")


def _of_one_run(entries: Iterable[Entry], began: RunBegan, journal: Path) -> Iterator[Entry]:
    """They, as long as they can be of the run that has begun: readers rely on its names."""
    hosts = {*began.nodes, INTERNET, "world"}
    links = {"", *began.network.links}
    last_ns = 0
    for number, entry in enumerate(entries, 2):
        if foreign := _foreign(entry, hosts, links, last_ns):
            raise JournalDamaged(f"{journal}:{number}: {foreign}")
        last_ns = entry.at
        yield entry


def _foreign(entry: Entry, hosts: set[str], links: set[str], last_ns: int) -> str:
    """Why it cannot be of this run; "" where it can."""
    if entry.at < last_ns:
        return "this was before what the line above tells"
    if isinstance(entry.fact, RunBegan):
        return "another run begins here"
    if entry.host not in hosts:
        return f"this run has no host {entry.host!r}"
    link = getattr(entry.fact, "link", "")
    return f"this run has no link {link!r}" if link not in links else ""


def read(reader: Reader, entries: Iterable[Entry], journal: Path) -> str:
    """Show all that can be read; where and why there is no more, "" where that is the end."""
    number = 0
    try:
        for number, entry in enumerate(entries, 1):  # noqa: B007 - told when the reader is full
            reader(entry)
    except JournalDamaged as damage:
        return str(damage)
    except HistoryFull as full:
        return f"{journal}:{number}: {full}"
    return ""
