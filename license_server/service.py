"""The license server as a program: its operations, the addresses that offer them, its facts.

Systems reach the public address over the Internet; whoever sells licenses or runs the server comes
in by the administration socket. A fact is stated after its transaction is durable, never before.
"""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from license_server import issuing
from license_server.administration import (
    ORDER_PATH,
    STATE_PATH,
    VERIFICATION_KEY_PATH,
    OrderedLac,
    PlaceOrder,
    PublishedKey,
    ServerState,
)
from license_server.issuing import Issue, Order
from license_server.store import Store
from licensing.errors import LicensingError
from licensing.events import IssueRefused, LicenseFileIssued, OrderTaken, ProgramStarted
from licensing.identifiers import make_lac, parse_locking_id
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    CLS_REISSUE_PATH,
    LICENSE_SERVER_PORT,
    ActivateAtServer,
    IssuedFile,
    ReissueAtServer,
)
from licensing.policies import MICROSECOND_NS
from licensing.records import Record
from runtime.host import Host
from runtime.http import Api
from runtime.metrics import offer_metrics

PROGRAM = "cls"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHANCE_OF_A_LAC = 12
_LONGEST_QUOTE = 40


class LicenseServerSettings(Record):
    """Where the public address listens."""

    address: str = "0.0.0.0"  # noqa: S104 - systems call from anywhere on the Internet
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = LICENSE_SERVER_PORT


class LicenseServer:
    """The operations of the Central License Server, whoever calls them and by whatever way."""

    def __init__(self, host: Host, store: Store) -> None:
        self._host = host
        self._store = store

    async def order(self, request: PlaceOrder) -> OrderedLac:
        """Take an order and make its LAC; raises as `issuing.check_order`."""
        now = self._now()
        order = Order(
            lac=make_lac(self._host.dice.token(_CHANCE_OF_A_LAC)),
            licenses=request.licenses,
            failover_period_s=request.failover_period_s,
            valid_until=request.valid_until,
        )
        issuing.check_order(order, now)
        taken = OrderTaken(lac=order.lac, licenses=order.licenses)
        with self._store.transaction():
            self._store.add_order(order)
            self._store.add_audit_row(taken, now)
        self._host.journal.record(taken)
        return OrderedLac(lac=order.lac)

    async def activate(self, request: ActivateAtServer) -> IssuedFile:
        """The license file for a LAC and a Locking ID (manual 4.3.1).

        Raises as `issuing.checked_activation` and `issuing.activation`.
        """
        now = self._now()
        with self._refusal_stated(request.locking_id):
            request = issuing.checked_activation(request)
            with self._store.transaction():
                order = self._store.order(request.lac)
                system = self._store.system(request.locking_id)
                serial = self._store.next_serial()
                issue = issuing.activation(request, order, system, serial=serial, now=now)
                if not issue.repeated:
                    self._store.bind(request.lac, request.locking_id, request.registration)
                document = self._keep(issue, now)
        return self._hand_out(issue, document)

    async def reissue(self, request: ReissueAtServer) -> IssuedFile:
        """The license file of the next epoch, for relicensing (F4).

        Raises `locking-id-malformed`, and as `issuing.reissue`.
        """
        now = self._now()
        with self._refusal_stated(request.locking_id):
            locking_id = parse_locking_id(request.locking_id)
            with self._store.transaction():
                system = self._store.system(locking_id)
                serial = self._store.next_serial()
                issue = issuing.reissue(request, system, serial=serial, now=now)
                document = self._keep(issue, now)
        return self._hand_out(issue, document)

    async def verification_key(self) -> PublishedKey:
        """The public key that all license files of this server are verified with."""
        return PublishedKey(verification_key=self._store.signing_key.verification_key.text)

    async def state(self) -> ServerState:
        """Figures for the operator."""
        return self._store.state()

    def _keep(self, issue: Issue, now: datetime) -> str:
        if not issue.repeated:
            self._store.add_file(issue.file)
        self._store.add_audit_row(_fact_of(issue), now)
        return self._store.document(issue.file.serial)

    def _hand_out(self, issue: Issue, document: str) -> IssuedFile:
        self._host.journal.record(_fact_of(issue))
        return IssuedFile(license_file=document)

    @contextmanager
    def _refusal_stated(self, locking_id: str) -> Iterator[None]:
        try:
            yield
        except LicensingError as refusal:
            refused = IssueRefused(locking_id=locking_id[:_LONGEST_QUOTE], code=refusal.code)
            self._host.journal.record(refused)
            raise

    def _now(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self._host.clock.wall_ns() // MICROSECOND_NS)


async def serve(host: Host, settings: LicenseServerSettings) -> None:
    """Run the license server until cancelled; raises `state-damaged`, or `OSError` for an address.

    The TCP address comes first: a second server by mistake fails there and takes nothing over.
    """
    with closing(Store(host)) as store:
        server = LicenseServer(host, store)
        async with (
            _public_api(host, server).listening_on_tcp(settings.address, settings.port),
            _administration(host, server).listening_on_unix(host.admin_socket),
        ):
            host.journal.record(ProgramStarted(program=PROGRAM))
            await asyncio.Event().wait()


def _public_api(host: Host, server: LicenseServer) -> Api:
    api = Api(PROGRAM, host)
    api.post(CLS_ACTIVATE_PATH, ActivateAtServer, server.activate)
    api.post(CLS_REISSUE_PATH, ReissueAtServer, server.reissue)
    api.get(VERIFICATION_KEY_PATH, server.verification_key)
    return api


def _administration(host: Host, server: LicenseServer) -> Api:
    api = Api(PROGRAM, host)
    api.post(ORDER_PATH, PlaceOrder, server.order)
    api.get(STATE_PATH, server.state)
    offer_metrics(api, PROGRAM, host, server.state)
    api.get(VERIFICATION_KEY_PATH, server.verification_key)
    return api


def _fact_of(issue: Issue) -> LicenseFileIssued:
    return LicenseFileIssued(
        locking_id=issue.file.locking_id,
        serial=issue.file.serial,
        epoch=issue.file.epoch,
        lacs=issue.file.lacs,
        repeated=issue.repeated,
    )
