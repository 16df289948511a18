"""A node's side of the session with the central CLA: membership, lease, demands and decisions.

Each method is a message that the link has received, or what both sides need; the operations of the
WBM are in `nodes.license_operations`. What must survive a restart is written down before it is
stated as a fact or answered.
"""

import asyncio
import base64
from collections.abc import Sequence

import msgspec

from licensing.errors import LicensingError
from licensing.events import (
    ConnectionEstablished,
    DecisionReceived,
    HeartbeatAnswered,
    LeaseRefused,
)
from licensing.messages import (
    Challenge,
    Decision,
    FreeLicensesCounted,
    FromNode,
    Hello,
    LeaseChanged,
    Seat,
    Welcome,
    hello_message,
    welcome_message,
)
from licensing.policies import NS_PER_SECOND, TIMING
from licensing.signing import SignatureInvalid, VerificationKey
from licensing.wall_time import wall_time_ns
from licensing.words import ON_A_LEASE, Condition
from nodes.assignment.table import Check
from nodes.books import NodeBooks
from nodes.cla_session.decision import AwaitedDecision, CoveredDecision, SavedDecision
from nodes.cla_session.free_count import FreeCount
from nodes.cla_session.link import ClaLink
from nodes.cla_session.named_seats import check_seats
from nodes.store import NodeStore
from nodes.telephony.equipment import Equipment
from runtime.host import Host


