"""asyncio's socket calls on simulated hosts: resolve, listen, dial, accept. TCP and Unix paths.

Which host a call acts for is `current_host`. Never here: a real socket, a clock of its own.
"""

# ruff: noqa: ANN401 - asyncio's socket addresses are this open

import asyncio
import contextvars
import errno
import ipaddress
import os
import socket
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path as FilePath
from typing import Any

from licensing.addresses import with_port
from simulator.network.by_pair import ByPair
from simulator.network.connection import ConnectionEnd
from simulator.network.fabric import LOOPBACK_NS, Network
from simulator.network.handshake import Handshakes
from simulator.network.incarnation import Fenced, Incarnation, current_host
from simulator.network.listeners import WILDCARD, Listeners, ProtocolFactory, Server
from simulator.network.path import Path
from simulator.network.queue import Queue
from simulator.network.route import Route
from simulator.network.simulated_socket import SimulatedSocket
from simulator.network.tap import Direction, Directions, Tap
from simulator.network.transport import SimulatedTransport
from simulator.network.virtual_time import VirtualTime

Connected = tuple[SimulatedTransport, asyncio.BaseProtocol]


_OF_EACH_HOST = frozenset({"0.0.0.0", "127.0.0.1", "::", "::1"})  # noqa: S104 - of simulated hosts

_WILDCARDS = dict.fromkeys(("0.0.0.0", "::"), WILDCARD)  # noqa: S104 - the same
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - who dials a wildcard dials this


