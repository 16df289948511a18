"""The OpenAPI documents of the programs, as those of a small simulated system give them out.

Asked for the way anybody asks: what is printed is what a real program answers.
"""

import asyncio

import aiohttp

from licensing.messages import LICENSE_SERVER_PORT
from licensing.words import CLA_PROGRAM, CLS_PROGRAM, NODE_PROGRAM
from runtime.http import client, unix_client
from runtime.openapi import OPENAPI_PATH
from simulator.loop.runner import run
from simulator.network.incarnation import Incarnation
from simulator.runs.internetwork import Internetwork
from simulator.scenario import INTERNET, parse_scenario
from simulator.worlds.simulated import INTERNET_ADDRESS

PUBLIC = "cls-public"
_HOST = "hq"
_ADMINISTERED = {
    "node": (_HOST, NODE_PROGRAM),
    "cla": (_HOST, CLA_PROGRAM),
    "cls": (INTERNET, CLS_PROGRAM),
}
_SMALLEST = f"""
title: One system and the license server
about: The smallest that there is.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes: {{{_HOST}: {{model: S, role: standalone, subscribers: [{{numbers: 100, type: ip-hfa}}]}}}}
  links: {{{_HOST}-{INTERNET}: {{bandwidth: 1 Gbit/s, latency: 1 ms}}}}
  purchase: {{LAC-1: {{base: 1, ip: 1}}}}
timeline: [{{at: day 0 09:00, unlock: all}}]
"""


def api_document(api: str) -> bytes:
    """The JSON document of an administration API (`node`, `cla`, `cls`), or of `cls-public`."""
    return run(_document(api))


async def _document(api: str) -> bytes:
    async with Internetwork(parse_scenario(_SMALLEST)) as net:
        if api == PUBLIC:
            url = f"http://{INTERNET_ADDRESS}:{LICENSE_SERVER_PORT}{OPENAPI_PATH}"
            there = Incarnation(INTERNET, "reader").context()
            return await asyncio.get_running_loop().create_task(_read(client(), url), context=there)
        socket = net.world.installation.admin_socket(*_ADMINISTERED[api])
        return await _read(unix_client(socket), OPENAPI_PATH)


async def _read(session: aiohttp.ClientSession, url: str) -> bytes:
    async with session, session.get(url) as answer:
        return await answer.read()
