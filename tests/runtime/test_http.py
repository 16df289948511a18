"""HTTP as all parties speak it, over real sockets."""

import asyncio
import contextlib
import io
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web
from machine import Machine, free_port

from licensing.errors import LicensingError, ProblemDetails
from licensing.messages import HEALTH_PATH
from licensing.records import Record
from licensing.sizes import FRAME_BYTES
from runtime.http import IDLE_S, Api, Health, Nothing, client, get, post, unix_client
from simulator.network.incarnation import Incarnation

real = pytest.mark.asyncio(loop_factories=["real"])


class Count(Record):
    """A body with a number in it."""

    number: int


async def successor(count: Count) -> Count:
    """The next number; 13 is refused, and 0 makes the program fail."""
    if count.number == 13:
        raise LicensingError("lac-unknown", lac="13")
    return Count(number=count.number + 1 // count.number)


async def echo(request: web.Request) -> web.WebSocketResponse:
    """A WebSocket that says everything twice."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data * 2)
    return socket


@contextlib.asynccontextmanager
async def listening(directory: Path) -> AsyncIterator[str]:
    """An API on a free port; its URL."""
    api = Api("test", Machine(directory).host)
    api.post("/v1/successor", Count, successor, problems=["lac-unknown"])
    api.websocket("/v1/echo", echo)
    port = free_port()
    async with api.listening_on_tcp("127.0.0.1", port):
        yield f"http://127.0.0.1:{port}"


async def problem(url: str, body: bytes, method: str = "POST") -> ProblemDetails:
    """The problem with which a raw request is answered."""
    async with client() as session, session.request(method, url, data=io.BytesIO(body)) as response:
        assert response.content_type == "application/problem+json"
        answer = msgspec.json.decode(await response.read(), type=ProblemDetails)
    assert answer.status == response.status
    return answer


@real
async def test_an_operation_gets_a_record_and_returns_one(tmp_path):
    """And every address answers its health."""
    async with listening(tmp_path) as url, client() as session:
        answer = await post(session, f"{url}/v1/successor", Count(number=1), Count, party="x")
        assert answer == Count(number=2)
        health = await get(session, url + HEALTH_PATH, Health, party="x")
        assert health == Health(program="test", host="machine")


@real
@pytest.mark.parametrize("asked", [b"GET /v1/health", b"GET /nothing", b"POST /v1/successor"])
async def test_no_type_is_guessed_and_no_version_is_told(tmp_path, asked):
    """Answers and problems alike."""
    async with listening(tmp_path) as url:
        said = await raw(url, asked + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert "x-content-type-options: nosniff\r\n" in said
        assert "server: internetsim\r\n" in said


@real
async def test_no_version_is_told_to_who_speaks_no_http(tmp_path):
    """Where the library answers by itself, too."""
    async with listening(tmp_path) as url:
        said = await raw(url, b"\x00\x01\x02 rubbish\r\n\r\n")
        assert " 400 " in said
        assert "server: internetsim\r\n" in said


async def raw(url: str, sent: bytes) -> str:
    """What comes back for these bytes, in small letters."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    said = (await reader.read()).decode().lower()
    writer.close()
    return said


@real
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"number":"1"}',
        b'{"number":1,"extra":2}',
        b"\x00\xff",
        b'{"\xff":1}',
        b'{"number":' + b"[" * 100_000,
    ],
)
async def test_a_body_that_cannot_be_read_is_the_callers_fault(tmp_path, body):
    """Whatever it is: 400, definitely not done, and what is wrong with it."""
    async with listening(tmp_path) as url:
        answer = await problem(f"{url}/v1/successor", body)
    assert (answer.type, answer.status, answer.definite) == ("request-malformed", 400, True)


@real
async def test_a_body_beyond_the_limit_is_refused(tmp_path):
    """413 with the limit; a body of exactly the limit is read."""
    async with listening(tmp_path) as url:
        answer = await problem(f"{url}/v1/successor", b" " * (FRAME_BYTES + 1))
        assert (answer.type, str(FRAME_BYTES) in answer.detail) == ("request-too-large", True)
        answer = await problem(f"{url}/v1/successor", b" " * FRAME_BYTES)
        assert answer.type == "request-malformed"


@real
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/nothing"), ("GET", "/v1/nothing"), ("DELETE", "/")]
)
async def test_an_unknown_operation_is_named(tmp_path, method, path):
    """404 with method and path."""
    async with listening(tmp_path) as url:
        answer = await problem(url + path, b"", method)
    assert answer.type == "no-such-operation"
    assert f"{method} {path}" in answer.detail


@real
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
async def test_a_wrong_method_is_told_the_right_one(tmp_path, method):
    """405 with the header that says so, and in words where there is a body."""
    async with (
        listening(tmp_path) as url,
        client() as session,
        session.request(method, f"{url}/v1/successor") as response,
    ):
        assert (response.status, response.headers["Allow"]) == (405, "POST")
        assert method == "HEAD" or b"Use POST." in await response.read()


@real
async def test_an_unexpected_failure_is_logged_and_the_program_goes_on(tmp_path):
    """500, not definite; the loop's handler gets the exception; the next request is served."""
    failures = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: failures.append(context["exception"])
    )
    async with listening(tmp_path) as url, client() as session:
        answer = await problem(f"{url}/v1/successor", b'{"number":0}')
        assert (answer.type, answer.definite) == ("internal-error", False)
        assert [type(failure) for failure in failures] == [ZeroDivisionError]
        await post(session, f"{url}/v1/successor", Count(number=1), Count, party="x")