def _end(address: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    """Family and socket address of an end, as the kernel says them."""
    if ":" in address:
        return socket.AF_INET6, (address, port, 0, 0)
    return socket.AF_INET, (address, port)


class Sockets:
    """The kernels of all hosts: the `Kernel` of a connection, the `Traffic` of a network.

    `on_connection(source, destination, port)` is called when a host has accepted another's dial.
    """

    def __init__(self, time: VirtualTime, network: Network) -> None:
        self.network = network
        self.on_connection: Callable[[str, str, int], None] | None = None
        self.tap: Tap | None = None
        self._time = time
        self._listeners = Listeners()
        self._ends: ByPair[ConnectionEnd] = ByPair()
        self._ends_of: defaultdict[Incarnation | None, dict[ConnectionEnd, None]]
        self._ends_of = defaultdict(dict)
        """By the program that holds them, in the order in which they came."""
        self._accepting: dict[ConnectionEnd, Server] = {}
        self._handshakes = Handshakes(time, network)
        self._destinations: dict[int, tuple[str, int]] = {}
        self._local_route = _unix_route(LOOPBACK_NS)
        self._outside_route = _unix_route(0)
        network.carry(self)

    # Names

    def resolve(self, host: str | None, port: int | str | None, family: int = 0) -> list[Any]:
        """What getaddrinfo says of simulated names and addresses, numeric ones too.

        Raises `socket.gaierror` for a name that no host has.
        """
        own = self._own_host()
        address = self._address(own, host)
        found = _end(address, _port(port)) if address else None
        if found is None or family not in {0, found[0]}:
            raise socket.gaierror(socket.EAI_NONAME, f"{host}: no simulated host has this name")
        return [(found[0], socket.SOCK_STREAM, socket.IPPROTO_TCP, "", found[1])]

    def _address(self, own: Incarnation, host: str | None) -> str | None:
        if host is None or host == "":
            return "0.0.0.0"  # noqa: S104 - the listening wildcard, of a simulated host
        if host == "localhost":
            return "127.0.0.1"
        if host == own.host_name:
            return self.network.address_of(host)
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            return self.network.address_of(host)

    def _own_host(self) -> Incarnation:
        own = current_host.get()
        assert own is not None, "the loop sends calls from outside to the gate"
        if own.fenced:
            raise Fenced(f"{own!r} has crashed and has no network")
        return own

    # Listening

    def listen(
        self,
        factory: ProtocolFactory,
        host: str | Sequence[str] | None,
        port: int | None,
        *,
        serves: bool = True,
    ) -> Server:
        """A TCP server of the current host; raises EADDRINUSE and EADDRNOTAVAIL as the kernel."""
        own = self._own_host()
        hosts = [host] if host is None or isinstance(host, str) else host
        addresses = dict.fromkeys(self._own_address(own, each) for each in hosts)
        ends = [(each, port or self._listeners.free_port(own.host_name)) for each in addresses]
        keys = [(own.host_name, _WILDCARDS.get(each, each), number) for each, number in ends]
        endpoints = [SimulatedSocket(*_end(each, number)) for each, number in ends]
        return self._listeners.add(keys, endpoints, factory, serves=serves)

    def _own_address(self, own: Incarnation, host: str | None) -> str:
        address = self._address(own, host)
        if address is None or address not in {
            *_OF_EACH_HOST,
            self.network.addresses[own.host_name],
        }:
            raise OSError(errno.EADDRNOTAVAIL, f"{own.host_name} has no address {host}")
        return address

    def listen_unix(self, factory: ProtocolFactory, path: str | os.PathLike[str]) -> Server:
        """A server on a path; an empty file stands there, so that it can be seen and chmodded.

        Raises `OSError` (EADDRINUSE) where somebody listens there already.
        """
        FilePath(path).touch()
        endpoint = SimulatedSocket(socket.AF_UNIX, os.fspath(path))
        return self._listeners.add([os.fspath(path)], [endpoint], factory)

    def knows(self, path: str | os.PathLike[str]) -> bool:
        """Whether a simulated server listens on a path."""
        return self._listeners.get(os.fspath(path)) is not None

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

    async def dial(self, factory: ProtocolFactory, address: str, port: int) -> Connected:
        """Connect the current host.

        Raises `OSError` as Linux does: ENETUNREACH and EHOSTUNREACH at once, ECONNREFUSED after a
        round trip, ETIMEDOUT after 127 s.
        """
        own = self._own_host()
        there, back = self._route(own.host_name, address)
        here = self.network.addresses[own.host_name]
        family, ours = _end(here, self._free_port(there))
        _, theirs = _end(address, port)
        endpoint = SimulatedSocket(family, ours, theirs)
        far = SimulatedSocket(family, theirs, ours)
        observed = self._observed(there, back, endpoint)
        server = await self._handshakes.perform(
            there, back, lambda: self._listener(there, address, port), observed
        )
        if server is None or not server.is_serving():
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"{with_port(address, port)}: refused")
        return self._join(factory, server, (there, back), (endpoint, far), observed)

    def _free_port(self, there: Route) -> int:
        """A port of the source from which no connection goes to the destination."""
        ends = self._ends.of_pair(there.source, there.destination)
        taken = {end.socket.getsockname()[1] for end in ends if end.route.source == there.source}
        while (port := self._listeners.free_port(there.source)) in taken:
            pass
        return port

    def _observed(self, there: Route, back: Route, endpoint: SimulatedSocket) -> Directions | None:
        if self.tap is None or there.source == there.destination:
            return None
        return self.tap.dialed(there, back, endpoint)

    def _listener(self, there: Route, address: str, port: int) -> Server | None:
        if there.refuses:
            return None
        dialed = _LOOPBACK.get(address, address)
        server = self._listeners.reached(there.destination, dialed, port)
        return server if server is not None and server.is_serving() else None

    def _route(self, source: str, address: str) -> tuple[Route, Route]:
        local = address.startswith("127.") or address in _OF_EACH_HOST
        destination = source if local else self.network.name_of(address)
        if destination is None:
            raise OSError(errno.ENETUNREACH, f"{address}: network is unreachable")
        there = self.network.route(source, destination)
        back = self.network.route(destination, source)
        if there is None or back is None:
            raise OSError(errno.EHOSTUNREACH, f"{source} has no route to {destination}")
        return there, back

    def dial_unix(self, factory: ProtocolFactory, path: str | os.PathLike[str]) -> Connected:
        """Connect to a path of the current host; from outside all machines, to any.

        What is asked from outside at an instant is answered as of that instant, a deadline's, too.

        Raises `FileNotFoundError`, or `ConnectionRefusedError` where nobody listens or may reach.
        """
        key = os.fspath(path)
        server, own = self._listeners.get(key), current_host.get()
        if server is None or not _may_reach(own, server.owner):
            if FilePath(key).exists():
                raise ConnectionRefusedError(errno.ECONNREFUSED, f"{key}: connection refused")
            raise FileNotFoundError(errno.ENOENT, f"{key}: no such socket")
        way = self._outside_route if own is None else self._local_route
        ends = (
            SimulatedSocket(socket.AF_UNIX, "", key),
            SimulatedSocket(socket.AF_UNIX, key, ""),
        )
        return self._join(factory, server, (way, way), ends)

    def _join(
        self,
        factory: ProtocolFactory,
        server: Server,
        routes: tuple[Route, Route],
        ends: tuple[SimulatedSocket, SimulatedSocket],
        observed: Directions | None = None,
    ) -> Connected:
        ours, theirs = observed or (None, None)
        context = contextvars.copy_context()
        near = self._end(routes[0], ends[0], current_host.get(), context, ours)
        far = self._end(routes[1], ends[1], server.owner, server.context.copy(), theirs)
        near.join(far)
        far.join(near)
        self._accepting[far] = server
        near.finish_handshake()
        protocol = factory()
        transport = SimulatedTransport(near, protocol)
        transport.start()
        return transport, protocol

    def _end(
        self,
        route: Route,
        endpoint: SimulatedSocket,
        owner: Incarnation | None,
        context: contextvars.Context,
        observed: Direction | None,
    ) -> ConnectionEnd:
        end = ConnectionEnd(
            self, self._time, route, endpoint, owner=owner, context=context, observed=observed
        )
        self._ends.add(end, route.source, route.destination)
        self._ends_of[owner][end] = None
        return end

    def accept(self, end: ConnectionEnd) -> None:
        """The handshake's last word has arrived; runs in the server's context.

        A server that was closed meanwhile takes nobody in: its kernel resets who is waiting.
        """
        server = self._accepting.pop(end)
        if not server.is_serving():
            end.abort()
            return
        transport = SimulatedTransport(end, server.factory())
        server.accepted[transport] = None
        transport.start()
        route = end.route
        if self.on_connection is not None and route.source != route.destination:
            self.on_connection(route.destination, route.source, end.socket.getsockname()[1])

    # What changes around the connections

    def is_up(self, host: str) -> bool:
        """Whether a host has power; the local path of Unix sockets always has."""
        return host == "" or self.network.is_up(host)

    def forget(self, end: ConnectionEnd) -> None:
        """A connection's end that has nothing more to say, and a peer that is not accepted.

        A frozen program accepts at its thaw what its kernel has already.
        """
        self._ends.discard(end)
        self._ends_of[end.owner].pop(end, None)
        self._accepting.pop(end, None)
        if end.peer in self._accepting and not end.peer.has_unread:
            self.forget(end.peer)

    # What the network tells of (`Traffic`)

    def now_ns(self) -> int:
        """Virtual nanoseconds since the start of the run."""
        return self._time.time_ns()

    def later(self, after_ns: int, callback: Callable[[], None]) -> None:
        """Call back when so much virtual time has passed; no program runs then."""
        outside = contextvars.Context()
        self._time.call_at_ns(self._time.time_ns() + after_ns, callback, context=outside)

    def path_changed(self, path: Path) -> None:
        """What changes is felt by those whose routes go over it."""

    def route_changed(self, route: Route) -> None:
        """Connections and dials between its hosts are reviewed."""
        for end in self._ends.of_pair(route.source, route.destination):
            end.review()
        self._handshakes.route_changed(route)

    def host_changed(self, host: str) -> None:
        """Connections and dials to it are reviewed."""
        for end in self._ends.of_host(host):
            if end.route.destination == host != end.route.source:
                end.review()
        self._handshakes.host_changed(host)

    def reset(self, paths: Sequence[Path]) -> None:
        """Every connection that is open over one of these paths is reset, at both ends."""
        for end in [end for end in self._ends if end.is_over(paths)]:
            error = ConnectionResetError(errno.ECONNRESET, "Connection reset")
            end.show_reset_arrived()
            end.context.copy().run(end.fail, error)

    def requeue(self, queue: Queue, bandwidth_bit_s: int | None) -> None:
        """What waits for its turn leaves at another bandwidth; None is no limit."""
        for end in self._ends:
            end.requeue(queue, bandwidth_bit_s)

    # The end of a program

    def vanish(self, incarnation: Incarnation) -> None:
        """The power fails: listeners and connections are gone, and nobody learns of it."""
        self._listeners.close_all(incarnation)
        own = [*self._ends_of[incarnation]]
        for end in own:
            end.vanish()
        for end in own:
            if not end.route.destination:  # a Unix socket's
                end.peer.fail_soon()
            else:
                end.peer.review()

    def close_all(self, incarnation: Incarnation) -> None:
        """The process ends: its kernel closes what it left open."""
        self._listeners.close_all(incarnation)
        for end in [*self._ends_of[incarnation]]:
            end.exit()


def _may_reach(own: Incarnation | None, owner: Incarnation | None) -> bool:
    return own is None or owner is None or own.host_name == owner.host_name


def _unix_route(latency_ns: int) -> Route:
    return Route("", "", (Path("", "", latency_ns=latency_ns),))


def _port(port: int | str | None) -> int:
    """A port by its number, or by the name of its service; raises `socket.gaierror`."""
    try:
        return int(port or 0)
    except ValueError:
        pass
    try:
        return socket.getservbyname(str(port), "tcp")
    except OSError:
        raise socket.gaierror(socket.EAI_SERVICE, f"{port}: no service has this name") from None
