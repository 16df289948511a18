"""What stands after the story: what went wrong and why, the license table, and the verdict."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from licensing.events import (
    ConnectionOpened,
    Entry,
    ExpectationFailed,
    ExpectationMet,
    HeartbeatAnswered,
    StepRefused,
)
from licensing.messages import LicenseTable
from licensing.words import counted
from simulator.oracle import Violation
from simulator.oracle.picture import LAST_FACTS
from simulator.oracle.violation import RULES
from simulator.report.over_use import OverUseAccount
from simulator.report.page import Layout, Row, Tone
from simulator.report.phrases import period
from simulator.report.sentences import sentence
from simulator.runs.play import Result
from simulator.scenario import Scenario

_ROUTINE = (HeartbeatAnswered, ConnectionOpened)
_COUNTS = ("bought", "in use", "reserved", "free")


@dataclass
class Shortfall:
    """An expectation that failed or a step that was refused, and what had happened before it."""

    entry: Entry
    last_facts: list[Entry]


@dataclass
class Evidence:
    """The reader that keeps what a verdict rests on; it never keeps more than a few facts."""

    scenario: Scenario
    met: int = 0
    over_use: OverUseAccount = field(default_factory=OverUseAccount)
    shortfalls: list[Shortfall] = field(default_factory=list)
    _last: dict[str, deque[Entry]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=LAST_FACTS))
    )

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self.met += isinstance(entry.fact, ExpectationMet)
        self.over_use(entry)
        if isinstance(entry.fact, ExpectationFailed | StepRefused):
            facts = self.last_facts(_concerned(entry.fact.step, self.scenario))
            self.shortfalls.append(Shortfall(entry, facts))
        elif not isinstance(entry.fact, _ROUTINE):
            self._last[entry.host].append(entry)

    def last_facts(self, hosts: Iterable[str]) -> list[Entry]:
        """The last facts of these hosts, in the order in which they happened."""
        facts = [entry for host in hosts for entry in self._last[host]]
        return sorted(facts, key=lambda entry: entry.at)

    @property
    def failed(self) -> int:
        """How many expectations did not hold."""
        return sum(isinstance(each.entry.fact, ExpectationFailed) for each in self.shortfalls)


def closing(evidence: Evidence, result: Result, page: Layout, repeat: str) -> Iterator[Row]:
    """All that the verdict rests on; `repeat` is the command line that plays the run again."""
    for shortfall in evidence.shortfalls:
        yield from _shortfall(shortfall, page)
    if result.violation is not None:
        yield from _violation(result.violation, result.seed, page)
    if not result.holds:
        yield from (Row(), Row(f"to repeat it: {repeat}"))
    yield from _license_tables(result.licenses, evidence.scenario, page)
    yield from _over_use(evidence.over_use, result.ended_ns, page)
    yield Row()


def verdict(evidence: Evidence, result: Result) -> Row:
    """One row: whether all holds, and how much that is."""
    passed = period(result.ended_ns)
    if result.violation is not None:
        broken = f"{result.violation.rule} broken by {result.violation.host}"
        return Row(f"violated: {broken} after {passed}", Tone.FAILED)
    asked = evidence.met + evidence.failed
    if result.holds:
        return Row(f"holds: {counted(asked, 'expectation')} met in {passed}", Tone.REGULAR)
    over_used = f"over-used: {evidence.over_use.in_words} more than bought"
    if not result.shortfalls:
        return Row(f"{over_used}, {counted(asked, 'expectation')} met in {passed}", Tone.FAILED)
    refused = len(evidence.shortfalls) - evidence.failed
    parts = [f"{evidence.failed} of {counted(asked, 'expectation')} not met"]
    parts += [f"{counted(refused, 'step')} refused"] if refused else []
    return Row(f"fails: {', '.join(parts)}", Tone.FAILED)


def _shortfall(shortfall: Shortfall, page: Layout) -> Iterator[Row]:
    fact = shortfall.entry.fact
    assert isinstance(fact, ExpectationFailed | StepRefused)
    place = f"{fact.place}: " if fact.place else ""
    yield Row()
    yield Row(f"{place}{fact.step}", Tone.FAILED)
    yield Row(f"  at     {page.calendar.moment(shortfall.entry.at)}")
    if isinstance(fact, ExpectationFailed):
        yield Row(f"  wanted {fact.wanted}")
        yield Row(f"  got    {fact.got}")
    else:
        yield Row(f"  refused, {fact.code}: {fact.text}")
    yield from _facts(shortfall.last_facts, page)


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


def _concerned(step: str, scenario: Scenario) -> list[str]:
    """The nodes that the words of a step name, themselves or by a subscriber; else all."""
    spoken = {word.strip(":,") for word in step.split()}
    nodes = scenario.internetwork.nodes
    named = [name for name, node in nodes.items() if spoken & {name, *node.numbers()}]
    return named or list(nodes)


def _license_tables(
    tables: Mapping[str, LicenseTable], scenario: Scenario, page: Layout
) -> Iterator[Row]:
    """That of each CLA that nodes use, named where there are several."""
    used = {
        agent: table
        for agent, table in tables.items()
        if any(sum(row.held.values()) for row in table.licenses)
    }
    for agent, table in (used or tables).items():
        nodes = [*scenario.internetwork.nodes]
        yield Row()
        if len(used) > 1:
            yield Row(f"CLA of {agent}", Tone.HEADING)
            nodes = [name for name in nodes if any(row.held.get(name) for row in table.licenses)]
        yield from _license_table(table, nodes, page)


def _license_table(table: LicenseTable, nodes: list[str], page: Layout) -> Iterator[Row]:
    """Bought, in use, reserved for cut-off nodes (F9) and free; by node too where that fits."""
    cells = [["licenses", *_COUNTS, *nodes]]
    for row in table.licenses:
        counts = (row.bought, row.in_use, row.reserved, row.free)
        held = (row.held.get(node, 0) for node in nodes)
        cells.append([row.name, *(str(count or "-") for count in (*counts, *held))])
    lines = _aligned(cells)
    if max(len(line) for line in lines) > page.width:
        lines = _aligned([line[: 1 + len(_COUNTS)] for line in cells])
    for index, line in enumerate(lines):
        yield Row(line, Tone.PLAIN if index else Tone.HEADING)


def _over_use(account: OverUseAccount, ended_ns: int, page: Layout) -> Iterator[Row]:
    """What was used beyond the purchases, and by whom when it was most."""
    rows = list(account.table(ended_ns))
    if not rows:
        return
    yield Row()
    heads = _aligned([["over-used", "at most", "seat-hours"], *([*row[:-1]] for row in rows)])
    yield Row(f"{heads[0]}  by", Tone.HEADING)
    for head, (*_, who) in zip(heads[1:], rows, strict=True):
        yield from (Row(text) for text in page.wrapped(f"{head}  ", who, indent=4))


def _aligned(table: list[list[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            f"{cell:>{width}}" if index else f"{cell:{width}}"
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
