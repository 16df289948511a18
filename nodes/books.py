"""A node's books: membership, lease, assignments and demands, in memory and in the store as one.

What must survive a restart is written down before it is stated as a fact or answered. Nothing here
waits or sends: what is to be sent is returned.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from licensing.errors import LicensingError
from licensing.events import (
    AssignmentChange,
    AssignmentsChanged,
    DemandUnsent,
    LeaseInstalled,
    LeaseRefused,
)
from licensing.lease import Lease, read_lease
from licensing.messages import Demand, FromNode, LeaseAcknowledged, Seat
from licensing.records import Record
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey
from licensing.words import Condition, Trigger
from nodes.assignment.table import AssignmentTable, Check
from nodes.cla_session.decision import AwaitedDecision, SavedDecision
from nodes.cla_session.membership import Membership, Pending, StoredAssignments, StoredLease
from nodes.cla_session.unsent import Unsent
from nodes.failover.machine import IllegalTransition
from nodes.failover.status import LicenseStatus
from nodes.store import NodeStore, Pieces
from nodes.telephony.equipment import Equipment
from runtime.host import Host


class NodeBooks:
    """What one node knows of its licenses; `period_ended` hears when a period has run out.

    `leased` is what the stored `lease` says, `pending` the demand that is not decided yet, `unsent`
    what was asked for while the CLA could not be reached.
    """

    def __init__(
        self,
        host: Host,
        store: NodeStore,
        equipment: Equipment,
        period_ended: Callable[[], None],
    ) -> None:
        self._host = host
        self._store = store
        self.membership = store.load("membership", Membership) or Membership()
        self.lease = store.load("lease", StoredLease) or StoredLease()
        self.pending = store.load("pending", Pending)
        self.unsent = store.load("unsent", Unsent) or Unsent()
        self.table = AssignmentTable(equipment)
        stored = store.load_pieces("assignments", StoredAssignments)
        self._misfits = self.table.restore(row for piece in stored for row in piece.rows)
        self._assignments_lost = not stored and bool(store.damage)
        if self._assignments_lost:
            self.table.give_everything_back()
        self.leased: Lease | None = None
        self.lease_changed = asyncio.Event()
        self._has_ended = False
        self._check_lease()
        self.status = LicenseStatus(host, store, equipment, period_ended)

    def start(self) -> None:
        """State what the restart has brought."""
        if self._assignments_lost:
            self.status.write(assignments=self.assignments(whole=True))
            self.table.saved()
        self.status.start()
        self.record(self._misfits)
        self.give_up_ended()

    @property
    def key(self) -> SigningKey:
        """Our key, by which the central CLA knows this node."""
        return self._store.key

    @property
    def public_key(self) -> str:
        """The public part of it, as text."""
        return self.key.verification_key.text

    # Membership.

    def become(self, membership: Membership) -> None:
        """The Network Wizard, or a CLA's key that is pinned, makes another member of the node."""
        self.membership = membership
        self.status.write(membership=membership)

    def leave(self, after: Membership, held: Sequence[Seat], asked: Sequence[Seat]) -> None:
        """The lease is given up, with what was `held` and `asked`; `after` is the membership."""
        self.pending, self.lease = None, StoredLease(agent_key=self.lease.agent_key)
        self.leased = None
        changes = self.table.leave(held, asked)
        self.membership = after
        self.status.left(
            pending=None, lease=self.lease, assignments=self.assignments(), membership=after
        )
        self.table.saved()
        self.record(changes)

    # Assignments.

    def edit(self, changes: Iterable[AssignmentChange]) -> None:
        """Make all of `changes` and write them down, or none where one of them is refused."""
        with self.table.decision():
            done = list(changes)
        self.write()
        self.record(done)

    def record(self, changes: list[AssignmentChange]) -> None:
        """State what is written down."""
        if changes:
            self._host.journal.record(AssignmentsChanged(changes=changes))

    def write(self, **records: Record | None) -> None:
        """Write down the assignments that changed, and `records` in the same transaction."""
        self.status.write(assignments=self.assignments(), **records)
        self.table.saved()

    def assignments(self, *, whole: bool = False) -> Pieces:
        """Those that changed, or the `whole` table, as they are stored."""
        changed = {
            holder: StoredAssignments(rows=rows) if rows else None
            for holder, rows in self.table.unsaved().items()
        }
        return Pieces(changed=changed, whole=whole)

    # Demands.

    def demand(self, check: Check, *, further_releases: Sequence[Seat] = ()) -> Demand:
        """The demand for `check`, written down until it is decided."""
        demand = Demand(
            request_id=self._host.dice.token(12).hex(),
            lease_id=self.lease.lease_id,
            wants=check.wants,
            releases=[*check.releases, *further_releases],
        )
        self.pending = Pending(demand=demand, check=check)
        if self.unsent.seats:
            self.unsent = self.unsent.left(self.table.check().wants, sent=check.wants)
        self.status.write(pending=self.pending, unsent=self.unsent.stored)
        return demand

    def remembered_releases(self) -> list[FromNode]:
        """What was given up while the CLA could not be reached is given back now (F8)."""
        releases = self.table.remembered_releases()
        return [self.demand(Check(releases=releases))] if releases else []

    def put_off(self, wants: Sequence[Seat]) -> None:
        """What is wanted cannot be sent, and has to be checked again (F8)."""
        before = self.unsent.left(self.table.check().wants, sent=wants)
        self.unsent = Unsent(seats=[*before.seats, *wants])
        self.status.write(unsent=self.unsent)
        self._host.journal.record(DemandUnsent(seats=list(wants)))

    def settle(self, awaited: AwaitedDecision) -> SavedDecision:
        """Apply the decision on the pending demand, and write it down."""
        pending, decision = awaited
        changes = self.table.settle(pending.check, decision.granted, decision.refused)
        self.pending = None
        self.write(pending=None)
        return SavedDecision(awaited, changes)

    # The lease.

    def adopt(self, condition: Condition, document: str | None) -> list[FromNode]:
        """Take a lease, which is acknowledged then, or the CLA's word that there is none."""
        if condition is Condition.RELICENSING_REQUIRED:
            self.status.happened(Trigger.RELICENSING_REQUIRED)
        if document is None:
            return []
        try:
            lease = self._accept(document)
            stored = StoredLease(
                document=document,
                agent_key=self.membership.agent_key,
                serial=lease.serial,
                lease_id=lease.lease_id,
                seq=lease.seq,
                epoch=lease.epoch,
            )
            self.status.leased(lease, stored.agent_key, lease=stored)
        except (LicensingError, IllegalTransition) as error:
            code = error.code if isinstance(error, LicensingError) else "lease-outdated"
            self._host.journal.record(LeaseRefused(code=code))
            return []
        new = stored != self.lease
        self.lease, self.leased = stored, lease
        if new:
            self._host.journal.record(
                LeaseInstalled(
                    lease_id=lease.lease_id,
                    seq=lease.seq,
                    epoch=lease.epoch,
                    seats=lease.seats,
                    entitlements=lease.entitlements,
                )
            )
        self.keep_to(lease)
        return [LeaseAcknowledged(seq=lease.seq)]

    def keep_to(self, lease: Lease) -> None:
        """What a lease does not cover is lost; what has ended is given up."""
        if surplus := self.table.surplus(lease.seats):
            self.edit(self.table.lose(surplus))
        self.give_up_ended()
        self.lease_changed.set()

    def give_up_ended(self) -> None:
        """What has ended by our date is out of use, whether the CLA can be asked or not (F14)."""
        if self.leased is None:
            return
        in_force = self.leased.seats_at(self.status.date_ns)
        if in_force != self.leased.seats and (changes := self.table.give_up_ended(in_force)):
            self.edit(changes)
            self._has_ended = True

    def take_ended(self) -> bool:
        """Whether something was given up as ended since this was asked last."""
        ended, self._has_ended = self._has_ended, False
        return ended

    def stored_lease(self) -> Lease:
        """By the key of the CLA that signed it, which need not be the present one."""
        return self.leased or self._read(self.lease.document, self.lease.agent_key)

    def _accept(self, document: str) -> Lease:
        if (document, self.membership.agent_key) == (self.lease.document, self.lease.agent_key):
            return self.stored_lease()  # verified already: the CLA repeats it at each welcome
        lease = self._read(document, self.membership.agent_key)
        if lease.seq < self.lease.seq:
            raise LicensingError("lease-outdated", seq=lease.seq, newest=self.lease.seq)
        return lease

    def _read(self, document: str, agent_key: str) -> Lease:
        return read_lease(document, VerificationKey(agent_key), self._host.name)

    def _check_lease(self) -> None:
        """A stored lease that its CLA did not sign counts as damage (A12)."""
        if not self.lease.document:
            return
        try:
            self.leased = self.stored_lease()
        except (LicensingError, SignatureInvalid) as error:
            self._store.damage.append(f"the stored lease cannot be trusted: {error}")
