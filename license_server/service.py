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
from license_server.store import Store
from licensing.events import ProgramStarted
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    CLS_REISSUE_PATH,
    LICENSE_SERVER_PORT,
    ActivateAtServer,
    ReissueAtServer,
)
from licensing.records import Record
from runtime.host import Host
from runtime.http import Api
from runtime.metrics import offer_metrics

PROGRAM = "cls"


class LicenseServerSettings(Record):
    """Where the public address listens."""

    address: str = "0.0.0.0"  # noqa: S104 - systems call from anywhere on the Internet
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = LICENSE_SERVER_PORT


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
    api.routes(Site(host, server).routes())
    return api


def _administration(host: Host, server: LicenseServer) -> Api:
    api = Api(PROGRAM, host)
    api.post(CUSTOMER_PATH, AddCustomer, server.add_customer)
    api.post(ORDER_PATH, PlaceOrder, server.order)
    api.post(CLS_ACTIVATE_PATH, ActivateAtServer, server.activate)
    api.post(COMBINE_PATH, Combine, server.combine)
    api.post(REHOST_PATH, Rehost, server.rehost)
    api.get(STATE_PATH, server.state)
    offer_metrics(api, PROGRAM, host, server.state)
    api.get(VERIFICATION_KEY_PATH, server.verification_key)
    return api
