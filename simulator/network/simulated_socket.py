"""The socket that is not there: what programs ask of one, by `get_extra_info("socket")`."""

# ruff: noqa: ANN401 - socket addresses are this open

import socket
from collections.abc import Callable
from typing import Any


class SimulatedSocket:
    """A TCP or Unix socket by its addresses; `on_keepalive` is called when SO_KEEPALIVE is set."""

    type = socket.SOCK_STREAM
    proto = 0

    def __init__(self, family: socket.AddressFamily, sockname: Any, peername: Any = None) -> None:
        self.family = family
        self._sockname = sockname
        self._peername = peername
        self._options: dict[tuple[int, int], int] = {}
        self.on_keepalive: Callable[[bool], None] | None = None

    def getsockname(self) -> Any:
        """The address of this end: (host, port), or a path."""
        return self._sockname

    def getpeername(self) -> Any:
        """The address of the peer; None for a listening socket, where the kernel would raise."""
        return self._peername

    def setsockopt(self, level: int, option: int, value: int) -> None:
        """Set an option; only SO_KEEPALIVE of a connection has an effect here."""
        self._options[level, option] = value
        keepalive = (level, option) == (socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if keepalive and self.on_keepalive is not None:
            self.on_keepalive(bool(value))

    def getsockopt(self, level: int, option: int) -> int:
        """What was set; 0 where nothing was."""
        return self._options.get((level, option), 0)

    def fileno(self) -> int:
        """-1: there is no file descriptor."""
        return -1
