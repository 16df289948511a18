"""asyncio's socket calls on simulated hosts: resolve, listen, dial, accept. IPv4 and Unix paths.

Which host a call acts for is `current_host`. Never here: a real socket, a clock of its own.
"""

# ruff: noqa: ANN401 - asyncio's socket addresses are this open

import asyncio
import contextvars
import errno
import ipaddress
import os
import socket
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from simulator.network.by_pair import Between
from simulator.network.connection import Endpoint
from simulator.network.fabric import LOOPBACK_NS, Network
from simulator.network.handshake import Dialing
from simulator.network.incarnation import Fenced, Incarnation, current_host
from simulator.network.path import Path
from simulator.network.transport import SimulatedSocket, SimulatedTransport

if TYPE_CHECKING:
    from simulator.loop.virtual_loop import VirtualLoop

ProtocolFactory = Callable[[], asyncio.BaseProtocol]


class Server(asyncio.AbstractServer):
    """A listening socket; what it accepts runs in the context in which it was made."""

    def __init__(
        self, sockets: "Sockets", key: Any, endpoint: SimulatedSocket, factory: ProtocolFactory
    ) -> None:
        self._sockets = sockets
        self._key = key
        self.sockets: tuple[SimulatedSocket, ...] = (endpoint,)
        self.factory = factory
        self.owner = current_host.get()
        self.context = contextvars.copy_context()

    def close(self) -> None:
        """Stop listening; open connections stay."""
        self._sockets.stop_listening(self._key, self)
        self.sockets = ()

    def is_serving(self) -> bool:
        """Whether a dial would be accepted."""
        return bool(self.sockets)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop."""
        return self._sockets.loop

    async def start_serving(self) -> None:
        """It serves from the beginning."""

    async def serve_forever(self) -> None:
        """Until cancelled."""
        try:
            await self._sockets.loop.create_future()
        finally:
            self.close()

    async def wait_closed(self) -> None:
        """As asyncio of 3.11: closed is closed."""


class Sockets:
    """The kernels of all hosts: listeners, connections, parked dials.

    `on_connection(source, destination, port)` is called when a host has accepted another's dial.
    """

    def __init__(self, loop: "VirtualLoop", network: Network) -> None:
        self.loop = loop
        self.network = network
        self.on_connection: Callable[[str, str, int], None] | None = None
        self._listeners: dict[Any, Server] = {}
        self._ports: dict[str, int] = {}
        self._transports: Between[Endpoint] = Between()
        self._accepting: dict[Endpoint, Server] = {}
        self._dialing = Dialing(loop, network)
        self._destinations: dict[int, tuple[str, int]] = {}
        self._local_path = Path("", "", latency_ns=LOOPBACK_NS)
        network.carry(self)

    # Names

    def resolve(self, host: str | None, port: int | str | None, family: int = 0) -> list[Any]:
        """What getaddrinfo says of simulated names and addresses, numeric ones too; IPv4 only."""
        own = self._own_host()
        address = self._address(own, host)
        if address is None or family not in {0, socket.AF_INET}:
            raise socket.gaierror(socket.EAI_NONAME, f"{host}: no simulated host has this name")
        sockaddr = (address, int(port or 0))
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", sockaddr)]

    def _address(self, own: Incarnation, host: str | None) -> str | None:
        if host is None or host == "":
            return "0.0.0.0"  # noqa: S104 - the listening wildcard, of a simulated host
        if host == "localhost":
            return "127.0.0.1"
        if host == own.host_name:
            return self.network.address_of(host)
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            return self.network.address_of(host)

    def _own_host(self) -> Incarnation:
        own = current_host.get()
        assert own is not None, "the loop sends calls from outside to the gate"
        if own.fenced:
            raise Fenced(f"{own!r} has crashed and has no network")
        return own

    # Listening

    def listen(self, factory: ProtocolFactory, host: str | None, port: int | None) -> Server:
        """A TCP server of the current host; raises EADDRINUSE and EADDRNOTAVAIL as the kernel."""
        own = self._own_host()
        address = self._address(own, host)
        if address not in {"0.0.0.0", "127.0.0.1", self.network.address_of(own.host_name)}:  # noqa: S104
            raise OSError(errno.EADDRNOTAVAIL, f"{own.host_name} has no address {host}")
        chosen = port or self._free_port(own.host_name)
        key = (own.host_name, chosen)
        endpoint = SimulatedSocket(socket.AF_INET, (address, chosen))
        return self._listen(key, endpoint, factory)

    def listen_unix(self, factory: ProtocolFactory, path: str | os.PathLike[str]) -> Server:
        """A server on a path; an empty file stands there, so that it can be seen and chmodded."""
        FilePath(path).touch()
        endpoint = SimulatedSocket(socket.AF_UNIX, os.fspath(path))
        return self._listen(os.fspath(path), endpoint, factory)

    def _listen(self, key: Any, endpoint: SimulatedSocket, factory: ProtocolFactory) -> Server:
        if key in self._listeners:
            raise OSError(errno.EADDRINUSE, f"{endpoint.getsockname()}: address already in use")
        server = self._listeners[key] = Server(self, key, endpoint, factory)
        return server

    def knows(self, path: str | os.PathLike[str]) -> bool:
        """Whether a simulated server listens on a path."""
        return os.fspath(path) in self._listeners

    def stop_listening(self, key: Any, server: Server) -> None:
        """Close a listener, where it is still this one."""
        if self._listeners.get(key) is server:
            del self._listeners[key]

    def _free_port(self, host: str) -> int:
        port = self._ports.get(host, 32_767)
        while True:
            port = 32_768 if port >= 60_999 else port + 1
            if (host, port) not in self._listeners:
                self._ports[host] = port
                return port

    # Dialing

    def note_destination(self, sock: socket.socket, address: Any) -> None:
        """`sock_connect` on a real, unconnected socket only says where it wants to go."""
        self._own_host()
        self._destinations[sock.fileno()] = (address[0], address[1])

    def take_destination(self, sock: socket.socket) -> tuple[str, int]:
        """Where a socket wanted to go; closes the real one."""
        destination = self._destinations.pop(sock.fileno())
        sock.close()
        return destination

    async def dial(
        self, factory: ProtocolFactory, address: str, port: int
    ) -> tuple[SimulatedTransport, asyncio.BaseProtocol]:
        """Connect the current host; raises as Linux does, ETIMEDOUT after 127 s."""
        own = self._own_host()
        there, back = self._route(own.host_name, address)
        server = await self._dialing.handshake(there, back, lambda: self._listener(there, port))
        if server is None or not server.is_serving():
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"{address}:{port}: refused")
        ours = (self.network.address_of(own.host_name), self._free_port(own.host_name))
        endpoint = SimulatedSocket(socket.AF_INET, ours, (address, port))
        far = SimulatedSocket(socket.AF_INET, (address, port), ours)
        return self._join(factory, server, (there, back), (endpoint, far))

    def _listener(self, there: Path, port: int) -> Server | None:
        if there.refuses:
            return None
        return self._listeners.get((there.destination, port))

    def _route(self, source: str, address: str) -> tuple[Path, Path]:
        local = address.startswith("127.") or address == "0.0.0.0"  # noqa: S104
        destination = source if local else self.network.name_of(address)
        if destination is None:
            raise OSError(errno.ENETUNREACH, f"{address}: network is unreachable")
        there = self.network.path(source, destination)
        back = self.network.path(destination, source)
        if there is None or back is None:
            raise OSError(errno.EHOSTUNREACH, f"{source} has no link to {destination}")
        return there, back

    def dial_unix(
        self, factory: ProtocolFactory, path: str | os.PathLike[str]
    ) -> tuple[SimulatedTransport, asyncio.BaseProtocol]:
        """Connect to a path of the own host; from outside all machines, to any."""
        key = os.fspath(path)
        server, own = self._listeners.get(key), current_host.get()
        if server is None or not _may_reach(own, server.owner):
            if FilePath(key).exists():
                raise ConnectionRefusedError(errno.ECONNREFUSED, f"{key}: connection refused")
            raise FileNotFoundError(errno.ENOENT, f"{key}: no such socket")
        paths = (self._local_path, self._local_path)
        ends = (
            SimulatedSocket(socket.AF_UNIX, "", key),
            SimulatedSocket(socket.AF_UNIX, key, ""),
        )
        return self._join(factory, server, paths, ends)

    def _join(
        self,
        factory: ProtocolFactory,
        server: Server,
        paths: tuple[Path, Path],
        ends: tuple[SimulatedSocket, SimulatedSocket],
    ) -> tuple[SimulatedTransport, asyncio.BaseProtocol]:
        context = contextvars.copy_context()
        near = SimulatedTransport(self, current_host.get(), context, paths[0], ends[0])
        far = SimulatedTransport(self, server.owner, server.context.copy(), paths[1], ends[1])
        near.peer, far.peer = far, near
        for transport in (near, far):
            self._transports.add(transport, transport.path.source, transport.path.destination)
        self._accepting[far] = server
        near.finish_handshake()
        protocol = factory()
        near.start(protocol)
        return near, protocol

    def accept(self, transport: Endpoint) -> None:
        """The handshake's last word has arrived; runs in the server's context."""
        server = self._accepting.pop(transport)
        transport.start(server.factory())
        path, sockname = transport.path, transport.get_extra_info("sockname")
        if self.on_connection is not None and path.source != path.destination:
            self.on_connection(path.destination, path.source, sockname[1])

    # What changes around the connections

    def is_up(self, host: str) -> bool:
        """Whether a host has power; the local path of Unix sockets always has."""
        return host == "" or self.network.is_up(host)

    def forget(self, transport: Endpoint) -> None:
        """A connection's end that has nothing more to say."""
        self._transports.discard(transport)
        self._accepting.pop(transport, None)
        if transport.peer in self._accepting:
            self.forget(transport.peer)

    # What the network tells of (`Traffic`)

    def now_ns(self) -> int:
        """Virtual nanoseconds since the start of the run."""
        return self.loop.time_ns()

    def path_changed(self, path: Path) -> None:
        """Connections and dials on it are reviewed."""
        for transport in self._transports.of_pair(path.source, path.destination):
            transport.review()
        self._dialing.path_changed(path)

    def host_changed(self, host: str) -> None:
        """Connections and dials to it are reviewed."""
        for transport in self._transports.of_host(host):
            if transport.path.destination == host != transport.path.source:
                transport.review()
        self._dialing.host_changed(host)

    def reset(self, one: str, other: str) -> None:
        """Every connection that is open between two hosts is reset, at both ends."""
        for transport in self._transports.of_pair(one, other):
            transport.context.copy().run(
                transport.fail, ConnectionResetError(errno.ECONNRESET, "Connection reset")
            )

    def requeue(self, one: str, other: str, bandwidth_bit_s: int | None) -> None:
        """What waits for its turn leaves at another bandwidth."""
        for transport in self._transports.of_pair(one, other):
            transport.requeue(bandwidth_bit_s)

    # The end of a program

    def vanish(self, incarnation: Incarnation) -> None:
        """The power fails: listeners and connections are gone, and nobody is told."""
        self._close_listeners(incarnation)
        own = [t for t in self._transports if t.owner is incarnation]
        for transport in own:
            transport.vanish()
        for transport in own:
            if transport.path is self._local_path:
                transport.peer.fail_soon()
            else:
                transport.peer.review()

    def close_all(self, incarnation: Incarnation) -> None:
        """The process ends: its kernel closes what it left open."""
        self._close_listeners(incarnation)
        for transport in [t for t in self._transports if t.owner is incarnation]:
            transport.exit()

    def _close_listeners(self, incarnation: Incarnation) -> None:
        for key, server in list(self._listeners.items()):
            if server.owner is incarnation:
                self.stop_listening(key, server)
                server.sockets = ()


def _may_reach(own: Incarnation | None, owner: Incarnation | None) -> bool:
    return own is None or owner is None or own.host_name == owner.host_name
