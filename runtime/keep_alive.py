"""A session says nothing for an hour, and devices on its way forget idle connections (F17).

TCP asks every 4 minutes whether the other end is there, which passes for traffic. It does so for
longer than any heartbeat waits: whether a connection is lost is the session's to say.
"""

import socket
from typing import Any, Protocol

TCP_KEEP_ALIVE_S = 240
"""Common devices forget after 5 minutes at the earliest."""

_MOST_PROBES = 127
"""Linux has no more: eight and a half hours."""

KEEP_ALIVE_OPTIONS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, TCP_KEEP_ALIVE_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, TCP_KEEP_ALIVE_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _MOST_PROBES),
)


class Connection(Protocol):
    """A WebSocket of aiohttp, of either end."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as asyncio's
        """What the transport knows of it."""


def keep_alive(connection: Connection) -> None:
    """Let the kernel keep an open connection known to all on its way."""
    if (endpoint := connection.get_extra_info("socket")) is not None:
        for option in KEEP_ALIVE_OPTIONS:
            endpoint.setsockopt(*option)
