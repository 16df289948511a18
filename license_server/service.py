"""The license server as a program: the addresses that offer its operations.

Systems reach the public address over the Internet, and so do customers, with a browser; whoever
sells licenses or runs the server comes in by the administration socket.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import partial
from typing import Annotated

import msgspec
from aiohttp import web

from license_server.administration import (
    COMBINE_PATH,
    CUSTOMER_PATH,
    ORDER_PATH,
    REHOST_PATH,
    RELEASE_KEY_PATH,
    STATE_PATH,
    VERIFICATION_KEY_PATH,
    AddCustomer,
    Combine,
    PlaceOrder,
    Rehost,
    ReleaseKey,
)
from license_server.operations import LicenseServer
from license_server.signed_requests import SignedRequests
from license_server.store import CLS_DATABASE, ServerStore
from licensing.addresses import require_listening_address
from licensing.agent_requests import AskTime, SignedRequest, unsigned
from licensing.events import ProgramStarted
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    CLS_CHALLENGE_PATH,
    CLS_REISSUE_PATH,
    CLS_TIME_PATH,
    LICENSE_SERVER_PORT,
    ActivateAtServer,
)
from licensing.problems import ACTIVATE_AT_SERVER, OF_AGENT_KEYS, REISSUE_AT_SERVER
from licensing.records import Record
from licensing.words import CLS_PROGRAM
from runtime.database import state_problem
from runtime.host import Host
from runtime.http import Api
from runtime.idempotency import KeptAnswers
from runtime.metrics import offer_metrics

_CUSTOMER = ("account-malformed", "customer-exists")
_ORDER = ("customer-unknown", "order-empty", "license-unknown")
_MOVE = (
    "locking-id-malformed",
    "locking-id-not-yours",
    "locking-id-unregistered",
    "locking-id-foreign",
    "license-file-given-up",
    "license-file-ended",
    "base-license-missing",
)
_COMBINE = (*_MOVE, "license-file-invalid", "license-file-superseded", "combine-too-few")
_REHOST = (*_MOVE, "locking-id-in-use")
_RELEASE = ("locking-id-malformed", "locking-id-unregistered", "license-file-given-up")
_ONLINE = (*OF_AGENT_KEYS, "challenge-unknown")


class LicenseServerSettings(Record):
    """Where the public address listens."""

    address: str = "0.0.0.0"  # noqa: S104 - systems call from anywhere on the Internet
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = LICENSE_SERVER_PORT

    def __post_init__(self) -> None:
        require_listening_address(self.address)


async def serve(host: Host, settings: LicenseServerSettings) -> None:
    """Run the license server until cancelled.

    Raises `AddressUnusable` where it cannot listen, `state-damaged` or `state-unreachable` where
    the disk fails. The TCP address comes first: a second server by mistake fails there and takes
    nothing over.
    """
    with closing(ServerStore(host)) as store:
        server = LicenseServer(host, store)
        requests = SignedRequests(host, server)
        public = _public_api(host, server, requests)
        administration = _administration(host, server, requests, store.answers)
        async with (
            public.listening_on_tcp(settings.address, settings.port),
            administration.listening_on_unix(host.admin_socket),
        ):
            host.journal.record(ProgramStarted(program=CLS_PROGRAM))
            try:
                await host.disk_failure.awaited()
            except sqlite3.Error as error:
                raise state_problem(host.directory / CLS_DATABASE, error) from error


def _public_api(host: Host, server: LicenseServer, requests: SignedRequests) -> Api:
    api = Api(CLS_PROGRAM, host)
    activate, reissue = (*ACTIVATE_AT_SERVER, *_ONLINE), (*REISSUE_AT_SERVER, *_ONLINE)
    api.get(CLS_CHALLENGE_PATH, requests.challenge)
    of_agents = partial(api.post, unreadable=unsigned)
    of_agents(CLS_ACTIVATE_PATH, SignedRequest, requests.activate, problems=activate)
    of_agents(CLS_REISSUE_PATH, SignedRequest, requests.relicense, problems=reissue)
    api.post(CLS_TIME_PATH, AskTime, requests.time)
    api.get(VERIFICATION_KEY_PATH, server.verification_key)
    api.routes(lambda: _pages(host, server))
    return api


def _pages(host: Host, server: LicenseServer) -> Iterable[web.RouteDef]:
    """Those for customers, loaded when somebody looks at one."""
    from license_server.pages.site import Site  # noqa: PLC0415 - takes a while

    return Site(host, server).routes()


def _administration(
    host: Host, server: LicenseServer, requests: SignedRequests, answers: KeptAnswers
) -> Api:
    api = Api(CLS_PROGRAM, host)
    by_file = requests.relicense_by_file
    api.post(CUSTOMER_PATH, AddCustomer, server.add_customer, problems=_CUSTOMER)
    api.post_once(ORDER_PATH, PlaceOrder, server.order, answers, problems=_ORDER)
    api.post(CLS_ACTIVATE_PATH, ActivateAtServer, server.activate, problems=ACTIVATE_AT_SERVER)
    api.post(CLS_REISSUE_PATH, SignedRequest, by_file, problems=REISSUE_AT_SERVER)
    api.post(COMBINE_PATH, Combine, server.combine, problems=_COMBINE)
    api.post(REHOST_PATH, Rehost, server.rehost, problems=_REHOST)
    api.post(RELEASE_KEY_PATH, ReleaseKey, server.release_key, problems=_RELEASE)
    api.get(STATE_PATH, server.state)
    offer_metrics(api, CLS_PROGRAM, host, server.state)
    api.get(VERIFICATION_KEY_PATH, server.verification_key)
    return api
