"""What `internetsim report` does: the page, or the story, of a run that was played before."""

import sys
from pathlib import Path

import msgspec

from licensing.events import Entry, RunEnded
from simulator.cli.kept_journal import opened, read
from simulator.cli.options.journal import screen_beside
from simulator.cli.options.page import provenance
from simulator.cli.options.written_files import WrittenFile, spare
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.report.page import Calendar, Layout, Row
from simulator.report.pages.run_page import RunPage
from simulator.report.screen import Screen
from simulator.report.story import Story
from simulator.scenario import INTERNET
from simulator.worlds.run_journal import Reader


class _Reading(msgspec.Struct):
    """A reader that passes all on, and knows whether the run has come to its end."""

    reader: Reader
    has_ended: bool = False

    def __call__(self, entry: Entry) -> None:
        self.reader(entry)
        self.has_ended = isinstance(entry.fact, RunEnded)


def story(journal: Path, html: Path | None) -> int:
    """Print the whole story of `journal`, as its run did; 1 where only its beginning can be read.

    Raises `WrongCall` where it is no journal, or a page is asked for, too.
    """
    if html:
        raise WrongCall("--story writes no page: leave --html out")
    screen = Screen(sys.stdout)
    with opened(journal) as (began, entries):
        places = max(map(len, (*began.nodes, *began.network.links, INTERNET)))
        layout = Layout(Calendar(began.start), places=places, width=screen.width)
        reader = Story(layout.calendar, lambda line: screen.show(layout.rows(line)))
        reading = _Reading(reader)
        damage = read(reading, entries, journal)
    reader.end()
    if damage:
        sys.stderr.write(f"{damage}\nthe story ends before that line\n")
    elif not reading.has_ended:
        sys.stderr.write(f"{journal} ends before its run does\n")
    return 1 if damage else 0


def report(journal: Path, html: Path | None) -> int:
    """Write the page of `journal`; 1 where only its beginning can be read, which it says.

    Raises `WrongCall` where it is no journal, or the page cannot be written.
    """
    html = html or _beside(journal)
    spare("--html", "the page", html, [journal], "journal")
    with opened(journal) as (began, entries), WrittenFile("the page", html) as stream:
        page = RunPage(began.start)
        damage = read(page, entries, journal)
        stream.write(
            page.text(provenance("", story=f"internetsim report {journal} --story")).encode()
        )
    if damage:
        sys.stderr.write(f"{damage}\nthe page {html} has what stands before that line\n")
    screen_beside(html).show([Row(str(html))])
    return 1 if damage else 0


def _beside(journal: Path) -> Path:
    if journal == STANDARD_INPUT:
        raise WrongCall("a journal from the standard input has no name: say --html FILE")
    return journal.with_suffix(".html")