class LicensedNode:
    """The session's side of one running node: what the CLA says goes into the `books`.

    `link` keeps the session, `free_count` what the CLA says is free.
    """

    def __init__(self, host: Host, store: NodeStore, equipment: Equipment) -> None:
        self._host = host
        self.link = ClaLink(host, self)
        self.books = NodeBooks(host, store, equipment, self.link.period_ended)
        self.free_count = FreeCount(host, self.link)
        self._boot_id = host.dice.token(8).hex()
        self._decided: dict[str, asyncio.Future[Decision]] = {}

    @property
    def is_asking(self) -> bool:
        """Whether somebody waits for a decision."""
        return bool(self._decided)

    async def ask(self, check: Check, *, further_releases: Sequence[Seat] = ()) -> Decision:
        """Send the demand for `check`, and wait for the decision on it.

        Raises `agent-unreachable` where none comes in time; the demand is kept (A8).
        """
        demand = self.books.demand(check, further_releases=further_releases)
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

    # What the session asks and brings (`nodes.cla_session.link.SessionHandler`).

    @property
    def master_address(self) -> str:
        """`host:port` of the central CLA, "" while the Network Wizard has not run."""
        return self.books.membership.master_address

    @property
    def rest_ns(self) -> int | None:
        """What is left of the running period, in nanoseconds; None where none runs out."""
        running = self.books.status.state in ON_A_LEASE
        return self.books.status.rest_ns if running else None

    @property
    def lease_seq(self) -> int:
        """The number of the newest stored lease, 0 for none."""
        return self.books.lease.seq

    def hello(self, challenge: Challenge) -> Hello:
        """A signed hello; raises `lease-invalid` where another CLA's key is pinned."""
        pinned = self.books.membership.agent_key
        concerned = self.books.lease.document or self.books.lease.agent_key == challenge.agent_key
        if pinned and pinned != challenge.agent_key:
            raise self._lease_refused("lease-invalid", "another key than before")
        expired_for_s = self.books.status.expired_for_s if concerned else None
        # Leaving gave the lease up, and not the epoch under which the period has ended (F4).
        ended_under = self.books.status.epoch_counted(challenge.agent_key) if expired_for_s else 0
        hello = Hello(
            node=self._host.name,
            locking_id=self._host.locking_id,
            epoch=max(self.books.lease.epoch, ended_under),
            seq=self.books.lease.seq,
            serial=self.books.lease.serial,
            boot_id=self._boot_id,
            nonce=base64.urlsafe_b64encode(self._host.dice.token(16)).decode().rstrip("="),
            state=self.books.status.state,
            expired_for_s=expired_for_s,
            public_key=self.books.public_key,
        )
        signature = self.books.key.sign_answer(hello_message(challenge, hello))
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
        member = self.books.membership
        if not member.agent_key:
            self.books.become(msgspec.structs.replace(member, agent_key=challenge.agent_key))
        self._host.journal.record(
            ConnectionEstablished(
                condition=welcome.condition,
                epoch=self.books.lease.epoch,
                round_trip_ns=self._now_ns() - sent_ns,
            )
        )
        if welcome.date:
            self.books.status.told_date(wall_time_ns(welcome.date))
        self.books.status.answered(sent_ns)
        if welcome.lost:
            self.books.edit(self.books.table.lose(welcome.lost))
        replies = self.books.adopt(welcome.condition, welcome.lease)
        pending = self.books.pending
        return [*replies, *([pending.demand] if pending else self.books.remembered_releases())]

    def answered(self, sent_ns: int) -> None:
        """A heartbeat sent at `sent_ns` (running time) was answered."""
        now = self.books.status.reading()
        round_trip_ns = now.monotonic_ns - sent_ns
        self._host.journal.record(HeartbeatAnswered(round_trip_ns=round_trip_ns))
        if self.books.status.heartbeat_answered(sent_ns, now):
            self.link.dial_anew()  # our clock was wrong and is right: what the CLA says counts

    def decided(self, decision: Decision, sent_ns: int | None) -> list[FromNode]:
        """A demand was decided; returns what is to be sent. A decision is applied only once.

        `sent_ns` is when the demand was sent in this session (running time), None where it was sent
        in an earlier one. Raises `message-malformed`.
        """
        pending = self.books.pending
        if pending is None or pending.demand.request_id != decision.request_id:
            return []
        check_seats(decision.granted)
        saved = self.books.settle(AwaitedDecision(pending, decision))
        self._state_decision(saved, sent_ns)
        return self._conclude(self._cover(saved))

    def _state_decision(self, saved: SavedDecision, sent_ns: int | None) -> None:
        round_trip_ns = None
        if sent_ns is not None:
            round_trip_ns = self._now_ns() - sent_ns
            self.books.status.answered(sent_ns)
        request_id = saved.awaited.decision.request_id
        self._host.journal.record(
            DecisionReceived(request_id=request_id, round_trip_ns=round_trip_ns)
        )
        self.books.record(saved.changes)

    def _cover(self, saved: SavedDecision) -> CoveredDecision:
        replies = self.books.adopt(Condition.LICENSED, saved.awaited.decision.lease)
        if not replies and self.books.lease.document:
            # A repeated answer may grant what the present lease covers no more (F13).
            self.books.keep_to(self.books.stored_lease())
        return CoveredDecision(saved.awaited, replies)

    def _conclude(self, covered: CoveredDecision) -> list[FromNode]:
        awaited, replies = covered
        waiting = self._decided.pop(awaited.decision.request_id, None)
        if waiting and not waiting.done():
            waiting.set_result(awaited.decision)
        if awaited.same_again(self.books.lease.lease_id):
            return replies
        return [*replies, *self.books.remembered_releases()]

    def lease_changed(self, change: LeaseChanged) -> list[FromNode]:
        """The CLA changed the lease by itself; returns what is to be sent.

        Raises `message-malformed`.
        """
        check_seats(change.lost)
        if change.lost:
            self.books.edit(self.books.table.lose(change.lost))
        return self.books.adopt(change.condition, change.lease)

    def counted(self, counted: FreeLicensesCounted) -> None:
        """The CLA says what is free."""
        self.free_count.told(counted)

    def dialing(self) -> None:
        """A dialing is about to begin: a good moment to look at the clock."""
        self.books.status.look_at_clock()

    def disconnected(self) -> None:
        """An open session broke; unless another is welcomed soon, failover begins."""
        self.free_count.disconnected()
        self.books.status.disconnected()

    # Within.

    def _lease_refused(self, code: str, reason: str) -> LicensingError:
        self._host.journal.record(LeaseRefused(code=code))
        return LicensingError(code, reason=reason)

    def _now_ns(self) -> int:
        return self._host.clock.monotonic_ns()
