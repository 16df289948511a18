"""Two linked hosts, programs on them, and a protocol that writes down what it hears."""

import asyncio
import itertools
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from simulator.loop.runner import current_loop
from simulator.network.fabric import Network
from simulator.network.incarnation import Incarnation
from simulator.network.path import LinkDice

LATENCY_NS = 5_000_000


class Town:
    """Two linked hosts, `hq` and `north`, and a third that has no link to `hq`."""

    def __init__(
        self,
        dice: Callable[[str], LinkDice] | None = None,
        *,
        forgets_idle_ns: int | None = None,
    ) -> None:
        self.loop = current_loop()
        self.network: Network = self.loop.sockets.network
        for number, name in enumerate(("hq", "north", "lost"), 1):
            self.network.add_host(name, f"10.0.0.{number}")
        jitter_ns = 1_000_000 if dice else 0
        self.network.add_link(
            "hq",
            "north",
            latency_ns=LATENCY_NS,
            jitter_ns=jitter_ns,
            forgets_idle_ns=forgets_idle_ns,
            dice=dice,
        )
        self.hq = Incarnation("hq")
        self.north = Incarnation("north")
        self.tasks: list[asyncio.Task[Any]] = []

    def start(self, host: Incarnation, program: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a program on a host."""
        task = self.loop.create_task(program, context=host.context())
        self.tasks.append(task)
        return task

    async def until(self, seconds: float) -> None:
        """Sleep until that many seconds of the run."""
        await asyncio.sleep(seconds - self.loop.time())

    def crash(self, host: Incarnation) -> None:
        """Cut the power of a host."""
        self.network.set_up(host.host_name, False)
        self.loop.fence(host)


class Witness(asyncio.Protocol):
    """Writes down what it hears, with the instant and the host in whose context it heard it."""

    def __init__(self, keep_alive: bool = False) -> None:
        self.loop = current_loop()
        self.keep_alive = keep_alive
        self.heard: list[tuple[int, str, object]] = []
        self.transport: asyncio.Transport

    def note(self, what: str, value: object = None) -> None:
        """Write down."""
        self.heard.append((self.loop.time_ns(), what, value))

    def connection_made(self, transport: Any) -> None:
        """Established."""
        self.transport = transport
        if self.keep_alive:
            endpoint = transport.get_extra_info("socket")
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.note("made")

    def data_received(self, data: bytes) -> None:
        """Bytes."""
        self.note("data", data)

    def eof_received(self) -> None:
        """The peer has ended its direction."""
        self.note("eof")

    def connection_lost(self, error: Exception | None) -> None:
        """The end."""
        self.note("lost", error)

    def pause_writing(self) -> None:
        """Too much is under way."""
        self.note("pause")

    def resume_writing(self) -> None:
        """Enough has arrived."""
        self.note("resume")

    @property
    def data(self) -> list[tuple[int, object]]:
        """(instant, bytes) of all that arrived."""
        return [(at, value) for at, what, value in self.heard if what == "data"]

    @property
    def end(self) -> tuple[int, object] | None:
        """(instant, error) of the end, if it has come."""
        ends = [(at, value) for at, what, value in self.heard if what == "lost"]
        return ends[0] if ends else None


async def pair(town: Town, **options: bool) -> tuple[Witness, Witness]:
    """A connection from north to hq: (north's end, hq's end)."""
    accepted: list[Witness] = []

    def accept() -> Witness:
        accepted.append(Witness(**options))
        return accepted[-1]

    async def listen() -> None:
        """Listen on hq, port 5000."""
        await town.loop.create_server(accept, "0.0.0.0", 5000)

    async def dial() -> Witness:
        """Dial from north."""
        _, witness = await town.loop.create_connection(lambda: Witness(**options), "hq", 5000)
        return witness

    await town.start(town.hq, listen())
    ours = await town.start(town.north, dial())
    await asyncio.sleep(1)
    return ours, accepted[0]


async def dial(town: Town, name: str = "hq", port: int = 5000) -> Any:
    """Dial from north."""
    return await town.start(town.north, town.loop.create_connection(asyncio.Protocol, name, port))


async def listen(town: Town) -> None:
    """Listen on hq, port 5000."""
    await town.start(town.hq, town.loop.create_server(asyncio.Protocol, None, 5000))


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send back each message with the time."""
    link = web.WebSocketResponse()
    await link.prepare(request)
    async for message in link:
        await link.send_str(f"{message.data} at {asyncio.get_running_loop().time():.3f}")
    return link


async def greet(request: web.Request) -> web.Response:
    """Say hello."""
    return web.Response(text=f"hello {request.remote}")


async def serve(site_of: Any) -> None:
    """A plain aiohttp server, until cancelled."""
    application = web.Application()
    application.router.add_get("/echo", echo)
    application.router.add_get("/", greet)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await site_of(runner).start()
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        await runner.cleanup()


class CycleDice:
    """Throws the given numbers in turn."""

    def __init__(self, *numbers: int) -> None:
        self._next = itertools.cycle(numbers).__next__

    def randint(self, a: int, b: int) -> int:
        """The next number."""
        return min(max(a, self._next()), b)
