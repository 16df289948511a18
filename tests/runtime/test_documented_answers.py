"""What the programs answer is what their OpenAPI documents say, whatever they are sent.

Real processes on real sockets; schemathesis makes the requests, from the documents alone.
"""

import asyncio
import http.client
import json
import socket
import threading  # noqa: TID251 - an API is served while a blocking client asks it
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from machine import Machine, free_port
from programs import EQUIPMENT, VENDOR_KEY, Program
from requests.adapters import HTTPAdapter
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

from licensing.errors import LicensingError
from licensing.records import Record
from runtime.http import Api

load_all_checks()
CHECKS = schemathesis.checks.CHECKS.get_by_names(
    [
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "unsupported_method",
    ]
)
EXAMPLES = 10
"""Requests of each kind to each operation: as documented, and not."""


class UnixAdapter(HTTPAdapter):
    """Has `requests` speak to a Unix socket, whatever the host in the URL."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._pool = UnixPool(path)

    def get_connection_with_tls_context(self, *_: object, **__: object) -> "UnixPool":
        """The one socket, for every address."""
        return self._pool


class UnixPool(HTTPConnectionPool):
    """Connections to one Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def _new_conn(self) -> HTTPConnection:
        connection = HTTPConnection("localhost")

        def connect() -> None:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(60)
            connection.sock.connect(str(self._path))

        connection.connect = connect
        return connection


def no_crash(_: object, response: schemathesis.Response, __: schemathesis.Case) -> None:
    """A program may say that another does not answer; it must not fail itself."""
    assert response.status_code != http.client.INTERNAL_SERVER_ERROR, response.text


def examine(url: str, session: requests.Session, examples: int = EXAMPLES) -> int:
    """Send each documented operation good and bad requests; raises at the first wrong answer.

    Returns how many requests were answered as documented.
    """
    document = session.get(f"{url}/v1/openapi.json").json()
    answered = 0
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and operation.method == "get":
                continue

            @settings(
                max_examples=examples,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def answers_as_documented(case: schemathesis.Case) -> None:
                nonlocal answered
                case.call_and_validate(
                    base_url=url, session=session, checks=[*CHECKS, no_crash], timeout=60
                )
                answered += 1

            answers_as_documented()
    return answered


@contextmanager
def over(path: Path) -> Iterator[requests.Session]:
    """A session with the administration API behind a Unix socket."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", UnixAdapter(path))
        yield session


@pytest.fixture(scope="module")
def internetwork(tmp_path_factory) -> Iterator[dict[str, Program]]:
    """A license server, and a CLA and a node on one host, as processes."""
    directory, ports = tmp_path_factory.mktemp("answers"), [free_port() for _ in range(3)]
    cls_at, cla_at, node_at = ({"address": "127.0.0.1", "port": port} for port in ports)
    cls = Program("license_server", directory / "cls", cls_at)
    cla = Program("master_cla", directory / "cla", cla_at | {"vendor_key": VENDOR_KEY})
    installed = {"agent_socket": str(cla.socket), "license_server": f"127.0.0.1:{ports[0]}"}
    node = Program("nodes", directory / "node", node_at | installed | {"equipment": EQUIPMENT})

    async def start(stack: AsyncExitStack) -> None:
        for program in (cls, cla, node):
            await stack.enter_async_context(program.running())

    stack = AsyncExitStack()
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(start(stack))
        yield {"cls": cls, "cla": cla, "node": node}
        runner.run(stack.aclose())


@pytest.mark.parametrize(("name", "least"), [("cls", 80), ("cla", 60), ("node", 200)])
def test_an_administration_api_answers_as_documented(internetwork, name, least):
    """No crash, no undocumented status, code, type or body; what is malformed is refused."""
    with over(internetwork[name].socket) as session:
        assert examine("http://localhost", session) > least


@pytest.mark.parametrize("name", ["cls", "node"])
def test_a_public_api_answers_as_documented(internetwork, name):
    """The same at the address that strangers reach."""
    settings = json.loads((internetwork[name].directory / "settings.json").read_bytes())
    with requests.Session() as session:
        session.trust_env = False
        assert examine(f"http://127.0.0.1:{settings['port']}", session) > EXAMPLES


class Order(Record):
    """The body of the planted operations."""

    quantity: int


class Bill(Record):
    """Their answer, by their annotations."""

    price: int


async def crashes(order: Order) -> Bill:
    """Fails."""
    return Bill(price=1 // (order.quantity * 0))


async def answers_something_else(order: Order) -> Bill:
    """Returns another record."""
    return Order(quantity=order.quantity)  # type: ignore[return-value] # the planted bug


async def refuses_with_a_code_of_its_own(_: Order) -> Bill:
    """Answers a problem that it does not name."""
    raise LicensingError("order-empty")


async def refuses_with_another_code(_: Order) -> Bill:
    """Answers a problem that it does not name, with a status that it does."""
    raise LicensingError("lac-mistyped")


async def works(order: Order) -> Bill:
    """Does what it says."""
    return Bill(price=order.quantity)


@contextmanager
def serving(directory: Path, operation: Callable[[Order], Awaitable[Bill]]) -> Iterator[str]:
    """The URL of an address with one operation, served by a thread."""
    port, ready = free_port(), threading.Event()
    loop = asyncio.SelectorEventLoop()
    done = asyncio.Event()

    async def serve() -> None:
        loop.set_exception_handler(lambda *_: None)
        api = Api("planted", Machine(directory).host)
        api.post("/v1/bill", Order, operation, problems=["registration-incomplete"])
        async with api.listening_on_tcp("127.0.0.1", port):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    try:
        assert ready.wait(20)
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()


@pytest.mark.parametrize(
    ("operation", "finding"),
    [
        (crashes, "internal-error"),
        (answers_something_else, "violates schema"),
        (refuses_with_a_code_of_its_own, "violates schema"),
        (refuses_with_another_code, "violates schema"),
    ],
)
def test_an_undocumented_answer_is_found(tmp_path, operation, finding, undocumented):
    """Planted bugs: a crash, another body, a code that is not named for the operation.

    Such a code is seen by the watch over all tests, too.
    """
    with (
        serving(tmp_path, operation) as url,
        requests.Session() as session,
        pytest.raises((AssertionError, FailureGroup), check=lambda error: finding in str(error)),
    ):
        examine(url, session)
    assert bool(undocumented) == operation.__name__.startswith("refuses")
    undocumented.clear()


def test_an_operation_without_a_bug_passes(tmp_path):
    """The planted bugs are found for what they are."""
    with serving(tmp_path, works) as url, requests.Session() as session:
        assert examine(url, session) > EXAMPLES
