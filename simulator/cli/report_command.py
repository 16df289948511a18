"""What `internetsim report` does: the page of a run that was played before."""

import sys
from pathlib import Path

from simulator.cli.journal_option import screen_beside
from simulator.cli.kept_journal import opened, read
from simulator.cli.page_option import provenance
from simulator.cli.written_files import WrittenFile, spare
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.report.page import Row
from simulator.report.pages.run_page import RunPage


def report(journal: Path, html: Path | None) -> int:
    """Write the page of `journal`; 1 where only its beginning can be read, which it says.

    Raises `WrongCall` where it is no journal, or the page cannot be written.
    """
    html = html or _beside(journal)
    spare("--html", "the page", html, [journal], "journal")
    with opened(journal) as (began, entries), WrittenFile("the page", html) as stream:
        page = RunPage(began.start)
        damage = read(page, entries, journal)
        stream.write(page.text(provenance(f"internetsim report {journal}")).encode())
    if damage:
        sys.stderr.write(f"{damage}\nthe page {html} has what stands before that line\n")
    screen_beside(html).show([Row(str(html))])
    return 1 if damage else 0


def _beside(journal: Path) -> Path:
    if journal == STANDARD_INPUT:
        raise WrongCall("a journal from the standard input has no name: say --html FILE")
    return journal.with_suffix(".html")
