"""A node as a program: its two addresses and its background work."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

from licensing.errors import LicensingError
from licensing.events import ProgramStarted
from licensing.messages import INCOMING_CALL_PATH, IncomingCall, LoadLicenseFile, Registration
from licensing.records import Record
from nodes.administration import (
    ActivateOnline,
    Assignments,
    LicenseServerAddress,
    OutsideCall,
    PlaceCall,
    ReleaseCall,
    SaveWbmUser,
    Ticks,
    Wizard,
)
from nodes.store import DATABASE
from nodes.system import CommunicationSystem, NodeSettings
from nodes.wbm.site import WbmSite
from runtime.database import DatabaseDamaged
from runtime.host import Host
from runtime.http import Api, Nothing
from runtime.metrics import offer_metrics

PROGRAM = "node"
Body = TypeVar("Body", bound=Record)


async def serve(host: Host, settings: NodeSettings) -> None:
    """Run a node until it is cancelled.

    Raises `OSError` where an address cannot be had, `state-damaged` where the disk fails.
    """
    try:
        await _serve(host, settings)
    except* (DatabaseDamaged, sqlite3.DatabaseError) as group:
        error = _first(group)
        reason = error.reason if isinstance(error, DatabaseDamaged) else str(error)
    else:
        return
    raise LicensingError("state-damaged", path=host.directory / DATABASE, reason=reason)


async def _serve(host: Host, settings: NodeSettings) -> None:
    system = CommunicationSystem(host, settings)
    system.licensing.start()
    administration = _administration(host, system)
    public = Api(PROGRAM, host)
    public.post(INCOMING_CALL_PATH, IncomingCall, system.incoming_call)
    public.routes(WbmSite(host, system).routes())
    async with (
        public.listening_on_tcp(settings.address, settings.port),
        administration.listening_on_unix(host.admin_socket),
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(system.licensing.status.watch())
        tasks.create_task(system.licensing.link.run())
        host.journal.record(ProgramStarted(program=PROGRAM))


def _administration(host: Host, system: CommunicationSystem) -> Api:
    """Every operation but that of the accounts is a WBM access: the first one counts (F10)."""
    api = Api(PROGRAM, host)

    def post(path: str, body: type[Body], operation: Callable[[Body], Awaitable[Record]]) -> None:
        async def accessed(content: Body) -> Record:
            system.licensing.status.accessed()
            return await operation(content)

        api.post(path, body, accessed)

    def get(path: str, operation: Callable[[], Awaitable[Record]]) -> None:
        async def accessed() -> Record:
            system.licensing.status.accessed()
            return await operation()

        api.get(path, accessed)

    activation = system.activation
    post("/v1/wizard", Wizard, system.wizard)
    post("/v1/registration", Registration, activation.register)
    post("/v1/activate", ActivateOnline, activation.activate)
    post("/v1/license-file", LoadLicenseFile, activation.load_license_file)
    post("/v1/relicense", Nothing, activation.relicense)
    post("/v1/license-server", LicenseServerAddress, activation.change_license_server)
    api.post("/v1/wbm-user", SaveWbmUser, system.accounts.save)
    post("/v1/assign", Assignments, system.assign)
    post("/v1/unassign", Assignments, system.unassign)
    post("/v1/tick-exactly", Ticks, system.tick_exactly)
    post("/v1/unlock", Nothing, system.unlock)
    post("/v1/call", PlaceCall, system.call)
    post("/v1/call-from-outside", OutsideCall, system.call_from_outside)
    post("/v1/release", ReleaseCall, system.release)
    get("/v1/displays", system.displays)
    get("/v1/licenses", system.licenses)
    get("/v1/information", system.information)
    get("/v1/state", system.state)
    offer_metrics(api, PROGRAM, host, system.state)
    return api


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
