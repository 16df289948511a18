"""Two histories of one scenario side by side: what every node and the central CLA went through.

Compared are facts and states, per host and in their order; not messages, retries or what chance
decides. Pure: it reads entries and returns values.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest

from licensing import events
from licensing.events import Entry, Fact
from licensing.messages import RefusedSeat, Seat
from licensing.policies import TIMING
from licensing.recovery import FULL, Recovery
from licensing.words import CLA_PROGRAM, LicenseState, NodeState, Trigger
from simulator.report.ended_programs import EndedPrograms
from simulator.report.phrases import failover_period


class Agreement(StrEnum):
    """How a milestone of the one history relates to that of the other."""

    SAME = "same"
    WITHIN = "same within the timing tolerance"
    DIFFERENT = "different"


REDIAL_NS = TIMING.longest_backoff_ns + TIMING.dial_ns
"""Chance of the back-off: two runs may come back from an outage this far apart."""

HEARTBEAT_NS = TIMING.overdue_ns
"""Where in its hour of heartbeats a node loses its connection is chance, too: each exchange is
real work, and moves the next one on."""

PairTolerance = Callable[[int, int], int]
"""What the machinery of a live run may add or take, from the instants of a pair; nanoseconds."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that must happen in both worlds: where, what in words, and when.

    `chance_ns` is by how much chance may shift it: that of the back-off, or of the heartbeats.
    """

    host: str
    words: str
    at_ns: int
    chance_ns: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A milestone of both histories; one of them is None where only the other has it."""

    verdict: Agreement
    one: Milestone | None
    other: Milestone | None

    @property
    def apart_ns(self) -> int | None:
        """How much later it happened in the other history."""
        if self.one is None or self.other is None:
            return None
        return self.other.at_ns - self.one.at_ns


@dataclass
class History:
    """A reader of the journal that keeps the milestones, by host (and step) in their order.

    `relative` where steps wait for a node's deadline, and so, with all that they cause, for its
    heartbeats.
    """

    relative: bool = False
    milestones: dict[str, list[Milestone]] = field(default_factory=dict)
    _ended: EndedPrograms = field(default_factory=EndedPrograms)
    _recovery: Recovery = FULL
    _left_ns: Counter[str] = field(default_factory=Counter)
    """By host the chance of its outages, which stays in what they have left of a period (F3)."""

    def __call__(self, entry: Entry) -> None:
        """Keep what `entry` adds to the history."""
        if self._ended.folds(entry):
            return
        if isinstance(entry.fact, events.ProgramStarted):
            self._ended.runs_again(entry.host, entry.fact.program)
        tell = _TELLERS.get(type(entry.fact))
        words = tell(entry.fact) if tell else ""
        if words:
            track = _track(entry)
            chance_ns = self._chance_ns(entry)
            milestone = Milestone(track, words, entry.at, chance_ns)
            told = self.milestones.setdefault(f"{track}: {_beside(entry.fact)}", [])
            if not (isinstance(entry.fact, _REPEATED) and told and told[-1].words == words):
                told.append(milestone)
        self._note(entry)

    def _chance_ns(self, entry: Entry) -> int:
        own_ns = _chance_ns(entry.fact)
        if self.relative:
            own_ns = max(own_ns, HEARTBEAT_NS + max(self._left_ns.values(), default=0))
        match entry.fact:
            case events.StateChanged(after=NodeState.EMERGENCY):
                return own_ns + self._left_ns[entry.host]
            case events.DisplaysChanged(displays=displays) if not any(displays.values()):
                return own_ns + self._left_ns[entry.host]
        return own_ns

    def _note(self, entry: Entry) -> None:
        match entry.fact:
            case events.LicenseFileAccepted(recovery=recovery):
                self._recovery = recovery
            case events.StateChanged(cause=Trigger.LEASED_ANEW | Trigger.RELICENSING_REQUIRED):
                self._left_ns[entry.host] = 0
            case events.StateChanged(after=NodeState.REGULAR) if self._recovery != FULL:
                # Of the outage, and of what was recharged after it.
                self._left_ns[entry.host] += 2 * (HEARTBEAT_NS + REDIAL_NS)


def compare(one: History, other: History, *, tolerance: PairTolerance) -> list[Pair]:
    """Lay two histories side by side, host by host, so that as much as can be is paired.

    `tolerance` and the milestone's chance together are how far apart two instants may be. Below
    the hundredth part of both they count as the same.
    """
    hosts = dict.fromkeys([*one.milestones, *other.milestones])
    return [
        _pair(first, second, tolerance)
        for host in hosts
        for first, second in _aligned(one.milestones.get(host, []), other.milestones.get(host, []))
    ]


def first_difference(pairs: Iterable[Pair]) -> Pair | None:
    """The earliest pair that is different, by the time of whichever has one."""
    different = [pair for pair in pairs if pair.verdict is Agreement.DIFFERENT]
    return min(different, key=_when, default=None)


