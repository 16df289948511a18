"""O1: nobody anywhere uses or holds more than was bought.

A node claims of each license what it uses by its own facts or what the central CLA has granted it,
whichever is more: the CLA's word alone does not free a seat that a node still uses. A node that is
cut off or switched off keeps its claim until its hold has ended, by the oracle's own count (F9).
One that was off with its clock set back may outlive that, and has no claim then, nor has one whose
hardware was declared destroyed (F16). Where the license file bounds for how long seats are
reserved, a node goes on without a claim from then until it is back; what is used twice meanwhile
O10 tells. Each CLA is judged by its own license file. By which leases a node may go is known here,
and so it is judged here, too, whether a CLA counts a period as ended too soon (O2, F6).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from copy import deepcopy

import msgspec

from licensing.catalogue import charged
from licensing.entitlements import Entitlement, file_end_ns, seats_in_force
from licensing.events import (
    AssignmentsChanged,
    ConnectionEstablished,
    DemandDecided,
    DiskReplaced,
    DiskSaved,
    HoldEnded,
    HostCrashed,
    HostFrozen,
    HostStarted,
    HostStopped,
    HostThawed,
    LeaseInstalled,
    LeaseSigned,
    LicenseFileAccepted,
    NodeForgotten,
    NodeKeyChanged,
    PeriodEndCounted,
    ProgramEnded,
    ProgramRestarted,
    SeatsLost,
    SeatsRestored,
    StateChanged,
    StateDamaged,
)
from licensing.reservation import HOLD, SeatsBound, reserved_ns
from licensing.words import ON_A_LEASE, Condition
from simulator.oracle.period import TOLERANCE_NS
from simulator.oracle.periods import hold_end_ns
from simulator.oracle.picture import Handlers, Picture
from simulator.oracle.violation import day_and_time

_SEVERAL = 2
"""In which a node uses the seats that it was granted."""


class _Books(msgspec.Struct):
    """What one CLA has, has granted, and what nodes claim of it. `surplus` is F13's: too much now.

    `periods` has the failover periods of the leases that a node may have, by node and number of the
    lease; `granted` is kept by node, `claims` by node and license. `ended` are the nodes whose hold
    has ended, `destroyed` those of which that was declared. `former` has the node and the last
    contact of each former key, for which `granted` and `periods` are kept, too. `uncounted` are the
    nodes that have not been here since the CLA's disk became another one, or since others may have
    their seats: what they use is not counted.
    """

    bought: Mapping[str, int] = msgspec.field(default_factory=dict)
    entitlements: list[Entitlement] = msgspec.field(default_factory=list)
    flexible: bool = False
    periods: defaultdict[str, dict[int, int]] = msgspec.field(
        default_factory=lambda: defaultdict(dict)
    )
    ended: set[str] = msgspec.field(default_factory=set)
    destroyed: set[str] = msgspec.field(default_factory=set)
    former: dict[str, tuple[str, int | None]] = msgspec.field(default_factory=dict)
    granted: dict[str, Mapping[str, int]] = msgspec.field(default_factory=dict)
    claims: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    totals: Counter[str] = msgspec.field(default_factory=Counter)
    surplus: dict[str, int] = msgspec.field(default_factory=dict)
    uncounted: set[str] = msgspec.field(default_factory=set)

    def turn_to(self, wall_ns: int) -> None:
        """By the CLA's clock: what has ended may stay in use, but not grow (F14)."""
        if len(self.entitlements) < _SEVERAL:
            return
        # At its end a file stays as it was just before, and nothing is granted by it.
        bought = seats_in_force(self.entitlements, min(wall_ns, file_end_ns(self.entitlements) - 1))
        if bought != self.bought:
            self.bought = bought
            self.note_surplus()

    def replace_leases(self, node: str, seq: int) -> None:
        """The node has the lease of this number, and goes by none from before it any more."""
        for before in [each for each in self.periods[node] if each < seq]:
            del self.periods[node][before]

    def note_surplus(self) -> None:
        """What is too much now may stay, but not grow."""
        taken = self.taken().items()
        self.surplus = {key: total for key, total in taken if total > self.bought.get(key, 0)}

    def granted_to(self, node: str) -> Counter[str]:
        """What a node and its former keys have been granted."""
        keys = [node, *(name for name, (of, _) in self.former.items() if of == node)]
        return sum((Counter(self.granted.get(key, {})) for key in keys), Counter[str]())

    def taken(self) -> Mapping[str, int]:
        """What is in use or reserved of each license, stand-ins counted where they stand in."""
        return charged(self.totals, self.bought, flexible=self.flexible)


