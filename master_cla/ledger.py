"""The CLA's books: license file, nodes, their seats and leases, in memory and in the store as one.

Every method runs within one store transaction of its caller and without waiting, so that nobody
ever sees half a change; what raises a `LicensingError` has changed nothing. Facts are collected in
`facts`; the caller records them after the commit. Times are agent time (`master_cla.agent_time`).
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import Literal

from licensing.errors import LicensingError
from licensing.events import (
    AgentFact,
    RelicensingRequired,
    SeatsLost,
    SeatsRestored,
)
from licensing.license_file import LicenseFile
from licensing.messages import NETWORKING, Demand, Hello, Seat, encode
from licensing.node_names import same_name
from licensing.reservation import HOLD
from licensing.signing import SigningKey
from licensing.words import Condition, ExpiryScope
from master_cla.absence import Absence
from master_cla.admission import Case, admit, ended_on, needs_newer_epoch, why_closed
from master_cla.decision import (
    AnsweredDemand,
    EncodedDecision,
    NewDemand,
    SettledDemand,
    carry_out,
)
from master_cla.lease_signing import LeaseSigning, SignedLease
from master_cla.members import Member, Members
from master_cla.outcomes import Admission, Renewal, accepted, lease_signed
from master_cla.pool import Pool
from master_cla.store.member_rows import is_stored, row_of
from master_cla.store.records import NodeRow
from master_cla.store.store import ClaStore, Standing


class Ledger:
    """`master` is the name of the node on the CLA's own host: it needs no networking license."""

    def __init__(
        self, store: ClaStore, key: SigningKey, master: str, file: LicenseFile | None
    ) -> None:
        self._store = store
        self._standing: Standing = store.standing()
        self.key = key
        self._signing = LeaseSigning(key)
        self.master = master
        self.file = file
        self.pool = Pool({})
        if file:
            self.pool.renew(file, {})
        self.members = Members()
        self.facts: list[AgentFact] = []
        self.reclaim_not_before_ns = 0
        self.connected: Collection[str] = ()
        """The nodes with a session; the caller keeps it up to date, as `wall_ns`."""
        self.prolonged: dict[str, SignedLease] = {}
        """Leases that say other ends than before (F14), to be sent after the commit."""
        self.sent_away: list[str] = []
        """Nodes whose period has ended with another's (F6): their sessions end after the commit."""
        self.changes = 0
        """Rises with each change after which a hold may end earlier than before."""
        self._wall_ns = 0

    @property
    def wall_ns(self) -> int:
        """The latest wall time seen."""
        return self._wall_ns

    @wall_ns.setter
    def wall_ns(self, wall_ns: int) -> None:
        self._wall_ns = wall_ns
        self.pool.turn_to(wall_ns)

    @property
    def relicensing_required(self) -> bool:
        """Whether a node's period ended under the present epoch (F6)."""
        return self._standing.relicensing_required

    @property
    def serial(self) -> int:
        """Of the newest license file; 0 before the first."""
        return self.file.serial if self.file else 0

    @property
    def epoch(self) -> int:
        """Of the newest license file; 0 before the first."""
        return self.file.epoch if self.file else 0

    @property
    def license_document(self) -> str:
        """The newest license file as the license server signed it; "" before the first."""
        return self._standing.license_file or ""

    def condition(self, member: Member) -> Condition:
        """On which condition a connected node is here."""
        if not self.file:
            return Condition.NOT_ACTIVATED
        leased = self._leased(member)
        return Condition.LICENSED if leased else Condition.RELICENSING_REQUIRED

    def accept(self, document: str, file: LicenseFile, now_ns: int) -> None:
        """Make `file`, which was checked, the newest license file; a new epoch ends F6's wait."""
        if not self.file or file.epoch > self.file.epoch:
            self._standing.epoch_accepted_ns = now_ns
            self._standing.relicensing_required = False
        self._standing.license_file = document
        self._store.save_standing(self._standing)
        self.file = file
        leases = {name: member.lease for name, member in self.members.items()}
        leased = {name: lease.entitlements for name, lease in leases.items() if lease}
        self.pool.renew(file, leased)
        self.pool.prolong(self._movable())
        self.note(accepted(file))

    def admit(self, hello: Hello, *, signed: bool, now_ns: int) -> Admission:
        """Let a node in (F12), with its lease where it may have one; raises what refuses it."""
        member = self.members.enrolled(hello.node)
        known = member or Member(hello.node, self.key.verification_key)
        accepted_ns = self._standing.epoch_accepted_ns
        expired_ns = known.expired_by(hello, now_ns, epoch=self.epoch, accepted_ns=accepted_ns)
        condition = admit(
            Case(
                hello=hello,
                enrolled=member is not None,
                signed=signed,
                acknowledged=known.acknowledged,
                serial=self.serial,
                epoch=self.epoch,
                accepted_ns=accepted_ns,
                expired_ns=expired_ns,
                networking=self._networking(known),
                relicensing_required=self.relicensing_required,
                ended=ended_on(self.file, self.wall_ns) if self.file else "",
            )
        )
        known.seq = max(known.seq, hello.seq)
        known.expired_ns = expired_ns
        self.hear(known, hello.seq, now_ns)
        lost = self._lease_anew(known) if condition is Condition.LICENSED else []
        if condition is Condition.RELICENSING_REQUIRED and expired_ns is not None:
            self.require_relicensing(hello.node, reported_by_node=True)
        self._save(known)
        return Admission(condition, known.signed if condition is Condition.LICENSED else None, lost)

    def renew(
        self, node: str, reason: Literal["activated", "relicensed"]
    ) -> list[Renewal | LicensingError]:
        """What a connected node hears after a new license file: its lease, and why it must go."""
        member = self.members.one(node)
        if self.is_expired(member):
            return []
        unlicensed = LicensingError("no-networking-license", node=node)
        if not self._networking(member):
            return [unlicensed]
        lost = self._lease_anew(member)
        self._save(member)
        assert member.signed
        stays = self._has_networking(node)
        return [Renewal(reason, member.signed, lost), *([] if stays else [unlicensed])]

    def decide(self, node: str, demand: Demand, now_ns: int) -> EncodedDecision:
        """The answer: made now, or the stored one of an earlier sending (A8).

        Raises `request-reused` for a request id that was decided with other contents, and
        `demands-excessive` where the node names too many seats.
        """
        member = self.members.one(node)
        asked = self._asked(member, demand, now_ns)
        if isinstance(asked, EncodedDecision):
            return asked
        return self._keep(member, self._answer(member, self._settle(member, asked)), now_ns)

    def _asked(self, member: Member, demand: Demand, now_ns: int) -> NewDemand | EncodedDecision:
        digest = hashlib.sha256(encode(demand)).digest()
        kept = self._store.decision(member.name, demand.request_id)
        if kept is None:
            member.allowance.spend(len(demand.wants) + len(demand.releases), now_ns)
            return NewDemand(demand, digest)
        if kept.digest != digest:
            raise LicensingError("request-reused", request_id=demand.request_id)
        return kept.answer

    def _settle(self, member: Member, new: NewDemand) -> SettledDemand:
        outcome = carry_out(new.demand, self.pool, member, closed=self._closed_for(member))
        left = NETWORKING in new.demand.releases and not self.pool.held(member.name)
        if left or not self._has_networking(member.name):  # the CLA's own system needs none
            member.unleased()
        if outcome.released:
            self.prolong_seats(except_for=member.name)
        self._store.save_grants(self.pool.take_changed())
        return SettledDemand(new, outcome, self.pool.held(member.name))

    def _answer(self, member: Member, settled: SettledDemand) -> AnsweredDemand:
        lease = self._sign(member) if self._leased(member) else None
        return AnsweredDemand(settled, settled.answer(lease))

    def _keep(self, member: Member, answered: AnsweredDemand, now_ns: int) -> EncodedDecision:
        new, answer = answered.settled.new, answered.answer
        self.hear(member, member.acknowledged, now_ns)
        self._store.save_decision(self._row(member), new.demand.request_id, new.digest, answer)
        self.note(answered.settled.fact(member.name))
        return answer

    def give_up_surplus(self, node: str) -> Renewal | None:
        """The node's next check after a smaller file: its share of the surplus (F13), if any."""
        member = self.members.one(node)
        if not self._leased(member) or not (lost := self._take_surplus(node)):
            return None
        self._store.save_grants(self.pool.take_changed())
        self._sign(member)
        self._save(member)
        assert member.signed
        return Renewal("shrunk", member.signed, lost)

    def prolong_seats(self, *, except_for: str = "") -> None:
        """Let nodes have seats that last longer and came free; their leases say so (F14).

        That of `except_for` its caller signs.
        """
        for node in sorted(self.pool.prolong(self._movable()) - {except_for}):
            member = self.members[node]
            if signed := self._sign(member):
                self.prolonged[node] = signed
                self._save(member)

    def _movable(self) -> Iterator[str]:
        """Nodes that another lease can reach; a cut-off one goes by what it has."""
        connected = (self.members[node] for node in self.connected)
        return (each.name for each in connected if each.lease and not self.is_expired(each))

    def check_networking(self, node: str) -> None:
        """Raise `no-networking-license` where a slave has given up the one that it needs."""
        if not self._has_networking(node):
            raise LicensingError("no-networking-license", node=node)

    def acknowledge(self, node: str, seq: int, now_ns: int) -> None:
        """The node has stored the lease `seq`."""
        member = self.members.one(node)
        self.hear(member, seq, now_ns)
        if member.lease and seq >= member.lease.seq:
            self.pool.let_go(node)
            self.prolong_seats()
            self._store.save_grants(self.pool.take_changed())
        self._save(member)

    def hear(self, member: Member, seq: int, now_ns: int) -> None:
        """A sign of life of a node that has stored the lease `seq`; in memory only."""
        member.heard_ns = now_ns
        if not self.is_expired(member):
            member.met(now_ns)  # otherwise its hold ends, however often it is heard
        if member.acknowledge(seq):
            self.changes += 1
        if member.expired_ns is not None and self._leased(member):
            assert member.lease
            if seq >= member.lease.seq:
                member.expired_ns = None

    def absence(self, member: Member) -> Absence:
        """What follows if a node stays away (F6, F9)."""
        bound_s = self.file.reserved_at_most_s if self.file else HOLD
        return Absence(member, bound_s, self.pool.lapsed(member.name), self.reclaim_not_before_ns)

    def require_relicensing(self, node: str, *, reported_by_node: bool) -> None:
        """The period of `node` has ended under the present epoch (F6); it is expired already."""
        if not self._standing.relicensing_required:
            self._standing.relicensing_required = True
            self._store.save_standing(self._standing)
            self.note(RelicensingRequired(node=node, reported_by_node=reported_by_node))
            if self.file and self.file.expiry_scope is ExpiryScope.INTERNETWORK:
                self._expire_all(self.members[node].expired_ns)

    def save_members(self, members: Iterable[Member]) -> None:
        """Store what is otherwise only in memory: last contacts and acknowledgements."""
        for member in members:
            self._save(member)

    def sign_leases(self) -> None:
        """Sign the leases that the changes of this transaction left to its end."""
        self.changes += 1
        self._signing.sign()

    def intact(self) -> bool:
        """Whether the books are as they are stored, apart from what heartbeats touch."""
        stored = {row.name: row for row in self._store.nodes()}
        return (
            self._standing == self._store.standing()
            and not self.pool.changed
            and list(self.members) == list(stored)
            and all(
                is_stored(self._row(member), stored[member.name])
                for member in self.members.values()
            )
        )

    def _expire_all(self, ended_ns: int | None) -> None:
        """The end of one node's period, at `ended_ns`, is that of all (F6)."""
        for member in filter(self._leased, self.members.values()):
            member.expired_ns = ended_ns
            self._save(member)
            self.sent_away.append(member.name)

    def _take_surplus(self, node: str) -> list[Seat]:
        if lost := self.pool.give_up_surplus(node):
            self.note(SeatsLost(node=node, lost=lost, held=self.pool.held(node)))
        return lost

    def _lease_anew(self, member: Member) -> list[Seat]:
        """Give the node its remembered seats and a lease; returns what it has no more.

        That is what could not be restored, and what would only then be in use too much (F13, O10).
        """
        idle = member.uses_nothing(self.wall_ns)
        lost = []
        assert member.heard_ns is not None, "a lease goes to a node that was heard"
        member.met(member.heard_ns)
        if self.pool.lapsed(member.name):
            lost = self.pool.restore(member.name)
            self.note(SeatsRestored(node=member.name, held=self.pool.held(member.name), lost=lost))
        if not self._has_networking(member.name):
            self.pool.decide(member.name, [NETWORKING], [])
        self.pool.prolong([member.name])
        lost += self._take_surplus(member.name) if idle else []
        self._store.save_grants(self.pool.take_changed())
        self._sign(member)
        return lost

    def _sign(self, member: Member) -> SignedLease | None:
        """Have a lease signed for what the node holds; None where it has the very same already."""
        assert self.file is not None
        lease = member.next_lease(self.file, self.pool.entitlements(member.name))
        if lease is None:
            return None
        member.leased(lease, self._signing.add(lease))
        self.note(lease_signed(lease))
        return member.signed

    def _networking(self, member: Member) -> bool:
        may_have = self.absence(member).goes_on or not self._closed()
        free = may_have and self.pool.free_for(member.name, NETWORKING.license) > 0
        return self._has_networking(member.name) or free

    def _has_networking(self, node: str) -> bool:
        return same_name(node, self.master) or self.pool.has_networking(node)

    def _leased(self, member: Member) -> bool:
        """Whether the node has a lease of the present epoch and may have changes of it."""
        current = member.lease is not None and member.lease.epoch == self.epoch
        return current and not self.is_expired(member)

    def is_expired(self, member: Member) -> bool:
        """Whether the node's period ended under the present epoch: it needs a newer one (F4)."""
        return needs_newer_epoch(member.expired_ns, self._standing.epoch_accepted_ns)

    def _closed_for(self, member: Member) -> str:
        expired = self.is_expired(member)
        return "relicensing-required" if self.file and expired else self._closed()

    def _closed(self) -> str:
        return why_closed(
            self.file, relicensing_required=self.relicensing_required, wall_ns=self.wall_ns
        )

    def _save(self, member: Member) -> None:
        self._store.save_node(self._row(member))

    def _row(self, member: Member) -> NodeRow:
        return row_of(member, self.pool)

    def note(self, fact: AgentFact) -> None:
        """A fact of the books: audited in the same transaction, journaled after the commit."""
        self._store.audit(fact, self.wall_ns)
        self.facts.append(fact)
