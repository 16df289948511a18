"""What the license server decides at once: one transaction, with its audit rows, then its facts.

A fact is stated after the transaction is durable, never before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec

from license_server import moves, ownership
from license_server.issuance import IssueDecision, RegisteredSystem, StoredOrder
from license_server.moves import Move
from license_server.ownership import Proof
from license_server.store import ServerStore
from licensing.agent_requests import (
    RelicensingAnswer,
    RelicensingRequest,
    VouchedTime,
    sign_answer,
)
from licensing.errors import LONGEST_QUOTE, LicensingError
from licensing.events import (
    IssueRefused,
    LicenseFileIssued,
    LicenseFileMoved,
    LicenseServerFact,
    OrderAssigned,
)
from licensing.messages import IssuedAnswer, IssuedFile
from licensing.wall_time import utc_of
from runtime.host import Host


class Transactions:
    """Where they begin, one after the other."""

    def __init__(self, host: Host, store: ServerStore) -> None:
        self._host = host
        self._store = store

    def now(self) -> datetime:
        """The server's time, in UTC."""
        return utc_of(self._host.clock.wall_ns())

    @contextmanager
    def begun(self) -> Iterator["Transaction"]:
        """One, for what is appended to its facts: audit rows in it, facts after it."""
        transaction = Transaction(self._store, self.now)
        with self._store.transaction():
            yield transaction
            self._store.audit(transaction.facts, self._host.clock.wall_ns())
        self._host.journal.record(*transaction.facts)

    @contextmanager
    def issuing(self, locking_id: str) -> Iterator["Transaction"]:
        """One about a license file: its refusal is a fact, too."""
        try:
            with self.begun() as transaction:
                yield transaction
        except LicensingError as refusal:
            refused = IssueRefused(locking_id=locking_id[:LONGEST_QUOTE], code=refusal.code)
            self._host.journal.record(refused)
            raise


class Transaction:
    """One of them, while it is made; `facts` are those that it will state."""

    def __init__(self, store: ServerStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self.facts: list[LicenseServerFact] = []

    def assign(self, order: StoredOrder, customer: str) -> None:
        """The order belongs to the customer from now on."""
        self._store.assign(order.lac, customer)
        self.facts.append(OrderAssigned(lac=order.lac, customer=customer))

    def binds(self, system: RegisteredSystem, proof: Proof, *, own_lac: bool) -> bool:
        """Whether the proof's key is to be bound to `system`; raises as `ownership.binds`."""
        newest = self._store.document(system.newest.serial) if system.newest else ""
        return ownership.binds(system, newest, proof, own_lac=own_lac)

    def hand_out(self, issue: IssueDecision) -> IssuedFile:
        """The file that was decided on, kept where it is a new one."""
        file = issue.file
        if not issue.repeated:
            self._store.add_file(file)
        issued = LicenseFileIssued(
            locking_id=file.locking_id,
            serial=file.serial,
            epoch=file.epoch,
            lacs=file.lacs,
            repeated=issue.repeated,
        )
        self.facts.append(issued)
        return IssuedFile(license_file=self._store.document(file.serial))

    def move(self, move: Move) -> IssuedFile:
        """The file of a rehosting or combining; those that it was made of are given up."""
        file = move.issue.file
        for source in move.sources:
            self._store.move(source, file.locking_id, move.how)
        if move.sources:
            sources = [source.locking_id for source in move.sources]
            moved = LicenseFileMoved(
                how=move.how, sources=sources, locking_id=file.locking_id, serial=file.serial
            )
            self.facts.append(moved)
        return msgspec.structs.replace(self.hand_out(move.issue), notice=moves.RISK)

    def answer(
        self, request: RelicensingRequest, system: RegisteredSystem, issue: IssueDecision
    ) -> IssuedAnswer:
        """The file and the time for the request's challenge, which is answered once.

        Raises `relicensing-request-answered`.
        """
        answered = self._store.agents.answer(system.locking_id, request.challenge)
        if answered is None:
            return self._first_answer(request, issue)
        serial, answer = answered
        if serial != issue.file.serial:
            raise LicensingError(
                "relicensing-request-answered", serial=serial, newest=issue.file.serial
            )
        self.hand_out(issue)
        return IssuedAnswer(answer=answer)

    def _first_answer(self, request: RelicensingRequest, issue: IssueDecision) -> IssuedAnswer:
        document, file = self.hand_out(issue).license_file, issue.file
        time = VouchedTime(challenge=request.challenge, at=self._now())
        content = RelicensingAnswer(locking_id=file.locking_id, time=time, license_file=document)
        answer = sign_answer(content, self._store.signing_key)
        self._store.agents.keep_answer(file.locking_id, request.challenge, file.serial, answer)
        return IssuedAnswer(answer=answer)
