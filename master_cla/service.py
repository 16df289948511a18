"""The central CLA as a program: its addresses, its background tasks, and how it ends."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated

import msgspec

from licensing.addresses import require_listening_address
from licensing.enrolment import (
    ENROL_PATH,
    FORGET_PATH,
    NODES_CHANGED_PATH,
    NODES_PATH,
    ForgetNode,
    NodesSeen,
)
from licensing.errors import LicensingError
from licensing.events import AgentStopped, ProgramStarted
from licensing.messages import (
    AGENT_PORT,
    OTHER_SESSION_PATH,
    RELICENSING_REQUEST_PATH,
    SESSION_PATH,
    Activate,
    Enrol,
    LoadLicenseFile,
    Relicense,
)
from licensing.problems import (
    ACTIVATE_AT_AGENT,
    AT_AGENT,
    ENROL_AT_AGENT,
    FORGET_AT_AGENT,
    LOAD_AT_AGENT,
    RELICENSE_AT_AGENT,
)
from licensing.records import Record
from licensing.signing import SignatureInvalid, VerificationKey
from licensing.words import CLA_PROGRAM
from master_cla.agent import CentralAgent
from master_cla.agent_time import ClockMark
from master_cla.sessions import NodeSessions
from master_cla.startup import Books, open_books
from master_cla.stopped_clock import StoppedClock
from master_cla.store.store import CLA_DATABASE, ClaStore
from master_cla.unfitting_file import UnfittingFile
from runtime.database import state_problem
from runtime.first_failure import first_failure
from runtime.host import Host
from runtime.http import AddressUnusable, Api
from runtime.metrics import offer_metrics


class AgentSettings(Record, kw_only=True):
    """Where nodes reach the CLA; `vendor_key` is the license server's public key (base64url)."""

    address: str = "0.0.0.0"  # noqa: S104 - nodes call from anywhere in the internetwork
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = AGENT_PORT
    vendor_key: str

    def __post_init__(self) -> None:
        require_listening_address(self.address)
        try:
            VerificationKey(self.vendor_key)
        except SignatureInvalid as error:
            raise ValueError(f"vendor_key: {error}") from error


async def serve(host: Host, settings: AgentSettings) -> None:
    """Run the central CLA until cancelled.

    Raises `AddressUnusable` where it cannot listen, or the `LicensingError` for which it ends
    itself, after recording `AgentStopped`: a start on what cannot be trusted, a failing disk. A
    host clock set back by more than a day, and a license file of another Locking ID, end its
    service, not the program (F11, F7).
    """
    try:
        await _serve(host, settings)
    except* AddressUnusable as group:
        raise first_failure(group) from None
    except* LicensingError as group:
        reason = first_failure(group)
    else:
        return
    host.journal.record(AgentStopped(code=reason.code, text=reason.message))
    raise reason


async def _serve(host: Host, settings: AgentSettings) -> None:
    vendor_key = VerificationKey(settings.vendor_key)
    while True:
        store, ledger, clock = await _books_in_service(host, vendor_key)
        with closing(store):
            agent = CentralAgent(host, store, ledger, clock, vendor_key)
            try:
                await _run(host, settings, agent)
            except* LicensingError as group:
                if first_failure(group).code not in _OUT_OF_SERVICE:
                    raise
            finally:
                if clock.marked.set_back:
                    _save_clock_set_back(store, clock.marked)


_OUT_OF_SERVICE: Mapping[str, type[UnfittingFile | StoppedClock]] = {
    "locking-id-changed": UnfittingFile,
    "agent-clock-set-back": StoppedClock,
}
"""Why a CLA that runs on serves nobody, and what it does about it (F7, F11)."""


async def _books_in_service(host: Host, vendor_key: VerificationKey) -> Books:
    """The books, at once or when that which keeps the CLA out of service is mended."""
    try:
        return open_books(host, vendor_key)
    except LicensingError as error:
        reason = error
    while reason.code in _OUT_OF_SERVICE:
        try:
            return await _OUT_OF_SERVICE[reason.code](host, vendor_key, reason).books(CLA_PROGRAM)
        except LicensingError as error:
            reason = error
    raise reason


def _save_clock_set_back(store: ClaStore, mark: ClockMark) -> None:
    try:
        with store.transaction():
            store.save_clock_set_back(mark)
    except sqlite3.Error as error:
        raise state_problem(Path(CLA_DATABASE), error) from error


async def _run(host: Host, settings: AgentSettings, agent: CentralAgent) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(agent.write())
        tasks.create_task(agent.keep_time())
        sessions = NodeSessions(agent, host.dice, tasks)
        async with (
            _public_api(host, sessions).listening_on_tcp(settings.address, settings.port),
            _administration(host, agent).listening_on_unix(host.admin_socket),
        ):
            host.journal.record(ProgramStarted(program=CLA_PROGRAM))
            try:
                await agent.stopped
            finally:
                sessions.drop_all()


def _public_api(host: Host, sessions: NodeSessions) -> Api:
    api = Api(CLA_PROGRAM, host)
    api.websocket(SESSION_PATH, sessions.serve)
    api.websocket(OTHER_SESSION_PATH, sessions.refuse_version)
    return api


def _administration(host: Host, agent: CentralAgent) -> Api:
    api = Api(CLA_PROGRAM, host)
    load = agent.load_license_file
    api.post(ENROL_PATH, Enrol, agent.enrol, problems=ENROL_AT_AGENT)
    api.post(FORGET_PATH, ForgetNode, agent.forget, problems=FORGET_AT_AGENT)
    api.get(NODES_PATH, agent.nodes, problems=AT_AGENT)
    api.post(NODES_CHANGED_PATH, NodesSeen, agent.nodes_changed, problems=AT_AGENT)
    api.post("/v1/activate", Activate, agent.activate, problems=ACTIVATE_AT_AGENT)
    api.post("/v1/relicense", Relicense, agent.relicense, problems=RELICENSE_AT_AGENT)
    api.post("/v1/license-file", LoadLicenseFile, load, problems=LOAD_AT_AGENT)
    api.get(RELICENSING_REQUEST_PATH, agent.relicensing_request, problems=AT_AGENT)
    api.get("/v1/licenses", agent.licenses, problems=AT_AGENT)
    api.get("/v1/state", agent.state, problems=AT_AGENT)
    offer_metrics(api, CLA_PROGRAM, host, agent.state, agent.licenses)
    return api
