"""Trying the address of a master before the node relies on it (manual 4.4, Network Wizard)."""

import asyncio

import aiohttp

from licensing.errors import LicensingError
from licensing.messages import SESSION_PATH, Challenge, from_agent
from licensing.policies import MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.signing import SignatureInvalid, VerificationKey
from licensing.sizes import FRAME_BYTES
from nodes.cla_session.other_version import is_another_version, refuses_version
from runtime.host import Host
from runtime.http import client, url_of
from runtime.tls import reason_of

_ANOTHER_VERSION = "it is a central CLA of another version"
_UNREACHED = (TimeoutError, aiohttp.ClientError, OSError, UnicodeError)


async def try_master(host: Host, address: str, known_key: str) -> str:
    """Why nothing answers at `address` (`host:port`), in words; "" where a central CLA does.

    `known_key` is the one by which the node knows its CLA, "" where any will do. Raises
    `master-not-cla` where something else answers, `master-key-differs`.
    """
    try:
        async with asyncio.timeout(TIMING.dial_ns / NS_PER_SECOND):
            frame = await _first_frame(host, address)
    except aiohttp.ClientResponseError as error:
        async with client(host.tls) as http:
            if await is_another_version(host, http, address, error):
                return _ANOTHER_VERSION
        raise LicensingError("master-not-cla", address=address) from error
    except _UNREACHED as error:
        return reason_of(error) or f"no answer within {TIMING.dial_ns // MINUTE_NS} minutes"
    if frame.type is not aiohttp.WSMsgType.TEXT:
        return "connection closed"
    if refuses_version(frame.data):
        return _ANOTHER_VERSION
    offered = _key_of(frame.data, address)
    if known_key and offered.text != known_key:
        known = VerificationKey(known_key).fingerprint
        raise LicensingError(
            "master-key-differs", address=address, known=known, offered=offered.fingerprint
        )
    return ""


async def _first_frame(host: Host, address: str) -> aiohttp.WSMessage:
    async with (
        client(host.tls) as http,
        http.ws_connect(
            url_of(host, address, SESSION_PATH),
            max_msg_size=FRAME_BYTES,
            timeout=aiohttp.ClientWSTimeout(ws_close=0.0),
        ) as socket,
    ):
        return await socket.receive()


def _key_of(frame: str, address: str) -> VerificationKey:
    try:
        challenge = from_agent(frame)
        if isinstance(challenge, Challenge):
            return VerificationKey(challenge.agent_key)
    except (LicensingError, SignatureInvalid) as error:
        raise LicensingError("master-not-cla", address=address) from error
    raise LicensingError("master-not-cla", address=address)
