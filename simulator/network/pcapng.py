"""A pcapng file: section, one interface, packets with nanoseconds (draft-ietf-opsawg-pcapng)."""

import struct
from typing import BinaryIO

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER, _RAW_IP = 0x1A2B3C4D, 101
_NAME, _RESOLUTION = 2, 9


class PcapngWriter:
    """Writes packets of IP to `stream`, all of one interface, which has a name."""

    def __init__(self, stream: BinaryIO, interface: str) -> None:
        self._stream = stream
        self._write(_SECTION, struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1))
        described = _option(_NAME, interface.encode()) + _option(_RESOLUTION, b"\x09")
        self._write(_INTERFACE, struct.pack("<HHI", _RAW_IP, 0, 0) + described + bytes(4))

    def packet(self, wall_ns: int, data: bytes) -> None:
        """Write a packet; `wall_ns` is when it was seen, in nanoseconds since 1970."""
        head = struct.pack("<IIIII", 0, wall_ns >> 32, wall_ns % (1 << 32), len(data), len(data))
        self._write(_PACKET, head + _padded(data))

    def _write(self, kind: int, body: bytes) -> None:
        size = 12 + len(body)
        self._stream.write(struct.pack("<II", kind, size) + body + struct.pack("<I", size))


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
