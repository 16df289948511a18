"""The whole run in few numbers: who was in which state, which link was cut, what was expected."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from licensing import events
from licensing.events import Entry
from simulator.report.account.conditions import HostCondition, LinkCondition
from simulator.report.account.course import Course
from simulator.report.account.node_order import masters_first
from simulator.report.account.seats_account import SeatsAccount
from simulator.report.account.states import LinkState, SiteState, worse_link, worse_site
from simulator.report.node_states import NodeStates
from simulator.report.over_use import OverUseAccount
from simulator.report.phrases import way_out

MOST_KEPT = 2000
"""Calls, expectations and refusals that are kept one by one; later ones are only counted."""


class Judged(msgspec.Struct, frozen=True):
    """A step that was to show something, or was refused: `got` says why it was not met, or ""."""

    at_ns: int
    step: str
    place: str
    met: bool
    wanted: str = ""
    got: str = ""


class AnsweredCall(msgspec.Struct, frozen=True):
    """A call and how it ended; `reason` is a code of REFUSALS."""

    at_ns: int
    node: str
    source: str
    destination: str
    outcome: str
    reason: str
    emergency: bool


@dataclass
class RunAccount:
    """A reader of the journal. `verdict` is "" where the journal ends before the run does."""

    title: str = ""
    seed: int = 0
    start: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    nodes: Mapping[str, events.NodeFacts] = field(default_factory=dict)
    network: events.NetworkFacts = field(default_factory=events.NetworkFacts)
    ended_ns: int = 0
    verdict: str = ""
    facts: int = 0
    sites: dict[str, Course[SiteState]] = field(default_factory=dict)
    links: dict[str, Course[LinkState]] = field(default_factory=dict)
    transit: dict[str, Course[LinkState]] = field(default_factory=dict)
    """Routers and clouds, which carry everything or nothing."""
    lit: dict[str, Course[int]] = field(default_factory=dict)
    """By node: on how many telephones a text stands that is not the idle display."""
    judged: list[Judged] = field(default_factory=list)
    calls: list[AnsweredCall] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """All of them: `met`, `failed` and `refused`."""
    number_of_calls: int = 0
    seats: SeatsAccount = field(default_factory=SeatsAccount)
    over_use: OverUseAccount = field(default_factory=OverUseAccount)
    _hosts: dict[str, HostCondition] = field(default_factory=dict)
    _states: NodeStates = field(default_factory=NodeStates)
    _links: dict[str, LinkCondition] = field(default_factory=dict)
    _lit_now: dict[str, frozenset[str]] = field(default_factory=dict)

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self.facts += 1
        self.ended_ns = entry.at
        self.seats(entry)
        self.over_use(entry)
        self._note_run(entry)
        self._note_host(entry)
        self._note_link(entry)
        self._note_judgement(entry)
        self._note_call(entry)
        self._note_displays(entry)

    def _note_run(self, entry: Entry) -> None:
        match entry.fact:
            case events.RunBegan() as began:
                self.title, self.seed, self.start = began.title, began.seed, began.start
                ordered = masters_first({name: node.role for name, node in began.nodes.items()})
                self.nodes = {name: began.nodes[name] for name in ordered}
                self.network = began.network
                self._hosts = {name: HostCondition() for name in self.nodes}
                self.sites = {name: Course(worse_site) for name in self.nodes}
            case events.RunEnded(verdict=verdict):
                self.verdict = verdict

    def _note_host(self, entry: Entry) -> None:
        host = self._hosts.get(entry.host)
        if host is None:
            return
        if status := self._states(entry):
            host.status = status
            self.sites[entry.host].change(entry.at, host.state)
        if host.noted(entry.fact):
            self.sites[entry.host].change(entry.at, host.state)

    def _note_link(self, entry: Entry) -> None:
        match entry.fact:
            case events.TransitFailed(name=name):
                _change(self.transit, name, entry.at, LinkState.CUT)
            case events.TransitRepaired(name=name):
                _change(self.transit, name, entry.at, LinkState.UP)
        name = getattr(entry.fact, "link", "")
        if name and self._links.setdefault(name, LinkCondition()).noted(entry.fact):
            link = self._links[name]
            _change(self.links, name, entry.at, link.state)

    def _note_judgement(self, entry: Entry) -> None:
        match entry.fact:
            case events.ExpectationMet(step=step, place=place):
                self._keep("met", Judged(entry.at, step, place, met=True))
            case events.ExpectationFailed(step=step, place=place, wanted=wanted, got=got):
                self._keep("failed", Judged(entry.at, step, place, False, wanted, got))
            case events.StepRefused(step=step, place=place, code=code, text=text):
                said = " ".join(filter(None, (f"{code}: {text}", way_out(code))))
                self._keep("refused", Judged(entry.at, step, place, False, "", said))

    def _keep(self, count: str, judged: Judged) -> None:
        self.counts[count] += 1
        if self.counts[count] <= MOST_KEPT:
            self.judged.append(judged)

    def _note_call(self, entry: Entry) -> None:
        if isinstance(entry.fact, events.CallAnswered):
            self.number_of_calls += 1
            if len(self.calls) < MOST_KEPT:
                self.calls.append(_call(entry, entry.fact))

    def _note_displays(self, entry: Entry) -> None:
        lit = _lit_after(entry.fact, self._lit_now.get(entry.host, frozenset()))
        if lit is not None:
            self._lit_now[entry.host] = lit
            self.lit.setdefault(entry.host, Course(max)).change(entry.at, len(lit))


def _lit_after(fact: events.Fact, lit: frozenset[str]) -> frozenset[str] | None:
    """The telephones with a text; None after a fact that changes no display.

    Without power they are dark, and with it the node says anew what they show. What is frozen
    shows what it has shown.
    """
    match fact:
        case events.DisplaysChanged(displays=texts):
            return (lit - texts.keys()) | {number for number, text in texts.items() if text}
        case events.HostCrashed() | events.HostStopped():
            return frozenset()
        case events.SubscriberChanged(number=number):  # another telephone begins idle
            return lit - {number}
    return None


def _change(courses: dict[str, Course[LinkState]], name: str, at_ns: int, state: LinkState) -> None:
    courses.setdefault(name, Course(worse_link)).change(at_ns, state)


def _call(entry: Entry, fact: events.CallAnswered) -> AnsweredCall:
    return AnsweredCall(
        entry.at, entry.host, fact.source, fact.destination, fact.outcome, fact.reason,
        fact.emergency,
    )  # fmt: skip
