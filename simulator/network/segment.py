"""What travels on a connection: the bytes of one instant, or a word of TCP."""

import msgspec

from simulator.network.path import Path
from simulator.network.queue import Queue

ACCEPT = "accept"
FIN = "fin"
SYN = "syn"
SYN_ACK = "syn-ack"
RESET = "reset"


class Segment(msgspec.Struct, eq=False):
    """What was sent in one instant; `kind` is None for bytes, else it is a word of TCP.

    ACCEPT is the last word of the handshake, FIN the end of the stream; the other words are made
    for observers alone. `late_ns` of `travel_ns` are for being repeated on the way. Once it is on
    its way it knows its `hops`, its `queues`, and in `places_ns` until when it has its place in
    each of them.
    """

    sent_ns: int
    chunks: list[bytes] = []
    size_bytes: int = 0
    kind: str | None = None
    leaves_ns: int = 0
    arrives_ns: int = 0
    travel_ns: int = 0
    late_ns: int = 0
    hops: tuple[Path, ...] = ()
    queues: tuple[Queue, ...] = ()
    places_ns: list[int] = []

    def add(self, data: bytes) -> None:
        """Take more bytes that are sent in the same instant."""
        self.chunks.append(data)
        self.size_bytes += len(data)

    def queue_up(self, now_ns: int, size_bytes: int) -> None:
        """So many bytes take their places: it leaves with the last byte of the last queue.

        Alone it needs its size over the narrowest of them.
        """
        if len(self.queues) == 1:
            self.leaves_ns = self.queues[0].leaves_ns(now_ns, size_bytes)
            self.places_ns = [self.leaves_ns]
            return
        self.places_ns, self.leaves_ns = [], now_ns
        for queue in self.queues:
            place_ns = queue.leaves_ns(now_ns, size_bytes)
            self.places_ns.append(place_ns)
            self.leaves_ns = max(self.leaves_ns, place_ns)

    def requeue(self, queue: Queue, now_ns: int, bandwidth_bit_s: int | None) -> None:
        """One of its queues is about to get another bandwidth."""
        self.places_ns = [
            queue.instead_ns(place_ns, now_ns, bandwidth_bit_s) if its is queue else place_ns
            for its, place_ns in zip(self.queues, self.places_ns, strict=True)
        ]
        self.leaves_ns = max(self.places_ns)

    def data(self) -> bytes:
        """All its bytes."""
        return self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)
