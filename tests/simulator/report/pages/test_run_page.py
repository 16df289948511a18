"""The page of a run: all of it in one file, bounded, and no text of a run becomes markup."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from licensing import events
from licensing.entitlements import Entitlement
from licensing.events import Entry, Fact
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from licensing.words import NodeState, Role
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.oracle import Violation
from simulator.report.pages.run_page import Provenance, RunPage
from simulator.runs.play import play
from simulator.scenario import load_scenario

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
FROM = Provenance("1.2.3", "internetsim run net.yaml --seed 7")
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>\x1b]0;\x07\u202e"


class Reader(HTMLParser):
    """Tags, and the text of a page as a person reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags = [""]
        self.attributes: list[tuple[str, str | None]] = []
        self._text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        if self.tags[-1] != "style":
            self._text.append(data)

    @property
    def text(self) -> str:
        """In one line."""
        return " ".join(" ".join(self._text).split())


def page_of(name: str) -> str:
    """The page of a shipped scenario."""
    scenario = load_scenario(DIRECTORY / f"{name}.yaml")
    page = RunPage(scenario.start)
    result = play(scenario, readers=[page])
    return page.text(FROM, result.violation)


def page_from(*entries: Entry, violation: Violation | None = None) -> str:
    """The page of a journal that is made up."""
    page = RunPage(START)
    for entry in entries:
        page(entry)
    return page.text(FROM, violation)


def began(*slaves: str, title: str = "A year", link: str = "{}") -> Entry:
    """The first line: a master and these slaves."""
    facts = events.NodeFacts(Role.SLAVE, "10.0.0.2:1", {"200": "up0"}, {}, "200")
    nodes = {"hq": replace_role(facts), **dict.fromkeys(slaves, facts)}
    links = {link.format(f"hq-{name}"): ("hq", name) for name in slaves}
    network = events.NetworkFacts(links=links)
    return Entry(0, "world", events.RunBegan(
        title=title, seed=7, start=START, nodes=nodes, network=network))  # fmt: skip


def replace_role(facts: events.NodeFacts) -> events.NodeFacts:
    """The same node as the master."""
    return events.NodeFacts(Role.MASTER, facts.address, facts.subscribers, {}, "200")


def test_it_tells_what_happened_to_somebody_who_was_not_there() -> None:
    """Verdict, worst moment, each site, expectations, calls, seats, story, and how to repeat it."""
    text = Reader(page_of("slave-cut-off-31-days")).text
    for told in (
        "holds 6 expectations met",
        "At the worst moment, day 33 07:00:02",
        "north emergency mode for 2 days 1 h, Failover Period for 29 days 22 h",
        "expect north: emergency met",
        "north 200 112 (emergency call) connected",
        "TDM User 10 10 0 0 10",
        "regular -> failover: connection to the central CLA lost",
        "internetsim 1.2.3",
        "internetsim run net.yaml --seed 7",
    ):
        assert told in text


def test_a_cla_that_is_left_has_nothing_at_the_end_and_no_table_where_it_had_no_user() -> None:
    """What was used of it before stays to be seen in its table."""
    told = Reader(page_of("three-systems-combined")).text
    of_south = told.partition("Licenses of the CLA of south")[2]
    assert "IP User 0 0 0 0 4" in of_south
    accepted = events.LicenseFileAccepted(
        serial=1, epoch=1, licenses={"ip": 5}, entitlements=[Entitlement(seats={"ip": 5})],
        failover_period_ns=30 * DAY_NS, valid_until=None,
    )  # fmt: skip
    files = (Entry(at_ns, host, accepted) for at_ns, host in ((1, "hq"), (2, "north")))
    moved = Entry(3, "hq", events.WizardCompleted(Role.SLAVE, "10.0.0.2:1"))
    told = Reader(page_from(began("north"), *files, moved, Entry(4, "hq", leased()))).text
    assert "IP User 5 0 0 5 0" in told
    assert "of the CLA of" not in told


