#!/usr/bin/env bash
# websockets 17.4, autobahn 26.10.2, lomond 0.3.4; beside them wsproto 1.3.2 and aiohttp 3.14.5, CPython 3.11 and later.
#
# Behaviour: a compressed message of a WebSocket may end with a last block of DEFLATE (BFINAL), for platforms that cannot flush in
# another way; RFC 7692 shows the bytes of such a "Hello" in 7.2.3.4. For zlib that is the end of all. Where the context is kept from
# message to message, which is what is agreed by default, websockets, autobahn and lomond go on with the zlib object that has ended:
# every compressed message from then on is an empty text. No error is given, the connection stays open, and ends with 1000. wsproto
# closes it with 1007. aiohttp reads them all, and so do all of them if each message has a context of its own.
#
# Output seen (a server sends the RFC's "Hello" three times, and closes with 1000):
#     websockets: context kept 'Hello' '' '' 1000; context new 'Hello' 'Hello' 'Hello' 1000
#     autobahn:   context kept 'Hello' '' '' 1000; context new 'Hello' 'Hello' 'Hello' 1000
#     lomond:     context kept 'Hello' '' '' 1000; context new 'Hello' 'Hello' 'Hello' 1000
#     wsproto:    context kept 'Hello' 1007; context new 'Hello' 'Hello' 'Hello' 1000
#     aiohttp:    context kept 'Hello' 'Hello' 'Hello' 1000; context new 'Hello' 'Hello' 'Hello' 1000
#
# Whom it hurts: clients that follow a server whose compressor ends each message, as "deflate" of a whole buffer does in most
# languages: the first message is there, all others are empty, and "empty" looks like what the server said. Offer
# `server_no_context_takeover`, or no compression.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install \
    websockets==17.4 autobahn==26.10.2 lomond==0.3.4 wsproto==1.3.2 aiohttp==3.14.5 2>/dev/null

cat >hello.py <<'PYTHON'
import asyncio
import base64
import hashlib
import logging

import aiohttp
import lomond
import websockets
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateResponseAccept
from wsproto import ConnectionType, WSConnection
from wsproto.events import CloseConnection, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

HELLO = bytes.fromhex("f3 48 cd c9 c9 07 00 00")  # RFC 7692, 7.2.3.4
FIRST_AND_LAST, COMPRESSED, TEXT, CLOSE = 0x80, 0x40, 0x1, 0x8
KEPT, NEW = "", "; server_no_context_takeover"
SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
logging.disable()


def frame(kind, payload):
    return bytes([FIRST_AND_LAST | kind, len(payload)]) + payload


async def serve(reader, writer, context):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.splitlines()[1:])}
    accept = base64.b64encode(hashlib.sha1((fields["sec-websocket-key"] + SALT).encode()).digest()).decode()
    answer = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": accept,
        "Sec-WebSocket-Extensions": "permessage-deflate" + context,
    }
    lines = ["HTTP/1.1 101 Switching Protocols", *(f"{name}: {value}" for name, value in answer.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    writer.write(3 * frame(COMPRESSED | TEXT, HELLO) + frame(CLOSE, (1000).to_bytes(2, "big")))
    await reader.read(1000)
    writer.close()


async def by_websockets(port):
    async with websockets.connect(f"ws://127.0.0.1:{port}/") as peer:
        return [text async for text in peer], peer.close_code


async def by_aiohttp(port):
    async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://127.0.0.1:{port}/", compress=15) as peer:
        return [message.data async for message in peer], peer.close_code


async def by_autobahn(port):
    texts, closed = [], asyncio.get_running_loop().create_future()

    class Client(WebSocketClientProtocol):
        def onMessage(self, payload, isBinary):
            texts.append(payload.decode())

        def onClose(self, wasClean, code, reason):
            closed.set_result(code)

    factory = WebSocketClientFactory(f"ws://127.0.0.1:{port}/")
    factory.protocol = Client
    factory.setProtocolOptions(
        perMessageCompressionOffers=[PerMessageDeflateOffer()],
        perMessageCompressionAccept=PerMessageDeflateResponseAccept,
    )
    await asyncio.get_running_loop().create_connection(factory, "127.0.0.1", port)
    return texts, await closed


async def by_lomond(port):
    return await asyncio.to_thread(followed_by_lomond, port)


def followed_by_lomond(port):
    texts = []
    for event in lomond.WebSocket(f"ws://127.0.0.1:{port}/", compress=True).connect(ping_rate=0):
        if event.name == "text":
            texts.append(event.text)
        if event.name == "closing":
            code = event.code
    return texts, code


async def by_wsproto(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connection = WSConnection(ConnectionType.CLIENT)
    writer.write(connection.send(Request(host="127.0.0.1", target="/", extensions=[PerMessageDeflate()])))
    texts = []
    while True:
        connection.receive_data(await reader.read(1000))
        for event in connection.events():
            if isinstance(event, TextMessage):
                texts.append(event.data)
            if isinstance(event, CloseConnection):
                writer.close()
                return texts, event.code


async def told(client, context):
    server = await asyncio.start_server(lambda *ends: serve(*ends, context), "127.0.0.1", 0)
    texts, code = await asyncio.wait_for(client(server.sockets[0].getsockname()[1]), 20)
    server.close()
    return " ".join([*map(repr, texts), str(int(code))])


async def main():
    for client in (by_websockets, by_autobahn, by_lomond, by_wsproto, by_aiohttp):
        name = client.__name__.removeprefix("by_") + ":"
        print(f"{name:11} context kept {await told(client, KEPT)}; context new {await told(client, NEW)}")


asyncio.run(main())
PYTHON

$python hello.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
websockets: context kept 'Hello' '' '' 1000; context new 'Hello' 'Hello' 'Hello' 1000
autobahn:   context kept 'Hello' '' '' 1000; context new 'Hello' 'Hello' 'Hello' 1000
lomond:     context kept 'Hello' '' '' 1000; context new 'Hello' 'Hello' 'Hello' 1000
wsproto:    context kept 'Hello' 1007; context new 'Hello' 'Hello' 'Hello' 1000
aiohttp:    context kept 'Hello' 'Hello' 'Hello' 1000; context new 'Hello' 'Hello' 'Hello' 1000
SEEN
