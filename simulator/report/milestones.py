"""Which facts are milestones of a history, in which words, and how far chance may shift each."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from licensing import events
from licensing.events import Entry, Fact
from licensing.messages import RefusedSeat, Seat
from licensing.policies import HOUR_NS, TIMING
from licensing.wall_time import wall_time_ns
from licensing.words import LicenseState, NodeState
from simulator.report.phrases import failover_period, period, state_change
from simulator.scenario import IN_THE_WHOLE_RUN


def words_of(fact: Fact) -> str:
    """What happened, in words that do not depend on chance; "" where it is no milestone."""
    tell = TELLERS.get(type(fact))
    return tell(fact) if tell else ""


def validity(valid_until: datetime | None, taken: datetime) -> str:
    """What an order `taken` then says of its end; "" without one.

    In hours, rounded up: the end counts from a little earlier, when the order was made.
    """
    if valid_until is None:
        return ""
    left_ns = wall_time_ns(valid_until) - wall_time_ns(taken)
    return f", valid for {period(-(-left_ns // HOUR_NS) * HOUR_NS)}"


def chance_of_ns(fact: Fact) -> int:
    """By how much chance may shift it: that of the back-off, or of the heartbeats.

    Where in its hour of heartbeats a node loses its connection is chance, too: each exchange is
    real work, and moves the next one on.
    """
    match fact:
        case events.ExpectationMet(step=step) | events.ExpectationFailed(step=step):
            # When a run ends is no part of the story: a live one waits for a tolerance.
            return TIMING.overdue_ns if step.startswith(IN_THE_WHOLE_RUN) else 0
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
            return TIMING.redialed_ns
        case events.DisplaysChanged(displays=displays) if not any(displays.values()):
            return TIMING.redialed_ns
        case (
            events.StateChanged()
            | events.DisplaysChanged()
            | events.HoldEnded()
            | events.PeriodEndCounted()
            | events.RelicensingRequired()
            | events.SeatsLost()
            | events.OverUseChanged()
            # A program finds its disk full when it next writes something.
            | events.ProgramEnded()
            # A program looks at its clock with its heartbeats.
            | events.ClockSetBack()
            | events.ClockJumpedForward()
            | events.AgentClockJumpedForward()
        ):
            return TIMING.overdue_ns
    return 0


def place(entry: Entry) -> str:
    """The host; for what the central CLA does about a node, that node, too."""
    about = getattr(entry.fact, "node", "")
    return f"central CLA about {about}" if about else entry.host


_SUBJECTS = ("link", "program", "license", "number", "source", "destination")


def kind(fact: Fact) -> str:
    """What it is one of: the step, whatever came of it, or the event and what it is about."""
    about = (getattr(fact, name, "") for name in _SUBJECTS)
    return getattr(fact, "step", "") or " ".join([type(fact).__name__, *about])


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
    lasts = failover_period(
        fact.failover_period_ns, fact.recovery, fact.reserved_at_most_s, fact.expiry_scope
    )
    flexible = ", flexible" if fact.flexible else ""
    return (
        f"accepted file {fact.serial}, epoch {fact.epoch}{flexible}, failover period {lasts}: "
        f"{_licenses(fact.licenses)}{_with_an_end(fact)}"
    )


def _with_an_end(fact: events.LicenseFileAccepted) -> str:
    """Which licenses end, not when: that follows from when each order was taken, which has chance.

    For how long an order is valid is a matter of that order.
    """
    ending: Counter[str] = Counter()
    for entry in fact.entitlements:
        if entry.valid_until:
            ending.update(entry.seats)
    return f"; of these end {_licenses(ending)}" if ending else ""


def _seats(seats: Iterable[Seat | RefusedSeat]) -> str:
    counts: Counter[str] = Counter()
    for seat in seats:
        counts[seat.license] += seat.quantity
    return _licenses(counts)


def _licenses(counts: Mapping[str, int]) -> str:
    told = (f"{number} x {key}" for key, number in sorted(counts.items()) if number)
    return ", ".join(told) or "nothing"


TELLERS: dict[type[Fact], Callable[..., str]] = {
    events.HostStarted: lambda _: "power on",
    events.HostCrashed: lambda _: "power off",
    events.HostStopped: lambda _: "shut down",
    events.HostFrozen: lambda _: "frozen",
    events.HostThawed: lambda _: "thawed",
    events.HostReconfigured: lambda fact: f"Locking ID {fact.locking_id}",
    events.HardwareReplaced: lambda fact: f"Locking ID {fact.locking_id}",
    events.DiskSaved: lambda _: "backup made",
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
    events.TransitFailed: lambda fact: f"failed {fact.name}",
    events.TransitRepaired: lambda fact: f"repaired {fact.name}",
    events.NothingChanged: lambda fact: f"nothing changed at {fact.where}: {fact.why}",
    events.StepRefused: lambda fact: f"refused: {fact.step}: {fact.code}",
    events.ExpectationMet: lambda fact: f"met: {fact.step}",
    events.ExpectationFailed: lambda fact: f"failed: {fact.step}",
    events.OverUseChanged: lambda fact: (
        f"{'over-used' if fact.excess else 'no longer over-used'}: {fact.license}"
    ),
    events.LicenseFileIssued: lambda fact: f"license file {fact.serial}, epoch {fact.epoch}",
    events.OrderTaken: lambda fact: f"order taken: {_licenses(fact.licenses)}",
    events.OrderAssigned: lambda fact: f"an order belongs to {fact.customer}",
    events.CustomerAdded: lambda fact: f"customer {fact.customer} added",
    events.LicenseFileMoved: lambda fact: (
        f"license file {fact.serial} {fact.how} for {fact.locking_id}"
    ),
    events.AgentKeyReleased: lambda fact: f"key of {fact.locking_id} released",
    events.IssueRefused: lambda fact: f"license server refused: {fact.code}",
    events.LicenseFileAccepted: _accepted,
    events.LicenseFileRefused: lambda fact: f"refused a file: {fact.code}",
    events.DemandDecided: _decision,
    events.NodeEnrolled: lambda _: "enrolled",
    events.NodeForgotten: lambda fact: (
        f"forgotten{', destroyed' if fact.destroyed else ''}: {_licenses(fact.seats)}"
    ),
    events.NodeKeyChanged: lambda fact: (
        f"another key{', the old one destroyed' if fact.destroyed else ''}: {_licenses(fact.seats)}"
    ),
    events.HoldEnded: lambda fact: f"hold ended: {_licenses(fact.seats)}",
    events.PeriodEndCounted: lambda _: "period ended by the CLA's count",
    events.AgentStopped: lambda fact: f"central CLA stopped: {fact.code}",
    events.RelicensingRequired: lambda _: "relicensing required",
    events.SeatsRestored: lambda fact: f"restored {_licenses(fact.held)}, lost {_seats(fact.lost)}",
    events.SeatsLost: lambda fact: f"lost {_seats(fact.lost)}: holds {_licenses(fact.held)}",
    events.StateChanged: state_change,
    events.DisplaysChanged: _displays,
    events.AssignmentsChanged: _assignments,
    events.CallAnswered: _call,
    events.CallReleased: lambda fact: (
        f"call {fact.source} -> {fact.destination} {'cleared' if fact.cleared else 'released'}"
    ),
    events.RegistrationSaved: lambda fact: f"registration data of {fact.company}",
    events.LicenseServerChanged: lambda fact: (
        f"license server at {fact.address or 'its own address'}"
    ),
    events.WbmUserSaved: lambda fact: f"{fact.name} may sign in with the profile {fact.profile}",
    events.DemandUnsent: lambda fact: f"not sent: {_seats(fact.seats)}",
    events.DemandUnanswered: lambda _: "a demand waits for its answer",
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
"""By event, what is a milestone."""

UNTOLD = (
    events.RunBegan, events.RunEnded,  # of the run, and its verdict follows from the rest
    events.StepBegan,  # what comes of it is one
    events.ProgramStarted, events.ProgramRestarted,  # how often and when is chance
    events.ConnectionOpened, events.ConnectionEstablished, events.ConnectionLost,
    events.SessionOpened, events.SessionEnded, events.HeartbeatAnswered,
    events.DecisionReceived, events.LeaseSigned, events.LeaseInstalled,  # messages
    events.LicenseServerNotReached, events.RecoveryWindowBegan,
    events.AgentClockCompared,  # retries
)  # fmt: skip
"""What is no milestone: what keeps a network running, and is repeated as chance has it."""
