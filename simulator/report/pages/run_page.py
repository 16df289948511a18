"""The page of one run, put together from what was read of its journal."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from licensing.events import Entry
from licensing.policies import NS_PER_SECOND
from licensing.wall_time import since_midnight_ns
from licensing.words import Role, counted
from simulator.oracle import Violation
from simulator.report.account.course import Course
from simulator.report.account.run_account import Judged, RunAccount
from simulator.report.account.states import SiteState
from simulator.report.account.worst_moment import worst_moment_ns
from simulator.report.matching import Agreement
from simulator.report.page import Calendar
from simulator.report.pages.comparison import Comparison
from simulator.report.pages.folded_story import FoldedStory
from simulator.report.pages.frame import page
from simulator.report.pages.internetwork_map import InternetworkMap, internetwork_map
from simulator.report.pages.seat_rows import SeatRow, seat_rows
from simulator.report.pages.time_axis import TimeAxis
from simulator.report.pages.time_rows import WORDS, TimeRow, axis_of, outages, time_row
from simulator.report.phrases import TIED, period, refusal_in_words

MOST_ROWS = 120
"""Of a table; the page says what is left out, and with which command it is printed."""

_TOLD = (
    SiteState.EMERGENCY, SiteState.RESTRICTED, SiteState.FAILOVER, SiteState.OFF, SiteState.FROZEN,
)  # fmt: skip


class Provenance(msgspec.Struct, frozen=True):
    """Where the run comes from: the product's version, and the command that plays it again.

    `played` says how, where that is not in virtual time. A kept journal has no such command, only
    one that prints its `story`.
    """

    version: str
    repeat: str
    played: str = ""
    story: str = ""

    @property
    def prints(self) -> str:
        """The command that prints what has no room on the page."""
        return self.story or self.repeat


class Lit(msgspec.Struct, frozen=True):
    """On how many telephones of a node a text stood, for how long in all, and on how many still."""

    node: str
    most: int
    lasted_ns: int
    at_the_end: int


class RunPage:
    """A reader of the journal; `text` is the page of what it has read."""

    def __init__(self, start: datetime) -> None:
        self._calendar = Calendar(start)
        self._account = RunAccount()
        self._story = FoldedStory(self._calendar)

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self._account(entry)
        self._story(entry)

    @property
    def has_begun(self) -> bool:
        """Whether anything was read."""
        return self._account.facts > 0

    def text(
        self,
        provenance: Provenance,
        violation: Violation | None = None,
        comparison: Comparison | None = None,
    ) -> str:
        """The page as HTML; `violation` is what ended the run, if the oracle did.

        With a `comparison` it also says how this run and another one differ.
        """
        self._story.end()
        account, axis = self._account, axis_of(self._account)
        worst_ns = worst_moment_ns(account)
        compared = comparison.tables(self._calendar) if comparison else {}
        return page(
            "run.html",
            account=account,
            axis=axis,
            verdict=_verdict(account, violation),
            violation=violation,
            summary=_summary(account),
            worst_ns=worst_ns,
            map=_map_at(account, worst_ns),
            ticks=axis.ticks(-since_midnight_ns(account.start)),
            rows=[*_rows(account, axis)],
            outages=[*_outages(account, axis)],
            seats=_license_tables(account, axis),
            over_use=[*account.over_use.table(account.ended_ns)],
            judged=_most_telling(account.judged),
            calls=account.calls[:MOST_ROWS],
            lit=[*_lit(account)],
            story=[*self._story.parts()],
            left_out=self._story.left_out,
            provenance=provenance,
            moment=self._calendar.moment,
            about=_about,
            refusal=refusal_in_words,
            words=WORDS,
            comparison=comparison,
            different=compared.pop(Agreement.DIFFERENT.value, []),
            alike=compared,
            before=[*comparison.before_the_first(self._calendar)] if comparison else [],
            most_rows=MOST_ROWS,
        )


def _verdict(account: RunAccount, violation: Violation | None) -> tuple[str, str]:
    """The word, and what it rests on."""
    counts = account.counts
    asked = counted(counts["met"] + counts["failed"], "expectation")
    if violation is not None:
        return "violated", f"{violation.rule} broken by {violation.host}"
    refused = f", {counted(counts['refused'], 'step')} refused" if counts["refused"] else ""
    rests_on = {
        "": "the journal ends before the run does",
        "holds": f"{asked} met",
        "over-used": f"{account.over_use.in_words} more than bought",
        "fails": f"{counts['failed']} of {asked} not met{refused}",
    }
    return account.verdict or "incomplete", rests_on.get(account.verdict, "")


def _summary(account: RunAccount) -> list[tuple[str, str]]:
    """What became of each site that was not regular all the time, the worst first, in words."""
    lasted_ns = {
        name: _lasted_ns(course, account.ended_ns) for name, course in account.sites.items()
    }
    told = [name for name, lasted in lasted_ns.items() if any(lasted[state] for state in _TOLD)]
    told.sort(key=lambda name: [-lasted_ns[name][state] for state in _TOLD])
    return [(name, _in_words(lasted_ns[name])) for name in told]


def _lasted_ns(course: Course[SiteState], ended_ns: int) -> Counter[SiteState]:
    lasted_ns: Counter[SiteState] = Counter()
    for span in course.spans(ended_ns):
        lasted_ns[span.value] += span.to_ns - span.from_ns
    return lasted_ns


def _in_words(lasted_ns: Counter[SiteState]) -> str:
    return ", ".join(
        f"{WORDS[state]} for {_about(lasted_ns[state])}" for state in _TOLD if lasted_ns[state]
    )


def _about(duration_ns: int) -> str:
    """A duration in its two largest units, at least a second."""
    words = period(max(duration_ns // NS_PER_SECOND, 1) * NS_PER_SECOND).split(TIED)
    return " ".join(words[:4])


def _map_at(account: RunAccount, at_ns: int) -> InternetworkMap:
    sites = {name: course.at(at_ns) for name, course in account.sites.items()}
    links = {
        name: course.at(at_ns)
        for courses in (account.links, account.transit)
        for name, course in courses.items()
    }
    return internetwork_map(
        account.nodes,
        account.network,
        {name: state for name, state in sites.items() if state},
        {name: state for name, state in links.items() if state},
    )


def _rows(account: RunAccount, axis: TimeAxis) -> Iterator[TimeRow]:
    for name, site in account.sites.items():
        own = (link for link in account.links if _shades(account, link, name))
        yield time_row(name, site, (account.links[link] for link in own), axis)


def _outages(account: RunAccount, axis: TimeAxis) -> Iterator[tuple[str, str]]:
    """Routers, clouds and links that are in no site's row: when they carried nothing."""
    shown = {
        link for link in account.links for name in account.sites if _shades(account, link, name)
    }
    alone = {name: course for name, course in account.links.items() if name not in shown}
    for name, course in (account.transit | alone).items():
        yield name, outages(course, axis)


