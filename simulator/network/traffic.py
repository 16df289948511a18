"""What travels on a network, as the network sees it: whoever carries bytes feels the faults."""

from typing import Protocol

from simulator.network.path import Path


class Traffic(Protocol):
    """The sockets of a simulated world, or the relays of a live run.

    The network has taken a change down before it tells of it, but for the bandwidth: what waits
    for its turn is counted by the old one.
    """

    def now_ns(self) -> int:
        """The instant that it is, in nanoseconds since the start of the run."""

    def path_changed(self, path: Path) -> None:
        """Its verdict has changed, or whether it refuses dials."""

    def host_changed(self, host: str) -> None:
        """A host has lost or regained its power."""

    def reset(self, one: str, other: str) -> None:
        """Every connection that is open between two hosts is reset, at both ends."""

    def requeue(self, one: str, other: str, bandwidth_bit_s: int | None) -> None:
        """Their link is about to get another bandwidth (None: no limit), which what waits feels."""


class NoTraffic:
    """A network on which nothing travels."""

    def now_ns(self) -> int:
        """Always the start."""
        return 0

    def path_changed(self, path: Path) -> None:
        """Nobody is on it."""

    def host_changed(self, host: str) -> None:
        """Nobody has a connection to it."""

    def reset(self, one: str, other: str) -> None:
        """There is no connection."""

    def requeue(self, one: str, other: str, bandwidth_bit_s: int | None) -> None:
        """Nothing waits."""