def _aligned(
    one: Sequence[Milestone], other: Sequence[Milestone]
) -> Iterator[tuple[Milestone | None, Milestone | None]]:
    """What only one of them has stands alone, and does not set everything after it apart."""
    words = [[milestone.words for milestone in track] for track in (one, other)]
    matcher = SequenceMatcher(a=words[0], b=words[1], autojunk=False)
    for _, begin, end, other_begin, other_end in matcher.get_opcodes():
        yield from zip_longest(one[begin:end], other[other_begin:other_end])


def _when(pair: Pair) -> int:
    return min(milestone.at_ns for milestone in (pair.one, pair.other) if milestone)


def _pair(one: Milestone | None, other: Milestone | None, tolerance: PairTolerance) -> Pair:
    if one is None or other is None or one.words != other.words:
        return Pair(Agreement.DIFFERENT, one, other)
    tolerance_ns = tolerance(one.at_ns, other.at_ns) + one.chance_ns
    apart_ns = abs(one.at_ns - other.at_ns)
    if apart_ns > tolerance_ns:
        return Pair(Agreement.DIFFERENT, one, other)
    return Pair(Agreement.SAME if apart_ns * 100 <= tolerance_ns else Agreement.WITHIN, one, other)


def _chance_ns(fact: Fact) -> int:
    match fact:
        case (
            events.StateChanged(after=NodeState.REGULAR)
            | events.SeatsRestored()
            | events.SessionRefused()
            | events.ConnectionRefused()
            | events.LeaseRefused()
            # What was given up during an outage is given back with the reconnection (F8).
            | events.DemandDecided(granted=[], refused=[])
            # A real process takes its time to start, and then states what it has found.
            | events.AgentStopped()
        ):
            return REDIAL_NS
        case events.DisplaysChanged(displays=displays) if not any(displays.values()):
            return REDIAL_NS
        case (
            events.StateChanged()
            | events.DisplaysChanged()
            | events.HoldEnded()
            | events.RelicensingRequired()
            | events.SeatsLost()
            | events.OverUseChanged()
            # A program finds its disk full when it next writes something.
            | events.ProgramEnded()
            # A program looks at its clock with its heartbeats.
            | events.ClockSetBack()
            | events.ClockJumpedForward()
            | events.AgentClockJumpedForward()
            | events.AgentClockCompared()
        ):
            return HEARTBEAT_NS
    return 0


def _track(entry: Entry) -> str:
    """The host; for what the central CLA does about a node, that node: nodes have no order."""
    about = getattr(entry.fact, "node", "")
    return f"central CLA about {about}" if about else entry.host


def _beside(fact: Fact) -> str:
    """What has no order beside the rest of its track, and so is kept apart from it.

    Steps of one instant are answered in any order, and two programs of a host end in any; between
    which other facts a refused node dials again is chance.
    """
    if isinstance(fact, events.OverUseChanged):
        return f"over-use of {fact.license}"
    if isinstance(fact, events.ProgramEnded | events.AgentStopped):
        return f"end of {getattr(fact, 'program', CLA_PROGRAM)}"
    return "refusals" if isinstance(fact, _REPEATED) else getattr(fact, "step", "")


def _state(fact: events.StateChanged) -> str:
    return f"{fact.before} -> {fact.after}: {fact.cause}"


def _displays(fact: events.DisplaysChanged) -> str:
    counts = Counter(fact.displays.values())
    return ", ".join(f"{number} x {text or 'idle'!r}" for text, number in sorted(counts.items()))


def _assignments(fact: events.AssignmentsChanged) -> str:
    ended = (LicenseState.LICENSED, LicenseState.NOT_LICENSED)
    counts = Counter(
        f"{change.license} {change.after}" for change in fact.changes if change.after in ended
    )
    return ", ".join(f"{number} x {words}" for words, number in sorted(counts.items()))


def _call(fact: events.CallAnswered) -> str:
    over = f" over {fact.trunk}" if fact.trunk else ""
    why = f" ({fact.reason})" if fact.reason else ""
    return f"call {fact.source} -> {fact.destination}: {fact.outcome}{over}{why}"


def _decision(fact: events.DemandDecided) -> str:
    refused = [f"{_seats([seat])} ({seat.reason})" for seat in fact.refused]
    return (
        f"granted {_seats(fact.granted)}, refused {', '.join(sorted(refused)) or 'nothing'}, "
        f"released {_seats(fact.released)}: holds {_licenses(fact.held)}"
    )


def _accepted(fact: events.LicenseFileAccepted) -> str:
    lasts = failover_period(fact.failover_period_ns, fact.recovery)
    return (
        f"accepted file {fact.serial}, epoch {fact.epoch}, failover period {lasts}: "
        f"{_licenses(fact.licenses)}"
    )


