"""What an observer may see of the wire: which segments leave a host, arrive, and are repeated.

Without an observer nothing here is called. An observer changes nothing: it sends nothing, draws no
dice, sets no timer.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from simulator.network.route import Route
from simulator.network.segment import Segment
from simulator.network.simulated_socket import SimulatedSocket


class Direction(Protocol):
    """What is sent from one end of a connection to the other. Instants in ns since the start."""

    def sent(self, segment: Segment, at_ns: int) -> None:
        """It leaves its host; called again where it is sent anew.

        What is lost on the way and repeated is `late_ns` late, with its last repetition.
        """

    def arrived(self, segment: Segment, at_ns: int) -> None:
        """It is there."""

    def held(self, segment: Segment, at_ns: int, next_ns: Callable[[int], int | None]) -> None:
        """Nobody answers: until `released` its kernel sends it again, for nothing.

        `next_ns` says at which instant after another one; None is never.
        """

    def released(self, at_ns: int) -> None:
        """Nothing is repeated any more."""


class Directions(NamedTuple):
    """A connection's: `there` from the end that dials, `back` from the one that accepts."""

    there: Direction
    back: Direction


class Tap(Protocol):
    """An observer of connections between hosts."""

    def dialed(self, there: Route, back: Route, endpoint: SimulatedSocket) -> Directions | None:
        """A host dials another, and `endpoint` is its own; None where it is not to be seen."""
