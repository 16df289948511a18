"""Two linked hosts, `hq` and `north`, and a lone one, in the simulator and on both back ends.

`hq` has an echo program that writes down what it hears. Promises are made to a `World`, so that
one text is tried in all of them.
"""

import asyncio
import contextlib
import functools
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from simulator.incarnation import Incarnation
from simulator.live import netns
from simulator.live.backend import Ability, Backend, LinkPlan
from simulator.live.namespaces import NamespacesBackend
from simulator.live.proxy import ProxyBackend
from simulator.live.relays import tcp
from simulator.machine import stream
from simulator.runner import current_loop
from simulator.sockets import Sockets

PORT = 61_740
UNUSED_PORT = 7_790
PAUSE_S = 0.2
PATIENCE_S = 4.0
"""A dial's SYN is repeated after 1 s and 3 s; in no world sooner."""


def plan(faults: frozenset[Ability] = frozenset(), **more: Any) -> dict[str, LinkPlan]:
    """The one link."""
    return {"hq-north": LinkPlan(("hq", "north"), faults=faults, **more)}


HOSTS = ("hq", "north", "lost")
OPTIONS: dict[str, Any] = {"ports": (PORT, UNUSED_PORT), "dice": functools.partial(stream, 1)}


ECHO = """
import asyncio, sys
async def echo(reader, writer):
    while data := await reader.read(65_536):
        writer.write(data)
async def serve():
    await asyncio.start_server(echo, sys.argv[1], int(sys.argv[2]))
    print("listening", flush=True)
    await asyncio.Event().wait()
asyncio.run(serve())
"""
"""A program that can be frozen: a process of its own."""

T = TypeVar("T")
Dialed = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Faults(Protocol):
    """The words that all worlds understand."""

    def cut(self, source: str, destination: str, *, one_way: bool = False) -> None:
        """Hold, both ways or one."""

    def heal(self, one: str, other: str) -> None:
        """End cuts, drops and refusals."""

    def drop(self, source: str, destination: str) -> None:
        """Lose for good."""

    def refuse(self, source: str, destination: str) -> None:
        """Refuse new dials."""

    def reset(self, one: str, other: str) -> None:
        """End connections."""

    def set_up(self, host: str, up: bool) -> None:
        """Power."""

    def set_latency(self, one: str, other: str, latency_ns: int, jitter_ns: int = 0) -> None:
        """Delay."""

    def set_bandwidth(self, one: str, other: str, bandwidth: int | None) -> None:
        """Bits per second."""


class Wire:
    """The dialing end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Write, and let it be sent on its own."""
        self.writer.write(data)
        await asyncio.sleep(0.01)

    async def hear(self, size: int) -> bytes:
        """That many bytes, however long they take within reason."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readexactly(size)

    async def silent(self) -> bool:
        """Whether nothing comes for a while."""
        try:
            async with asyncio.timeout(PAUSE_S):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False


class World:
    """What promises are made to; the makes of it say how to listen and dial."""

    faults: Faults
    refuses_dials = True
    """Whether a dial to a port without a listener fails itself; else the connection is reset."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.errors: list[OSError] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def dial(self, source: str, destination: str, port: int = PORT) -> Wire:
        """Connect; raises as the kernel does."""
        wire = Wire(*await self._dial(source, destination, port))
        self.writers.append(wire.writer)
        return wire

    async def _dial(self, source: str, destination: str, port: int) -> Dialed:
        raise NotImplementedError

    async def run_echo(self, host: str, port: int) -> None:
        """Start another echo program, the one that `freeze` and `thaw` are about."""
        raise NotImplementedError

    def freeze(self) -> None:
        """Let the program stall."""
        raise NotImplementedError

    def thaw(self) -> None:
        """Let it go on."""
        raise NotImplementedError

    def linked(self, source: str, destination: str) -> bool:
        """Whether there is an address to dial."""
        raise NotImplementedError

    async def echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The program of hq."""
        self.writers.append(writer)
        try:
            while data := await reader.read(65_536):
                self.heard += data
                writer.write(data)
                await writer.drain()
        except OSError as error:
            self.errors.append(error)
        writer.close()

    async def close(self) -> None:
        """End every connection."""
        for writer in self.writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)

    async def until(self, truth: Callable[[], object]) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(PATIENCE_S):
            while not truth():  # noqa: ASYNC110 - what it waits for has no event
                await asyncio.sleep(0.005)


class VirtualFaults:
    """The faults of a simulated network."""

    def __init__(self, sockets: Sockets) -> None:
        self._network = sockets.network
        self.cut = self._network.cut
        self.drop = self._network.drop
        self.refuse = self._network.refuse
        self.heal = self._network.heal
        self.reset = sockets.reset
        self.set_up = self._network.set_up
        self.set_latency = self._network.set_latency
        self.set_bandwidth = sockets.set_bandwidth


class VirtualWorld(World):
    """On the virtual loop."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = current_loop()
        self.network = self.loop.sockets.network
        for number, name in enumerate(HOSTS, 1):
            self.network.add_host(name, f"10.0.0.{number}")
        self.network.add_link("hq", "north", latency_ns=0, dice=OPTIONS["dice"])
        self.faults = VirtualFaults(self.loop.sockets)
        self.program = Incarnation("hq", "echo")

    async def run_echo(self, host: str, port: int) -> None:
        """See `World`."""
        serving = asyncio.start_server(self.echo, host, port)
        await self.loop.create_task(serving, context=self.program.context())

    def freeze(self) -> None:
        """See `World`."""
        self.loop.freeze(self.program)

    def thaw(self) -> None:
        """See `World`."""
        self.loop.thaw(self.program)

    async def start(self, host: str, program: Coroutine[Any, Any, T]) -> T:
        """Run a program on a host."""
        return await self.loop.create_task(program, context=Incarnation(host).context())

    async def _dial(self, source: str, destination: str, port: int) -> Dialed:
        return await self.start(source, asyncio.open_connection(destination, port))

    def linked(self, source: str, destination: str) -> bool:
        """See `World`."""
        return self.network.path(source, destination) is not None


