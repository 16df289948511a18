"""Activation of licenses (manual 4.3.1, 4.4): the node asks the central CLA on its own host.

Only the master has one, so only the master activates. Nothing is decided here about licenses.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import aiohttp

from licensing.errors import LicensingError
from licensing.events import LicenseServerChanged, RegistrationSaved
from licensing.messages import (
    LICENSE_SERVER_PORT,
    Activate,
    Activated,
    Enrol,
    Enrolled,
    LicenseTable,
    LoadLicenseFile,
    Registration,
    Relicense,
)
from licensing.records import Record
from licensing.words import Role
from nodes.administration import ActivateOnline, LicenseServerAddress
from nodes.licensing import NodeLicensing
from nodes.membership import Membership, parse_address
from nodes.store import Store
from runtime.host import Host
from runtime.http import Nothing, get, post, unix_client

_CLA = "the central CLA"
Answer = TypeVar("Answer", bound=Record)


class Installed(NamedTuple):
    """What the installation says: the CLA's administration socket, and the CLS address."""

    agent_socket: str
    license_server: str


class Activation:
    """Registration, activation and the CLS address of one node; `join` comes before the rest."""

    def __init__(self, host: Host, store: Store, installed: Installed) -> None:
        self._host = host
        self._store = store
        self._installed = installed
        self.registration = store.load("registration", Registration)
        self._chosen = store.load("license_server", LicenseServerAddress)
        self._member: Callable[[], Membership] = Membership

    def join(self, licensing: NodeLicensing) -> None:
        """From here on the role is what the Network Wizard makes of the node."""
        self._member = lambda: licensing.membership

    @property
    def license_server(self) -> str:
        """The CLS address, "" where none is known."""
        return (self._chosen and self._chosen.address) or self._installed.license_server

    async def register(self, registration: Registration) -> Nothing:
        """Enter the registration data; raises `registration-incomplete`."""
        for field in ("company", "contact"):
            if not getattr(registration, field).strip():
                raise LicensingError("registration-incomplete", field=field)
        self.registration = registration
        self._store.save(registration=registration)
        self._host.journal.record(RegistrationSaved(company=registration.company))
        return Nothing()

    async def change_license_server(self, change: LicenseServerAddress) -> Nothing:
        """Settings: another CLS address; at the master only, for others never reach it."""
        self.require_master()
        address = change.address.strip()
        if address:
            address = parse_address(address, LICENSE_SERVER_PORT)
        self._chosen = LicenseServerAddress(address=address)
        self._store.save(license_server=self._chosen)
        self._host.journal.record(LicenseServerChanged(address=address))
        return Nothing()

    async def activate(self, order: ActivateOnline) -> Activated:
        """Online activation. Raises what CLA and license server report."""
        self.require_master()
        if self.registration is None:
            raise LicensingError("registration-missing")
        activate = Activate(
            lac=order.lac, registration=self.registration, license_server=self._dialed()
        )
        return await self._tell("/v1/activate", activate, Activated)

    async def load_license_file(self, file: LoadLicenseFile) -> Activated:
        """Offline activation with a file that was downloaded from the license server."""
        self.require_master()
        return await self._tell("/v1/license-file", file, Activated)

    async def relicense(self, _: Nothing) -> Activated:
        """Have the whole internetwork relicensed (F4)."""
        self.require_master()
        relicense = Relicense(license_server=self._dialed())
        return await self._tell("/v1/relicense", relicense, Activated)

    async def enrol(self, enrol: Enrol) -> Enrolled:
        """Make a node known to the central CLA, by the key that its Network Wizard showed."""
        self.require_master()
        return await self._tell("/v1/enrol", enrol, Enrolled)

    async def license_table(self) -> LicenseTable:
        """The licenses of the whole internetwork, as the central CLA counts them."""
        self.require_master()
        return await self._asked(lambda cla: get(cla, "/v1/licenses", LicenseTable, party=_CLA))

    def require_master(self) -> None:
        """Raise `not-master`."""
        member = self._member()
        if member.role is not Role.MASTER:
            raise LicensingError("not-master", role=member.role, master=member.master_address)

    def _dialed(self) -> str:
        return parse_address(self.license_server, LICENSE_SERVER_PORT)

    async def _tell(self, path: str, body: Record, answer: type[Answer]) -> Answer:
        return await self._asked(lambda cla: post(cla, path, body, answer, party=_CLA))

    async def _asked(
        self, question: Callable[[aiohttp.ClientSession], Awaitable[Answer]]
    ) -> Answer:
        async with unix_client(Path(self._installed.agent_socket)) as cla:
            return await question(cla)
