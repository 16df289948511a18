"""Telling a central CLA of another version from anything else.

The version before does not know our session; a later one refuses a node of another version itself.
"""

import asyncio
from http import HTTPStatus

import aiohttp

from licensing.errors import LicensingError
from licensing.messages import HEALTH_PATH, Refusal, from_agent
from licensing.policies import NS_PER_SECOND, TIMING
from licensing.words import CLA_PROGRAM
from runtime.host import Host
from runtime.http import Health, get, url_of


async def is_another_version(
    host: Host, http: aiohttp.ClientSession, address: str, ending: BaseException
) -> bool:
    """Whether the session could not begin because at `address` is a CLA that has none of ours."""
    if (
        not isinstance(ending, aiohttp.WSServerHandshakeError)
        or ending.status != HTTPStatus.NOT_FOUND
    ):
        return False
    try:
        async with asyncio.timeout(TIMING.answer_ns / NS_PER_SECOND):
            url = url_of(host, address, HEALTH_PATH)
            health = await get(http, url, Health, party="the central CLA")
    except (LicensingError, TimeoutError):
        return False
    return health.program == CLA_PROGRAM


def refuses_version(frame: str) -> bool:
    """Whether the CLA's first frame says that it is of another version."""
    try:
        said = from_agent(frame)
    except LicensingError:
        return False
    return isinstance(said, Refusal) and said.code == "version-unsupported"
