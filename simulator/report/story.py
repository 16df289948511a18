"""The story of a run: which facts a person reads, and which of them in one line.

A reader of the journal. Left out is what keeps a network running and changes nothing: heartbeats,
redialings, sessions, the lease that follows a decision. One line is held back while the next fact
may complete it.
"""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from licensing import events
from licensing.events import (
    AssignmentsChanged,
    CallAnswered,
    CallReleased,
    ConnectionEstablished,
    DemandDecided,
    DisplaysChanged,
    Entry,
    ExpectationMet,
    HostStarted,
    StateChanged,
)
from licensing.policies import LONGEST_FAILOVER_PERIOD_NS, NS_PER_SECOND
from licensing.words import Condition, LicenseState, NodeState
from simulator.report.account.homes import Homes
from simulator.report.account.lease_terms import LeaseTerms
from simulator.report.ended_programs import EndedPrograms
from simulator.report.page import Calendar, Line, Tone
from simulator.report.phrases import assignments, code_words, displays_in_words
from simulator.report.refusals import Refusals
from simulator.report.sentences import sentence
from simulator.report.where import where_of

_LEFT_OUT = (
    events.RunBegan, events.RunEnded, events.StepBegan, events.NodeEnrolled,
    events.ConnectionOpened, events.ConnectionRefused, events.ConnectionLost,
    events.HeartbeatAnswered, events.SessionOpened, events.SessionEnded, events.DemandDecided,
    events.DecisionReceived, events.LeaseSigned, events.LeaseInstalled,
)  # fmt: skip

_IN_FULL = (
    StateChanged, ExpectationMet, events.ExpectationFailed, events.StepRefused,
    events.RelicensingRequired, events.OverUseChanged,
)  # fmt: skip
"""Why somebody reads the story: these are never folded."""

_EVERYONE = ("every node", "all nodes")
_NO_PLACES = ("telephone ", "call from ")
"""What is expected of these stands beside no place."""

_LASTING_NS = NS_PER_SECOND
"""A call that is released sooner is shown without its end."""

_STATE_TONES = {
    NodeState.REGULAR: Tone.REGULAR,
    NodeState.FAILOVER: Tone.FAILOVER,
    NodeState.EMERGENCY: Tone.EMERGENCY,
    NodeState.RESTRICTED: Tone.EMERGENCY,
}

_TONES: dict[type[events.Event], Tone] = {
    events.StepRefused: Tone.FAILED,
    events.ExpectationFailed: Tone.FAILED,
    events.ExpectationMet: Tone.QUIET,
    events.NothingChanged: Tone.QUIET,
    events.LinkCut: Tone.FAILOVER,
    events.TransitFailed: Tone.FAILOVER,
    events.HostCrashed: Tone.FAILOVER,
    events.HostFrozen: Tone.FAILOVER,
    events.ProgramEnded: Tone.FAILOVER,
    events.DiskReplaced: Tone.FAILOVER,
    events.DiskFilled: Tone.FAILOVER,
    events.AgentStopped: Tone.EMERGENCY,
    events.StateDamaged: Tone.EMERGENCY,
    events.RelicensingRequired: Tone.EMERGENCY,
    events.DemandUnsent: Tone.FAILOVER,
    events.DemandUnanswered: Tone.FAILOVER,
    events.OverUseChanged: Tone.FAILED,
}


class _Told(msgspec.Struct):
    """The line that is held back, and the entry that it tells."""

    entry: Entry
    line: Line


