"""A simulated connection as programs see it: asyncio's transport, which holds one end of it."""

import asyncio
from collections.abc import Callable, Iterable

from simulator.network.connection import ConnectionEnd

SEND_BUFFER_BYTES = 212_992
"""What the sender's kernel takes before the program's own write buffer grows."""


class SimulatedTransport(asyncio.Transport):
    """Behaves as asyncio's transport of a real socket does; the `Program` of its end."""

    data_received: Callable[[bytes], None]
    """Bytes have arrived: straight to the protocol."""
    _protocol: asyncio.Protocol
    _low_bytes: int
    _high_bytes: int

    def __init__(self, end: ConnectionEnd, protocol: asyncio.BaseProtocol) -> None:
        sockname, peername = end.socket.getsockname(), end.socket.getpeername()
        super().__init__({"socket": end.socket, "sockname": sockname, "peername": peername})
        self._end = end
        self.set_protocol(protocol)
        self.set_write_buffer_limits()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._end!r}>"

    def start(self) -> None:
        """Give the connection to its protocol; runs in the context of its program."""
        self._end.program = self
        self._protocol.connection_made(self)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """The protocol that hears what arrives."""
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Exchange the protocol."""
        assert isinstance(protocol, asyncio.Protocol)
        self._protocol = protocol
        self.data_received = protocol.data_received

    # What the program does

    def is_closing(self) -> bool:
        """Whether the connection is closed, or about to be."""
        return self._end.closed

    def is_reading(self) -> bool:
        """Whether what arrives is handed on."""
        return self._end.reading and not self._end.closed

    def pause_reading(self) -> None:
        """Leave in the receive buffer what arrives."""
        self._end.pause_reading()

    def resume_reading(self) -> None:
        """Hand on again, beginning with what has arrived meanwhile."""
        self._end.resume_reading()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send; raises `RuntimeError` after `write_eof`, and drops what comes after the end.

        And `TypeError` for what is not bytes.
        """
        if type(data) is not bytes:
            data = _bytes_of(data)
        end = self._end
        if end.closed or not data:
            return
        if end.ended:
            raise RuntimeError("Cannot call write() after write_eof()")
        end.write(data)
        if end.outstanding_bytes > self._high_bytes and not end.waits_for_room:
            end.waits_for_room = True
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
        self._end.end_stream()

    def close(self) -> None:
        """Close in order: what was written still arrives, then the end of the stream.

        The connection is lost once the kernel has taken all of it.
        """
        self._end.close(lingers=self.get_write_buffer_size() > 0)

    def abort(self) -> None:
        """Close at once: what is under way is lost, the peer sees a reset where it can."""
        self._end.abort()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the limits in bytes, beyond what the kernel takes; as asyncio 64 KiB and a quarter.

        Raises `ValueError` unless 0 <= low <= high.
        """
        if high is None:
            high = 65_536 if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._low_bytes = low + SEND_BUFFER_BYTES
        self._high_bytes = high + SEND_BUFFER_BYTES

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """(low, high) in bytes."""
        return (self._low_bytes - SEND_BUFFER_BYTES, self._high_bytes - SEND_BUFFER_BYTES)

    def get_write_buffer_size(self) -> int:
        """Bytes that the sender's kernel has not taken yet."""
        return max(0, self._end.outstanding_bytes - SEND_BUFFER_BYTES)

    # What its end tells it

    def eof_received(self) -> None:
        """The peer has ended its direction; a protocol that does not mind answers True."""
        if not self._protocol.eof_received():
            self.close()

    def drained(self) -> None:
        """The peer has taken bytes: resume writing soon, where few are left."""
        if self._end.closed:
            if self.get_write_buffer_size() == 0:
                self._end.lose_soon()
        elif self._is_drained():
            self._end.call_soon(self._resume_writing)

    def _resume_writing(self) -> None:
        """Unless more was written meanwhile, for which the protocol still pauses."""
        if self._end.waits_for_room and self._is_drained():
            self._end.waits_for_room = False
            self._protocol.resume_writing()

    def _is_drained(self) -> bool:
        return self._end.outstanding_bytes <= self._low_bytes and not self._end.closed

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is over."""
        self._protocol.connection_lost(error)


def _bytes_of(data: object) -> bytes:
    if not isinstance(data, bytes | bytearray | memoryview):
        kind = type(data).__name__
        raise TypeError(f"data argument must be a bytes-like object, not {kind!r}")
    return bytes(data)
