"""A queue before a line of limited bandwidth: first come, first served, each direction its own.

It has no clock and holds no byte: it keeps the instant until which the line is busy with what was
sent. Only the bytes of streams count: a handshake and a reset are a few dozen bytes, and pass by.
"""

from licensing.policies import NS_PER_SECOND
from simulator.network.virtual_time import LONG_AGO_NS


class Queue:
    """All that is sent over a line in one direction; without a bandwidth it has no limit."""

    def __init__(self, bandwidth_bit_s: int | None) -> None:
        self.bandwidth_bit_s = bandwidth_bit_s
        self._free_ns = LONG_AGO_NS

    def leaves_ns(self, now_ns: int, size_bytes: int) -> int:
        """When the last of `size_bytes` that are sent now has left, after all sent before them."""
        if self.bandwidth_bit_s is None:
            return now_ns
        lasts_ns = -(-size_bytes * 8 * NS_PER_SECOND // self.bandwidth_bit_s)
        self._free_ns = max(now_ns, self._free_ns) + lasts_ns
        return self._free_ns

    def instead_ns(self, leaves_ns: int, now_ns: int, bandwidth_bit_s: int | None) -> int:
        """When bytes leave that were to leave at `leaves_ns`, with another bandwidth from `now_ns`.

        The bits that are left are the same, so that nobody's place in the queue changes.
        """
        left_ns = leaves_ns - now_ns
        if left_ns <= 0 or self.bandwidth_bit_s is None:
            return leaves_ns
        if bandwidth_bit_s is None:
            return now_ns
        return now_ns - (-left_ns * self.bandwidth_bit_s // bandwidth_bit_s)

    def set_bandwidth(self, bandwidth_bit_s: int | None, now_ns: int) -> None:
        """Another bandwidth from `now_ns` on; None is no limit.

        Senders ask `instead_ns` first, for what they have waiting.
        """
        self._free_ns = self.instead_ns(self._free_ns, now_ns, bandwidth_bit_s)
        self.bandwidth_bit_s = bandwidth_bit_s

    def empty(self) -> None:
        """Nothing waits any more: it is held by those who sent it, or lost with the power."""
        self._free_ns = LONG_AGO_NS
