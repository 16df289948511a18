"""Who listens where: the servers of all hosts, found by host and port, or by Unix path."""

import asyncio
import contextvars
import errno
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from simulator.network.incarnation import Incarnation, current_host
from simulator.network.simulated_socket import SimulatedSocket

ProtocolFactory = Callable[[], asyncio.BaseProtocol]

ListeningAddress = tuple[str, str, int] | str
"""The name of a host, an address of it or `WILDCARD`, and a port; or a Unix path."""

WILDCARD = ""
"""All addresses of a host, of whichever family."""

_FIRST_FREE_PORT, _LAST_FREE_PORT = 32_768, 60_999

_PORTS_OF_OTHERS = frozenset({34_980, 44_321, 44_322, 44_818, 48_049, 48_898, 57_000})
"""Wireshark takes what comes from these for another protocol, and would not show our messages.

Source: `tshark -G decodes` of 4.0.17; `findings/wireshark-dissects-by-the-clients-free-port.sh`.
"""


class Server(asyncio.AbstractServer):
    """Listening sockets; what it accepts runs in the context in which it was made."""

    def __init__(
        self,
        listeners: "Listeners",
        addresses: Sequence[ListeningAddress],
        endpoints: Sequence[SimulatedSocket],
        factory: ProtocolFactory,
        *,
        serves: bool,
    ) -> None:
        self._listeners = listeners
        self._addresses = addresses
        self._serves = serves
        self._for_ever: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self.sockets: tuple[SimulatedSocket, ...] = tuple(endpoints)
        self.factory = factory
        self.owner = current_host.get()
        self.context = contextvars.copy_context()
        self.accepted: WeakKeyDictionary[asyncio.Transport, None] = WeakKeyDictionary()
        """Its connections, in the order in which they came: what asyncio keeps is in none."""

    def close(self) -> None:
        """Stop listening; open connections stay, and nobody serves for ever."""
        for address in self._addresses:
            self._listeners.discard(address, self)
        self.sockets = ()
        self._serves = False
        if self._for_ever is not None and not self._for_ever.done():
            self._for_ever.cancel()

    def close_clients(self) -> None:
        """Close the connections that are open, once what was written is sent (Python 3.13)."""
        for transport in [*self.accepted]:
            transport.close()

    def abort_clients(self) -> None:
        """Close the connections that are open at once (Python 3.13)."""
        for transport in [*self.accepted]:
            transport.abort()

    def is_serving(self) -> bool:
        """Whether a dial would be accepted."""
        return self._serves

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop on which it was made."""
        return self._loop

    async def start_serving(self) -> None:
        """Accept from now on. Raises `RuntimeError` where it is closed."""
        if not self.sockets:
            raise RuntimeError(f"server {self!r} is closed")
        self._serves = True

    async def serve_forever(self) -> None:
        """Serve until cancelled, then close; or until somebody closes it, which cancels this.

        Raises `RuntimeError` where it is closed, or somebody does so already.
        """
        if self._for_ever is not None:
            raise RuntimeError(f"server {self!r} is already being awaited on serve_forever()")
        await self.start_serving()
        self._for_ever = self._loop.create_future()
        try:
            await self._for_ever
        finally:
            self._for_ever = None
            self.close()

    async def wait_closed(self) -> None:
        """Do nothing, as asyncio of Python 3.11: closed is closed."""


class Listeners:
    """The listening servers, and the ports that each host gives to those who name none."""

    def __init__(self) -> None:
        self._servers: dict[ListeningAddress, Server] = {}
        self._ports: dict[tuple[str, int], dict[str, Server]] = {}
        self._last_port: dict[str, int] = {}

    def add(
        self,
        addresses: Sequence[ListeningAddress],
        endpoints: Sequence[SimulatedSocket],
        factory: ProtocolFactory,
        *,
        serves: bool = True,
    ) -> Server:
        """Listen; raises `OSError` (EADDRINUSE) where somebody does already."""
        for address, endpoint in zip(addresses, endpoints, strict=True):
            if self._is_taken(address):
                raise OSError(errno.EADDRINUSE, f"{endpoint.getsockname()}: address already in use")
        server = Server(self, addresses, endpoints, factory, serves=serves)
        for address in addresses:
            self._servers[address] = server
            if isinstance(address, tuple):
                self._on_port(address)[address[1]] = server
        return server

    def _on_port(self, address: tuple[str, str, int]) -> dict[str, Server]:
        """The servers of a port of a host, by their addresses."""
        return self._ports.setdefault((address[0], address[2]), {})

    def _is_taken(self, address: ListeningAddress) -> bool:
        """The wildcard and an address of its host exclude each other, as with Linux."""
        if isinstance(address, str):
            return address in self._servers
        others = self._ports.get((address[0], address[2]), {})
        return bool(others) and (
            address[1] == WILDCARD or not {address[1], WILDCARD}.isdisjoint(others)
        )

    def get(self, address: ListeningAddress) -> Server | None:
        """The server that listens there."""
        return self._servers.get(address)

    def reached(self, host: str, address: str, port: int) -> Server | None:
        """The server that a dial of an address of a host reaches."""
        there = self._ports.get((host, port), {})
        return there.get(address) or there.get(WILDCARD)

    def discard(self, address: ListeningAddress, server: Server) -> None:
        """Listen there no more, where it is still this server that does."""
        if self._servers.get(address) is server:
            del self._servers[address]
            if isinstance(address, tuple):
                there = self._on_port(address)
                del there[address[1]]
                if not there:
                    del self._ports[address[0], address[2]]

    def free_port(self, host: str) -> int:
        """The next port of a host that nobody listens on; after the last comes the first again."""
        port = self._last_port.get(host, _FIRST_FREE_PORT - 1)
        while True:
            port = _FIRST_FREE_PORT if port >= _LAST_FREE_PORT else port + 1
            if port not in _PORTS_OF_OTHERS and (host, port) not in self._ports:
                self._last_port[host] = port
                return port

    def close_all(self, owner: Incarnation) -> None:
        """Close the servers of a program that has ended."""
        for server in [each for each in self._servers.values() if each.owner is owner]:
            server.close()
