"""The operations of the Central License Server, whoever calls them and by whatever way.

Each decides and writes within one `Transaction`. `customer` is who asks: "" is the operator, or a
CLA; what a CLA asks comes with a `Proof`, and is in `signed_requests` taken out of its signature.
"""

from contextlib import suppress
from datetime import datetime

from license_server import issuance, moves
from license_server.administration import (
    AddCustomer,
    Combine,
    Customer,
    KeyReleased,
    OrderedLac,
    PlaceOrder,
    PublishedKey,
    Rehost,
    ReleaseKey,
    ServerState,
)
from license_server.issuance import RegisteredSystem, StoredOrder
from license_server.moves import Presented
from license_server.ownership import Proof
from license_server.store import ServerStore
from license_server.transactions import Transactions
from licensing.agent_requests import RelicensingRequest
from licensing.errors import LONGEST_QUOTE, LicensingError
from licensing.events import AgentKeyReleased, CustomerAdded, OrderTaken
from licensing.identifiers import make_lac, parse_locking_id
from licensing.license_file import LicenseFile, read_license_file
from licensing.messages import ActivateAtServer, IssuedAnswer, IssuedFile
from licensing.records import Record
from licensing.signing import SigningKey
from runtime import password_checks, passwords
from runtime.host import Host
from runtime.idempotency import Keep, unkept
from runtime.known_addresses import KnownAddresses
from runtime.scrypt import SALT_BYTES

_CHANCE_OF_A_LAC = 12


class Holdings(Record):
    """What a customer has: orders, the newest first, and the Locking IDs that they concern."""

    orders: list[StoredOrder]
    systems: list[RegisteredSystem]