class Seats:
    """Claims of all nodes against the newest license file of the CLA from which they have them."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._books: defaultdict[str, _Books] = defaultdict(_Books)
        self._saved: dict[tuple[str, int | None], _Books] = {}
        self._installed: dict[tuple[str, str], int] = {}
        """By CLA and node, the lease by which the node goes, whatever is on the disk of the CLA."""
        self.handlers: Handlers = {
            LicenseFileAccepted: self._file_accepted,
            LeaseSigned: self._lease_signed,
            LeaseInstalled: self._lease_installed,
            DemandDecided: self._held,
            SeatsRestored: self._held,
            SeatsLost: self._held,
            HoldEnded: self._hold_ended,
            PeriodEndCounted: self._period_end_counted,
            NodeForgotten: self._node_forgotten,
            NodeKeyChanged: self._node_key_changed,
            DiskSaved: self._disk_saved,
            DiskReplaced: self._disk_replaced,
            AssignmentsChanged: self._node_changed,
            StateChanged: self._node_changed,
            StateDamaged: self._node_changed,
            ConnectionEstablished: self._established,
            ProgramEnded: self._node_changed,
            ProgramRestarted: self._node_changed,
            HostStarted: self._node_changed,
            HostCrashed: self._node_changed,
            HostStopped: self._node_changed,
            HostFrozen: self._node_changed,
            HostThawed: self._node_changed,
        }

    def _file_accepted(self, host: str, fact: LicenseFileAccepted) -> None:
        books = self._books[host]
        books.bought, books.flexible = fact.licenses, fact.flexible
        books.entitlements = fact.entitlements
        self._turn(host)
        books.note_surplus()
        self._picture.judge_later("O1", host, lambda: self._judge(host, host))

    def _lease_signed(self, host: str, fact: LeaseSigned) -> None:
        period_ns = self._picture.agents[host].period_ns
        self._books[host].periods[fact.node][fact.seq] = period_ns or 0
        self._books[host].ended.discard(fact.node)
        self._grant(host, fact.node, fact.seats)

    def _lease_installed(self, host: str, fact: LeaseInstalled) -> None:
        """From now on it goes by this lease or, once it has arrived, by a later one."""
        agent = self._picture.nodes[host].agent
        books = self._books[agent]
        self._installed[agent, host] = fact.seq
        books.replace_leases(host, fact.seq)
        if host in books.destroyed:  # it lives, and is known again
            books.destroyed.remove(host)
            self._count(agent, host)

    def _held(self, host: str, fact: DemandDecided | SeatsRestored | SeatsLost) -> None:
        self._grant(host, fact.node, fact.held)

    def _period_end_counted(self, host: str, fact: PeriodEndCounted) -> None:
        """No earlier than its seats would go, were they held for as long as it may use them."""
        self._require_past(host, fact.node, HOLD, "O2", "failover period of", "it was ended")

    def _require_past(
        self, host: str, node: str, bound_s: SeatsBound, rule: str, what: str, seen: str
    ) -> None:
        contact_ns, agent = self._contact_ns(host, node), self._picture.agents[host]
        lengths_ns = self._books[host].periods[node].values()
        if contact_ns is None or not lengths_ns:
            return
        length_ns = reserved_ns(bound_s, max(lengths_ns))
        earliest_ns, now_ns = hold_end_ns(agent, contact_ns, length_ns), self._picture.now_ns
        early_ns = TOLERANCE_NS + self._picture.tolerance_ns(now_ns, earliest_ns)
        if now_ns < earliest_ns - early_ns:
            until = day_and_time(earliest_ns, self._picture.start)
            raise self._picture.violation(rule, host, f"{what} {node} until {until}", seen)

    def _hold_ended(self, host: str, fact: HoldEnded) -> None:
        bound_s = self._picture.agents[host].seats_bound_s
        self._require_past(host, fact.node, bound_s, "O1", "seats held for", "its hold was ended")
        self._books[host].ended.add(fact.node)
        if bound_s is not HOLD:
            self._books[host].uncounted.add(fact.node)
        self._grant(host, fact.node, {})

    def _contact_ns(self, agent: str, name: str) -> int | None:
        if former := self._books[agent].former.get(name):
            return former[1]
        return self._picture.nodes[name].contacts.get(agent)

    def _node_forgotten(self, host: str, fact: NodeForgotten) -> None:
        if fact.destroyed:
            self._books[host].destroyed.add(fact.node)
            self._grant(host, fact.node, {})

    def _node_key_changed(self, host: str, fact: NodeKeyChanged) -> None:
        """What is reserved for the old key stays granted to it; a new one begins with nothing."""
        books, node = self._books[host], fact.node
        if not fact.destroyed:
            books.former[fact.former] = (node, self._contact_ns(host, node))
            books.granted[fact.former] = books.granted.pop(node, {})
            books.periods[fact.former] = books.periods.pop(node, {})
        self._count(host, node)

    def _disk_saved(self, host: str, _: DiskSaved) -> None:
        self._saved[host, self._picture.now_ns] = deepcopy(self._books[host])

    def _disk_replaced(self, host: str, fact: DiskReplaced) -> None:
        """What a CLA grants a second time, because it cannot know better, is O10's to tell."""
        saved = self._saved.get((host, fact.saved_ns))
        books = self._books[host] = deepcopy(saved) if saved else _Books()
        books.uncounted = set(self._picture.nodes)
        for (agent, name), seq in list(self._installed.items()):
            if agent == host != name:
                books.replace_leases(name, seq)  # the node has it, whatever the backup knows
            elif name == host:
                del self._installed[agent, name]  # on its disk there may be an older one
        for other in self._books.values():
            other.uncounted.add(host)  # by an older lease it may use what has been released since
        for name in self._picture.nodes:
            self._count(host, name)
        self._node_changed(host, fact)

    def _established(self, host: str, fact: ConnectionEstablished) -> None:
        """The CLA has taken note of the lease that the node has."""
        if fact.condition is Condition.LICENSED:
            self._books[self._picture.nodes[host].agent].uncounted.discard(host)
        self._node_changed(host, fact)

    def _node_changed(self, host: str, _: object) -> None:
        node = self._picture.nodes.get(host)
        if node is None:
            return
        for agent in self._books:
            if agent == node.agent or host in self._books[agent].claims:
                self._count(agent, host)

    def _grant(self, agent: str, name: str, seats: Mapping[str, int]) -> None:
        self._books[agent].granted[name] = seats
        self._count(agent, name)

    def _turn(self, agent: str) -> None:
        if clock := self._picture.nodes.get(agent):
            self._books[agent].turn_to(clock.clock.wall_ns(self._picture.now_ns))

    def _count(self, agent: str, name: str) -> None:
        self._turn(agent)
        books = self._books[agent]
        name = books.former[name][0] if name in books.former else name
        node, granted = self._picture.nodes[name], books.granted_to(name)
        beyond_its_hold = node.outlives and name in books.ended
        # Over-use, but no breach (F16).
        no_claim = beyond_its_hold or name in books.destroyed or name in books.uncounted
        may_use = node.up or name not in books.ended  # what is off comes back with all that it used
        uses = may_use and node.state in ON_A_LEASE and node.agent == agent and not no_claim
        used = node.used if uses else {}
        claims = {
            key: max(used.get(key, 0), granted.get(key, 0))
            for key in dict.fromkeys([*granted, *used])
        }
        books.totals.subtract(books.claims.get(name, {}))
        books.totals.update(claims)
        books.claims[name] = claims
        self._picture.judge_later("O1", agent, lambda: self._judge(agent, name))

    def _judge(self, agent: str, host: str) -> None:
        books = self._books[agent]
        for key, total in books.taken().items():
            allowed = max(books.bought.get(key, 0), books.surplus.get(key, 0))
            if total > allowed:
                claims = {
                    name: seats[key] for name, seats in books.claims.items() if seats.get(key)
                }
                told = ", ".join(f"{name} {quantity}" for name, quantity in claims.items())
                seen = f"{total} in use or reserved ({told or 'standing in for others'})"
                raise self._picture.violation("O1", host, f"at most {allowed} x {key}", seen)
        books.note_surplus()
