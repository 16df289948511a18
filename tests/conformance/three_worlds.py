"""Two linked hosts, `hq` and `north`, and a lone one, in the simulator and on both back ends.

On each of the linked ones an echo program writes down what it hears. Promises are made to a
`World`, so that one text is tried in all of them.
"""

import asyncio
import contextlib
import errno
import functools
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from simulator.live import netns
from simulator.live.backend import Backend
from simulator.live.link_specs import NO_TRANSIT, LinkSpec, TransitSpec
from simulator.live.namespaces import NamespacesBackend
from simulator.live.proxy import ProxyBackend
from simulator.live.relays import tcp
from simulator.loop.runner import current_loop
from simulator.network.fabric import Network
from simulator.network.incarnation import Incarnation
from simulator.network.link import ALL_ABILITIES, Ability
from simulator.worlds.random_streams import stream

PORT = 61_740
UNUSED_PORT = 7_790
PAUSE_S = 0.2
PATIENCE_S = 4.0
"""A dial's SYN is repeated after 1 s and 3 s; in no world sooner."""

HASTE = (
    (socket.TCP_USER_TIMEOUT, 500),
    (socket.TCP_KEEPIDLE, 1),
    (socket.TCP_KEEPINTVL, 1),
    (socket.TCP_KEEPCNT, 1),
)
"""Unanswered bytes are given up after half a second, a dial after its first repeated SYN (1 s), an
idle connection after its first unanswered probe (2 s): the earliest that a kernel can do."""

ALL_KERNELS_S = 10_000.0
"""Longer than a kernel that is not hastened waits: 127 s for a dial, 924.6 s for bytes, 7875 s for
probes."""


def specs(faults: frozenset[Ability] = frozenset(), **more: Any) -> dict[str, LinkSpec]:
    """The one link."""
    return {"hq-north": LinkSpec(("hq", "north"), faults=faults, **more)}


HOSTS = ("hq", "north", "lost")
LINKED = ("hq", "north")
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


def hasten(endpoint: Any) -> None:
    """Let a connection's kernel give up soon; the simulated one has hours, and ignores it."""
    for option, value in HASTE:
        endpoint.setsockopt(socket.IPPROTO_TCP, option, value)


def is_time_out(error: OSError) -> bool:
    """Whether a kernel has given up; the patience of a test has no number."""
    return error.errno == errno.ETIMEDOUT


class Wire:
    """The dialing end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Write, and let it be sent on its own."""
        self.writer.write(data)
        await asyncio.sleep(0.01)

    async def hear(self, size: int, within_s: float = PATIENCE_S) -> bytes:
        """That many bytes, however long they take within reason."""
        async with asyncio.timeout(within_s):
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
    """What promises are made to; the makes of it say how to listen and dial.

    `network` is the same in all of them: faults are its methods.
    """

    network: Network

    def __init__(self) -> None:
        self.heard = bytearray()
        self.accepted: list[asyncio.StreamWriter] = []
        self.errors: list[OSError] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def dial(
        self, source: str, destination: str, port: int = PORT, *, hasty: bool = False
    ) -> Wire:
        """Connect; raises as the kernel does. A hasty dial is given up as soon as can be."""
        wire = Wire(*await self._dial(source, destination, port, hasty=hasty))
        self.writers.append(wire.writer)
        return wire

    async def _dial(self, source: str, destination: str, port: int, *, hasty: bool) -> Dialed:
        raise NotImplementedError

    async def far_end(self) -> asyncio.StreamWriter:
        """What the echo program writes to, on the connection that it accepted last."""
        await self.until(lambda: self.accepted)
        return self.accepted[-1]

    def given_up_in_s(self, hastened_s: float) -> float:
        """How long to wait for a kernel that gives up in `hastened_s` where it can be hastened."""
        return hastened_s

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
        """The program of hq and of north."""
        self.accepted.append(writer)
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

    async def until(self, truth: Callable[[], object], within_s: float = PATIENCE_S) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(within_s):
            while not truth():  # noqa: ASYNC110 - what it waits for has no event
                await asyncio.sleep(within_s / 800)


class VirtualWorld(World):
    """On the virtual loop."""

    def __init__(
        self,
        links: dict[str, LinkSpec],
        transit: TransitSpec = NO_TRANSIT,
        hosts: tuple[str, ...] = HOSTS,
    ) -> None:
        super().__init__()
        self.loop = current_loop()
        self.network = self.loop.sockets.network
        self.network.convergence_ns = transit.convergence_ns
        for name in transit.names:
            self.network.add_transit(name)
        for number, name in enumerate(hosts, 1):
            self.network.add_host(name, f"10.0.0.{number}")
            line_bit_s = transit.lines_bit_s.get(name)
            self.network.equip_site(
                name, forwards=name in transit.forwarding, line_bit_s=line_bit_s
            )
        for name, link in links.items():
            self.network.add_link(
                *link.ends,
                name=name,
                latency_ns=link.latency_ns,
                bandwidth_bit_s=link.bandwidth_bit_s,
                dice=OPTIONS["dice"],
            )
        self.program = Incarnation("hq", "echo")

    async def run_echo(self, host: str, port: int) -> None:
        """Start it as a program of the virtual loop."""
        serving = asyncio.start_server(self.echo, host, port)
        await self.loop.create_task(serving, context=self.program.context())

    def freeze(self) -> None:
        """Freeze its incarnation."""
        self.loop.freezer.freeze(self.program)

    def thaw(self) -> None:
        """Thaw its incarnation."""
        self.loop.freezer.thaw(self.program)

    def given_up_in_s(self, hastened_s: float) -> float:
        """Virtual time costs nothing: as long as kernels really wait."""
        return ALL_KERNELS_S

    async def start(self, host: str, program: Coroutine[Any, Any, T]) -> T:
        """Run a program on a host."""
        return await self.loop.create_task(program, context=Incarnation(host).context())

    async def _dial(self, source: str, destination: str, port: int, *, hasty: bool) -> Dialed:
        return await self.start(source, asyncio.open_connection(destination, port))

    def linked(self, source: str, destination: str) -> bool:
        """Whether the network has a route."""
        return self.network.route(source, destination) is not None