class LicenseServer:
    """The Central License Server, as its own books know it."""

    def __init__(self, host: Host, store: ServerStore) -> None:
        self._host = host
        self._store = store
        self._transactions = Transactions(host, store)

    async def add_customer(self, request: AddCustomer) -> Customer:
        """Make an account; raises `account-malformed` or `customer-exists`."""
        name = passwords.checked_account(request.name, request.password)
        kept = await password_checks.hashed(request.password, self._host.dice.token(SALT_BYTES))
        with self._transactions.begun() as transaction:
            if self._store.password(name) is not None:
                raise LicensingError("customer-exists", customer=name)
            self._store.add_customer(name, kept)
            transaction.facts.append(CustomerAdded(customer=name))
        return Customer(name=name)

    async def order(self, request: PlaceOrder, keep: Keep = unkept) -> OrderedLac:
        """Take an order, make its LAC; raises `customer-unknown`, or as `issuance.check_order`.

        The LAC is kept for the request's key, if it has one: a repetition orders nothing.
        """
        order = StoredOrder(
            lac=make_lac(self._host.dice.token(_CHANCE_OF_A_LAC)),
            licenses=request.licenses,
            flexible=request.flexible,
            failover_period_s=request.failover_period_s,
            recovery=request.recovery,
            reserved_at_most_s=request.reserved_at_most_s,
            expiry_scope=request.expiry_scope,
            valid_until=request.valid_until,
        )
        issuance.check_order(order, self.now())
        with self._transactions.begun() as transaction:
            if request.customer and self._store.password(request.customer) is None:
                raise LicensingError("customer-unknown", customer=request.customer[:LONGEST_QUOTE])
            self._store.add_order(order)
            taken = OrderTaken(
                lac=order.lac, licenses=order.licenses, valid_until=order.valid_until
            )
            transaction.facts.append(taken)
            if request.customer:
                transaction.assign(order, request.customer)
            ordered = OrderedLac(lac=order.lac)
            keep(ordered)
        return ordered

    async def activate(
        self, request: ActivateAtServer, customer: str = "", proof: Proof | None = None
    ) -> IssuedFile:
        """The license file for a LAC and a Locking ID, online and offline (manual 4.3.1).

        Raises as `issuance.checked_activation`, `issuance.activation` and, for a CLA, `binds`.
        """
        with self._transactions.issuing(request.locking_id) as transaction:
            request = issuance.checked_activation(request)
            order = self._store.order(request.lac)
            system = self._store.system(request.locking_id)
            serial = self._store.next_serial()
            issue = issuance.activation(
                request, order, system, serial=serial, now=self.now(), customer=customer
            )
            own_lac = order is not None and order.locking_id == request.locking_id
            binds = proof and transaction.binds(system, proof, own_lac=own_lac)
            if order and not issue.repeated:
                self._store.bind(request.lac, request.locking_id, request.registration)
            if proof and binds:
                self._store.agents.bind(request.locking_id, proof.agent_key)
            for claimed in issue.claimed:
                transaction.assign(claimed, customer)
            if issue.claimed:
                self._store.claim_predecessors(request.locking_id, customer)
            return transaction.hand_out(issue)

    async def relicense(
        self, request: RelicensingRequest, proof: Proof, customer: str = ""
    ) -> IssuedAnswer:
        """The answer to a relicensing request, by network or by a person (F4, F15).

        Raises `locking-id-malformed`, `locking-id-not-yours`, `relicensing-request-answered`, and
        as `issuance.reissue` and `binds`.
        """
        with self._transactions.issuing(request.locking_id) as transaction:
            system = self._store.system(parse_locking_id(request.locking_id))
            if customer and system.customer != customer:
                raise LicensingError("locking-id-not-yours", locking_id=system.locking_id)
            serial = self._store.next_serial()
            issue = issuance.reissue(request, system, serial=serial, now=self.now())
            if transaction.binds(system, proof, own_lac=False):
                self._store.agents.bind(system.locking_id, proof.agent_key)
            return transaction.answer(request, system, issue)

    async def release_key(self, request: ReleaseKey, customer: str = "") -> KeyReleased:
        """Let another key take the place of the one that is bound to a Locking ID (F18).

        For a CLA that has lost its disk. Raises `locking-id-malformed`, `locking-id-not-yours`,
        `locking-id-unregistered`, `license-file-given-up`.
        """
        with self._transactions.issuing(request.locking_id) as transaction:
            system = self._store.system(parse_locking_id(request.locking_id))
            moves.require_owner(system, system, customer)
            issuance.require_not_given_up(system)
            self._store.agents.release(system.locking_id)
            transaction.facts.append(
                AgentKeyReleased(locking_id=system.locking_id, customer=customer)
            )
        return KeyReleased(locking_id=system.locking_id)

    async def combine(self, request: Combine, customer: str = "") -> IssuedFile:
        """One network license file of the files of separate nodes (manual 4.4).

        Raises `locking-id-malformed`, `license-file-invalid`, and as `moves.combination`.
        """
        with self._transactions.issuing(request.locking_id) as transaction:
            target = self._store.system(parse_locking_id(request.locking_id))
            files = [self.read(document) for document in request.license_files]
            move = moves.combination(
                [
                    Presented(file=file, system=self._store.system(file.locking_id))
                    for file in files
                ],
                target,
                serial=self._store.next_serial(),
                now=self.now(),
                customer=customer,
            )
            return transaction.move(move)

    async def rehost(self, request: Rehost, customer: str = "") -> IssuedFile:
        """The license file of one Locking ID, bound to another from now on.

        Raises `locking-id-malformed`, and as `moves.rehosting`.
        """
        with self._transactions.issuing(request.locking_id) as transaction:
            move = moves.rehosting(
                self._store.system(parse_locking_id(request.locking_id)),
                self._store.system(parse_locking_id(request.new_locking_id)),
                serial=self._store.next_serial(),
                now=self.now(),
                customer=customer,
            )
            return transaction.move(move)

    @property
    def signing_key(self) -> SigningKey:
        """The vendor's key, with which all that leaves this server is signed."""
        return self._store.signing_key

    async def verification_key(self) -> PublishedKey:
        """The public key that all license files of this server are verified with."""
        return PublishedKey(verification_key=self._store.signing_key.verification_key.text)

    async def state(self) -> ServerState:
        """Figures for the operator."""
        return self._store.state()

    @property
    def known_addresses(self) -> KnownAddresses:
        """From where each customer has signed in."""
        return self._store.known_addresses

    async def password_is(self, customer: str, password: str, *, known: bool) -> bool:
        """Whether the customer exists and has this password; takes as long either way.

        `known` is whether the customer has signed in before from where this comes.
        """
        return await password_checks.matches(password, self._store.password(customer), known=known)

    def holdings(self, customer: str) -> Holdings:
        """What is the customer's, and nobody else's."""
        return Holdings(
            orders=self._store.orders_of(customer), systems=self._store.systems_of(customer)
        )

    def license_file(self, locking_id: str, customer: str) -> tuple[LicenseFile, str]:
        """A customer's file in force, and its document; raises `locking-id-not-yours`."""
        system = self._store.system(locking_id)
        if not system.newest or not system.in_force or system.customer != customer:
            raise LicensingError("locking-id-not-yours", locking_id=locking_id[:LONGEST_QUOTE])
        return system.newest, self._store.document(system.newest.serial)

    async def download(self, locking_id: str, customer: str) -> tuple[LicenseFile, str]:
        """The same to be taken away: where that file has ended, a newer one if one can be made."""
        file, document = self.license_file(locking_id, customer)
        if file.valid_until is None or self.now() < file.valid_until:
            return file, document
        with suppress(LicensingError), self._transactions.issuing(locking_id) as transaction:
            system = self._store.system(locking_id)
            serial = self._store.next_serial()
            issue = issuance.in_use_again(system, serial=serial, now=self.now())
            return issue.file, transaction.hand_out(issue).license_file
        return file, document

    def answer(self, locking_id: str, customer: str) -> str:
        """The answer to a customer's relicensing request with the file in force, "" for none.

        Raises `locking-id-not-yours`.
        """
        file, _ = self.license_file(locking_id, customer)
        return self._store.agents.newest_answer(locking_id, file.serial)

    def read(self, document: str) -> LicenseFile:
        """Verify a document that was issued here; raises `license-file-invalid`."""
        return read_license_file(document, self._store.signing_key.verification_key)

    def now(self) -> datetime:
        """The server's time, in UTC."""
        return self._transactions.now()
