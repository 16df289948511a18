"""HTTP as all three parties speak it: JSON bodies of one type, problems from the error registry.

Handlers here get a decoded body and return a record; status codes, size limits, unreadable bodies
and unexpected failures are dealt with once. Time-outs are the callers' (`asyncio.timeout`).
"""

import errno
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import aiohttp
import msgspec
from aiohttp import web, web_response

from licensing.addresses import with_port
from licensing.errors import LicensingError, ProblemDetails
from licensing.messages import HEALTH_PATH, encode
from licensing.records import UNREADABLE, Record
from licensing.sizes import FRAME_BYTES
from runtime.host import Host
from runtime.idempotency import Keep, KeptAnswers
from runtime.late_routes import FixedPaths, LateRoutes
from runtime.openapi import OPENAPI_PATH, Operation, document, malformed
from runtime.operation_handlers import handler_of
from runtime.problem_answers import DISK, Handler, answer_problems
from runtime.tls import TlsIdentity, reason_of

Body = TypeVar("Body", bound=Record)
Answer = TypeVar("Answer", bound=Record)


# Which versions answer here is nobody's business. The library has no setting for its header, and
# gives it also where it answers by itself, as to what is no HTTP.
web_response.SERVER_SOFTWARE = "internetsim"  # type: ignore[attr-defined] # imported there

IDLE_S = 600.0
"""A connection that has asked for nothing for so long is closed; a WebSocket asks all the
time."""


class Health(Record):
    """The answer at `/v1/health`."""

    program: str
    host: str


class Nothing(Record):
    """An empty body or answer, `{}`."""