class Story:
    """Reads entries, and tells lines to `tell`; `end` tells the last one."""

    def __init__(self, calendar: Calendar, tell: Callable[[Line], None]) -> None:
        self._calendar = calendar
        self._tell = tell
        self._held: _Told | None = None
        self._started: set[str] = set()
        self._terms = LeaseTerms()
        self._reasons: dict[str, dict[tuple[str, str], str]] = {}
        self._refusals = Refusals()
        self._ended = EndedPrograms()
        self._calls: dict[tuple[str, str, str], int] = {}
        self._homes = Homes()

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self._remember(entry)
        repeated = self._refusals.repeats(entry)
        if isinstance(entry.fact, _LEFT_OUT) or self._ended.folds(entry):
            return
        if repeated or self._changes_nothing(entry):
            return
        if self._held and (together := self._together(self._held, entry)):
            self._held = _Told(entry, together)
            return
        if text := self._text(entry):
            self.end()
            line = Line(
                entry.at,
                _where(entry),
                text,
                _tone(entry.fact),
                by_a_step=entry.host == "world",
                in_full=isinstance(entry.fact, _IN_FULL),
            )
            self._held = _Told(entry, line)

    @property
    def held(self) -> Line | None:
        """The line that is held back, as it stands now; what follows may complete it."""
        return self._held.line if self._held else None

    def end(self) -> None:
        """Tell the line that was held back."""
        if self._held:
            self._tell(self._held.line)
            self._held = None

    def _remember(self, entry: Entry) -> None:
        self._terms(entry)
        self._homes(entry)
        match entry.fact:
            case DemandDecided(node=node, refused=refused):
                self._reasons[node] = {(seat.holder, seat.license): seat.reason for seat in refused}
            case CallAnswered() as call:
                self._calls[entry.host, call.source, call.destination] = entry.at

    def _changes_nothing(self, entry: Entry) -> bool:
        match entry.fact:
            case HostStarted():  # the first start is not shown
                first = entry.host not in self._started
                self._started.add(entry.host)
                return first
            case CallReleased(cleared=False) as call:
                began = self._calls.get((entry.host, call.source, call.destination), 0)
                return entry.at - began < _LASTING_NS
            case ConnectionEstablished(condition=condition):
                return condition is not Condition.RELICENSING_REQUIRED
        return False

    def _together(self, held: _Told, entry: Entry) -> Line | None:
        """The held line completed by `entry`; None where they are two stories."""
        line, same_host = held.line, held.entry.host == entry.host
        soon = entry.at - held.entry.at < NS_PER_SECOND
        match held.entry.fact, entry.fact:
            case (StateChanged(), DisplaysChanged(displays=texts)) if same_host and soon:
                return replace(line, text=f"{line.text}; {displays_in_words(texts)}")
            case (AssignmentsChanged() as asked, AssignmentsChanged() as got) if same_host and soon:
                if _demanded(asked) and _seats(asked) <= _seats(got):
                    text, tone = assignments(got.changes, self._why(entry)), _tone(got)
                    return replace(line, text=text, tone=tone)
            case (CallAnswered() as call, ExpectationMet(step=step)) if soon:
                if step.startswith(f"call from {call.source} to {call.destination}"):
                    return replace(line, text=f"{line.text} (ok)")
        return None

    def _text(self, entry: Entry) -> str:
        match entry.fact:
            case StateChanged(after=NodeState.FAILOVER, charged_ns=charged_ns):
                file = self._terms.of(entry.host)
                period_ns = file.failover_period_ns if file else LONGEST_FAILOVER_PERIOD_NS
                ends = self._calendar.moment(entry.at + period_ns - charged_ns)
                return f"{sentence(entry.fact)}; the period ends on {ends}"
            case AssignmentsChanged(changes=changes):
                return assignments(changes, self._why(entry))
            case CallAnswered(reason="no-link", destination=number):
                return f"{sentence(entry.fact)} ({self._homes.of(number) or '?'})"
            case events.ProgramStarted() | events.DiskReplaced():
                return f"{sentence(entry.fact)}{self._addition(entry.host, entry.fact)}"
            case ExpectationMet() | events.ExpectationFailed():
                return _judged(entry.fact)
        return sentence(entry.fact)

    def _addition(self, host: str, fact: events.ProgramStarted | events.DiskReplaced) -> str:
        """What a reader is to know that the fact alone does not tell."""
        if isinstance(fact, events.ProgramStarted):
            return f" {self._ended.runs_again(host, fact.program)}"
        saved_ns = fact.saved_ns
        return "" if saved_ns is None else f": that of {self._calendar.moment(saved_ns)}"

    def _why(self, entry: Entry) -> dict[tuple[str, str], str]:
        return self._reasons.get(entry.host, {})


def _where(entry: Entry) -> str:
    """An expectation stands beside whom it asks."""
    match entry.fact:
        case ExpectationMet(step=step) | events.ExpectationFailed(step=step):
            return _expected(step)[0]
    return where_of(entry)


def _expected(step: str) -> tuple[str, str]:
    """Of whom a step expects what: `expect north: failover` -> ("north", "failover")."""
    asked, refused, code = step.partition(", expect refused: ")
    if refused:
        return "", f"{asked}: refused, {code_words(code)}"
    who, colon, what = step.removeprefix("expect ").partition(": ")
    if not step.startswith("expect ") or not colon:
        return "", step
    if who.startswith(_NO_PLACES):
        return "", f"{who}: {what}"
    return ("", f"{who} {what}") if who in _EVERYONE else (who, what)


def _judged(fact: ExpectationMet | events.ExpectationFailed) -> str:
    if isinstance(fact, events.ExpectationFailed):
        return f"FAILED: wanted {fact.wanted}; got {fact.got}"
    return f"ok: {_expected(fact.step)[1]}"


def _tone(fact: events.Event) -> Tone:
    if isinstance(fact, StateChanged):
        return _STATE_TONES.get(fact.after, Tone.PLAIN)
    if isinstance(fact, AssignmentsChanged):
        refused = any(change.after is LicenseState.NOT_LICENSED for change in fact.changes)
        return Tone.FAILED if refused else Tone.PLAIN
    if isinstance(fact, events.OverUseChanged) and not fact.excess:
        return Tone.REGULAR
    return _TONES.get(type(fact), Tone.PLAIN)


def _demanded(fact: AssignmentsChanged) -> bool:
    return any(change.after is LicenseState.UNSAVED_DEMAND for change in fact.changes)


def _seats(fact: AssignmentsChanged) -> set[tuple[str, str]]:
    opening = (LicenseState.NOT_CONFIGURABLE, LicenseState.CONFIGURABLE)
    return {(c.holder, c.license) for c in fact.changes if c.after not in opening}
