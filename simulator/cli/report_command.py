"""What `internetsim report` does: the page of a run that was played before."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

from licensing.events import JOURNAL_VERSION, Entry, RunBegan
from runtime.journal import JournalDamaged, journal_entries
from simulator.cli.page_option import provenance
from simulator.cli.written_files import complaining, spare
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.report.pages.run_page import RunPage


def report(journal: Path, html: Path | None) -> int:
    """Write the page of `journal`; 1 where only its beginning can be read, which it says.

    Raises `WrongCall` where it is no journal, or the page cannot be written.
    """
    html = html or _beside(journal)
    spare("--html", "the page", html, [journal])
    with _opened(journal) as stream, complaining("the page", html):
        entries = journal_entries(stream, str(journal))
        first, began = _first(entries, journal)
        page = RunPage(began.start)
        with html.open("w", encoding="utf-8") as out:
            damage = _read(page, chain([first], entries))
            out.write(page.text(provenance(f"internetsim report {journal}")))
    if damage:
        sys.stderr.write(f"{damage}\nthe page {html} has what stands before that line\n")
    sys.stdout.write(f"{html}\n")
    return 1 if damage else 0


def _beside(journal: Path) -> Path:
    if journal == STANDARD_INPUT:
        raise WrongCall("a journal from the standard input has no name: say --html FILE")
    return journal.with_suffix(".html")


@contextmanager
def _opened(journal: Path) -> Iterator[IO[bytes]]:
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


def _read(page: RunPage, entries: Iterator[Entry]) -> str:
    """Show all that can be read; what is wrong with the rest, "" where nothing is."""
    try:
        for entry in entries:
            page(entry)
    except JournalDamaged as damage:
        return str(damage)
    return ""
