"""A node's side of the session with the central CLA: membership, lease, demands and decisions.

Each method is a message that the link has received, or what both sides need; the operations of the
WBM are in `nodes.license_operations`. What must survive a restart is written down before it is
stated as a fact or answered.
"""

import asyncio
import base64
from collections.abc import Iterable, Sequence

import msgspec

from licensing.errors import LicensingError
from licensing.events import (
    AssignmentChange,
    AssignmentsChanged,
    ConnectionEstablished,
    DecisionReceived,
    HeartbeatAnswered,
    LeaseInstalled,
    LeaseRefused,
)
from licensing.lease import Lease, read_lease
from licensing.messages import (
    Challenge,
    Decision,
    Demand,
    FreeLicensesCounted,
    FromNode,
    Hello,
    LeaseAcknowledged,
    LeaseChanged,
    Seat,
    Welcome,
    hello_message,
    welcome_message,
)
from licensing.policies import NS_PER_SECOND, TIMING
from licensing.records import Record
from licensing.signing import SignatureInvalid, VerificationKey
from licensing.wall_time import wall_time_ns
from licensing.words import ON_A_LEASE, Condition, Trigger
from nodes.assignment.table import AssignmentTable, Check
from nodes.cla_session.decision import AwaitedDecision, CoveredDecision, SavedDecision
from nodes.cla_session.free_count import FreeCount
from nodes.cla_session.link import ClaLink
from nodes.cla_session.membership import Membership, Pending, StoredAssignments, StoredLease
from nodes.cla_session.named_seats import check_seats
from nodes.cla_session.unsent import Unsent
from nodes.failover.machine import IllegalTransition
from nodes.failover.status import LicenseStatus
from nodes.store import NodeStore, Pieces
from nodes.telephony.equipment import Equipment
from runtime.host import Host


