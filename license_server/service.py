"""The license server as a program: the addresses that offer its operations.

Systems reach the public address over the Internet, and so do customers, with a browser; whoever
sells licenses or runs the server comes in by the administration socket.
"""

import asyncio
from contextlib import closing
from typing import Annotated

import msgspec

from license_server.administration import (
    COMBINE_PATH,
    CUSTOMER_PATH,
    ORDER_PATH,
    REHOST_PATH,
    STATE_PATH,
    VERIFICATION_KEY_PATH,
    AddCustomer,
    Combine,
    PlaceOrder,
    Rehost,
)
from license_server.operations import LicenseServer
from license_server.pages.site import Site
from license_server.store import ServerStore
from licensing.events import ProgramStarted
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    CLS_REISSUE_PATH,
    LICENSE_SERVER_PORT,
    ActivateAtServer,
    ReissueAtServer,
)
from licensing.problems import ACTIVATE_AT_SERVER, REISSUE_AT_SERVER
from licensing.records import Record
from licensing.words import CLS_PROGRAM
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


class LicenseServerSettings(Record):
    """Where the public address listens."""

    address: str = "0.0.0.0"  # noqa: S104 - systems call from anywhere on the Internet
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = LICENSE_SERVER_PORT


async def serve(host: Host, settings: LicenseServerSettings) -> None:
    """Run the license server until cancelled; raises `state-damaged`, or `OSError` for an address.

    The TCP address comes first: a second server by mistake fails there and takes nothing over.
    """
    with closing(ServerStore(host)) as store:
        server = LicenseServer(host, store)
        async with (
            _public_api(host, server).listening_on_tcp(settings.address, settings.port),
            _administration(host, server, store.answers).listening_on_unix(host.admin_socket),
        ):
            host.journal.record(ProgramStarted(program=CLS_PROGRAM))
            await asyncio.Event().wait()


def _public_api(host: Host, server: LicenseServer) -> Api:
    api = Api(CLS_PROGRAM, host)
    api.post(CLS_ACTIVATE_PATH, ActivateAtServer, server.activate, problems=ACTIVATE_AT_SERVER)
    api.post(CLS_REISSUE_PATH, ReissueAtServer, server.reissue, problems=REISSUE_AT_SERVER)
    api.get(VERIFICATION_KEY_PATH, server.verification_key)
    api.routes(Site(host, server).routes())
    return api


def _administration(host: Host, server: LicenseServer, answers: KeptAnswers) -> Api:
    api = Api(CLS_PROGRAM, host)
    api.post(CUSTOMER_PATH, AddCustomer, server.add_customer, problems=_CUSTOMER)
    api.post_once(ORDER_PATH, PlaceOrder, server.order, answers, problems=_ORDER)
    api.post(CLS_ACTIVATE_PATH, ActivateAtServer, server.activate, problems=ACTIVATE_AT_SERVER)
    api.post(COMBINE_PATH, Combine, server.combine, problems=_COMBINE)
    api.post(REHOST_PATH, Rehost, server.rehost, problems=_REHOST)
    api.get(STATE_PATH, server.state)
    offer_metrics(api, CLS_PROGRAM, host, server.state)
    api.get(VERIFICATION_KEY_PATH, server.verification_key)
    return api