def test_it_needs_neither_a_script_nor_a_request() -> None:
    """One file: nothing is fetched, nothing runs."""
    page = page_of("one-fault-after-another")
    reader = Reader(page)
    assert "script" not in reader.tags
    assert not {"link", "img", "iframe", "object", "form"} & {*reader.tags}
    fetching = ("src", "href", "action")
    assert not [name for name, _ in reader.attributes if name in fetching or name.startswith("on")]
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", page)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_no_text_becomes_markup() -> None:
    """Not a title, the name of a link, a reason or a step."""
    page = page_from(
        began("north", title=HOSTILE, link=HOSTILE + "{}"),
        Entry(1, "world", events.LinkCut(HOSTILE + "hq-north", ["a->b", "b->a"])),
        Entry(2, "world", events.StepRefused(HOSTILE, HOSTILE, "no-deadline", HOSTILE)),
        Entry(3, "world", events.ExpectationFailed(HOSTILE, HOSTILE, HOSTILE, HOSTILE)),
        Entry(4, "hq", events.AgentStopped("x", HOSTILE)),
        Entry(5, "world", events.RunEnded("fails")),
        violation=Violation("O1", HOSTILE, at_ns=5, expected=HOSTILE, seen=HOSTILE),
    )
    reader = Reader(page)
    assert {"script", "img"}.isdisjoint(reader.tags)
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert reader.text.count("<script>alert(1)</script>") > 8
    assert not {"\x1b", "\x07", "\u202e"} & {*page}


def test_a_broken_rule_and_a_journal_that_is_cut_off_are_no_success() -> None:
    """The verdict says which it is."""
    violation = Violation("O3", "north", at_ns=HOUR_NS, expected="lit", seen="dark")
    assert "violated O3 broken by north" in Reader(page_from(began(), violation=violation)).text
    assert "incomplete the journal ends before the run does" in Reader(page_from(began())).text


def test_repeated_facts_are_folded_and_changes_of_state_are_not() -> None:
    """The tenth cut of a link adds nothing; the tenth failover does."""
    entries = [began("north")]
    for number in range(1, 11):
        at_ns = number * HOUR_NS
        entries.append(Entry(at_ns, "world", events.LinkCut("hq-north", ["a->b", "b->a"])))
        entries.append(Entry(at_ns + 1, "world", events.LinkHealed("hq-north")))
        entries.append(Entry(at_ns + MINUTE_NS, "north", lost()))
        entries.append(Entry(at_ns + 2 * MINUTE_NS, "north", leased()))
    text = Reader(page_from(*entries)).text
    assert text.count("link cut and 7 more like it until day 0 18:00:00") == 1
    assert text.count("regular -> failover") == 10


def lost() -> events.StateChanged:
    """A node loses its CLA."""
    return events.StateChanged(NodeState.REGULAR, NodeState.FAILOVER, "lost", 0)


def leased() -> events.StateChanged:
    """It has it back."""
    return events.StateChanged(NodeState.FAILOVER, NodeState.REGULAR, "leased", 0)


def year(sites: int) -> Iterator[Entry]:
    """Heartbeats every two hours, a failover a day at each site by turns: many facts."""
    names = [f"site-{number:02}" for number in range(1, sites)]
    yield began(*names)
    for hour in range(0, 365 * 24, 2):
        for index, name in enumerate(names):
            at_ns = hour * HOUR_NS + index
            fact: Fact = events.HeartbeatAnswered(1000)
            if hour % 24 == 2 * (index % 12):
                fact = lost()
            elif hour % 24 == 2 * (index % 12) + 2:
                fact = leased()
            yield Entry(at_ns, name, fact)
    yield Entry(365 * DAY_NS, "world", events.RunEnded("holds"))


def test_a_year_of_thirty_sites_fits_into_a_mail() -> None:
    """Under 300 kB, and it says what is left out and how to have it printed."""
    page = page_from(*year(30))
    assert len(page.encode()) < 300_000
    text = Reader(page).text
    assert re.search(r"\d+ lines are left out here: internetsim run net.yaml --seed 7", text)
    assert "30 nodes, 365 days" in text
    assert "21 more nodes were not regular all the time" in text


@pytest.mark.parametrize("days", [1, 40])
def test_the_calendar_is_the_scenario_s(days: int) -> None:
    """Day N is the N-th date after the start's."""
    at_ns = days * DAY_NS
    page = page_from(began("north"), Entry(at_ns, "north", lost()))
    shown = START + timedelta(days=days)
    assert f"day {days} {shown:%H:%M:%S}" in Reader(page).text
