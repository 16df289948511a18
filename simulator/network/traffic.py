"""What travels on a network, as the network sees it: whoever carries bytes feels the faults."""

from collections.abc import Callable, Sequence
from typing import Protocol

from simulator.network.path import Path
from simulator.network.queue import Queue
from simulator.network.route import Route


class Traffic(Protocol):
    """The sockets of a simulated world, or the relays of a live run.

    The network has taken a change down before it tells of it, but for the bandwidth: what waits
    for its turn is counted by the old one.
    """

    def now_ns(self) -> int:
        """The instant that it is, in nanoseconds since the start of the run."""

    def later(self, after_ns: int, callback: Callable[[], None]) -> None:
        """Call back when so much time has passed."""

    def path_changed(self, path: Path) -> None:
        """Its verdict has changed, or whether it refuses dials."""

    def route_changed(self, route: Route) -> None:
        """It has other hops, or one of those that it has or had has changed."""

    def host_changed(self, host: str) -> None:
        """A host has lost or regained its power."""

    def reset(self, paths: Sequence[Path]) -> None:
        """Every connection that is open over one of these paths is reset, at both ends."""

    def requeue(self, queue: Queue, bandwidth_bit_s: int | None) -> None:
        """A queue is about to get another bandwidth (None: no limit), which what waits feels."""


class NoTraffic:
    """A network on which nothing travels."""

    def now_ns(self) -> int:
        """Always the start."""
        return 0

    def later(self, after_ns: int, callback: Callable[[], None]) -> None:
        """No time passes."""
        assert after_ns > 0
        callback()

    def path_changed(self, path: Path) -> None:
        """Nobody is on it."""

    def route_changed(self, route: Route) -> None:
        """Nobody takes it."""

    def host_changed(self, host: str) -> None:
        """Nobody has a connection to it."""

    def reset(self, paths: Sequence[Path]) -> None:
        """There is no connection."""

    def requeue(self, queue: Queue, bandwidth_bit_s: int | None) -> None:
        """Nothing waits."""
