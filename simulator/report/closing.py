"""What stands between the story and the verdict: what went wrong and why, the license table."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from licensing.events import (
    ConnectionOpened,
    Entry,
    ExpectationFailed,
    HeartbeatAnswered,
    StepRefused,
)
from simulator.oracle import Violation
from simulator.oracle.picture import LAST_FACTS
from simulator.oracle.violation import RULES
from simulator.report.account.agents import Agents
from simulator.report.explain.causes import Causes
from simulator.report.explain.reason import Reason, reason_rows
from simulator.report.explain.shortfalls import why_broken, why_short
from simulator.report.groups import Groups, is_large
from simulator.report.license_table import license_tables
from simulator.report.over_use import OverUseAccount
from simulator.report.page import Layout, Row, Tone, aligned
from simulator.report.phrases import way_out
from simulator.report.sentences import sentence
from simulator.report.site_table import SiteAccount
from simulator.runs.play import Result
from simulator.scenario import Internetwork, Scenario

_ROUTINE = (HeartbeatAnswered, ConnectionOpened)
_EXAMPLES = 3


class Shortfall(msgspec.Struct):
    """An expectation that failed or a step that was refused, and what had happened before it."""

    entry: Entry
    last_facts: list[Entry]
    why: list[Reason] = msgspec.field(default_factory=list)


@dataclass
class Evidence:
    """The reader that keeps what a verdict rests on, for people; no more than a few facts."""

    scenario: Scenario
    over_use: OverUseAccount = field(default_factory=OverUseAccount)
    sites: SiteAccount = field(default_factory=SiteAccount)
    shortfalls: list[Shortfall] = field(default_factory=list)
    _agents: Agents = field(default_factory=Agents)
    _causes: Causes = field(default_factory=Causes)
    _last: dict[str, deque[Entry]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=LAST_FACTS))
    )

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self.over_use(entry)
        self.sites(entry)
        self._agents(entry)
        self._causes(entry)
        if isinstance(entry.fact, ExpectationFailed | StepRefused):
            concerned = _concerned(entry.fact, self.scenario)
            facts = self.last_facts(concerned)
            why = why_short(self._causes.book, entry.fact, concerned, entry.at)
            self.shortfalls.append(Shortfall(entry, facts, why))
        elif not isinstance(entry.fact, _ROUTINE):
            self._last[entry.host].append(entry)

    def last_facts(self, hosts: Iterable[str]) -> list[Entry]:
        """The last facts of these hosts, in the order in which they happened."""
        facts = [entry for host in hosts for entry in self._last[host]]
        return sorted(facts, key=lambda entry: entry.at)

    @property
    def agents(self) -> set[str]:
        """The hosts of the CLAs that nodes have now."""
        return {self._agents.of(node) for node in self.scenario.internetwork.nodes}

    def why(self, violation: Violation) -> list[Reason]:
        """The chains behind a broken rule."""
        return why_broken(self._causes.book, violation)


def closing(
    evidence: Evidence, result: Result, page: Layout, repeat: str, *, by_node: bool = False
) -> Iterator[Row]:
    """All that the verdict rests on; `repeat` is the command line that plays the run again.

    `by_node` asks for what each node holds, also of a large internetwork or on a narrow page.
    """
    internetwork = evidence.scenario.internetwork
    for shortfall in evidence.shortfalls:
        yield from _shortfall(shortfall, page, internetwork)
    if result.violation is not None:
        yield from _violation(result.violation, result.seed, page)
        yield from _chains(evidence.why(result.violation), page)
    if not result.holds:
        yield from (Row(), Row(f"to repeat it: {repeat}"))
    nodes = [*internetwork.nodes]
    if is_large(internetwork):
        yield Row()
        yield from evidence.sites.rows(internetwork, result)
        nodes = nodes if by_node else []
    yield from license_tables(
        result.licenses,
        nodes,
        page,
        in_charge=evidence.agents,
        by_node=by_node,
        unanswered=result.unanswered,
    )
    yield from _over_use(evidence.over_use, result.ended_ns, page)
    yield Row()


def _shortfall(shortfall: Shortfall, page: Layout, internetwork: Internetwork) -> Iterator[Row]:
    fact = shortfall.entry.fact
    assert isinstance(fact, ExpectationFailed | StepRefused)
    place = f"{fact.place}: " if fact.place else ""
    yield Row()
    yield Row(f"{place}{fact.step}", Tone.FAILED)
    yield Row(f"  at     {page.calendar.moment(shortfall.entry.at)}")
    if isinstance(fact, ExpectationFailed):
        said = Groups(internetwork).shared if is_large(internetwork) else str
        yield Row(f"  wanted {said(fact.wanted)}")
        yield Row(f"  got    {said(fact.got)}")
    else:
        yield Row(f"  refused, {fact.code}: {fact.text}")
        if hint := way_out(fact.code):
            yield from (Row(text) for text in page.wrapped("  way out: ", hint, indent=4))
    yield from _facts(shortfall.last_facts, page)
    yield from _chains(shortfall.why, page)


def _chains(reasons: Iterable[Reason], page: Layout) -> Iterator[Row]:
    for reason in reasons:
        yield Row("  why", Tone.QUIET)
        yield from (Row(f"    {row.text}", row.tone) for row in reason_rows(reason, page))


def _violation(violation: Violation, seed: int, page: Layout) -> Iterator[Row]:
    yield Row()
    yield Row(f"{violation.rule} broken by {violation.host}: {RULES[violation.rule]}", Tone.FAILED)
    yield Row(f"  at       {page.calendar.moment(violation.at_ns)}, seed {seed}")
    yield Row(f"  expected {violation.expected}")
    yield Row(f"  seen     {violation.seen}")
    yield from _facts(violation.last_facts, page)


def _facts(facts: Iterable[Entry], page: Layout) -> Iterator[Row]:
    for entry in facts:
        head = f"    {page.calendar.moment(entry.at)}  {entry.host}  "
        for text in page.wrapped(head, sentence(entry.fact), indent=6):
            yield Row(text, Tone.QUIET)


def _concerned(fact: ExpectationFailed | StepRefused, scenario: Scenario) -> list[str]:
    """The nodes that the words of a step name, themselves or by a subscriber; else all.

    Of a large internetwork a few of those that are not as they were expected stand for all.
    """
    spoken = {word.strip(":,") for word in fact.step.split()}
    nodes = scenario.internetwork.nodes
    named = [name for name, node in nodes.items() if spoken & {name, *node.numbers()}]
    if named or not is_large(scenario.internetwork):
        return named or list(nodes)
    got = fact.got.split() if isinstance(fact, ExpectationFailed) else []
    return [name for name in nodes if name in got][:_EXAMPLES]


def _over_use(account: OverUseAccount, ended_ns: int, page: Layout) -> Iterator[Row]:
    """What was used beyond the purchases, and by whom when it was most."""
    rows = list(account.table(ended_ns))
    if not rows:
        return
    yield Row()
    heads = aligned([["over-used", "at most", "seat-hours"], *([*row[:-1]] for row in rows)])
    yield Row(f"{heads[0]}  by", Tone.HEADING)
    for head, (*_, who) in zip(heads[1:], rows, strict=True):
        yield from (Row(text) for text in page.wrapped(f"{head}  ", who, indent=4))
