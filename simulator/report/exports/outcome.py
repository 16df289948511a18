"""What came of a run, for other tools: one form with a version, whose schema is made from it.

Instants and durations are nanoseconds since the start of the run. A later version of the product
may add fields; where one changes its meaning or goes, the version rises.
"""

from collections import defaultdict
from typing import Literal

import msgspec

from licensing.events import (
    Entry,
    ExpectationFailed,
    ExpectationMet,
    OverUseChanged,
    StepRefused,
)
from licensing.words import NodeState
from simulator.oracle.violation import RULES
from simulator.report.matching import Agreement, Pair
from simulator.report.node_states import NodeStates
from simulator.report.pages.comparison import Comparison
from simulator.report.phrases import way_out
from simulator.runs.play import Result
from simulator.scenario import Scenario

FORM_VERSION = 1

RunVerdict = Literal["holds", "fails", "over-used", "violated", "stopped", "not-played"]
"""As the last line of a run says it; `stopped` is one that ended before its time."""


class Expected(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An expectation: `step` in words, the `place` where it is written, and what was got."""

    at_ns: int
    step: str
    place: str = ""
    met: bool
    wanted: str = ""
    got: str = ""


class RefusedStep(msgspec.Struct, kw_only=True):
    """A step that a program refused; `code` is of the error registry, and so is the way out.

    That is "" where the registry has none, or has one with details that a journal does not keep.
    """

    at_ns: int
    step: str
    place: str
    code: str
    text: str
    way_out: str


class BrokenRule(msgspec.Struct, kw_only=True):
    """A rule of the oracle that did not hold, by its number and in words."""

    at_ns: int
    rule: str
    says: str
    host: str
    expected: str
    seen: str


class InState(msgspec.Struct, kw_only=True):
    """From when on a node was in a state."""

    since_ns: int
    state: NodeState


class NodeOutcome(msgspec.Struct, kw_only=True):
    """The states of a node, and the licenses that it holds at the end, by their keys."""

    states: list[InState]
    seats: dict[str, int]


class HistoryFact(msgspec.Struct, kw_only=True):
    """What happened in one of two histories, in words."""

    at_ns: int
    says: str


class Unlike(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A fact that is not the same at one instant in both; None where only the other has it."""

    host: str
    agreement: Agreement
    simulated: HistoryFact | None = None
    live: HistoryFact | None = None


class ComparisonOutcome(msgspec.Struct, kw_only=True):
    """What came of laying the run beside a live one: how many facts agree how, and which do not.

    `broken` is the rule that the oracle saw broken, by `simulated` and `live`.
    """

    agrees: bool
    says: str
    counts: dict[str, int]
    unlike: list[Unlike]
    broken: dict[str, str]


class RunOutcome(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All of it. `over_used` is the largest number of each license used beyond its purchase.

    `unanswered` are the hosts whose CLA did not answer at the end: of its nodes no seats are known.
    `clients` are the files of somebody's own programs, by the nodes in whose place they were.
    """

    version: int
    verdict: RunVerdict
    title: str
    file: str
    repeat: str
    seed: int
    ended_ns: int
    digest: str = ""
    reason: str = ""
    expectations: list[Expected]
    refused_steps: list[RefusedStep]
    violation: BrokenRule | None = None
    over_used: dict[str, int]
    over_use_said: dict[str, int]
    nodes: dict[str, NodeOutcome]
    unanswered: list[str] = []
    clients: dict[str, str] = {}
    comparison: ComparisonOutcome | None = None


class OutcomeReader:
    """The reader of the journal that collects it."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._ended_ns = 0
        self._expectations: list[Expected] = []
        self._node_states = NodeStates()
        self._refused: list[RefusedStep] = []
        self._over_used: dict[str, int] = {}
        self._states: defaultdict[str, list[InState]] = defaultdict(
            lambda: [InState(since_ns=0, state=NodeState.ACTIVATION_PERIOD)]
        )

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self._ended_ns = at_ns = entry.at
        if state := self._node_states(entry):
            self._states[entry.host].append(InState(since_ns=at_ns, state=state))
        match entry.fact:
            case ExpectationMet(step=step, place=place):
                self._expectations.append(Expected(at_ns=at_ns, step=step, place=place, met=True))
            case ExpectationFailed() as fact:
                self._expectations.append(
                    Expected(
                        at_ns=at_ns,
                        step=fact.step,
                        place=fact.place,
                        met=False,
                        wanted=fact.wanted,
                        got=fact.got,
                    )
                )
            case StepRefused(step=step, place=place, code=code, text=text):
                self._refused.append(
                    RefusedStep(
                        at_ns=at_ns,
                        step=step,
                        place=place,
                        code=code,
                        text=text,
                        way_out=way_out(code),
                    )
                )
            case OverUseChanged(license=key, excess=excess):
                self._over_used[key] = max(excess, self._over_used.get(key, 0))

    def outcome(
        self, *, file: str, repeat: str, seed: int, result: Result | None, reason: str = ""
    ) -> RunOutcome:
        """What came of it; without a `result` the run was stopped, for that `reason`."""
        if result and result.tracebacks:
            logged = (f"a program has logged {each}\n{each.text}" for each in result.tracebacks)
            reason = "\n".join(logged)
        return RunOutcome(
            version=FORM_VERSION,
            verdict=_verdict(result),
            title=self._scenario.title,
            file=file,
            repeat=repeat,
            seed=seed,
            ended_ns=self._ended_ns,
            digest=result.digest if result else "",
            reason=reason,
            expectations=self._expectations,
            refused_steps=self._refused,
            violation=_violation(result),
            over_used=self._over_used,
            over_use_said=dict(self._scenario.over_use),
            nodes=self._nodes(result),
            unanswered=list(result.unanswered) if result else [],
            clients={name: each.path for name, each in self._scenario.clients.items()},
        )

    def _nodes(self, result: Result | None) -> dict[str, NodeOutcome]:
        held: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for table in result.licenses.values() if result else ():
            for row in table.licenses:
                for node, count in row.held.items():
                    if count:
                        held[node][row.license] = held[node].get(row.license, 0) + count
        return {
            name: NodeOutcome(states=self._states[name], seats=held[name])
            for name in self._scenario.internetwork.nodes
        }


def _verdict(result: Result | None) -> RunVerdict:
    if result is None:
        return "stopped"
    if result.violation is not None:
        return "violated"
    if result.holds:
        return "holds"
    return "fails" if result.shortfalls or result.tracebacks else "over-used"


def _violation(result: Result | None) -> BrokenRule | None:
    if result is None or result.violation is None:
        return None
    broken = result.violation
    return BrokenRule(
        at_ns=broken.at_ns,
        rule=broken.rule,
        says=RULES[broken.rule],
        host=broken.host,
        expected=broken.expected,
        seen=broken.seen,
    )


def comparison_outcome(comparison: Comparison) -> ComparisonOutcome:
    """The same as data."""
    unlike = (pair for pair in comparison.pairs if pair.verdict is not Agreement.SAME)
    return ComparisonOutcome(
        agrees=comparison.agrees,
        says=comparison.says,
        counts=dict(comparison.counts),
        unlike=[_unlike(pair) for pair in unlike],
        broken={name: violation.rule for name, violation in comparison.broken.items()},
    )


def _unlike(pair: Pair) -> Unlike:
    simulated, live = (
        HistoryFact(at_ns=each.at_ns, says=each.words) if each else None
        for each in (pair.one, pair.other)
    )
    return Unlike(host=pair.host, agreement=pair.verdict, simulated=simulated, live=live)


def outcome_schema() -> dict[str, object]:
    """The JSON Schema of the form."""
    form = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return form | msgspec.json.schema(RunOutcome)
