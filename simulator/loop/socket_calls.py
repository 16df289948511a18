"""Where asyncio's socket calls go: to the simulated host that acts, or through the gate.

Code of a simulated machine gets simulated sockets. Code outside all machines reaches the Unix
sockets of the machines, and the real network where the gate is open; else it is refused. So it is
with signals.
"""

# ruff: noqa: ANN401 - asyncio's own signatures are this open

import asyncio
import contextvars
import functools
import os
import socket
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from simulator.loop.pace import Gate
from simulator.network.incarnation import current_host
from simulator.network.listeners import ProtocolFactory
from simulator.network.sockets import Sockets
from simulator.network.transport import SimulatedTransport

GATED = (
    "add_reader",
    "add_writer",
    "sock_recv",
    "sock_recv_into",
    "sock_recvfrom",
    "sock_recvfrom_into",
    "sock_sendall",
    "sock_sendto",
    "sock_accept",
    "sock_sendfile",
    "create_datagram_endpoint",
    "connect_accepted_socket",
    "connect_read_pipe",
    "connect_write_pipe",
    "getnameinfo",
    "subprocess_exec",
    "subprocess_shell",
)
"""The loop's calls that are real I/O and nothing else."""


class SocketCalls(asyncio.SelectorEventLoop):
    """asyncio's own loop with its socket calls redirected; `sockets` is set by the subclass."""

    sockets: Sockets

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        super().__init__(gate.selector)

    async def getaddrinfo(  # type: ignore[override]  # typeshed names each option
        self, host: str | None, port: int | str | None, *, family: int = 0, **options: Any
    ) -> Any:
        """Simulated names and addresses; raises `socket.gaierror`."""
        if current_host.get() is None:
            self.gate.require(f"getaddrinfo({host!r})")
            return await super().getaddrinfo(host, port, family=family, **options)
        return self.sockets.resolve(host, port, family)

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        """Note where the socket wants to go; `create_connection(sock=...)` dials."""
        if current_host.get() is None:
            self.gate.require(f"sock_connect({address!r})")
            return await super().sock_connect(sock, address)
        return self.sockets.note_destination(sock, address)

    async def create_connection(
        self,
        protocol_factory: ProtocolFactory,
        host: str | None = None,
        port: int | None = None,
        *,
        sock: socket.socket | None = None,
        ssl: Any = None,
        **options: Any,
    ) -> Any:
        """Dial from the current host; raises `ValueError` without host, port and socket."""
        if current_host.get() is None:
            self.gate.require(f"create_connection({host!r}, {port!r})")
            return await super().create_connection(
                protocol_factory,
                host,  # type: ignore[arg-type]  # typeshed: either host or sock, as two signatures
                port,  # type: ignore[arg-type]
                sock=sock,  # type: ignore[arg-type]
                ssl=ssl,
                **options,
            )
        _refuse_tls(ssl)
        _refuse_options("create_connection", options, but=_HARMLESS_DIALING)
        if sock is not None:
            address, port = self.sockets.take_destination(sock)
        elif host is None and port is None:
            raise ValueError("host and port was not specified and no sock specified")
        else:
            family = options.get("family", 0)
            address, port = self.sockets.resolve(host or "localhost", port, family)[0][4][:2]
        return await self.sockets.dial(protocol_factory, address, port)

    async def create_server(
        self,
        protocol_factory: ProtocolFactory,
        host: str | Sequence[str] | None = None,
        port: int | None = None,
        *,
        ssl: Any = None,
        start_serving: bool = True,
        **options: Any,
    ) -> Any:
        """Listen on the current host."""
        if current_host.get() is None:
            self.gate.require(f"create_server({host!r}, {port!r})")
            return await super().create_server(
                protocol_factory,
                host,
                port,
                ssl=ssl,
                start_serving=start_serving,
                **options,
            )
        _refuse_tls(ssl)
        _refuse_options("create_server", options, but=_HARMLESS_LISTENING)
        return self.sockets.listen(protocol_factory, host, port, serves=start_serving)

    async def sendfile(self, transport: Any, file: Any, *part: Any, **options: Any) -> int:
        """Of a real transport; of a simulated one programs read and write themselves.

        Raises `NotImplementedError` there, as where an operating system has it not.
        """
        if isinstance(transport, SimulatedTransport):
            raise NotImplementedError("sendfile is not simulated: read the file, and write")
        return await super().sendfile(transport, file, *part, **options)

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:  # type: ignore[override]  # typeshed ties *args to the callback
        """Of a host's program: for the signals that its machine sends; this process gets none.

        Outside all hosts as asyncio's.
        """
        own = current_host.get()
        if own is None:
            super().add_signal_handler(sig, callback, *args)
        else:
            context = contextvars.copy_context()
            own.on_signal[sig] = lambda: self.call_soon(callback, *args, context=context)

    def remove_signal_handler(self, sig: int) -> bool:
        """As asyncio's, of who has added it: whether there was one."""
        own = current_host.get()
        if own is None:
            return super().remove_signal_handler(sig)
        return own.on_signal.pop(sig, None) is not None

    async def create_unix_server(  # type: ignore[override]  # typeshed names each option
        self,
        protocol_factory: ProtocolFactory,
        path: str | os.PathLike[str],
        *,
        ssl: Any = None,
        **options: Any,
    ) -> Any:
        """Listen on a path: a simulated socket, unless the call comes through an open gate."""
        if current_host.get() is None and self.gate.is_open:
            return await super().create_unix_server(
                protocol_factory, os.fspath(path), ssl=ssl, **options
            )
        _refuse_tls(ssl)
        return self.sockets.listen_unix(protocol_factory, path)

    async def create_unix_connection(  # type: ignore[override]  # typeshed names each option
        self,
        protocol_factory: ProtocolFactory,
        path: str | os.PathLike[str],
        *,
        ssl: Any = None,
        **options: Any,
    ) -> Any:
        """Connect to a path; from outside all machines, to any machine's."""
        if not self.sockets.knows(path) and current_host.get() is None and self.gate.is_open:
            return await super().create_unix_connection(
                protocol_factory, os.fspath(path), ssl=ssl, **options
            )
        _refuse_tls(ssl)
        return self.sockets.dial_unix(protocol_factory, path)


_HARMLESS_DIALING = frozenset(
    {"all_errors", "family", "flags", "happy_eyeballs_delay", "interleave", "proto"}
)
_HARMLESS_LISTENING = frozenset({"backlog", "family", "flags", "keep_alive", "reuse_address"})
"""Options that are simulated, or make no difference here."""


def _refuse_options(call: str, options: Mapping[str, Any], *, but: Container[str]) -> None:
    for name, value in options.items():
        if value and name not in but:
            raise NotImplementedError(f"{call}({name}=...) is not simulated")


def _refuse_tls(ssl: Any) -> None:
    if ssl:
        raise NotImplementedError("TLS is not simulated yet: use http:// and ws:// between hosts")


def _gated(name: str) -> Callable[..., Any]:
    stock = getattr(asyncio.SelectorEventLoop, name)

    @functools.wraps(stock)
    def call(self: SocketCalls, *args: Any, **options: Any) -> Any:
        self.gate.require(name)
        return stock(self, *args, **options)

    return call


for _name in GATED:
    setattr(SocketCalls, _name, _gated(_name))
