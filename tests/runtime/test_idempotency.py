"""A retry with the same key gets the first answer, and nothing happens twice."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import msgspec
import pytest
from machine import Machine, free_port

from license_server.administration import OrderedLac, PlaceOrder, ServerState
from license_server.operations import LicenseServer
from license_server.store import ServerStore
from licensing.errors import LicensingError, ProblemDetails
from licensing.messages import encode
from runtime import idempotency
from runtime.database import open_database
from runtime.http import Api, Health, client
from runtime.idempotency import KeptAnswers, kept_afterwards
from runtime.schema import Schema

real = pytest.mark.asyncio(loop_factories=["real"])
ORDER = PlaceOrder(licenses={"base": 1}, failover_period_s=4500)
OTHER = PlaceOrder(licenses={"base": 1, "ip": 5}, failover_period_s=4500)


@asynccontextmanager
async def selling(machine: Machine) -> AsyncIterator[tuple[str, LicenseServer]]:
    """The license server's order operation at a URL, from the books on the machine's disk."""
    with closing(ServerStore(machine.host)) as store:
        server, api, port = (
            LicenseServer(machine.host, store),
            Api("cls", machine.host),
            free_port(),
        )
        problems = ["order-empty"]
        api.post_once("/v1/order", PlaceOrder, server.order, store.answers, problems=problems)
        async with api.listening_on_tcp("127.0.0.1", port):
            yield f"http://127.0.0.1:{port}/v1/order", server


async def placed(url: str, order: PlaceOrder, key: str | None) -> tuple[int, bytes]:
    """Status and body of the answer."""
    headers = {"Idempotency-Key": key} if key is not None else {}
    async with client() as http, http.post(url, data=encode(order), headers=headers) as answer:
        return answer.status, await answer.read()


async def orders(server: LicenseServer) -> int:
    """How many were taken."""
    state: ServerState = await server.state()
    return state.orders


@real
async def test_a_repeated_order_is_one_order_with_the_same_answer(tmp_path):
    """Byte for byte, also from a server that was started again; without a key it is another."""
    machine = Machine(tmp_path)
    async with selling(machine) as (url, _):
        first = await placed(url, ORDER, "k-1")
        assert await placed(url, ORDER, "k-1") == first
    async with selling(machine) as (url, server):
        assert await placed(url, ORDER, "k-1") == first
        assert await orders(server) == 1
        assert await placed(url, ORDER, None) != first
        assert await placed(url, ORDER, "k-2") != first
        assert await orders(server) == 3


@real
async def test_a_key_of_another_request_is_refused(tmp_path):
    """Nothing is ordered, and the first answer is still there."""
    async with selling(Machine(tmp_path)) as (url, server):
        first = await placed(url, ORDER, "k")
        status, body = await placed(url, OTHER, "k")
        problem = msgspec.json.decode(body, type=ProblemDetails)
        assert (status, problem.type, problem.definite) == (422, "idempotency-key-reused", True)
        assert await placed(url, ORDER, "k") == first
        assert await orders(server) == 1


@real
@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 201, "\u00e9"])
async def test_a_key_is_visible_ascii(tmp_path, key):
    """Another one is refused, and nothing is ordered."""
    async with selling(Machine(tmp_path)) as (url, server):
        status, body = await placed(url, ORDER, key)
        assert (status, b"Idempotency-Key" in body) == (400, True)
        assert await orders(server) == 0


@real
async def test_a_refused_order_leaves_its_key_free(tmp_path):
    """Nothing has happened: the repetition is judged anew."""
    empty = PlaceOrder(licenses={}, failover_period_s=4500)
    async with selling(Machine(tmp_path)) as (url, _):
        assert (await placed(url, empty, "k"))[0] == 422
        assert (await placed(url, ORDER, "k"))[0] == 200


@real
async def test_orders_that_come_at_once_with_one_key_are_one(tmp_path):
    """Each caller gets the LAC, or the hint to ask again."""
    async with selling(Machine(tmp_path)) as (url, server):
        answers = await asyncio.gather(*(placed(url, ORDER, "k") for _ in range(10)))
        assert await orders(server) == 1
    assert len({body for status, body in answers if status == 200}) == 1
    assert {status for status, _ in answers} <= {200, 409}


async def test_a_crash_before_the_commit_leaves_neither_order_nor_answer(tmp_path):
    """Both are in one transaction: the retry orders, once."""
    machine = Machine(tmp_path)
    with closing(ServerStore(machine.host)) as store:
        server = LicenseServer(machine.host, store)

        def crash(_: OrderedLac) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await server.order(ORDER, crash)
        assert await orders(server) == 0


async def test_a_crash_before_the_answer_is_sent_leaves_both(tmp_path):
    """The order is durable with its answer: the retry gets that, and orders nothing."""
    machine = Machine(tmp_path)
    with closing(ServerStore(machine.host)) as store:
        server = LicenseServer(machine.host, store)
        with store.answers.request("k", "/v1/order", ORDER) as request:
            answer = await server.order(ORDER, request.keep)
    with closing(ServerStore(machine.host)) as store:
        with store.answers.request("k", "/v1/order", ORDER) as request:
            assert request.answer == encode(answer)
        assert await orders(LicenseServer(machine.host, store)) == 1


@pytest.fixture
def connection(tmp_path):
    """A database with nothing but kept answers."""
    schema = Schema(version=1, tables=idempotency.SCHEMA)
    with closing(open_database(tmp_path / "answers.db", schema)) as connection:
        yield connection


async def test_while_the_first_is_worked_on_its_repetition_waits_outside(connection):
    """The answer says to repeat; afterwards it gets the answer, and the effect was one."""
    answers, begun, go = KeptAnswers(connection), asyncio.Event(), asyncio.Event()
    effects = []

    async def slow(order: PlaceOrder) -> Health:
        effects.append(order)
        begun.set()
        await go.wait()
        return Health(program="x", host="y")

    async def asked() -> bytes | None:
        with answers.request("k", "/", ORDER) as request:
            if request.answer is None:
                await kept_afterwards(slow)(ORDER, request.keep)
            return request.answer

    first = asyncio.ensure_future(asked())
    await begun.wait()
    with pytest.raises(LicensingError, match="not answered yet"):
        await asked()
    go.set()
    assert await first == await asked()
    assert len(effects) == 1


def test_the_newest_answers_are_kept_and_older_ones_forgotten(connection, monkeypatch):
    """The disk does not fill; whose key is forgotten begins anew."""
    monkeypatch.setattr(idempotency, "MOST_ANSWERS", 3)
    answers = KeptAnswers(connection)

    def known(key: str) -> bool:
        with answers.request(key, "/", ORDER) as request:
            return request.answer is not None

    for number in range(5):
        with answers.request(f"k{number}", "/", ORDER) as request:
            request.keep(OrderedLac(lac=str(number)))
    assert [known(f"k{number}") for number in range(5)] == [False, False, True, True, True]
    assert connection.execute("SELECT count(*) FROM kept_answers").fetchone() == (3,)


def test_a_key_belongs_to_one_operation(connection):
    """The same body at another address is another request."""
    answers = KeptAnswers(connection)
    with answers.request("k", "/v1/a", ORDER) as request:
        request.keep(OrderedLac(lac="1"))
    with pytest.raises(LicensingError, match="another request"), answers.request("k", "/", ORDER):
        pass


def test_a_disk_that_fails_keeps_nothing_and_says_so(connection):
    """The planted bug: without its table nothing is kept, and no answer pretends to be."""
    connection.execute("DROP TABLE kept_answers")
    with pytest.raises(sqlite3.OperationalError), KeptAnswers(connection).request("k", "/", ORDER):
        pass
