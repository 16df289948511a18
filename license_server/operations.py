"""The operations of the Central License Server, whoever calls them and by whatever way.

Each decides and writes within one transaction, its audit rows included; a fact is stated after the
transaction is durable, never before. `customer` is who asks: "" is the operator, or a system that
calls with a LAC.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from license_server import issuing, moving
from license_server.administration import (
    AddCustomer,
    Combine,
    Customer,
    OrderedLac,
    PlaceOrder,
    PublishedKey,
    Rehost,
    ServerState,
)
from license_server.issuing import IssueDecision, RegisteredSystem, StoredOrder
from license_server.moving import Move, Presented
from license_server.store import ServerStore
from licensing.errors import LicensingError
from licensing.events import (
    CustomerAdded,
    IssueRefused,
    LicenseFileIssued,
    LicenseFileMoved,
    LicenseServerFact,
    OrderAssigned,
    OrderTaken,
)
from licensing.identifiers import make_lac, parse_locking_id
from licensing.license_file import LicenseFile, read_license_file
from licensing.messages import ActivateAtServer, IssuedFile, ReissueAtServer
from licensing.policies import MICROSECOND_NS
from licensing.records import Record
from runtime import passwords
from runtime.host import Host
from runtime.idempotency import Keep, unkept

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHANCE_OF_A_LAC = 12
_LONGEST_QUOTE = 40


class Holdings(Record):
    """What a customer has: orders, the newest first, and the Locking IDs that they concern."""

    orders: list[StoredOrder]
    systems: list[RegisteredSystem]


class LicenseServer:
    """The Central License Server, as its own books know it."""

    def __init__(self, host: Host, store: ServerStore) -> None:
        self._host = host
        self._store = store

    async def add_customer(self, request: AddCustomer) -> Customer:
        """Make an account; raises `account-malformed` or `customer-exists`."""
        name = passwords.checked_name(request.name, request.password)
        kept = passwords.hashed(request.password, self._host.dice.token(passwords.SALT_SIZE))
        with self._decision() as facts:
            if self._store.password(name) is not None:
                raise LicensingError("customer-exists", customer=name)
            self._store.add_customer(name, kept)
            facts.append(CustomerAdded(customer=name))
        return Customer(name=name)

    async def order(self, request: PlaceOrder, keep: Keep = unkept) -> OrderedLac:
        """Take an order, make its LAC; raises `customer-unknown`, or as `issuing.check_order`.

        The LAC is kept for the request's key, if it has one: a repetition orders nothing.
        """
        order = StoredOrder(
            lac=make_lac(self._host.dice.token(_CHANCE_OF_A_LAC)),
            licenses=request.licenses,
            flexible=request.flexible,
            failover_period_s=request.failover_period_s,
            recovery=request.recovery,
            valid_until=request.valid_until,
        )
        issuing.check_order(order, self._now())
        with self._decision() as facts:
            if request.customer and self._store.password(request.customer) is None:
                raise LicensingError("customer-unknown", customer=request.customer[:_LONGEST_QUOTE])
            self._store.add_order(order)
            taken = OrderTaken(
                lac=order.lac, licenses=order.licenses, valid_until=order.valid_until
            )
            facts.append(taken)
            if request.customer:
                self._assign(order, request.customer, facts)
            ordered = OrderedLac(lac=order.lac)
            keep(ordered)
        return ordered

    async def activate(self, request: ActivateAtServer, customer: str = "") -> IssuedFile:
        """The license file for a LAC and a Locking ID, online and offline (manual 4.3.1).

        Raises as `issuing.checked_activation` and `issuing.activation`.
        """
        with self._issuing(request.locking_id) as facts:
            request = issuing.checked_activation(request)
            order = self._store.order(request.lac)
            system = self._store.system(request.locking_id)
            serial = self._store.next_serial()
            issue = issuing.activation(
                request, order, system, serial=serial, now=self._now(), customer=customer
            )
            if order and not issue.repeated:
                self._store.bind(request.lac, request.locking_id, request.registration)
            for claimed in issue.claimed:
                self._assign(claimed, customer, facts)
            if issue.claimed:
                self._store.claim_predecessors(request.locking_id, customer)
            return self._hand_out(issue, facts)

    async def reissue(self, request: ReissueAtServer) -> IssuedFile:
        """The license file of the next epoch, for relicensing (F4).

        Raises `locking-id-malformed`, and as `issuing.reissue`.
        """
        with self._issuing(request.locking_id) as facts:
            system = self._store.system(parse_locking_id(request.locking_id))
            serial = self._store.next_serial()
            issue = issuing.reissue(request, system, serial=serial, now=self._now())
            return self._hand_out(issue, facts)

    async def combine(self, request: Combine, customer: str = "") -> IssuedFile:
        """One network license file of the files of separate nodes (manual 4.4).

        Raises `locking-id-malformed`, `license-file-invalid`, and as `moving.combination`.
        """
        with self._issuing(request.locking_id) as facts:
            target = self._store.system(parse_locking_id(request.locking_id))
            files = [self.read(document) for document in request.license_files]
            move = moving.combination(
                [
                    Presented(file=file, system=self._store.system(file.locking_id))
                    for file in files
                ],
                target,
                serial=self._store.next_serial(),
                now=self._now(),
                customer=customer,
            )
            return self._move(move, facts)

    async def rehost(self, request: Rehost, customer: str = "") -> IssuedFile:
        """The license file of one Locking ID, bound to another from now on.

        Raises `locking-id-malformed`, and as `moving.rehosting`.
        """
        with self._issuing(request.locking_id) as facts:
            move = moving.rehosting(
                self._store.system(parse_locking_id(request.locking_id)),
                self._store.system(parse_locking_id(request.new_locking_id)),
                serial=self._store.next_serial(),
                now=self._now(),
                customer=customer,
            )
            return self._move(move, facts)

    async def verification_key(self) -> PublishedKey:
        """The public key that all license files of this server are verified with."""
        return PublishedKey(verification_key=self._store.signing_key.verification_key.text)

    async def state(self) -> ServerState:
        """Figures for the operator."""
        return self._store.state()

    def password_is(self, customer: str, password: str) -> bool:
        """Whether the customer exists and has this password; takes as long either way."""
        return passwords.matches(password, self._store.password(customer))

    def holdings(self, customer: str) -> Holdings:
        """What is the customer's, and nobody else's."""
        return Holdings(
            orders=self._store.orders_of(customer), systems=self._store.systems_of(customer)
        )

    def license_file(self, locking_id: str, customer: str) -> tuple[LicenseFile, str]:
        """A customer's file in force, and its document; raises `locking-id-not-yours`."""
        system = self._store.system(locking_id)
        if not system.newest or not system.in_force or system.customer != customer:
            raise LicensingError("locking-id-not-yours", locking_id=locking_id[:_LONGEST_QUOTE])
        return system.newest, self._store.document(system.newest.serial)

    def read(self, document: str) -> LicenseFile:
        """Verify a document that was issued here; raises `license-file-invalid`."""
        return read_license_file(document, self._store.signing_key.verification_key)

    def _assign(self, order: StoredOrder, customer: str, facts: list[LicenseServerFact]) -> None:
        self._store.assign(order.lac, customer)
        facts.append(OrderAssigned(lac=order.lac, customer=customer))

    def _move(self, move: Move, facts: list[LicenseServerFact]) -> IssuedFile:
        file = move.issue.file
        for source in move.sources:
            self._store.move(source, file.locking_id, move.how)
        if move.sources:
            sources = [source.locking_id for source in move.sources]
            moved = LicenseFileMoved(
                how=move.how, sources=sources, locking_id=file.locking_id, serial=file.serial
            )
            facts.append(moved)
        return self._hand_out(move.issue, facts)

    def _hand_out(self, issue: IssueDecision, facts: list[LicenseServerFact]) -> IssuedFile:
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
        facts.append(issued)
        return IssuedFile(license_file=self._store.document(file.serial))

    @contextmanager
    def _issuing(self, locking_id: str) -> Iterator[list[LicenseServerFact]]:
        """A decision about a license file: its refusal is a fact, too."""
        try:
            with self._decision() as facts:
                yield facts
        except LicensingError as refusal:
            refused = IssueRefused(locking_id=locking_id[:_LONGEST_QUOTE], code=refusal.code)
            self._host.journal.record(refused)
            raise

    @contextmanager
    def _decision(self) -> Iterator[list[LicenseServerFact]]:
        """One transaction, for what is appended to the list: audit rows in it, facts after it."""
        facts: list[LicenseServerFact] = []
        with self._store.transaction():
            yield facts
            self._store.audit(facts, self._host.clock.wall_ns())
        self._host.journal.record(*facts)

    def _now(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self._host.clock.wall_ns() // MICROSECOND_NS)