class LiveWorld(World):
    """On real sockets."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self.backend = backend
        self.network = backend.network
        self.program: asyncio.subprocess.Process | None = None

    async def run_echo(self, host: str, port: int) -> None:
        """Start a process; returns when it listens."""
        argv = [sys.executable, "-c", ECHO, self.backend.bind_address(host), str(port)]
        self.program = await asyncio.create_subprocess_exec(
            *self.backend.command(host, argv), stdout=asyncio.subprocess.PIPE
        )
        assert self.program.stdout is not None
        assert await self.program.stdout.readline() == b"listening\n"

    def freeze(self) -> None:
        """SIGSTOP."""
        assert self.program is not None
        self.program.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self.program is not None
        self.program.send_signal(signal.SIGCONT)

    async def close(self) -> None:
        """Kill the process, and end every connection."""
        if self.program is not None:
            self.program.kill()
            await self.program.wait()
        await super().close()

    def socket(self, host: str) -> socket.socket:
        """A socket as a program on that host makes it."""
        if isinstance(self.backend, NamespacesBackend):
            with netns.inside(self.backend.namespace(host)):
                return tcp(family=self.backend.ip.family)
        return tcp()

    async def listen(self, host: str) -> asyncio.Server:
        """Start the echo program."""
        listener = self.socket(host)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.backend.bind_address(host), PORT))
        return await asyncio.start_server(self.echo, sock=listener)

    async def _dial(self, source: str, destination: str, port: int, *, hasty: bool) -> Dialed:
        endpoint = self.socket(source)
        if hasty:
            hasten(endpoint)
        address = self.backend.address_of(source, destination)
        try:
            await asyncio.get_running_loop().sock_connect(endpoint, (address, port))
        except BaseException:
            endpoint.close()
            raise
        return await asyncio.open_connection(sock=endpoint)

    def linked(self, source: str, destination: str) -> bool:
        """Whether the back end has an address."""
        return self.backend.address_of(source, destination) is not None


@contextlib.asynccontextmanager
async def virtual(*, bandwidth_bit_s: int | None = None) -> AsyncIterator[World]:
    """The simulator."""
    world = VirtualWorld(specs(bandwidth_bit_s=bandwidth_bit_s))
    async with serving(world, LINKED):
        yield world


@contextlib.asynccontextmanager
async def serving(world: VirtualWorld, hosts: tuple[str, ...]) -> AsyncIterator[None]:
    """The echo program runs on these hosts."""
    for host in hosts:
        await world.start(host, asyncio.start_server(world.echo, host, PORT))
    try:
        yield
    finally:
        await world.close()


@contextlib.asynccontextmanager
async def live(backend: Backend, hosts: tuple[str, ...] = LINKED) -> AsyncIterator[World]:
    """On a back end; the echo program runs on these hosts."""
    async with backend:
        world = LiveWorld(backend)
        servers = [await world.listen(host) for host in hosts]
        try:
            yield world
        finally:
            for server in servers:
                server.close()
            await world.close()


def proxied(
    *, rate: float = 1.0, bandwidth_bit_s: int | None = None
) -> contextlib.AbstractAsyncContextManager[World]:
    """Loopback addresses and relays."""
    return live(ProxyBackend(HOSTS, specs(bandwidth_bit_s=bandwidth_bit_s), rate=rate, **OPTIONS))


def direct(
    *,
    rate: float = 1.0,
    bandwidth_bit_s: int | None = None,
    backend: type[NamespacesBackend] = NamespacesBackend,
) -> contextlib.AbstractAsyncContextManager[World]:
    """Namespaces and a bare pair of veths."""
    return live(backend(HOSTS, specs(bandwidth_bit_s=bandwidth_bit_s), rate=rate, **OPTIONS))


def relayed(
    *, rate: float = 1.0, backend: type[NamespacesBackend] = NamespacesBackend
) -> contextlib.AbstractAsyncContextManager[World]:
    """Namespaces and a link with relays at its ends."""
    return live(backend(HOSTS, specs(ALL_ABILITIES), rate=rate, **OPTIONS))


Promise = Callable[[World], Awaitable[None]]
