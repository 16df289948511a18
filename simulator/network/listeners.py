"""Who listens where: the servers of all hosts, found by host and port, or by Unix path."""

import asyncio
import contextvars
import errno
from collections.abc import Callable
from weakref import WeakKeyDictionary

from simulator.network.incarnation import Incarnation, current_host
from simulator.network.simulated_socket import SimulatedSocket

ProtocolFactory = Callable[[], asyncio.BaseProtocol]

ListeningAddress = tuple[str, int] | str
"""The name of a host and a port of it, or a Unix path."""

_FIRST_FREE_PORT, _LAST_FREE_PORT = 32_768, 60_999

_PORTS_OF_OTHERS = frozenset({34_980, 44_321, 44_322, 44_818, 48_049, 48_898, 57_000})
"""Wireshark takes what comes from these for another protocol, and would not show our messages.

Source: `tshark -G decodes` of 4.0.17; `findings/wireshark-dissects-by-the-clients-free-port.sh`.
"""


class Server(asyncio.AbstractServer):
    """A listening socket; what it accepts runs in the context in which it was made."""

    def __init__(
        self,
        listeners: "Listeners",
        address: ListeningAddress,
        endpoint: SimulatedSocket,
        factory: ProtocolFactory,
    ) -> None:
        self._listeners = listeners
        self._address = address
        self._loop = asyncio.get_running_loop()
        self.sockets: tuple[SimulatedSocket, ...] = (endpoint,)
        self.factory = factory
        self.owner = current_host.get()
        self.context = contextvars.copy_context()
        self.accepted: WeakKeyDictionary[asyncio.Transport, None] = WeakKeyDictionary()
        """Its connections, in the order in which they came: what asyncio keeps is in none."""

    def close(self) -> None:
        """Stop listening; open connections stay."""
        self._listeners.discard(self._address, self)
        self.sockets = ()

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
        return bool(self.sockets)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop on which it was made."""
        return self._loop

    async def start_serving(self) -> None:
        """Do nothing: it serves from the beginning."""

    async def serve_forever(self) -> None:
        """Serve until cancelled, then close."""
        try:
            await self._loop.create_future()
        finally:
            self.close()

    async def wait_closed(self) -> None:
        """Do nothing, as asyncio of Python 3.11: closed is closed."""


class Listeners:
    """The listening servers, and the ports that each host gives to those who name none."""

    def __init__(self) -> None:
        self._servers: dict[ListeningAddress, Server] = {}
        self._last_port: dict[str, int] = {}

    def add(
        self, address: ListeningAddress, endpoint: SimulatedSocket, factory: ProtocolFactory
    ) -> Server:
        """Listen; raises `OSError` (EADDRINUSE) where somebody does already."""
        if address in self._servers:
            raise OSError(errno.EADDRINUSE, f"{endpoint.getsockname()}: address already in use")
        server = self._servers[address] = Server(self, address, endpoint, factory)
        return server

    def get(self, address: ListeningAddress) -> Server | None:
        """The server that listens there."""
        return self._servers.get(address)

    def discard(self, address: ListeningAddress, server: Server) -> None:
        """Listen there no more, where it is still this server that does."""
        if self._servers.get(address) is server:
            del self._servers[address]

    def free_port(self, host: str) -> int:
        """The next port of a host that nobody listens on; after the last comes the first again."""
        port = self._last_port.get(host, _FIRST_FREE_PORT - 1)
        while True:
            port = _FIRST_FREE_PORT if port >= _LAST_FREE_PORT else port + 1
            if port not in _PORTS_OF_OTHERS and (host, port) not in self._servers:
                self._last_port[host] = port
                return port

    def close_all(self, owner: Incarnation) -> None:
        """Close the servers of a program that has ended."""
        for server in [each for each in self._servers.values() if each.owner is owner]:
            server.close()