def _shades(account: RunAccount, link: str, node: str) -> bool:
    """Whether a cut of `link` is shown in the row of `node`.

    In the master's only where no other site has it, or every cut would be shown there.
    """
    ends = account.network.links.get(link, ())
    others = [end for end in ends if end != node and end in account.nodes]
    return node in ends and (account.nodes[node].role is not Role.MASTER or not others)


def _license_tables(account: RunAccount, axis: TimeAxis) -> dict[str, list[SeatRow]]:
    """By CLA; without those that nobody uses at the end and of which nobody has had anything."""
    courses = account.seats.courses().items()
    tables = {agent: [*seat_rows(of_agent, axis)] for agent, of_agent in courses}
    return {
        agent: rows
        for agent, rows in tables.items()
        if any(any(row.count) or row.most for row in rows)
    }


def _most_telling(judged: Sequence[Judged]) -> list[Judged]:
    """All that was not met, and of the rest as many as there is room for; in order of time."""
    missed = [each for each in judged if not each.met]
    met = [each for each in judged if each.met][: max(0, MOST_ROWS - len(missed))]
    return sorted([*met, *missed], key=lambda each: each.at_ns)


def _lit(account: RunAccount) -> Iterator[Lit]:
    for node, course in account.lit.items():
        spans = [span for span in course.spans(account.ended_ns) if span.value]
        if spans:
            lasted_ns = sum(span.to_ns - span.from_ns for span in spans)
            yield Lit(node, max(span.value for span in spans), lasted_ns, course.now or 0)
