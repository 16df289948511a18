"""Facts in words: one sentence for every fact that a journal can hold, in the manual's terms.

Nothing is left out or put together here; that is the story's business.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from licensing import events
from licensing.events import (
    AssignmentsChanged,
    CallAnswered,
    ClockStepped,
    DisplaysChanged,
    Event,
    LinkCut,
    StateChanged,
)
from licensing.messages import RefusedSeat, Seat
from licensing.policies import MINUTE_NS
from licensing.words import CallOutcome, Role
from simulator.report.phrases import (
    TIED,
    assignments,
    code_words,
    date,
    displays_in_words,
    failover_period,
    period,
    quantities,
    refusal_in_words,
    state_change,
    users,
)
from simulator.scenario import bandwidth_in_words
from simulator.scenario.values import exact_duration


def sentence(fact: Event) -> str:
    """The sentence of any fact."""
    template = _SENTENCES[type(fact)]
    if not isinstance(template, str):
        return template(fact) + _in_force(fact)
    fields = msgspec.structs.asdict(fact)
    values = {key: _value(key, value) for key, value in fields.items()}
    return template.format_map(values) + _in_force(fact)


def _in_force(fact: Event) -> str:
    """What else is wrong with a link, or stays so."""
    if besides := getattr(fact, "besides", None):
        return f"; also in force: {', '.join(besides)}"
    if remains := getattr(fact, "remains", None):
        return f"; {', '.join(remains)} {'remains' if len(remains) == 1 else 'remain'}"
    return ""


def _value(name: str, value: object) -> str:
    """A field in words; its name says what an integer is."""
    if isinstance(value, int) and name == "latency_ns":
        return exact_duration(value).replace(" ", TIED)
    if isinstance(value, int) and name.endswith("_ns"):
        return date(value) if name == "wall_ns" else period(value)
    if isinstance(value, dict):
        return quantities(value) if name != "nodes" else ", ".join(value)
    if isinstance(value, list):
        return ", ".join(_seat(each) for each in value) or "none"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return code_words(str(value)) if name in ("code", "reason") else str(value)


def _seat(seat: object) -> str:
    if not isinstance(seat, Seat | RefusedSeat):
        return str(seat)
    number = f"{seat.quantity} x " if seat.quantity > 1 else ""
    return f"{number}{seat.license} of {seat.holder}"


def _link_cut(fact: LinkCut) -> str:
    if len(fact.directions) != 1:
        return "link cut"
    source, _, destination = fact.directions[0].partition("->")
    return f"link cut in one direction, from {source} to {destination}"


def _host_reconfigured(fact: events.HostReconfigured) -> str:
    changes = (f"{key.replace('_', ' ')} {value}" for key, value in fact.changes.items())
    return f"reconfigured: {', '.join(changes)}; its Locking ID is {fact.locking_id} now"


def _disk_replaced(fact: events.DiskReplaced) -> str:
    return (
        "its disk is lost, an empty one takes its place"
        if fact.saved_ns is None
        else ("an earlier backup of its disk is put back")
    )


def _clock_stepped(fact: ClockStepped) -> str:
    direction = "back" if fact.by_ns < 0 else "forward"
    return f"clock set {direction} by {period(abs(fact.by_ns))}, to {date(fact.wall_ns)}"


def _clock_compared(fact: events.AgentClockCompared) -> str:
    if abs(fact.ahead_ns) < MINUTE_NS:
        return "central CLA: the license server's time is that of this host"
    where = "ahead of" if fact.ahead_ns > 0 else "behind"
    by = period(abs(fact.ahead_ns))
    return f"central CLA: the clock of this host is {by} {where} the license server's time"


def _program_restarted(fact: events.ProgramRestarted) -> str:
    times = f", {fact.times} times" if fact.times > 1 else ""
    return f"program {fact.program} is started again by its unit{times}"


def _wizard_completed(fact: events.WizardCompleted) -> str:
    if fact.role is Role.STANDALONE:
        return f"standalone, with its own CLA at {fact.master_address}"
    yet = f", which is not reached yet: {fact.failure}" if fact.failure else ""
    return f"Network Wizard: {fact.role}, central CLA at {fact.master_address}{yet}"


def _call_answered(fact: CallAnswered) -> str:
    call = f"{fact.source} calls {fact.destination}" + " (emergency call)" * fact.emergency
    if fact.outcome is CallOutcome.CONNECTED:
        return f"{call}: connected" + (f" over {fact.trunk}" if fact.trunk else "")
    return f"{call}: {fact.outcome}" + (f", {refusal_in_words(fact.reason)}" if fact.reason else "")


def _call_released(fact: events.CallReleased) -> str:
    call = f"call from {fact.source} to {fact.destination}"
    return f"{call} cleared for an emergency call" if fact.cleared else f"{call} ended"


def _assignments_changed(fact: AssignmentsChanged) -> str:
    return assignments(fact.changes) or "licenses became configurable, or no longer are"


def _displays_changed(fact: DisplaysChanged) -> str:
    return displays_in_words(fact.displays)


def _order_taken(fact: events.OrderTaken) -> str:
    ends = f", valid until {_value('', fact.valid_until)}" if fact.valid_until else ""
    return f"license server: order taken, {fact.lac}: {quantities(fact.licenses)}{ends}"


def _file_issued(fact: events.LicenseFileIssued) -> str:
    file = f"license server: file {fact.serial}, epoch {fact.epoch}"
    return f"{file}, issued{' again' if fact.repeated else ''} for {fact.locking_id}"


def _relicensing_required(fact: events.RelicensingRequired) -> str:
    how = "it reports" if fact.reported_by_node else "by the CLA's own count"
    return f"central CLA: relicensing required, the period of {fact.node} has ended ({how})"


def _over_use_changed(fact: events.OverUseChanged) -> str:
    if not fact.excess:
        return f"no longer over-used: {fact.license}"
    more = f"{quantities({fact.license: fact.excess})} more than the {fact.bought} bought"
    return f"over-used: {more}: {users(fact.users)}"


def _license_file_accepted(fact: events.LicenseFileAccepted) -> str:
    lasts = failover_period(
        fact.failover_period_ns, fact.recovery, fact.reserved_at_most_s, fact.expiry_scope
    )
    file = f"license file {fact.serial}, epoch {fact.epoch}, accepted"
    ends = [
        f"; {quantities(entry.seats)} until {_value('', entry.valid_until)}"
        for entry in fact.entitlements
        if entry.valid_until
    ]
    return f"central CLA: {file}; failover period {lasts}{''.join(ends)}"


def _node_key_changed(fact: events.NodeKeyChanged) -> str:
    node = f"central CLA: {fact.node} has another key"
    if fact.destroyed:
        return f"{node}, its old hardware is destroyed; the new key has {quantities(fact.seats)}"
    return f"{node}; reserved for the old one: {quantities(fact.seats)}"


def _node_forgotten(fact: events.NodeForgotten) -> str:
    node = f"central CLA: {fact.node} is forgotten"
    if fact.destroyed:
        return f"{node}, its hardware is destroyed; free: {quantities(fact.seats)}"
    return f"{node}; reserved until its hold ends: {quantities(fact.seats)}"


def _session_opened(fact: events.SessionOpened) -> str:
    instead = ", instead of an older session" if fact.superseded else ""
    return f"central CLA: session with {fact.node} opened ({code_words(fact.condition)}){instead}"


def _seats_restored(fact: events.SeatsRestored) -> str:
    again = f"central CLA: {fact.node} holds its licenses again: {quantities(fact.held)}"
    return f"{again}; not free any more: {_value('lost', fact.lost)}" if fact.lost else again


def _decision_received(fact: events.DecisionReceived) -> str:
    after = "" if fact.round_trip_ns is None else f" after {period(fact.round_trip_ns)}"
    return f"demand {fact.request_id} answered{after}"


def _demand_unsent(fact: events.DemandUnsent) -> str:
    totals: Counter[str] = Counter()
    for seat in fact.seats:
        totals[seat.license] += seat.quantity
    again = "the central CLA cannot be reached: check and unlock again"
    return f"not sent, {again} ({quantities(totals)})"


def _subscriber_changed(fact: events.SubscriberChanged) -> str:
    if not fact.before:
        return f"subscriber {fact.number} added ({fact.after})"
    if not fact.after:
        return f"subscriber {fact.number} deleted ({fact.before})"
    return f"subscriber {fact.number} is now {fact.after}, no longer {fact.before}"


_FAULTS: Final = {
    "drop": "the link loses everything that is sent",
    "refuse": "new connections over the link are refused",
    "reset": "all connections over the link were reset",
}


def _link_faulted(fact: events.LinkFaulted) -> str:
    return _FAULTS[fact.fault]


def _bandwidth_changed(fact: events.BandwidthChanged) -> str:
    return f"bandwidth of the link is now {bandwidth_in_words(fact.bandwidth_bit_s)}"


def _connection_established(fact: events.ConnectionEstablished) -> str:
    return f"connected to the central CLA, epoch {fact.epoch} ({code_words(fact.condition)})"


_SENTENCES: Final[Mapping[type[Event], str | Callable[[Any], str]]] = {
    events.RunBegan: "the run begins: {title}, seed {seed}",
    events.RunEnded: "the run ends: {verdict}",
    events.HostStarted: "power on, clock at {wall_ns}",
    events.HostCrashed: "power cut",
    events.HostStopped: "shut down",
    events.HostFrozen: "all programs are frozen",
    events.HostThawed: "the programs go on",
    events.HostReconfigured: _host_reconfigured,
    events.HardwareReplaced: "other hardware, the same disk; its Locking ID is {locking_id} now",
    events.DiskSaved: "backup of its disk made",
    events.DiskReplaced: _disk_replaced,
    events.DiskFilled: "its disk is full",
    events.DiskFreed: "there is room on its disk again",
    ClockStepped: _clock_stepped,
    events.ProgramStarted: "program {program} started",
    events.ProgramEnded: "program {program} ended: {reason}",
    events.ProgramRestarted: _program_restarted,
    LinkCut: _link_cut,
    events.LinkHealed: "link healed",
    events.TransitFailed: "failed: nothing gets through it",
    events.TransitRepaired: "repaired",
    events.LinkFaulted: _link_faulted,
    events.LossChanged: "the link loses {loss_percent} % of what is sent",
    events.BandwidthChanged: _bandwidth_changed,
    events.LatencyChanged: "latency of the link is now {latency_ns}",
    events.ConnectionOpened: "connection to {to}, port {port}",
    events.StepBegan: "step: {step}",
    events.StepRefused: "REFUSED: {step}: {text}",
    events.NothingChanged: "nothing changed: {why}",
    events.ExpectationMet: "ok: {step}",
    events.ExpectationFailed: "FAILED: {step}; wanted {wanted}; got {got}",
    events.OverUseChanged: _over_use_changed,
    events.OrderTaken: _order_taken,
    events.LicenseFileIssued: _file_issued,
    events.LicenseFileMoved: (
        "license server: files of {sources} {how}: file {serial} for {locking_id}"
    ),
    events.CustomerAdded: "license server: customer {customer} added",
    events.OrderAssigned: "license server: {lac} belongs to {customer}",
    events.AgentKeyReleased: "license server: the key bound to {locking_id} is released",
    events.IssueRefused: "license server: no file for {locking_id}: {code}",
    events.LicenseFileAccepted: _license_file_accepted,
    events.LicenseFileRefused: "central CLA: license file refused: {code}",
    events.LicenseServerNotReached: (
        "central CLA: license server at {address} not reached: {cause}"
    ),
    events.NodeEnrolled: "central CLA: {node} enrolled",
    events.NodeKeyChanged: _node_key_changed,
    events.NodeForgotten: _node_forgotten,
    events.SessionOpened: _session_opened,
    events.SessionRefused: "central CLA: session with {node} refused: {code}",
    events.SessionEnded: "central CLA: session with {node} ended",
    events.LeaseSigned: "central CLA: lease {seq} for {node}, epoch {epoch}: {seats}",
    events.DemandDecided: "central CLA: demand of {node} decided: it holds {held}",
    events.HoldEnded: "central CLA: no longer reserved for {node}: {seats}",
    events.PeriodEndCounted: "central CLA: the failover period of {node} has ended",
    events.SeatsRestored: _seats_restored,
    events.SeatsLost: "central CLA: {node} gives up {lost}",
    events.RelicensingRequired: _relicensing_required,
    events.RecoveryWindowBegan: "central CLA: recovery window of {lasts_ns}",
    events.AgentClockJumpedForward: "central CLA: finds its clock set forward by {by_ns}",
    events.AgentClockCompared: _clock_compared,
    events.AgentStopped: "central CLA stopped: {text}",
    events.WizardCompleted: _wizard_completed,
    events.SubscriberChanged: _subscriber_changed,
    events.RegistrationSaved: "registration data entered for {company}",
    events.LicenseServerChanged: "address of the license server changed to {address}",
    events.WbmUserSaved: "WBM: {name} may sign in with the profile {profile}",
    StateChanged: state_change,
    DisplaysChanged: _displays_changed,
    AssignmentsChanged: _assignments_changed,
    events.ConnectionEstablished: _connection_established,
    events.ConnectionRefused: "the central CLA refuses the connection: {code}",
    events.ConnectionLost: "connection to the central CLA lost: {cause}",
    events.HeartbeatAnswered: "heartbeat answered after {round_trip_ns}",
    events.DecisionReceived: _decision_received,
    events.DemandUnsent: _demand_unsent,
    events.DemandUnanswered: "check and unlock: waiting for the answer of the central CLA",
    events.LeaseInstalled: "lease {seq}, epoch {epoch}, installed: {seats}",
    events.LeaseRefused: "lease refused: {code}",
    CallAnswered: _call_answered,
    events.CallReleased: _call_released,
    events.ClockSetBack: "finds its clock set back by {by_ns}",
    events.ClockJumpedForward: "finds its clock set forward by {by_ns}",
    events.StateDamaged: "stored state cannot be trusted: {record}",
}
