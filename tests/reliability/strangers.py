"""Strangers: whoever connects to a program and means harm or nothing. They stay until the end."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable

from licensing.messages import SESSION_PATH
from licensing.sizes import FRAME_BYTES

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Kind = Callable[[], Awaitable[None]]

UPGRADE = (
    f"GET {SESSION_PATH} HTTP/1.1\r\nHost: cla\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
TEBIBYTE = 1 << 40


class Strangers:
    """Connections to one port; each kind of stranger is a method.

    `memory` is what each may cost the program, in bytes.
    """

    memory = 64 * 1024

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: list[Connection] = []

    @property
    def kinds(self) -> list[Kind]:
        """Who comes, by turns."""
        return [self.silent, self.half_a_request, self.garbage, self.silent, self.endless_header]

    async def come(self, number: int) -> None:
        """So many, one after the other."""
        kinds = self.kinds
        for each in range(number):
            await kinds[each % len(kinds)]()

    async def say(self, content: bytes = b"") -> Connection:
        """Connect, say this, and stay; a program that hangs up first is in its right."""
        connection = await asyncio.open_connection("127.0.0.1", self._port)
        self._open.append(connection)
        with contextlib.suppress(ConnectionError):
            connection[1].write(content)
            await connection[1].drain()
        return connection

    async def silent(self) -> None:
        """Connected, and nothing."""
        await self.say()

    async def half_a_request(self) -> None:
        """An upgrade whose headers never end."""
        await self.say(UPGRADE.encode())

    async def garbage(self) -> None:
        """Bytes that are no HTTP."""
        await self.say(bytes(range(256)) * 16)

    async def endless_header(self) -> None:
        """A header line that does not end."""
        await self.say(UPGRADE.encode() + b"X-Long: " + b"x" * 100_000)

    def leave(self) -> None:
        """All hang up without a word."""
        for _, writer in self._open:
            writer.transport.abort()


class OnASession(Strangers):
    """Among them some that speak WebSocket as far as it takes them."""

    @property
    def kinds(self) -> list[Kind]:
        """Those of all, and three that upgrade."""
        return [*super().kinds, self.no_hello, self.garbage_frames, self.silent]

    async def no_hello(self) -> None:
        """A WebSocket on which the challenge is not answered."""
        await self.say(UPGRADE.encode() + b"\r\n")

    async def garbage_frames(self) -> None:
        """A WebSocket on which no WebSocket frames come."""
        await self.say(UPGRADE.encode() + b"\r\n" + b"\xff" * 4096)

    async def oversized(self) -> None:
        """A frame that announces a tebibyte, and one just over the limit."""
        await self.say(UPGRADE.encode() + b"\r\n" + b"\x81\xff" + TEBIBYTE.to_bytes(8, "big"))
        size = FRAME_BYTES + 1
        frame = b"\x81\xff" + size.to_bytes(8, "big") + bytes(4) + b"x" * size
        await self.say(UPGRADE.encode() + b"\r\n" + frame)


class WithABody(Strangers):
    """Among them some that POST to `path`."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(port)
        self._post = f"POST {path} HTTP/1.1\r\nHost: cls\r\nContent-Type: application/json\r\n"

    @property
    def kinds(self) -> list[Kind]:
        """Those of all, and three that post."""
        return [*super().kinds, self.no_body, self.no_json, self.silent]

    async def no_body(self) -> None:
        """A body that is announced, and does not come."""
        await self.say(f"{self._post}Content-Length: 100\r\n\r\n{{".encode())

    async def no_json(self) -> None:
        """A body that nobody can read."""
        await self.say(f"{self._post}Content-Length: 4\r\n\r\n".encode() + b"\xff\x00[{")

    async def oversized(self) -> None:
        """A body of a tebibyte, by its length, and one just over the limit, in one chunk."""
        await self.say(f"{self._post}Content-Length: {TEBIBYTE}\r\n\r\n".encode() + b"x" * 4096)
        size = FRAME_BYTES + 1
        chunked = f"{self._post}Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n"
        await self.say(chunked.encode() + b"x" * size + b"\r\n0\r\n\r\n")


class BeforeTls(Strangers):
    """Nobody among them ever finishes the handshake of TLS."""

    memory = 128 * 1024
    """A good part of it is OpenSSL's."""

    @property
    def kinds(self) -> list[Kind]:
        """What they send before a handshake could end."""
        return [self.silent, self.half_a_hello, self.only_a_hello, self.silent, self.garbage,
                self.plain_http]  # fmt: skip

    async def half_a_hello(self) -> None:
        """The first bytes of a handshake."""
        await self.say(client_hello()[:100])

    async def only_a_hello(self) -> None:
        """A whole hello, and the server's answer is never read."""
        await self.say(client_hello())

    async def plain_http(self) -> None:
        """A whole request, to somebody who speaks TLS."""
        await self.say(UPGRADE.encode() + b"\r\n")

    async def oversized(self) -> None:
        """A record as long as none may be, and very many of them."""
        await self.say(b"\x16\x03\x01\xff\xff" + b"x" * FRAME_BYTES)


def client_hello() -> bytes:
    """What a client of TLS says first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    handshake = context.wrap_bio(incoming, outgoing, server_hostname="hq")
    with contextlib.suppress(ssl.SSLWantReadError):
        handshake.do_handshake()
    return outgoing.read()
