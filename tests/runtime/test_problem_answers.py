"""Requests that are none, at the addresses of real programs: clear words, and others are served."""

import asyncio
import itertools

import msgspec
import pytest
from simulated_browser import Browser
from town_hall import town_hall

from licensing.errors import ProblemDetails
from licensing.messages import INCOMING_CALL_PATH, LICENSE_SERVER_PORT, NODE_PORT
from licensing.policies import NS_PER_SECOND, TIMING
from licensing.sizes import FRAME_BYTES

PORTS = {"hq": NODE_PORT, "internet": LICENSE_SERVER_PORT}
OPERATION = {"hq": INCOMING_CALL_PATH, "internet": "/v1/activate"}
FORM = "application/x-www-form-urlencoded"
BODIES = [
    (FORM, b"lac=1"),
    ("multipart/form-data; boundary=x", b"--x\r\n"),
    ("text/plain; charset=nonsense", b"hello"),
    ("application/json; charset=utf-16", "{}".encode("utf-16")),
    ("image/png", b"\x89PNG\r\n\x1a\n\x00\xff"),
]
"""What is no JSON, with the type that it is said to have."""


async def exchanged(host: str, *parts: bytes) -> bytes:
    """What a program on `host` answers to raw bytes on one connection, until it closes that."""

    async def exchange() -> bytes:
        reader, writer = await asyncio.open_connection(host, PORTS[host])
        for part in parts:
            writer.write(part)
            await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer

    return await Browser(host).run(exchange())


def post(path: str, length: int, kind: str = "application/json", close: str = "close") -> bytes:
    """The head of a POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nConnection: {close}\r\n"
    return f"{head}Content-Length: {length}\r\n\r\n".encode()


def bare(method: str, path: str) -> bytes:
    """A request without a body."""
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


def problem(answer: bytes) -> ProblemDetails:
    """The problem in the last response."""
    return msgspec.json.decode(answer.rpartition(b"\r\n\r\n")[2], type=ProblemDetails)


@pytest.fixture
async def internetwork():
    """A master with its WBM, slaves, and a license server with its pages; in virtual time."""
    async with town_hall() as net:
        yield net


@pytest.mark.usefixtures("internetwork")
async def test_a_request_that_never_ends_is_given_up():
    """After minutes, with 408, at operations and at pages; meanwhile others are served."""
    loop = asyncio.get_running_loop()
    for host in PORTS:
        began = loop.time()
        slow = asyncio.ensure_future(exchanged(host, post(OPERATION[host], 100), b"{"))
        form = asyncio.ensure_future(exchanged(host, post("/sign-in", 100, FORM), b"name="))
        await asyncio.sleep(60)
        assert (await exchanged(host, bare("GET", "/v1/health"))).startswith(b"HTTP/1.1 200")
        assert problem(await slow).type == "request-incomplete"
        assert b"did not come within 5 minutes" in await form
        assert loop.time() - began >= TIMING.answer_ns / NS_PER_SECOND


@pytest.mark.usefixtures("internetwork")
async def test_a_connection_stays_usable_after_a_body_of_another_kind():
    """Two requests on one connection: the first is refused, the second is read."""
    for host, (kind, body) in itertools.product(PORTS, BODIES):
        head = post(OPERATION[host], len(body), kind, "keep-alive")
        answer = await exchanged(host, head + body, post(OPERATION[host], 2) + b"[]")
        assert answer.count(b"HTTP/1.1 400") == 2, (host, kind)
        assert problem(answer).type == "request-malformed"


@pytest.mark.usefixtures("internetwork")
async def test_a_wrong_method_is_told():
    """405 with what is allowed where there is something, 404 where there is nothing."""
    for host, method in itertools.product(PORTS, ("PATCH", "OPTIONS", "TRACE")):
        for path in ("/sign-in", "/v1/health", "/v1/openapi.json", "/"):
            answer = await exchanged(host, bare(method, path))
            assert (problem(answer).type, b"Allow: GET" in answer) == ("wrong-method", True)
        answer = await exchanged(host, bare(method, "/v1/nothing"))
        assert problem(answer).type == "no-such-operation"


@pytest.mark.usefixtures("internetwork")
async def test_a_body_beyond_the_limit_is_refused_and_the_program_goes_on():
    """413; the next connection is served."""
    for host in PORTS:
        size = FRAME_BYTES + 1
        answer = await exchanged(host, post(OPERATION[host], size), b"x" * size)
        assert problem(answer).type == "request-too-large"
        again = await exchanged(host, post(OPERATION[host], 2), b"[]")
        assert problem(again).type == "request-malformed"


@pytest.mark.usefixtures("internetwork")
async def test_pages_tell_a_browser_what_it_may_do_with_them():
    """No foreign or inline script, no frame, no guessing of types, no address for others."""
    for host, port in PORTS.items():
        page = await Browser(host, f"http://{host}:{port}").get("/sign-in")
        policy = page.headers["Content-Security-Policy"]
        assert {"default-src 'none'", "frame-ancestors 'none'"} < {*policy.split("; ")}
        assert "unsafe" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert " style=" not in page.source
        assert page.source.count("<script") == page.source.count('<script type="module" src="/')
