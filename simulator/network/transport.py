"""A simulated TCP connection as programs see it: asyncio's transport, in front of `endpoint`."""

# ruff: noqa: ANN401 - socket addresses are this open

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

from simulator.network.connection import FIN, Endpoint, Segment

SEND_BUFFER = 212_992
"""Bytes that the sender's kernel takes before the program's own write buffer grows."""


class SimulatedSocket:
    """What `get_extra_info("socket")` and `server.sockets` show of a socket that is not there."""

    type = socket.SOCK_STREAM
    proto = 0

    def __init__(self, family: socket.AddressFamily, sockname: Any, peername: Any = None) -> None:
        self.family = family
        self._sockname = sockname
        self._peername = peername
        self.transport: Endpoint | None = None

    def getsockname(self) -> Any:
        """The own address."""
        return self._sockname

    def getpeername(self) -> Any:
        """The peer's address."""
        return self._peername

    def setsockopt(self, level: int, option: int, value: int) -> None:
        """Only SO_KEEPALIVE has an effect here."""
        if (level, option) == (socket.SOL_SOCKET, socket.SO_KEEPALIVE) and self.transport:
            self.transport.set_keepalive(bool(value))

    def fileno(self) -> int:
        """No file descriptor."""
        return -1


class SimulatedTransport(Endpoint):
    """One end of a connection; behaves as asyncio's transport of a real socket does."""

    def get_protocol(self) -> asyncio.BaseProtocol:
        """The protocol that is told of what arrives."""
        protocol: asyncio.BaseProtocol = self._protocol
        return protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Exchange the protocol."""
        self._protocol = protocol

    def is_closing(self) -> bool:
        """Whether the connection is closed, or about to be."""
        return self._closing

    def is_reading(self) -> bool:
        """Whether what arrives is handed on."""
        return self._reading and not self._closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send; what is written in one instant travels together."""
        if self._ended and not self._closing:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._closing or not data:
            return
        now = self._loop.time_ns()
        segments = self._segments
        if segments and segments[-1].sent_ns == now and segments[-1].kind is None:
            self._lengthen(segments[-1], bytes(data))
        else:
            segment = Segment(now)
            segment.add(bytes(data))
            self._send(segment)
        self._pending += len(data)
        if self._pending > self._high and not self._writing_paused:
            self._writing_paused = True
            self._protocol.pause_writing()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send several pieces."""
        for data in list_of_data:
            self.write(data)

    def can_write_eof(self) -> bool:
        """TCP can close one direction."""
        return True

    def write_eof(self) -> None:
        """Close our direction, after what was written."""
        if not self._ended and not self.dead:
            self._ended = True
            self._send(Segment(self._loop.time_ns(), FIN))

    def close(self) -> None:
        """Close in order: what was written still arrives, then the end of the stream."""
        if not self._closing:
            self.write_eof()
            self._closing = True
            self._loop.call_soon(self._lose, None, context=self.context)

    def abort(self) -> None:
        """Close at once: what is under way is lost, the peer sees a reset where it can."""
        if self.dead:
            return
        self._closing = self._ended = True
        self._discard()
        self._reset_peer()
        self._loop.call_soon(self._lose, None, context=self.context)

    def pause_reading(self) -> None:
        """Leave in the receive buffer what arrives."""
        self._reading = False

    def resume_reading(self) -> None:
        """Hand on again, beginning with what has arrived meanwhile."""
        if not self._reading and not self._closing:
            self._reading = True
            if self._inbox:
                self._loop.call_soon(self._empty_inbox, context=self.context)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """As asyncio: 64 KiB and a quarter of it, beyond what the kernel takes."""
        if high is None:
            high = 65_536 if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._limits = (low, high)
        self._low = low + SEND_BUFFER
        self._high = high + SEND_BUFFER

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """(low, high) in bytes."""
        return self._limits

    def get_write_buffer_size(self) -> int:
        """Bytes that the sender's kernel has not taken yet."""
        return max(0, self._pending - SEND_BUFFER)