class LicensedNode:
    """The licenses of one running node, as the link and its session see them."""

    def __init__(self, host: Host, store: NodeStore, equipment: Equipment) -> None:
        self._host = host
        self._store = store
        self.membership = store.load("membership", Membership) or Membership()
        self.lease = store.load("lease", StoredLease) or StoredLease()
        self._pending = store.load("pending", Pending)
        self._unsent = store.load("unsent", Unsent) or Unsent()
        self.table = AssignmentTable(equipment)
        stored = store.load_pieces("assignments", StoredAssignments)
        misfits = self.table.restore(row for piece in stored for row in piece.rows)
        self._assignments_lost = not stored and bool(store.damage)
        if self._assignments_lost:
            self.table.give_everything_back()
        self._leased: Lease | None = None
        """What `lease` says."""
        self._lease_changed = asyncio.Event()
        self._ended_to_give_back = False
        self._check_lease()
        self.link = ClaLink(host, self)
        self.status = LicenseStatus(host, store, equipment, self.link.period_ended)
        self.free_count = FreeCount(host, self.link)
        self._boot_id = host.dice.token(8).hex()
        self._decided: dict[str, asyncio.Future[Decision]] = {}
        self._misfits = misfits

    def start(self) -> None:
        """State what the restart has brought."""
        if self._assignments_lost:
            self.status.write(assignments=self._assignments(whole=True))
            self.table.saved()
        self.status.start()
        self._record(self._misfits)
        self._give_up_ended()

    @property
    def public_key(self) -> str:
        """Our key, by which the central CLA knows this node."""
        return self._store.key.verification_key.text

    @property
    def request_pending(self) -> bool:
        """Whether a demand has not been decided yet."""
        return self._pending is not None

    # What the session asks and brings (`nodes.cla_session.link.SessionHandler`).

    @property
    def master_address(self) -> str:
        """`host:port` of the central CLA, "" while the Network Wizard has not run."""
        return self.membership.master_address

    @property
    def rest_ns(self) -> int | None:
        """What is left of the running period, in nanoseconds; None where none runs out."""
        running = self.status.state in ON_A_LEASE
        return self.status.rest_ns if running else None

    @property
    def lease_seq(self) -> int:
        """The number of the newest stored lease, 0 for none."""
        return self.lease.seq

    def hello(self, challenge: Challenge) -> Hello:
        """A signed hello; raises `lease-invalid` where another CLA's key is pinned."""
        pinned = self.membership.agent_key
        concerned = self.lease.document or self.lease.agent_key == challenge.agent_key
        if pinned and pinned != challenge.agent_key:
            raise self._lease_refused("lease-invalid", "another key than before")
        expired_for_s = self.status.expired_for_s if concerned else None
        # Leaving gave the lease up, and not the epoch under which the period has ended (F4).
        ended_under = self.status.epoch_counted(challenge.agent_key) if expired_for_s else 0
        hello = Hello(
            node=self._host.name,
            locking_id=self._host.locking_id,
            epoch=max(self.lease.epoch, ended_under),
            seq=self.lease.seq,
            serial=self.lease.serial,
            boot_id=self._boot_id,
            nonce=base64.urlsafe_b64encode(self._host.dice.token(16)).decode().rstrip("="),
            state=self.status.state,
            expired_for_s=expired_for_s,
            public_key=self.public_key,
        )
        signature = self._store.key.sign_answer(hello_message(challenge, hello))
        return msgspec.structs.replace(hello, signature=signature)

    def welcomed(
        self, challenge: Challenge, hello: Hello, welcome: Welcome, sent_ns: int
    ) -> list[FromNode]:
        """The session is open: pin the CLA's key and take its word on the lease.

        `sent_ns` is when the hello was sent (running time). Returns what to send first. Raises
        `lease-invalid` for a welcome that the CLA did not sign, and `message-malformed`.
        """
        check_seats(welcome.lost)
        try:
            key = VerificationKey(challenge.agent_key)
            key.verify_answer(welcome.proof, welcome_message(hello))
        except SignatureInvalid as error:
            raise self._lease_refused("lease-invalid", str(error)) from error
        if not self.membership.agent_key:
            self.membership = msgspec.structs.replace(
                self.membership, agent_key=challenge.agent_key
            )
            self.status.write(membership=self.membership)
        self._host.journal.record(
            ConnectionEstablished(
                condition=welcome.condition,
                epoch=self.lease.epoch,
                round_trip_ns=self._now_ns() - sent_ns,
            )
        )
        if welcome.date:
            self.status.told_date(wall_time_ns(welcome.date))
        self.status.answered(sent_ns)
        if welcome.lost:
            self._edit(self.table.lose(welcome.lost))
        return [
            *self._adopt(welcome.condition, welcome.lease),
            *([self._pending.demand] if self._pending else self._remembered_releases()),
        ]

    def answered(self, sent_ns: int) -> None:
        """A heartbeat sent at `sent_ns` (running time) was answered."""
        now = self.status.reading()
        round_trip_ns = now.monotonic_ns - sent_ns
        self._host.journal.record(HeartbeatAnswered(round_trip_ns=round_trip_ns))
        if self.status.heartbeat_answered(sent_ns, now):
            self.link.dial_anew()  # our clock was wrong and is right: what the CLA says counts

    def decided(self, decision: Decision, sent_ns: int | None) -> list[FromNode]:
        """A demand was decided; returns what is to be sent. A decision is applied only once.

        `sent_ns` is when the demand was sent in this session (running time), None where it was sent
        in an earlier one. Raises `message-malformed`.
        """
        pending = self._pending
        if pending is None or pending.demand.request_id != decision.request_id:
            return []
        check_seats(decision.granted)
        saved = self._save_decision(AwaitedDecision(pending, decision))
        self._state_decision(saved, sent_ns)
        return self._conclude(self._cover(saved))

    def _save_decision(self, awaited: AwaitedDecision) -> SavedDecision:
        pending, decision = awaited
        changes = self.table.settle(pending.check, decision.granted, decision.refused)
        self._pending = None
        self._write(pending=None)
        return SavedDecision(awaited, changes)

    def _state_decision(self, saved: SavedDecision, sent_ns: int | None) -> None:
        round_trip_ns = None
        if sent_ns is not None:
            round_trip_ns = self._now_ns() - sent_ns
            self.status.answered(sent_ns)
        request_id = saved.awaited.decision.request_id
        self._host.journal.record(
            DecisionReceived(request_id=request_id, round_trip_ns=round_trip_ns)
        )
        self._record(saved.changes)

    def _cover(self, saved: SavedDecision) -> CoveredDecision:
        replies = self._adopt(Condition.LICENSED, saved.awaited.decision.lease)
        if not replies and self.lease.document:
            # A repeated answer may grant what the present lease covers no more (F13).
            self._keep_to(self._stored_lease())
        return CoveredDecision(saved.awaited, replies)

    def _conclude(self, covered: CoveredDecision) -> list[FromNode]:
        awaited, replies = covered
        waiting = self._decided.pop(awaited.decision.request_id, None)
        if waiting and not waiting.done():
            waiting.set_result(awaited.decision)
        if awaited.same_again(self.lease.lease_id):
            return replies
        return [*replies, *self._remembered_releases()]

    def lease_changed(self, change: LeaseChanged) -> list[FromNode]:
        """The CLA changed the lease by itself; returns what is to be sent.

        Raises `message-malformed`.
        """
        check_seats(change.lost)
        if change.lost:
            self._edit(self.table.lose(change.lost))
        return self._adopt(change.condition, change.lease)

    def counted(self, counted: FreeLicensesCounted) -> None:
        """The CLA says what is free."""
        self.free_count.told(counted)

    def dialing(self) -> None:
        """A dialing is about to begin: a good moment to look at the clock."""
        self.status.look_at_clock()

    def disconnected(self) -> None:
        """An open session broke; unless another is welcomed soon, failover begins."""
        self.free_count.disconnected()
        self.status.disconnected()

    # What both sides need.

    def _adopt(self, condition: Condition, document: str | None) -> list[FromNode]:
        """Take a lease, or the CLA's word that there is none."""
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
        self.lease, self._leased = stored, lease
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
        self._keep_to(lease)
        return [LeaseAcknowledged(seq=lease.seq)]

    def _keep_to(self, lease: Lease) -> None:
        if surplus := self.table.surplus(lease.seats):
            self._edit(self.table.lose(surplus))
        self._give_up_ended()
        self._lease_changed.set()

    def _give_up_ended(self) -> None:
        """What has ended by our date is out of use, whether the CLA can be asked or not (F14)."""
        if self._leased is None:
            return
        in_force = self._leased.seats_at(self.status.date_ns)
        if in_force != self._leased.seats and (changes := self.table.give_up_ended(in_force)):
            self._edit(changes)
            self._ended_to_give_back = True

    def _accept(self, document: str) -> Lease:
        if (document, self.membership.agent_key) == (self.lease.document, self.lease.agent_key):
            return self._stored_lease()  # verified already: the CLA repeats it at each welcome
        lease = self._read(document, self.membership.agent_key)
        if lease.seq < self.lease.seq:
            raise LicensingError("lease-outdated", seq=lease.seq, newest=self.lease.seq)
        return lease

    def _stored_lease(self) -> Lease:
        """By the key of the CLA that signed it, which need not be the present one."""
        return self._leased or self._read(self.lease.document, self.lease.agent_key)

    def _read(self, document: str, agent_key: str) -> Lease:
        return read_lease(document, VerificationKey(agent_key), self._host.name)

    def _check_lease(self) -> None:
        """A stored lease that its CLA did not sign counts as damage (A12)."""
        if not self.lease.document:
            return
        try:
            self._leased = self._stored_lease()
        except (LicensingError, SignatureInvalid) as error:
            self._store.damage.append(f"the stored lease cannot be trusted: {error}")

    def _remembered_releases(self) -> list[FromNode]:
        """What was given up while the CLA could not be reached is given back now (F8)."""
        releases = self.table.remembered_releases()
        return [self._demand(Check(releases=releases))] if releases else []

    def _demand(self, check: Check, *, further_releases: Sequence[Seat] = ()) -> Demand:
        """The demand for `check`, written down until it is decided."""
        demand = Demand(
            request_id=self._host.dice.token(12).hex(),
            lease_id=self.lease.lease_id,
            wants=check.wants,
            releases=[*check.releases, *further_releases],
        )
        self._pending = Pending(demand=demand, check=check)
        if self._unsent.seats:
            self._unsent = self._unsent.left(self.table.check().wants, sent=check.wants)
        self.status.write(pending=self._pending, unsent=self._unsent.stored)
        return demand

    async def _ask(self, check: Check, *, further_releases: Sequence[Seat] = ()) -> Decision:
        demand = self._demand(check, further_releases=further_releases)
        decided: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._decided[demand.request_id] = decided
        try:
            async with asyncio.timeout(TIMING.answer_ns / NS_PER_SECOND):
                await self.link.send(demand)
                return await decided
        except TimeoutError:
            raise LicensingError("agent-unreachable") from None
        finally:
            self._decided.pop(demand.request_id, None)

    def _edit(self, changes: Iterable[AssignmentChange]) -> None:
        """Make all of `changes` and write them down, or none where one of them is refused."""
        with self.table.decision():
            done = list(changes)
        self._write()
        self._record(done)

    def _record(self, changes: list[AssignmentChange]) -> None:
        if changes:
            self._host.journal.record(AssignmentsChanged(changes=changes))

    def _write(self, **records: Record | None) -> None:
        """Write down the assignments that changed, and `records` in the same transaction."""
        self.status.write(assignments=self._assignments(), **records)
        self.table.saved()

    def _assignments(self, *, whole: bool = False) -> Pieces:
        changed = {
            holder: StoredAssignments(rows=rows) if rows else None
            for holder, rows in self.table.unsaved().items()
        }
        return Pieces(changed=changed, whole=whole)

    def _lease_refused(self, code: str, reason: str) -> LicensingError:
        self._host.journal.record(LeaseRefused(code=code))
        return LicensingError(code, reason=reason)

    def _now_ns(self) -> int:
        return self._host.clock.monotonic_ns()