class LiveWorld(World):
    """On real sockets."""

    def __init__(self, backend: Backend, *, refuses_dials: bool) -> None:
        super().__init__()
        self.backend = backend
        self.faults = backend
        self.refuses_dials = refuses_dials
        self.program: asyncio.subprocess.Process | None = None

    async def run_echo(self, host: str, port: int) -> None:
        """See `World`; returns when it listens."""
        argv = [sys.executable, "-c", ECHO, self.backend.bind_address(host), str(port)]
        self.program = await asyncio.create_subprocess_exec(
            *self.backend.command(host, argv), stdout=asyncio.subprocess.PIPE
        )
        assert self.program.stdout is not None
        assert await self.program.stdout.readline() == b"listening\n"

    def freeze(self) -> None:
        """See `World`."""
        assert self.program is not None
        self.program.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """See `World`."""
        assert self.program is not None
        self.program.send_signal(signal.SIGCONT)

    async def close(self) -> None:
        """See `World`."""
        if self.program is not None:
            self.program.kill()
            await self.program.wait()
        await super().close()

    def socket(self, host: str) -> socket.socket:
        """A socket as a program on that host makes it."""
        if isinstance(self.backend, NamespacesBackend):
            with netns.inside(self.backend.namespace(host)):
                return tcp()
        return tcp()

    async def listen(self, host: str) -> asyncio.Server:
        """Start the echo program."""
        listener = self.socket(host)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.backend.bind_address(host), PORT))
        return await asyncio.start_server(self.echo, sock=listener)

    async def _dial(self, source: str, destination: str, port: int) -> Dialed:
        endpoint = self.socket(source)
        address = self.backend.address_of(source, destination)
        try:
            await asyncio.get_running_loop().sock_connect(endpoint, (address, port))
        except BaseException:
            endpoint.close()
            raise
        return await asyncio.open_connection(sock=endpoint)

    def linked(self, source: str, destination: str) -> bool:
        """See `World`."""
        return self.backend.address_of(source, destination) is not None


@contextlib.asynccontextmanager
async def virtual() -> AsyncIterator[World]:
    """The simulator."""
    world = VirtualWorld()
    await world.start("hq", asyncio.start_server(world.echo, "hq", PORT))
    try:
        yield world
    finally:
        await world.close()


@contextlib.asynccontextmanager
async def _live(backend: Backend, *, refuses_dials: bool) -> AsyncIterator[World]:
    async with backend:
        world = LiveWorld(backend, refuses_dials=refuses_dials)
        server = await world.listen("hq")
        try:
            yield world
        finally:
            server.close()
            await world.close()


def proxied() -> contextlib.AbstractAsyncContextManager[World]:
    """Loopback addresses and relays."""
    return _live(ProxyBackend(HOSTS, plan(), **OPTIONS), refuses_dials=False)


def direct() -> contextlib.AbstractAsyncContextManager[World]:
    """Namespaces and a bare pair of veths."""
    return _live(NamespacesBackend(HOSTS, plan(), **OPTIONS), refuses_dials=True)


def relayed() -> contextlib.AbstractAsyncContextManager[World]:
    """Namespaces and a link with relays at its ends."""
    network = NamespacesBackend(HOSTS, plan(frozenset(Ability)), **OPTIONS)
    return _live(network, refuses_dials=False)


Promise = Callable[[World], Awaitable[None]]
