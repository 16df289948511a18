"""Activation of licenses (manual 4.3.1, 4.4): the node asks the CLA on its own host.

The master of an internetwork uses that one, and so does a standalone system: they activate, and a
slave does not. Nothing is decided here about licenses.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import aiohttp

from licensing.addresses import parse_address
from licensing.agent_requests import SignedRequest
from licensing.enrolment import (
    ENROL_PATH,
    FORGET_PATH,
    NODES_CHANGED_PATH,
    NODES_PATH,
    EnrolledNodes,
    ForgetNode,
    Forgotten,
    NodesSeen,
)
from licensing.errors import LicensingError
from licensing.events import LicenseServerChanged, RegistrationSaved
from licensing.license_table import LicenseTable
from licensing.messages import (
    LICENSE_SERVER_PORT,
    RELICENSING_REQUEST_PATH,
    Activate,
    Activated,
    Enrol,
    Enrolled,
    LoadLicenseFile,
    Registration,
    Relicense,
)
from licensing.node_names import same_name
from licensing.records import Record
from licensing.registration import check_registration
from licensing.words import Role
from nodes.administration import ActivateOnline, LicenseServerAddress
from nodes.books import NodeBooks
from nodes.license_operations import NodeLicensing
from nodes.store import NodeStore
from runtime.host import Host
from runtime.http import Nothing, get, post, unix_client

_CLA = "the central CLA"
_NOT_SERVING = {
    "connection-failed",
    "agent-unreachable",
    "locking-id-changed",
    "agent-clock-set-back",
}
"""What is heard of a CLA that is about to serve: its socket changes hands, or says no for the last
time."""

_MORE_TRIES = 20
_PAUSE_S = 0.5
Answer = TypeVar("Answer", bound=Record)


class Installed(NamedTuple):
    """What the installation says.

    The CLA on this host: its administration socket and the address at which nodes reach it, both
    "" where there is none. The address of the CLS.
    """

    agent_socket: str
    agent_address: str
    license_server: str


class Entered(NamedTuple):
    """What technicians have entered; it is loaded before the license status judges the damage."""

    registration: Registration | None
    license_server: LicenseServerAddress | None

    @classmethod
    def stored_in(cls, store: NodeStore) -> "Entered":
        """What the store has of it."""
        return cls(
            store.load("registration", Registration),
            store.load("license_server", LicenseServerAddress),
        )


class Activation:
    """Registration, activation and the CLS address of one node."""

    def __init__(
        self,
        host: Host,
        store: NodeStore,
        installed: Installed,
        licensing: NodeLicensing,
        books: NodeBooks,
        entered: Entered,
    ) -> None:
        self._host = host
        self._store = store
        self._installed = installed
        self.registration, self._chosen = entered
        self._licensing = licensing
        self._books = books

    @property
    def license_server(self) -> str:
        """The CLS address, "" where none is known."""
        return self.chosen_license_server or self.installed_license_server

    @property
    def chosen_license_server(self) -> str:
        """What Settings say, "" where that of the installation counts."""
        return self._chosen.address if self._chosen else ""

    @property
    def installed_license_server(self) -> str:
        """What the installation says, "" where it says nothing."""
        return self._installed.license_server

    async def register(self, registration: Registration) -> Nothing:
        """Enter the registration data; raises as `check_registration`."""
        check_registration(registration)
        self.registration = registration
        self._store.save(registration=registration)
        self._host.journal.record(RegistrationSaved(company=registration.company))
        return Nothing()

    async def change_license_server(self, change: LicenseServerAddress) -> Nothing:
        """Settings: another CLS address; at the master only, for others never reach it."""
        self.require_agent()
        address = change.address.strip()
        if address:
            address = parse_address(address, LICENSE_SERVER_PORT)
        self._chosen = LicenseServerAddress(address=address)
        self._store.save(license_server=self._chosen)
        self._host.journal.record(LicenseServerChanged(address=address))
        return Nothing()

    async def activate(self, order: ActivateOnline) -> Activated:
        """Online activation. Raises what CLA and license server report."""
        self.require_agent()
        if self.registration is None:
            raise LicensingError("registration-missing")
        activate = Activate(
            lac=order.lac, registration=self.registration, license_server=self._dialed()
        )
        return await self._activated("/v1/activate", activate)

    async def load_license_file(self, file: LoadLicenseFile) -> Activated:
        """Offline activation with a file that was downloaded from the license server."""
        self.require_agent()
        return await self._activated("/v1/license-file", file)

    async def relicense(self, _: Nothing) -> Activated:
        """Have the whole internetwork relicensed (F4)."""
        self.require_agent()
        relicense = Relicense(license_server=self._dialed())
        return await self._activated("/v1/relicense", relicense)

    async def relicensing_request(self) -> SignedRequest:
        """The request that somebody carries to the license server where there is no network (F15).

        The file that comes back is for `load_license_file`.
        """
        self.require_agent()
        return await self._asked(
            lambda cla: get(cla, RELICENSING_REQUEST_PATH, SignedRequest, party=_CLA)
        )

    async def enrol_ourselves(self) -> Enrolled:
        """Make this node known to the CLA on its own host, whatever its role is as yet."""
        ourselves = Enrol(node=self._host.name, public_key=self._books.public_key)
        return await self._tell(ENROL_PATH, ourselves, Enrolled)

    async def enrol(self, enrol: Enrol) -> Enrolled:
        """Make a node known to the central CLA, by the key that its Network Wizard showed (F16).

        Raises `request-malformed` for this node by another key than its own: the CLA takes whoever
        has its host's name at its word, as `enrol_ourselves` needs it.
        """
        self.require_agent()
        if enrol.node == self._host.name and enrol.public_key != self._books.public_key:
            reason = f"node: {enrol.node} is this node itself, which has another key"
            raise LicensingError("request-malformed", reason=reason, field="node")
        return await self._tell(ENROL_PATH, enrol, Enrolled)

    async def forget(self, forget: ForgetNode) -> Forgotten:
        """Have the central CLA forget a node that cannot be asked (F16)."""
        self.require_agent()
        return await self._tell(FORGET_PATH, forget, Forgotten)

    async def nodes(self) -> EnrolledNodes:
        """The enrolled nodes as the central CLA counts them, and who has asked and is unknown."""
        self.require_agent()
        return await self._asked(lambda cla: get(cla, NODES_PATH, EnrolledNodes, party=_CLA))

    async def nodes_changed(self, seen: NodesSeen) -> EnrolledNodes:
        """The same, as soon as it is another one than was seen, or after three hours."""
        self.require_agent()
        return await self._tell(NODES_CHANGED_PATH, seen, EnrolledNodes)

    async def license_table(self) -> LicenseTable:
        """The licenses of the whole internetwork, as the central CLA counts them."""
        self.require_agent()
        return await self._asked(lambda cla: get(cla, "/v1/licenses", LicenseTable, party=_CLA))

    async def licensed_slaves(self) -> list[str]:
        """The other nodes for which the CLA on this host holds licenses, also cut-off ones."""
        if not self._installed.agent_socket:
            return []
        rows = (await self.license_table()).licenses
        holders = {node for row in rows for node in row.held}
        return sorted(node for node in holders if not same_name(node, self._host.name))

    def require_agent(self) -> None:
        """Raise `not-master` at a slave, `agent-missing` where no CLA is installed."""
        member = self._books.membership
        if member.role is Role.SLAVE:
            raise LicensingError("not-master", role=member.role, master=member.master_address)
        if not self._installed.agent_socket:
            raise LicensingError("agent-missing")

    async def _activated(self, path: str, body: Record) -> Activated:
        """What the CLA says; then system-wide features unlock by themselves (manual 4.3.2)."""
        activated = await self._tell(path, body, Activated)
        with contextlib.suppress(LicensingError):  # it is activated, whatever comes of the rest
            await self._join()
        if self._books.membership.role is Role.STANDALONE:
            await self._licensing.unlock_features(activated.licenses)
        return activated

    async def _join(self) -> None:
        """A standalone system needs no Network Wizard: with its first activation it is a member.

        A node that has had no session yet is enrolled, for the CLA may not have been there before.
        """
        member = self._books.membership
        if member.agent_key:
            return
        await self._enrol_in_a_moment()
        address = member.master_address or self._installed.agent_address
        await self._licensing.make_member(member.role, address)

    async def _enrol_in_a_moment(self) -> None:
        """Enrol at a CLA that was given the very file that it waited for, and begins to serve.

        Where that takes longer (F11), the Network Wizard does it.
        """
        for _ in range(_MORE_TRIES):
            try:
                await self.enrol_ourselves()
            except LicensingError as error:
                if error.code not in _NOT_SERVING:
                    raise
                await asyncio.sleep(_PAUSE_S)
            else:
                return
        await self.enrol_ourselves()

    def _dialed(self) -> str:
        return parse_address(self.license_server, LICENSE_SERVER_PORT)

    async def _tell(self, path: str, body: Record, answer: type[Answer]) -> Answer:
        return await self._asked(lambda cla: post(cla, path, body, answer, party=_CLA))

    async def _asked(
        self, question: Callable[[aiohttp.ClientSession], Awaitable[Answer]]
    ) -> Answer:
        async with unix_client(Path(self._installed.agent_socket)) as cla:
            return await question(cla)