@real
async def test_the_client_raises_what_the_other_side_reports(tmp_path):
    """Code and words travel."""
    async with listening(tmp_path) as url, client() as session:
        with pytest.raises(LicensingError, match="code 13") as refusal:
            await post(session, f"{url}/v1/successor", Count(number=13), Count, party="x")
    assert refusal.value.code == "lac-unknown"


@real
async def test_nobody_listening_is_a_failed_connection_to_a_named_party(tmp_path):
    """TCP and Unix alike; whether it was done is not known."""
    async with client() as session, unix_client(tmp_path / "admin.sock") as admin:
        for caller, base in ((session, f"http://127.0.0.1:{free_port()}"), (admin, "")):
            with pytest.raises(LicensingError, match="license server does not answer") as failure:
                await get(caller, base + HEALTH_PATH, Health, party="The license server")
            assert (failure.value.code, failure.value.kind.definite) == ("connection-failed", False)


async def strange_answer(status: int, body: bytes) -> LicensingError:
    """What the client makes of an answer that is none of ours."""
    port = free_port()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        length = f"Content-Length: {len(body)}\r\n\r\n"
        writer.write(f"HTTP/1.1 {status} Strange\r\n{length}".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port), client() as session:
        with pytest.raises(LicensingError) as failure:
            await get(session, f"http://127.0.0.1:{port}/", Health, party="x")
    return failure.value


@real
@pytest.mark.parametrize("status", [200, 400, 502])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b'{"program":"\xff"}', b'{"type":' + b"[" * 100_000]
)
async def test_an_answer_of_something_else_is_a_failed_connection(status, body):
    """A proxy's page, a half answer, binary, too deep: one error that the callers know."""
    assert (await strange_answer(status, body)).code == "connection-failed"


@real
async def test_a_problem_of_an_unknown_code_is_a_failed_connection():
    """A newer program's error is not guessed at."""
    body = b'{"type":"too-new","title":"","status":400,"detail":"","hint":"","definite":true}'
    assert (await strange_answer(400, body)).code == "connection-failed"


@real
async def test_the_administration_socket_is_private_and_replaces_a_stale_one(tmp_path):
    """Mode 0600; what a killed process left behind does not stop the next one."""
    machine = Machine(tmp_path)
    socket = machine.host.admin_socket
    socket.write_text("left behind")
    async with Api("test", machine.host).listening_on_unix(socket):
        assert stat.S_ISSOCK(socket.stat().st_mode)
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        async with unix_client(socket) as admin:
            await get(admin, HEALTH_PATH, Health, party="x")


@real
async def test_a_websocket_is_an_operation_like_others(tmp_path):
    """Frames both ways at the path that the program gave it."""
    async with (
        listening(tmp_path) as url,
        client() as session,
        session.ws_connect(f"{url}/v1/echo") as socket,
    ):
        await socket.send_str("ab")
        assert (await socket.receive()).data == "abab"


@real
async def test_a_caller_that_is_gone_before_its_websocket_opens_is_no_failure(tmp_path, caplog):
    """A node gives up dialing, and the program has nothing to report."""
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    answered = asyncio.Event()

    async def late(request: web.Request) -> web.StreamResponse:
        try:
            while request.transport:  # noqa: ASYNC110 - a handler hears nothing of it
                await asyncio.sleep(0.01)
            return await echo(request)
        finally:
            answered.set()

    api, port = Api("test", Machine(tmp_path).host), free_port()
    api.websocket("/v1/late", late)
    async with api.listening_on_tcp("127.0.0.1", port), client() as session:
        dialing = asyncio.ensure_future(session.ws_connect(f"http://127.0.0.1:{port}/v1/late"))
        await asyncio.sleep(0.2)
        dialing.cancel()
        async with asyncio.timeout(10):
            await answered.wait()
        await asyncio.sleep(0.05)
    assert failures == []
    assert caplog.records == []


@real
async def test_clients_keep_neither_connections_nor_names(tmp_path):
    """A pool or a DNS cache would read the machine's clock behind the program's back (B6)."""
    async with client() as session, unix_client(tmp_path / "x") as admin:
        assert isinstance(session.connector, aiohttp.TCPConnector)
        assert session.connector.force_close
        assert not session.connector.use_dns_cache
        assert admin.connector is not None
        assert admin.connector.force_close
        assert session.timeout.total is admin.timeout.total is None


def test_nothing_is_an_empty_object():
    """The body of an operation without parameters."""
    assert msgspec.json.encode(Nothing()) == b"{}"


async def test_who_connects_and_says_nothing_is_shown_out(tmp_path):
    """Also who says half of something; ten minutes later the connection is closed."""
    loop = asyncio.get_running_loop()
    api = Api("test", Machine(tmp_path).host)

    async def said(text: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("hq", 8000)
        writer.write(text)
        answer = await reader.read()
        writer.close()
        return answer

    async def on_a_host() -> None:
        async with api.listening_on_tcp("hq", 8000):
            began = loop.time()
            for text in (b"", b"GET /v1/health HTTP/1.1\r\nHost: "):
                assert await said(text) == b""
            assert 2 * IDLE_S <= loop.time() - began < 2 * IDLE_S + 10

    loop.sockets.network.add_host("hq", "10.0.0.1")
    await loop.create_task(on_a_host(), context=Incarnation("hq").context())
