"""The calls of one node, and who may be called in which license status (F5, F8, F10).

A refusal is a value with its reason. What never happens here: an emergency call is refused for a
license or a state, or a call in progress is cut, save the one that an emergency call clears.

License status and calls, first row that fits:

    emergency number           any channel, the newest other call cleared where all are busy
    emergency, restricted      only calls that arrive at the attendant, on any channel
    activation period          everything, without licenses
    regular, failover          caller, called subscriber and channel need their license

Emergency calls do not use up licensed channels, they only use physical ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from licensing.catalogue import SUBSCRIBER_TYPES
from licensing.errors import LicensingError
from licensing.messages import IncomingCallAnswer
from licensing.words import OUTSIDE, CallOutcome, NodeState
from nodes.telephony.equipment import Equipment, TrunkLine

LicensedQuantity: TypeAlias = Callable[[str, str], int]
"""Holder and license to the quantity in effect: `AssignmentTable.licensed_quantity`."""

_CLOSED = {NodeState.EMERGENCY: "emergency-mode", NodeState.RESTRICTED: "restricted"}
_UNLICENSED_OPERATION = frozenset({NodeState.ACTIVATION_PERIOD, *_CLOSED})


@dataclass(frozen=True, slots=True)
class ActiveCall:
    """A call in progress. `trunk` is "" for an internal call and for one to or from a neighbor."""

    id: int
    source: str
    destination: str
    trunk: str = ""
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """What came of a call attempt; `reason` is a code of `licensing.errors.REFUSALS`.

    `call` is there exactly when connected; `cleared` lost its channel to it.
    """

    outcome: CallOutcome
    reason: str = ""
    trunk: str = ""
    emergency: bool = False
    cleared: ActiveCall | None = None
    call: ActiveCall | None = None


@dataclass(frozen=True, slots=True)
class ToNeighbor:
    """The number belongs to `node`: ask it, then tell `Exchange.complete` its answer."""

    node: str
    source: str
    destination: str


class Exchange:
    """Connects calls over a node's trunks, in their order, and knows those in progress."""

    def __init__(self, equipment: Equipment, licensed_quantity: LicensedQuantity) -> None:
        self._equip(equipment)
        self._trunks = equipment.trunks
        self._neighbors = equipment.neighbors
        self._licensed_quantity = licensed_quantity
        self._calls: dict[int, ActiveCall] = {}
        self._last_id = 0

    def _equip(self, equipment: Equipment) -> None:
        self._attendant = equipment.attendant
        self._dialed_in_emergency = equipment.dialed_in_emergency
        self._station_licenses = {
            subscriber.number: SUBSCRIBER_TYPES[subscriber.type].station_license
            for subscriber in equipment.subscribers
        }

    def equip(self, equipment: Equipment) -> list[ActiveCall]:
        """Follow other subscribers; returns the calls of those who are gone, which are over."""
        before = self._station_licenses.keys()
        self._equip(equipment)
        gone = before - self._station_licenses.keys()
        over = [call for call in self.calls if gone & {call.source, call.destination}]
        for call in over:
            self.release(call)
        return over

    @property
    def calls(self) -> list[ActiveCall]:
        """The calls in progress, oldest first."""
        return list(self._calls.values())

    def place(self, source: str, destination: str, *, state: NodeState) -> Placed | ToNeighbor:
        """Call `destination` from a subscriber of this node, or from `outside`.

        Raises `subscriber-unknown` where `source` is neither.
        """
        if source == OUTSIDE:
            return self._from_outside(destination, state)
        if source not in self._station_licenses:
            raise LicensingError("subscriber-unknown", number=source)
        if destination in self._dialed_in_emergency:
            return self._emergency_call(source, destination)
        if destination in self._station_licenses:
            return self._internal(source, destination, state)
        if reason := self._caller_refusal(source, state):
            return _refused(reason)
        if node := self._neighbor_with(destination):
            return ToNeighbor(node, source, destination)
        return self._over_trunk(source, destination, state)

    def _neighbor_with(self, number: str) -> str | None:
        """Looked for anew: an index of all numbers would be the largest thing that a node has."""
        having = (name for name, each in self._neighbors.items() if number in each.numbers)
        return next(having, None)

    def complete(self, asked: ToNeighbor, answer: IncomingCallAnswer) -> Placed:
        """The neighbor's answer to a call; `node-unreachable` where it gave none.

        Raises `subscriber-unknown` where the caller was deleted meanwhile.
        """
        if asked.source not in self._station_licenses:
            raise LicensingError("subscriber-unknown", number=asked.source)
        if answer.connected:
            return self._connect(asked.source, asked.destination)
        return _refused(answer.reason)

    def accept(self, source: str, destination: str, *, state: NodeState) -> Placed:
        """Take, or refuse, a call that a neighbor sends for a subscriber of this node."""
        if reason := self._called_refusal(destination, state):
            return _refused(reason)
        return self._connect(source, destination)

    def release(self, call: ActiveCall) -> None:
        """End a call; its channel is free again. Nothing happens where it was cleared before."""
        self._calls.pop(call.id, None)

    def _internal(self, source: str, destination: str, state: NodeState) -> Placed:
        # The attendant can be reached in every state, so the called side speaks first.
        if reason := self._called_refusal(destination, state):
            return _refused(reason)
        if state not in _CLOSED and (reason := self._caller_refusal(source, state)):
            return _refused(reason)
        return self._connect(source, destination)

    def _from_outside(self, destination: str, state: NodeState) -> Placed:
        if reason := self._called_refusal(destination, state):
            return _refused(reason)
        return self._over_trunk(OUTSIDE, destination, state)

    def _emergency_call(self, source: str, destination: str) -> Placed:
        if not self._trunks:
            return _no_trunk()
        cleared = None
        trunk = self._trunk_with_free_channel()
        if trunk is None:
            cleared = next((call for call in reversed(self.calls) if _may_be_cleared(call)), None)
            if cleared is None:
                return _refused("all-channels-busy")
            self.release(cleared)
            trunk = cleared.trunk
        return self._connect(source, destination, trunk, emergency=True, cleared=cleared)

    def _caller_refusal(self, source: str, state: NodeState) -> str:
        """Why `source` may not call whom it likes; "" where it may."""
        if reason := _CLOSED.get(state):
            return reason
        return "" if self._station_licensed(source, state) else "no-station-license"

    def _called_refusal(self, destination: str, state: NodeState) -> str:
        """Why `destination` cannot be called on this node; "" where it can."""
        if destination not in self._station_licenses:
            return "no-such-number"
        if reason := _CLOSED.get(state):
            return "" if destination == self._attendant else reason
        return "" if self._station_licensed(destination, state) else "called-party-unlicensed"

    def _station_licensed(self, number: str, state: NodeState) -> bool:
        if state in _UNLICENSED_OPERATION:
            return True
        return self._licensed_quantity(number, self._station_licenses[number]) > 0

    def _over_trunk(self, source: str, destination: str, state: NodeState) -> Placed:
        if not self._trunks:
            return _no_trunk()
        if state in _UNLICENSED_OPERATION:
            trunk = self._trunk_with_free_channel()
        elif any(self._licensed_channels(trunk) for trunk in self._trunks):
            trunk = self._trunk_with_licensed_channel()
        else:
            return _refused("no-trunk-license")
        return self._connect(source, destination, trunk) if trunk else _refused("all-channels-busy")

    def _trunk_with_free_channel(self) -> str | None:
        return next(
            (t.name for t in self._trunks if len(self._calls_on(t.name)) < t.channels), None
        )

    def _trunk_with_licensed_channel(self) -> str | None:
        for trunk in self._trunks:
            calls = self._calls_on(trunk.name)
            licensed_use = sum(not call.emergency for call in calls)
            if len(calls) < trunk.channels and licensed_use < self._licensed_channels(trunk):
                return trunk.name
        return None

    def _licensed_channels(self, trunk: TrunkLine) -> int:
        return self._licensed_quantity(trunk.name, trunk.kind)

    def _calls_on(self, trunk: str) -> list[ActiveCall]:
        return [call for call in self._calls.values() if call.trunk == trunk]

    def _connect(
        self,
        source: str,
        destination: str,
        trunk: str = "",
        *,
        emergency: bool = False,
        cleared: ActiveCall | None = None,
    ) -> Placed:
        self._last_id += 1
        call = ActiveCall(self._last_id, source, destination, trunk, emergency)
        self._calls[call.id] = call
        return Placed(
            CallOutcome.CONNECTED, trunk=trunk, emergency=emergency, cleared=cleared, call=call
        )


def _may_be_cleared(call: ActiveCall) -> bool:
    return bool(call.trunk) and not call.emergency


def _refused(reason: str) -> Placed:
    return Placed(CallOutcome.REFUSED, reason)


def _no_trunk() -> Placed:
    return Placed(CallOutcome.NO_ROUTE, "no-trunk")
