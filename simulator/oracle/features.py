"""O6: failover takes nothing away; emergency mode leaves what F5 says, and that always works."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from licensing.catalogue import SUBSCRIBER_TYPES, dialed_in_emergency
from licensing.events import (
    AssignmentChange,
    AssignmentsChanged,
    CallAnswered,
    CallReleased,
    ConnectionEstablished,
    DiskReplaced,
    HostStarted,
    ProgramRestarted,
    StateChanged,
)
from licensing.policies import TIMING
from licensing.words import (
    NODE_PROGRAM,
    ON_A_LEASE,
    OUT_OF_USE,
    CallOutcome,
    LicenseState,
    NodeState,
)
from simulator.oracle.leases import Leases
from simulator.oracle.picture import Handlers, NodePicture, Picture

_STATUS_REASONS = ("emergency-mode", "restricted")


class Features:
    """Every answered call, and what is licensed while a node is in failover."""

    def __init__(self, picture: Picture, leases: Leases) -> None:
        self._picture = picture
        self._leases = leases
        self._cut_off: dict[str, dict[str, int]] = {}
        """By node that is in failover and has not been welcomed since, what it uses."""
        self._emergency_calls: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        """By node, those in progress, by caller and number."""
        self.handlers: Handlers = {
            CallAnswered: self._call_answered,
            CallReleased: self._call_released,
            HostStarted: self._started,
            ProgramRestarted: self._restarted,
            ConnectionEstablished: self._established,
            StateChanged: self._state_changed,
            DiskReplaced: self._disk_replaced,
            AssignmentsChanged: self._assignments_changed,
        }

    def _call_answered(self, host: str, fact: CallAnswered) -> None:
        node = self._picture.nodes[host]
        dialed = dialed_in_emergency(node.facts.emergency_numbers, node.facts.outside_line)
        if fact.destination in dialed and fact.source in node.facts.subscribers:
            self._judge_emergency_call(node, fact)
        elif not self._is_neighbors(node, fact):
            self._judge_call(node, fact)
        elif node.state in OUT_OF_USE and self._picture.now_ns - node.changed_ns > TIMING.dial_ns:
            # Before that our status may have changed while the neighbor was asked. While we are
            # not closed ourselves, the neighbor's status may be the reason of a refusal.
            self._judge_call(node, fact)

    def _judge_emergency_call(self, node: NodePicture, fact: CallAnswered) -> None:
        if fact.outcome is CallOutcome.CONNECTED:
            self._emergency_calls[node.name][fact.source, fact.destination] += 1
            return
        busy = fact.outcome is CallOutcome.REFUSED and fact.reason == "all-channels-busy"
        no_way_out = fact.outcome is CallOutcome.NO_ROUTE and not node.facts.trunks
        if busy and not self._may_be_busy(node):
            self._wrong(node, fact, "an emergency call that clears another call")
        elif not busy and not no_way_out:
            self._wrong(node, fact, "an emergency call that gets out")

    def _may_be_busy(self, node: NodePicture) -> bool:
        """Whether each channel carries an emergency call: any other one is cleared (F5)."""
        return self._emergency_calls[node.name].total() >= sum(node.facts.trunks.values())

    def _call_released(self, host: str, fact: CallReleased) -> None:
        calls, call = self._emergency_calls[host], (fact.source, fact.destination)
        if calls[call]:
            calls[call] -= 1

    def _started(self, host: str, _: HostStarted | ProgramRestarted) -> None:
        self._emergency_calls.pop(host, None)

    def _restarted(self, host: str, fact: ProgramRestarted) -> None:
        if fact.program == NODE_PROGRAM:
            self._started(host, fact)

    def _judge_call(self, node: NodePicture, fact: CallAnswered) -> None:
        to_attendant = fact.destination == node.facts.attendant
        if node.state in OUT_OF_USE and not to_attendant:
            if fact.outcome is CallOutcome.CONNECTED:
                self._wrong(node, fact, "emergency calls and calls to the attendant only")
        elif fact.reason in _STATUS_REASONS:
            self._wrong(node, fact, "no refusal for the license status")
        elif fact.reason == "no-station-license" and self._has_station_license(node, fact.source):
            self._wrong(node, fact, "no refusal of a licensed station")

    def _has_station_license(self, node: NodePicture, number: str) -> bool:
        if node.damaged or node.state not in ON_A_LEASE:
            return False
        key = SUBSCRIBER_TYPES[node.facts.subscribers[number]].station_license
        entry = node.entries.get(number, {}).get(key)
        return entry is not None and entry.granted > 0

    def _is_neighbors(self, node: NodePicture, fact: CallAnswered) -> bool:
        others = (other for other in self._picture.nodes.values() if other is not node)
        return any(fact.destination in other.facts.subscribers for other in others)

    def _wrong(self, node: NodePicture, fact: CallAnswered, expected: str) -> None:
        reason = f" ({fact.reason})" if fact.reason else ""
        call = f"{fact.source} to {fact.destination}: {fact.outcome}{reason}"
        seen = f"{call} while {node.state}"
        raise self._picture.violation("O6", node.name, expected, seen)

    def _established(self, host: str, _: ConnectionEstablished) -> None:
        self._cut_off.pop(host, None)

    def _state_changed(self, host: str, fact: StateChanged) -> None:
        if fact.before is NodeState.REGULAR and fact.after is NodeState.FAILOVER:
            self._cut_off[host] = dict(self._picture.nodes[host].used)

    def _disk_replaced(self, host: str, _: DiskReplaced) -> None:
        """It goes on with what is on the present disk."""
        self._cut_off.pop(host, None)
        if self._picture.nodes[host].state is NodeState.FAILOVER:
            self._cut_off[host] = dict(self._picture.nodes[host].used)

    def _assignments_changed(self, host: str, fact: AssignmentsChanged) -> None:
        """What is ticked and not granted was taken away; what is not ticked somebody gave up."""
        node = self._picture.nodes[host]
        if host not in self._cut_off or node.state is not NodeState.FAILOVER:
            return  # it has been back at its CLA, which may have given the seats to others
        before, self._cut_off[host] = self._cut_off[host], dict(node.used)
        for key in self._taken(host, fact):
            if node.used[key] < before.get(key, 0):
                expected = f"{before[key]} x {key} as before failover"
                raise self._picture.violation("O6", host, expected, f"{node.used[key]} x {key}")

    def _taken(self, host: str, fact: AssignmentsChanged) -> Iterable[str]:
        """Of which licenses something was taken, but for what has ended and what required that."""
        taken = [change for change in fact.changes if _is_taken(change)]
        ended = {each.holder for each in taken if self._leases.has_ended(host, each.license)}
        return dict.fromkeys(each.license for each in taken if each.holder not in ended)


def _is_taken(change: AssignmentChange) -> bool:
    return change.before is LicenseState.LICENSED and change.granted < change.quantity
