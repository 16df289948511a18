"""IP packets with TCP in them, as bytes; pure (RFC 791, 8200, 9293).

A window never fills here, and there is no other option than the two of a SYN.
"""

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

import msgspec

MSS_BYTES = 1_460
"""How much of a stream stands in one packet at most."""

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
"""The flags of TCP's header."""

_TCP, _HOPS, _WINDOW = 6, 64, 65_535
_SYN_OPTIONS = struct.pack("!BBHBBBB", 2, 4, MSS_BYTES, 1, 3, 3, 14)


class TcpEnd(msgspec.Struct, frozen=True):
    """Address and port of one end, and the sequence number of its SYN."""

    address: IPv4Address | IPv6Address
    port: int
    initial: int

    @classmethod
    def of(cls, sockname: tuple[str, int], initial: int) -> "TcpEnd":
        """The end with a socket's address, (host, port, ...)."""
        return cls(ip_address(sockname[0]), sockname[1], initial)


def packets(
    source: TcpEnd,
    destination: TcpEnd,
    *,
    position: int,
    acknowledged: int,
    flags: int,
    data: bytes = b"",
) -> Iterator[bytes]:
    """The packets of a segment; the last one has the `flags`, each an ACK of what there is one of.

    `position` and `acknowledged` count from the SYNs, which are at 0 and take one.
    """
    pieces = [data[at : at + MSS_BYTES] for at in range(0, len(data), MSS_BYTES)] or [b""]
    for place, piece in enumerate(pieces):
        marked = (flags if place == len(pieces) - 1 else 0) | (ACK if acknowledged else 0)
        yield _ip(
            source,
            destination,
            struct.pack(
                "!HHIIBBHHH",
                source.port,
                destination.port,
                (source.initial + position + place * MSS_BYTES) % (1 << 32),
                (destination.initial + acknowledged) % (1 << 32) if acknowledged else 0,
                (7 if flags & SYN else 5) << 4,
                marked,
                _WINDOW,
                0,
                0,
            )
            + (_SYN_OPTIONS if flags & SYN else b"")
            + piece,
        )


def _ip(source: TcpEnd, destination: TcpEnd, tcp: bytes) -> bytes:
    ends = source.address.packed + destination.address.packed
    total = _sum(ends + struct.pack("!II", len(tcp), _TCP) + tcp)
    tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
    if source.address.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(tcp), _TCP, _HOPS) + ends + tcp
    head = struct.pack("!BBHIBB", 0x45, 0, 20 + len(tcp), 0x4000, _HOPS, _TCP)
    return head + struct.pack("!H", _sum(head + b"\0\0" + ends)) + ends + tcp


def _sum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): 2^16 is 1 modulo 65535."""
    padded = data + bytes(len(data) % 2)
    return -int.from_bytes(padded, "big") % 0xFFFF
