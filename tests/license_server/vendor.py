"""A running license server for tests, and the ways into it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
from asking import AskingAgent
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
from licensing.messages import IssuedFile
from licensing.records import Record
from licensing.signing import VerificationKey
from runtime.http import client, get, post, unix_client

PURCHASE = PlaceOrder(licenses={"base": 1, "ip": 40, "networking": 2}, failover_period_s=2_592_000)
PASSWORD = "correct horse"


class Caller:
    """Both ways into a running license server; `agents` are the CLAs that ask online."""

    def __init__(self, public: aiohttp.ClientSession, admin: aiohttp.ClientSession, base: str):
        self.public, self.admin, self.base = public, admin, base
        self.agents: dict[str, AskingAgent] = {}

    def agent(self, locking_id: str = LOCKING_ID) -> AskingAgent:
        """The CLA of a Locking ID."""
        return self.agents.setdefault(locking_id, AskingAgent(locking_id))

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
        return await self.agent(locking_id).activate(self.public, self.base, lac)

    async def reissue(self, epoch: int, *, required: bool = True) -> str:
        """The document of the next epoch."""
        key, agent = await self.vendor_key(), self.agent()
        return await agent.relicense(self.public, self.base, key, epoch, required=required)

    async def vendor_key(self) -> VerificationKey:
        """The published key."""
        url = self.base + VERIFICATION_KEY_PATH
        published = await get(self.public, url, PublishedKey, party="CLS")
        return VerificationKey(published.verification_key)

    async def read(self, document: str) -> LicenseFile:
        """Verify a document with the published key."""
        return read_license_file(document, await self.vendor_key())

    async def state(self) -> ServerState:
        """The operator's figures."""
        return await get(self.admin, STATE_PATH, ServerState, party="CLS")


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
