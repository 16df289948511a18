"""O1 under the policy `hold`: nobody anywhere uses or holds more than was bought.

A node claims of each license what it uses by its own facts or what the central CLA has granted it,
whichever is more: the CLA's word alone does not free a seat that a node still uses. A node that is
cut off or switched off keeps its claim until its hold has ended, by the oracle's own count (F9).
"""

from collections import Counter
from collections.abc import Mapping

from licensing.events import (
    AssignmentsChanged,
    DemandDecided,
    HoldEnded,
    HostCrashed,
    HostStarted,
    LeaseSigned,
    LicenseFileAccepted,
    SeatsLost,
    SeatsRestored,
    StateChanged,
    StateDamaged,
)
from licensing.words import NodeState
from simulator.oracle.periods import TOLERANCE_NS, hold_end_ns
from simulator.oracle.picture import Handlers, Picture
from simulator.oracle.violation import day_and_time

_USING = (NodeState.REGULAR, NodeState.FAILOVER)


class Seats:
    """Claims of all nodes against the newest license file."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._bought: Mapping[str, int] = {}
        self._period_ns = 0
        self._periods: dict[str, int] = {}
        self._granted: dict[str, Mapping[str, int]] = {}
        self._claims: dict[str, dict[str, int]] = {}
        self._totals: Counter[str] = Counter()
        self._surplus: dict[str, int] = {}
        self.handlers: Handlers = {
            LicenseFileAccepted: self._file_accepted,
            LeaseSigned: self._lease_signed,
            DemandDecided: self._held,
            SeatsRestored: self._held,
            SeatsLost: self._held,
            HoldEnded: self._hold_ended,
            AssignmentsChanged: self._node_changed,
            StateChanged: self._node_changed,
            StateDamaged: self._node_changed,
            HostStarted: self._node_changed,
            HostCrashed: self._node_changed,
        }

    def _file_accepted(self, host: str, fact: LicenseFileAccepted) -> None:
        self._bought = fact.licenses
        self._period_ns = fact.failover_period_ns
        self._note_surplus()  # F13: what is too much now may stay, but not grow
        self._picture.judge_later("O1", host, lambda: self._judge(host))

    def _lease_signed(self, _: str, fact: LeaseSigned) -> None:
        self._periods[fact.node] = self._period_ns
        self._grant(fact.node, fact.seats)

    def _held(self, _: str, fact: DemandDecided | SeatsRestored | SeatsLost) -> None:
        self._grant(fact.node, fact.held)

    def _hold_ended(self, host: str, fact: HoldEnded) -> None:
        contact_ns = self._picture.nodes[fact.node].contact_ns
        length_ns = self._periods.get(fact.node)
        if contact_ns is not None and length_ns is not None:
            earliest_ns = hold_end_ns(self._picture, contact_ns, length_ns)
            if self._picture.now_ns < earliest_ns - TOLERANCE_NS:
                until = day_and_time(earliest_ns, self._picture.start)
                expected = f"seats held for {fact.node} until {until}"
                raise self._picture.violation("O1", host, expected, "its hold was ended")
        self._grant(fact.node, {})

    def _node_changed(self, host: str, _: object) -> None:
        if host in self._picture.nodes:
            self._count(host)

    def _grant(self, name: str, seats: Mapping[str, int]) -> None:
        self._granted[name] = seats
        self._count(name)

    def _count(self, name: str) -> None:
        node = self._picture.nodes[name]
        granted = self._granted.get(name, {})
        used = node.used if node.up and node.state in _USING else {}
        claims = {
            key: max(used.get(key, 0), granted.get(key, 0))
            for key in dict.fromkeys([*granted, *used])
        }
        self._totals.subtract(self._claims.get(name, {}))
        self._totals.update(claims)
        self._claims[name] = claims
        self._picture.judge_later("O1", name, lambda: self._judge(name))

    def _judge(self, host: str) -> None:
        for key, total in self._totals.items():
            allowed = max(self._bought.get(key, 0), self._surplus.get(key, 0))
            if total > allowed:
                claims = {
                    name: seats[key] for name, seats in self._claims.items() if seats.get(key)
                }
                told = ", ".join(f"{name} {quantity}" for name, quantity in claims.items())
                seen = f"{total} in use or reserved ({told})"
                raise self._picture.violation("O1", host, f"at most {allowed} x {key}", seen)
        self._note_surplus()

    def _note_surplus(self) -> None:
        self._surplus = {
            key: total for key, total in self._totals.items() if total > self._bought.get(key, 0)
        }
