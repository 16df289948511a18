"""The heartbeats of an internetwork without its programs, on five carriers.

Each client asks every hour and waits for the answer, which takes one latency in each direction:
as WebSocket frames of plain aiohttp on the simulated network; as asyncio tasks with queues; as
SimPy processes. The latter two give up after the protocol's answer time-out, as the programs do.
"""

import asyncio
import selectors
from collections.abc import Generator
from typing import Any

import aiohttp
import simpy
from aiohttp import web

from licensing.messages import Heartbeat, encode
from licensing.policies import NS_PER_SECOND, TIMING
from simulator.loop.runner import current_loop
from simulator.network.incarnation import Incarnation

LATENCY_NS = 15_000_000
_LATENCY_S = LATENCY_NS / NS_PER_SECOND
_PAUSE_S = TIMING.heartbeat_ns / NS_PER_SECOND
_ANSWER_S = TIMING.answer_ns / NS_PER_SECOND
_PORT = 8443


# Plain aiohttp on the simulated network.


async def websocket_echo(clients: int, beats: int, *, hops: int = 1) -> None:
    """One server and its clients, each on a host of its own, over links of `LATENCY_NS`.

    All that is beyond one hop are routers that the clients share.
    """
    loop = current_loop()
    network = loop.sockets.network
    network.add_host("server", "10.0.0.1")
    near = "server"
    for number in range(1, hops):
        network.add_transit(f"router-{number}")
        network.add_link(near, f"router-{number}", latency_ns=LATENCY_NS)
        near = f"router-{number}"
    for number in range(2, clients + 2):
        network.add_host(f"client-{number}", f"10.0.0.{number}")
        network.add_link(near, f"client-{number}", latency_ns=LATENCY_NS)
    server = loop.create_task(_serve_echo(), context=Incarnation("server").context())
    await asyncio.sleep(1)
    async with asyncio.TaskGroup() as tasks:
        for number in range(2, clients + 2):
            context = Incarnation(f"client-{number}").context()
            tasks.create_task(_ask_echo(beats), context=context)
    server.cancel()
    await asyncio.sleep(1)


async def _serve_echo() -> None:
    application = web.Application()
    application.router.add_get("/", _echo)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "10.0.0.1", _PORT).start()
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        await runner.cleanup()


async def _echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for frame in socket:
        await socket.send_str(frame.data)
    return socket


async def _ask_echo(beats: int) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://10.0.0.1:{_PORT}/") as socket,
    ):
        for number in range(beats):
            await asyncio.sleep(_PAUSE_S)
            await socket.send_str(encode(Heartbeat(number=number, seq=1)).decode())
            await socket.receive_str()


# asyncio tasks with queues, on any event loop.


async def bare_tasks(clients: int, beats: int) -> None:
    """A client and a session task for each client; latency is a timer of the loop."""
    async with asyncio.TaskGroup() as tasks:
        for _ in range(clients):
            questions: asyncio.Queue[int] = asyncio.Queue()
            answers: asyncio.Queue[int] = asyncio.Queue()
            tasks.create_task(_bare_client(questions, answers, beats))
            tasks.create_task(_bare_session(questions, answers, beats))


async def _bare_client(
    questions: "asyncio.Queue[int]", answers: "asyncio.Queue[int]", beats: int
) -> None:
    loop = asyncio.get_running_loop()
    for number in range(beats):
        await asyncio.sleep(_PAUSE_S)
        loop.call_later(_LATENCY_S, questions.put_nowait, number)
        async with asyncio.timeout(_ANSWER_S):
            await answers.get()


async def _bare_session(
    questions: "asyncio.Queue[int]", answers: "asyncio.Queue[int]", beats: int
) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(beats):
        loop.call_later(_LATENCY_S, answers.put_nowait, await questions.get())


class _JumpingSelector(selectors.SelectSelector):
    """Waits for nothing: where asyncio would wait for a timer, time is there already."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing will ever happen"
        self.now += max(timeout, 0.0)
        return []


class StockLoop(asyncio.SelectorEventLoop):
    """asyncio's own event loop in virtual time: a selector that jumps, and nothing else."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Virtual seconds since the start."""
        return self._jumping.now


# SimPy processes.


def simpy_processes(clients: int, beats: int) -> None:
    """A client and a session process for each client; latency is an event of the environment."""
    environment = simpy.Environment()
    for _ in range(clients):
        questions, answers = simpy.Store(environment), simpy.Store(environment)
        environment.process(_simpy_client(environment, questions, answers, beats))
        environment.process(_simpy_session(environment, questions, answers, beats))
    environment.run()


def _simpy_client(
    environment: simpy.Environment, questions: simpy.Store, answers: simpy.Store, beats: int
) -> Generator[simpy.Event, Any, None]:
    for number in range(beats):
        yield environment.timeout(_PAUSE_S)
        _simpy_send(environment, questions, number)
        answer = answers.get()
        yield answer | environment.timeout(_ANSWER_S)
        assert answer.triggered


def _simpy_session(
    environment: simpy.Environment, questions: simpy.Store, answers: simpy.Store, beats: int
) -> Generator[simpy.Event, Any, None]:
    for _ in range(beats):
        question = yield questions.get()
        _simpy_send(environment, answers, question)


def _simpy_send(environment: simpy.Environment, store: simpy.Store, number: int) -> None:
    def deliver(_: simpy.Event) -> None:
        store.put(number)

    environment.timeout(_LATENCY_S).callbacks.append(deliver)