def _seats(seats: Iterable[Seat | RefusedSeat]) -> str:
    counts: Counter[str] = Counter()
    for seat in seats:
        counts[seat.license] += seat.quantity
    return _licenses(counts)


def _licenses(counts: Mapping[str, int]) -> str:
    told = (f"{number} x {key}" for key, number in sorted(counts.items()) if number)
    return ", ".join(told) or "nothing"


_TELLERS: dict[type[Fact], Callable[..., str]] = {
    events.HostStarted: lambda _: "power on",
    events.HostCrashed: lambda _: "power off",
    events.HostStopped: lambda _: "shut down",
    events.HostFrozen: lambda _: "frozen",
    events.HostThawed: lambda _: "thawed",
    events.HostReconfigured: lambda fact: f"Locking ID {fact.locking_id}",
    events.HardwareReplaced: lambda fact: f"Locking ID {fact.locking_id}",
    events.DiskReplaced: lambda fact: "empty disk" if fact.saved_ns is None else "backup put back",
    events.DiskFilled: lambda _: "disk full",
    events.DiskFreed: lambda _: "disk freed",
    events.ProgramEnded: lambda fact: f"{fact.program} ended: {fact.reason}",
    events.LinkCut: lambda fact: f"cut {', '.join(fact.directions)}",
    events.LinkFaulted: lambda fact: f"{fact.fault} {fact.link}",
    events.LatencyChanged: lambda fact: f"latency of {fact.link}: {fact.latency_ns} ns",
    events.BandwidthChanged: lambda fact: f"bandwidth of {fact.link}: {fact.bandwidth_bit_s} bit/s",
    events.LossChanged: lambda fact: f"loss on {fact.link}: {fact.loss_percent} %",
    events.LinkHealed: lambda fact: f"healed {fact.link}",
    events.StepRefused: lambda fact: f"refused: {fact.step}: {fact.code}",
    events.ExpectationMet: lambda fact: f"met: {fact.step}",
    events.ExpectationFailed: lambda fact: f"failed: {fact.step}",
    events.OverUseChanged: lambda fact: (
        f"{'over-used' if fact.excess else 'no longer over-used'}: {fact.license}"
    ),
    events.LicenseFileIssued: lambda fact: f"license file {fact.serial}, epoch {fact.epoch}",
    events.IssueRefused: lambda fact: f"license server refused: {fact.code}",
    events.LicenseFileAccepted: _accepted,
    events.LicenseFileRefused: lambda fact: f"refused a file: {fact.code}",
    events.DemandDecided: _decision,
    events.NodeForgotten: lambda fact: (
        f"forgotten{', destroyed' if fact.destroyed else ''}: {_licenses(fact.seats)}"
    ),
    events.NodeKeyChanged: lambda fact: (
        f"another key{', the old one destroyed' if fact.destroyed else ''}: {_licenses(fact.seats)}"
    ),
    events.HoldEnded: lambda fact: f"hold ended: {_licenses(fact.seats)}",
    events.AgentStopped: lambda fact: f"central CLA stopped: {fact.code}",
    events.RelicensingRequired: lambda _: "relicensing required",
    events.SeatsRestored: lambda fact: f"restored {_licenses(fact.held)}, lost {_seats(fact.lost)}",
    events.SeatsLost: lambda fact: f"lost {_seats(fact.lost)}: holds {_licenses(fact.held)}",
    events.StateChanged: _state,
    events.DisplaysChanged: _displays,
    events.AssignmentsChanged: _assignments,
    events.CallAnswered: _call,
    events.SubscriberChanged: lambda fact: (
        f"subscriber {fact.number}: {fact.before or 'none'} -> {fact.after or 'none'}"
    ),
    events.WizardCompleted: lambda fact: f"Network Wizard: {fact.role}",
    events.ClockStepped: lambda fact: f"clock set by {fact.by_ns} ns",
    events.ClockSetBack: lambda _: "its clock is behind what it has seen",
    events.ClockJumpedForward: lambda _: "its clock is ahead of its running time",
    events.AgentClockJumpedForward: lambda _: "the CLA's clock is ahead of its running time",
    events.StateDamaged: lambda fact: f"damaged: {fact.record}",
    events.SessionRefused: lambda fact: f"session refused: {fact.code}",
    events.ConnectionRefused: lambda fact: f"refused by the central CLA: {fact.code}",
    events.LeaseRefused: lambda fact: f"lease refused: {fact.code}",
}
"""What is a milestone, in words that do not depend on chance."""

_REPEATED = (
    events.SessionRefused,
    events.ConnectionRefused,
    events.LeaseRefused,
    events.OverUseChanged,
)
"""What is repeated as long as its reason lasts: how often is chance, and it is listed once."""