def client(
    tls: TlsIdentity | None = None, *, auto_decompress: bool = True
) -> aiohttp.ClientSession:
    """A client whose connections, name look-ups and cookies are never kept.

    A pool and a DNS cache would read the machine's clock behind the program's back. `tls` is that
    of the host which dials.
    """
    connector = aiohttp.TCPConnector(
        force_close=True, use_dns_cache=False, ssl=tls.client if tls else True
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=auto_decompress,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def url_of(host: Host, address: str, path: str) -> str:
    """The URL at which `host` asks for `path` at `address`, for HTTP and WebSocket alike.

    The one place where a program's scheme is decided: `https` where the host has a TLS identity.
    """
    return f"{'https' if host.tls else 'http'}://{address}{path}"


def unix_client(socket: Path) -> aiohttp.ClientSession:
    """A client of the administration API behind `socket`; paths are asked for as `http://localhost/...`."""
    connector = aiohttp.UnixConnector(path=str(socket), force_close=True)
    return aiohttp.ClientSession(
        "http://localhost",
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def post(
    session: aiohttp.ClientSession, url: str, body: Record, answer: type[Answer], *, party: str
) -> Answer:
    """POST `body` and read an `answer`.

    Raises the `LicensingError` that the other side reports, or `connection-failed` naming `party`.
    """
    headers = {"Content-Type": "application/json"}
    content = encode(body)
    data = content if len(content) <= FRAME_BYTES else BytesIO(content)  # sent piece by piece
    return await _exchange(session.post(url, data=data, headers=headers), answer, party)


async def get(
    session: aiohttp.ClientSession, url: str, answer: type[Answer], *, party: str
) -> Answer:
    """GET an `answer`; raises like `post`."""
    return await _exchange(session.get(url), answer, party)


async def _exchange(
    request: "aiohttp.client._RequestContextManager", answer: type[Answer], party: str
) -> Answer:
    try:
        async with request as response:
            content = await response.read()
    except (aiohttp.ClientError, OSError, UnicodeError) as error:  # a name that DNS cannot have
        raise LicensingError("connection-failed", party=party, reason=reason_of(error)) from error
    if response.status != 200:
        raise _reported(response.status, content, party)
    try:
        return msgspec.json.decode(content, type=answer)
    except UNREADABLE as error:
        raise LicensingError("connection-failed", party=party, reason=str(error)) from error


def _reported(status: int, content: bytes, party: str) -> LicensingError:
    try:
        return LicensingError.from_problem(msgspec.json.decode(content, type=ProblemDetails))
    except (*UNREADABLE, KeyError):
        unknown = "it does not know what it was asked, so it may be of another version"
        reason = unknown if status == HTTPStatus.NOT_FOUND else "unreadable answer"
        return LicensingError("connection-failed", party=party, reason=reason)


class Api:
    """The operations of one listening address, each with the type of its body and of its answer.

    Summary, description and answer of an operation are in its docstring and annotations; `problems`
    are the codes of the registry that it answers beside those that every operation can.
    `body_bytes` is the size of the largest request.
    """

    def __init__(self, program: str, host: Host, *, body_bytes: int = FRAME_BYTES) -> None:
        self._tls = host.tls
        self._application = web.Application(
            client_max_size=body_bytes, middlewares=[answer_problems]
        )
        self._application[DISK] = host.disk_failure, Path(f"{program}.db")
        self._application.on_response_prepare.append(take_at_its_word)
        self._operations = FixedPaths(handler_of)
        self._application.router.register_resource(self._operations)
        self._health = Health(program=program, host=host.name)
        self.get(HEALTH_PATH, self._answer_health)
        self.get_bytes(OPENAPI_PATH, "application/json", self._describe)

    def get(
        self,
        path: str,
        operation: Callable[[], Awaitable[Record]],
        *,
        problems: Sequence[str] = (),
        before: Callable[[], None] | None = None,
    ) -> None:
        """Answer GET `path` with what `operation` returns; `before` is called each time before."""
        self._operations.offer(Operation("GET", path, operation, problems=problems, before=before))

    def get_bytes(
        self, path: str, content_type: str, operation: Callable[[], Awaitable[bytes]]
    ) -> None:
        """Answer GET `path` with the bytes that `operation` returns."""
        self._operations.offer(Operation("GET", path, operation, content_type=content_type))

    def post(
        self,
        path: str,
        body: type[Body],
        operation: Callable[[Body], Awaitable[Record]],
        *,
        problems: Sequence[str] = (),
        before: Callable[[], None] | None = None,
        unreadable: Callable[[str], LicensingError] = malformed,
    ) -> None:
        """Answer POST `path`: `operation` gets the decoded `body` and returns the answer.

        `before` is called each time before; `unreadable` says of a body that is none, and why, what
        is wrong with it.
        """
        self._operations.offer(
            Operation("POST", path, operation, body, problems, before=before, unreadable=unreadable)
        )

    def post_once(
        self,
        path: str,
        body: type[Body],
        operation: Callable[[Body, Keep], Awaitable[Record]],
        answers: KeptAnswers,
        *,
        problems: Sequence[str] = (),
        before: Callable[[], None] | None = None,
    ) -> None:
        """Like `post`, for what must not happen twice: a repetition with the same key does nothing.

        `operation` has its answer kept among `answers`, in the transaction of its effect if it can.
        """
        self._operations.offer(
            Operation("POST", path, operation, body, problems, before=before, answers=answers)
        )

    def routes(self, make: Callable[[], Iterable[web.RouteDef]]) -> None:
        """Answer further routes, such as pages; they are made when the first is asked."""
        self._application.router.register_resource(LateRoutes(make))

    def websocket(self, path: str, handler: Handler) -> None:
        """Let `handler` speak a WebSocket at `path`."""
        self._application.router.add_get(path, handler)

    @asynccontextmanager
    async def listening_on_tcp(self, address: str, port: int) -> AsyncIterator[None]:
        """Serve at a TCP address for the time of the block, with TLS where the host has it."""
        tls = self._tls.server if self._tls else None
        async with self._running() as runner:
            await listen_on_tcp(runner, address, port, tls)
            yield

    @asynccontextmanager
    async def listening_on_unix(self, socket: Path) -> AsyncIterator[None]:
        """Serve at a Unix socket of mode 0600 for the time of the block.

        A socket that a killed process left behind is replaced.
        """
        socket.unlink(missing_ok=True)
        async with self._running() as runner:
            await web.UnixSite(runner, str(socket)).start()
            if socket.exists():  # a simulated socket is no file
                socket.chmod(0o600)
            yield

    async def _answer_health(self) -> Health:
        """The program runs and answers."""
        return self._health

    async def _describe(self) -> bytes:
        """The OpenAPI 3.1 document of this address."""
        return document(f"Internetsim: {self._health.program}", self._operations.offered)

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[web.AppRunner]:
        runner = web.AppRunner(
            self._application,
            access_log=None,
            keepalive_timeout=IDLE_S,
            shutdown_timeout=1.0,
        )
        await runner.setup()
        try:
            yield runner
        finally:
            await runner.cleanup()


async def listen_on_tcp(
    runner: web.AppRunner, address: str, port: int, tls: ssl.SSLContext | None
) -> None:
    """Serve at a TCP address, with TLS where there is any; raises `AddressUnusable`."""
    try:
        await web.TCPSite(runner, address or None, port, ssl_context=tls).start()
    except OSError as error:
        raise AddressUnusable(address, port, error) from None


class AddressUnusable(OSError):
    """A program cannot listen where it shall; says why, and the way out, in one line."""

    def __init__(self, address: str, port: int, error: OSError) -> None:
        ways_out = {
            errno.EADDRINUSE: "another program listens there: stop it, or set another port",
            errno.EADDRNOTAVAIL: "this host has no such address: set one that it has, or 0.0.0.0"
            " or :: for all",
            errno.EACCES: "ports under 1024 need a privilege: set another port",
        }
        # From Python 3.13 asyncio passes over addresses that a host does not have, and the error
        # where none is left has no number.
        number = errno.EADDRNOTAVAIL if error.errno is None else error.errno
        reason = (os.strerror(number) if number > 0 else str(error)).lower()
        where = with_port(address or "*", port)
        way_out = ways_out.get(number, "set another address")
        super().__init__(f"cannot listen on {where}: {reason}; {way_out} (in the settings)")


async def take_at_its_word(_: web.Request, response: web.StreamResponse) -> None:
    """No browser shall guess another type."""
    response.headers["X-Content-Type-Options"] = "nosniff"
