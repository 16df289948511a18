"""A node as a program: its two addresses and its background work."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from aiohttp import web

from licensing.enrolment import ENROL_PATH, FORGET_PATH, NODES_PATH, ForgetNode
from licensing.events import ProgramStarted
from licensing.messages import (
    INCOMING_CALL_PATH,
    RELICENSING_REQUEST_PATH,
    Enrol,
    IncomingCall,
    LoadLicenseFile,
    Registration,
)
from licensing.problems import REGISTRATION
from licensing.records import Record
from licensing.sizes import MESSAGE_BYTES
from licensing.words import NODE_PROGRAM
from nodes.administration import (
    ActivateOnline,
    Assignments,
    DeleteSubscriber,
    LicenseServerAddress,
    OutsideCall,
    PlaceCall,
    ReleaseCall,
    SaveWbmUser,
    Ticks,
    TicksOfHolders,
    Wizard,
)
from nodes.operation_problems import (
    ACCOUNT,
    ACTIVATE,
    ASK_AGENT,
    ASSIGN,
    AT_MASTER,
    ENROL,
    FORGET,
    LOAD,
    RELICENSE,
    RETYPE,
    TICK_EXACTLY,
    UNASSIGN,
    UNLOCK,
    WIZARD_PROBLEMS,
)
from nodes.store import DATABASE
from nodes.system import CommunicationSystem, NodeSettings
from nodes.telephony.equipment import Subscriber
from runtime.database import DatabaseDamaged, state_problem
from runtime.first_failure import first_failure
from runtime.host import Host
from runtime.http import Api, Nothing
from runtime.idempotency import kept_afterwards
from runtime.metrics import offer_metrics

Body = TypeVar("Body", bound=Record)


async def serve(host: Host, settings: NodeSettings) -> None:
    """Run a node until it is cancelled.

    Raises `OSError` where an address cannot be had, `state-damaged` or `state-unreachable` where
    the disk fails.
    """
    try:
        await _serve(host, settings)
    except* (DatabaseDamaged, sqlite3.DatabaseError) as group:
        error = first_failure(group)
    else:
        return
    raise state_problem(host.directory / DATABASE, error)


async def _serve(host: Host, settings: NodeSettings) -> None:
    system = CommunicationSystem(host, settings)
    system.books.start()
    administration = _administration(host, system)
    public = Api(NODE_PROGRAM, host)
    public.post(INCOMING_CALL_PATH, IncomingCall, system.incoming_call)
    public.routes(lambda: _pages(host, system))
    async with (
        public.listening_on_tcp(settings.address, settings.port),
        administration.listening_on_unix(host.admin_socket),
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(system.books.status.watch())
        tasks.create_task(system.licensing.keep_to_ends())
        tasks.create_task(system.licensed_node.link.run())
        tasks.create_task(system.count_watch.run())
        tasks.create_task(host.disk_failure.awaited())
        host.journal.record(ProgramStarted(program=NODE_PROGRAM))


def _pages(host: Host, system: CommunicationSystem) -> Iterable[web.RouteDef]:
    """Those of the WBM, loaded when somebody looks at one: nobody does at most nodes of a run."""
    from nodes.wbm.site import WbmSite  # noqa: PLC0415 - takes a while

    return WbmSite(host, system).routes()


def _administration(host: Host, system: CommunicationSystem) -> Api:
    """Every operation but that of the accounts is a WBM access: the first one counts (F10)."""
    api = Api(NODE_PROGRAM, host, body_bytes=MESSAGE_BYTES)  # all licenses, ticked at once
    accessed = system.books.status.accessed

    def post(
        path: str, body: type[Body], operation: Callable[[Body], Awaitable[Record]], *problems: str
    ) -> None:
        api.post(path, body, operation, problems=problems, before=accessed)

    def post_once(
        path: str, body: type[Body], operation: Callable[[Body], Awaitable[Record]], *problems: str
    ) -> None:
        once = kept_afterwards(operation)
        api.post_once(path, body, once, system.answers, problems=problems, before=accessed)

    def get(path: str, operation: Callable[[], Awaitable[Record]], *problems: str) -> None:
        api.get(path, operation, problems=problems, before=accessed)

    activation = system.activation
    post("/v1/wizard", Wizard, system.wizard, *WIZARD_PROBLEMS)
    post("/v1/add-subscriber", Subscriber, system.add_subscriber, "subscriber-refused")
    post("/v1/delete-subscriber", DeleteSubscriber, system.delete_subscriber, "subscriber-unknown")
    post("/v1/retype-subscriber", Subscriber, system.retype_subscriber, *RETYPE)
    get("/v1/subscribers", system.subscribers)
    post("/v1/registration", Registration, activation.register, *REGISTRATION)
    post("/v1/activate", ActivateOnline, activation.activate, *ACTIVATE)
    post("/v1/license-file", LoadLicenseFile, activation.load_license_file, *LOAD)
    post("/v1/relicense", Nothing, activation.relicense, *RELICENSE)
    get(RELICENSING_REQUEST_PATH, activation.relicensing_request, *ASK_AGENT)
    post(ENROL_PATH, Enrol, activation.enrol, *ENROL)
    post(FORGET_PATH, ForgetNode, activation.forget, *FORGET)
    get(NODES_PATH, activation.nodes, *ASK_AGENT)
    post("/v1/license-server", LicenseServerAddress, activation.change_license_server, *AT_MASTER)
    api.post("/v1/wbm-user", SaveWbmUser, system.accounts.save, problems=ACCOUNT)
    post("/v1/assign", Assignments, system.assign, *ASSIGN)
    post("/v1/unassign", Assignments, system.unassign, *UNASSIGN)
    post("/v1/tick-exactly", Ticks, system.tick_exactly, *TICK_EXACTLY)
    post("/v1/tick-each-exactly", TicksOfHolders, system.tick_each_exactly, *TICK_EXACTLY)
    post("/v1/unlock", Nothing, system.unlock, *UNLOCK)
    post_once("/v1/call", PlaceCall, system.call, "subscriber-unknown")
    post_once("/v1/call-from-outside", OutsideCall, system.call_from_outside)
    post("/v1/release", ReleaseCall, system.release)
    get("/v1/calls", system.calls)
    get("/v1/displays", system.displays)
    get("/v1/licenses", system.licenses)
    get("/v1/free-licenses", system.free_licenses)
    get("/v1/information", system.information)
    get("/v1/state", system.state)
    offer_metrics(api, NODE_PROGRAM, host, system.state)
    return api
