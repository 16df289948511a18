#!/usr/bin/env bash
# aiohttp 3.14.5, websockets 17.4, wsproto 1.3.2, CPython 3.11 and later.
#
# Behaviour: the reason of a WebSocket's end has room for 123 bytes (RFC 6455, 5.5). aiohttp sends a longer one as it is, and
# `close` returns True. No peer accepts such a frame, aiohttp as little as others: it ends the connection with 1002, a protocol
# error, and of the code that was meant nothing is left. websockets refuses to send it, and wsproto cuts it to 123.
#
# Output seen (a server closes with 1013, "try again later"; what the client knows):
#     reason of 123 bytes: websockets 1013, aiohttp CLOSE 1013
#     reason of 124 bytes: websockets 1006, aiohttp ERROR 1002
#     sent by websockets:  ProtocolError
#     sent by wsproto:     123 of 124 bytes
#
# Whom it hurts: servers that give the text of an exception as reason. It is long where a path, a name or a language with more
# bytes for a letter stands in it, so on another day or for another customer: clients that dial again after 1012 and 1013, or ask
# for a password after 1008, see an error of the protocol instead. Cut the bytes, at the end of a letter, before `close`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install aiohttp==3.14.5 websockets==17.4 wsproto==1.3.2 2>/dev/null

cat >ends.py <<'PYTHON'
import asyncio

import aiohttp
import websockets
from aiohttp import web
from websockets.server import ServerProtocol
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection

TRY_AGAIN_LATER = 1013
ROOM, TOO_LONG = 123, 124


async def closed(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    assert await socket.close(code=TRY_AGAIN_LATER, message=b"x" * int(request.query["length"]))
    return socket


async def known(url):
    async with websockets.connect(url) as client:
        await client.wait_closed()
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as other:
        last = await other.receive()
    return f"websockets {int(client.close_code)}, aiohttp {last.type.name} {int(other.close_code)}"


async def served():
    application = web.Application()
    application.router.add_get("/", closed)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    for length in (ROOM, TOO_LONG):
        print(f"reason of {length} bytes:", await known(f"ws://127.0.0.1:{port}/?length={length}"))
    await runner.cleanup()


def of_websockets():
    server = ServerProtocol()
    server.state = websockets.State.OPEN
    try:
        server.send_close(TRY_AGAIN_LATER, "x" * TOO_LONG)
    except websockets.ProtocolError as error:
        return type(error).__name__


def of_wsproto():
    frame = Connection(ConnectionType.SERVER).send(CloseConnection(TRY_AGAIN_LATER, "x" * TOO_LONG))
    return f"{frame.count(b'x')} of {TOO_LONG} bytes"


asyncio.run(served())
print("sent by websockets: ", of_websockets())
print("sent by wsproto:    ", of_wsproto())
PYTHON

$python ends.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
reason of 123 bytes: websockets 1013, aiohttp CLOSE 1013
reason of 124 bytes: websockets 1006, aiohttp ERROR 1002
sent by websockets:  ProtocolError
sent by wsproto:     123 of 124 bytes
SEEN
