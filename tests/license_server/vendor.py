"""A running license server for tests, and the ways into it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
from machine import LOCKING_ID, Machine, free_port

from license_server.administration import (
    CUSTOMER_PATH,
    ORDER_PATH,
    STATE_PATH,
    VERIFICATION_KEY_PATH,
    AddCustomer,
    Customer,
    OrderedLac,
    PlaceOrder,
    PublishedKey,
    ServerState,
)
from license_server.service import LicenseServerSettings, serve
from licensing.events import ProgramStarted
from licensing.license_file import LicenseFile, read_license_file
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    CLS_REISSUE_PATH,
    ActivateAtServer,
    IssuedFile,
    Registration,
    ReissueAtServer,
)
from licensing.records import Record
from licensing.signing import VerificationKey
from runtime.http import client, get, post, unix_client

REGISTRATION = Registration(company="Example Ltd", contact="it@example.com")
PURCHASE = PlaceOrder(licenses={"base": 1, "ip": 40, "networking": 2}, failover_period_s=2_592_000)
PASSWORD = "correct horse"


class Caller:
    """Both ways into a running license server."""

    def __init__(self, public: aiohttp.ClientSession, admin: aiohttp.ClientSession, base: str):
        self.public, self.admin, self.base = public, admin, base

    async def order(self, purchase: PlaceOrder = PURCHASE) -> str:
        """The LAC of an order."""
        answer = await post(self.admin, ORDER_PATH, purchase, OrderedLac, party="CLS")
        return answer.lac

    async def add_customer(self, name: str) -> str:
        """An account with `PASSWORD`."""
        request = AddCustomer(name=name, password=PASSWORD)
        return (await post(self.admin, CUSTOMER_PATH, request, Customer, party="CLS")).name

    async def operate(self, path: str, request: Record) -> str:
        """The document of an operation at the administration socket."""
        return (await post(self.admin, path, request, IssuedFile, party="CLS")).license_file

    async def activate(self, lac: str, locking_id: str = LOCKING_ID) -> str:
        """The document for a LAC."""
        request = ActivateAtServer(lac=lac, locking_id=locking_id, registration=REGISTRATION)
        return await self._issued(CLS_ACTIVATE_PATH, request)

    async def reissue(self, epoch: int, *, required: bool = True) -> str:
        """The document of the next epoch."""
        request = ReissueAtServer(locking_id=LOCKING_ID, epoch=epoch, relicensing_required=required)
        return await self._issued(CLS_REISSUE_PATH, request)

    async def read(self, document: str) -> LicenseFile:
        """Verify a document with the published key."""
        url = self.base + VERIFICATION_KEY_PATH
        published = await get(self.public, url, PublishedKey, party="CLS")
        return read_license_file(document, VerificationKey(published.verification_key))

    async def state(self) -> ServerState:
        """The operator's figures."""
        return await get(self.admin, STATE_PATH, ServerState, party="CLS")

    async def _issued(self, path: str, request: Record) -> str:
        answer = await post(self.public, self.base + path, request, IssuedFile, party="CLS")
        return answer.license_file


@contextlib.asynccontextmanager
async def running(machine: Machine) -> AsyncIterator[Caller]:
    """The license server, from listening until cancelled."""
    port = free_port()
    async with asyncio.TaskGroup() as programs, client() as public:
        settings = LicenseServerSettings(address="127.0.0.1", port=port)
        server = programs.create_task(serve(machine.host, settings))
        await machine.journal.next(ProgramStarted)
        async with unix_client(machine.host.admin_socket) as admin:
            yield Caller(public, admin, f"http://127.0.0.1:{port}")
        server.cancel()
