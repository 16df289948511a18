"""What leads from one host to another: the hops that traffic takes at present.

A connection has its routes as long as it lives; routing gives them other hops.
"""

from collections.abc import Iterable

from simulator.network.path import Discard, Path


class Route:
    """One direction between two hosts, or a host's loopback; `hops` are never empty.

    `queues` are those that a message waits in, `devices` the hops that forget idle connections.
    `steady_ns` is how long each segment travels, None where chance has a part in it.
    """

    def __init__(self, source: str, destination: str, hops: tuple[Path, ...]) -> None:
        self.source = source
        self.destination = destination
        self.take(hops)

    def __repr__(self) -> str:
        return f"<{' -> '.join([self.source, *(hop.destination for hop in self.hops)])}>"

    def take(self, hops: tuple[Path, ...]) -> None:
        """From now on traffic goes over other hops."""
        self.hops = hops
        self.queues = tuple(queue for hop in hops for queue in hop.queues)
        self.devices = tuple(hop for hop in hops if hop.forgets_idle_ns is not None)
        self.review()

    def review(self) -> None:
        """A hop has changed: look again whether all of them let something through, and how fast."""
        self.passable = passable(self.hops)
        chance = any(hop.jitter_ns or hop.loss_percent for hop in self.hops)
        self.steady_ns = None if chance else self.delay_ns()

    @property
    def latency_ns(self) -> int:
        """Of all hops, without what is only drawn for a segment."""
        return sum(hop.latency_ns for hop in self.hops)

    @property
    def cost(self) -> tuple[int, int]:
        """What routing compares: the sum of the declared latencies in ns, and how many hops."""
        return sum(hop.declared_ns for hop in self.hops), len(self.hops)

    @property
    def refuses(self) -> bool:
        """Whether no new dial is let in."""
        return any(hop.refuses for hop in self.hops)

    def severing(self) -> list[Path]:
        """The hops that lose for good what meets them."""
        return [hop for hop in self.hops if type(hop.verdict) is Discard]

    def delay_ns(self) -> int:
        """How long the next segment travels; draws the jitter."""
        return sum(hop.delay_ns() for hop in self.hops)

    def travel_ns(self) -> tuple[int, int]:
        """How long a segment of a stream travels, and how much later for being repeated by TCP."""
        delay_ns = lost_percent = 0
        for hop in self.hops:
            delay_ns += hop.delay_ns()
            lost_percent += hop.loss_percent
        if not lost_percent:
            return delay_ns, 0
        return delay_ns, sum(hop.repeats_ns(delay_ns) for hop in self.hops)


def passable(hops: Iterable[Path]) -> bool:
    """Whether all of them let something through."""
    return all(hop.passable for hop in hops)
