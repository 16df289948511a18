"""How virtual time relates to real time, and the one gate through which real sockets may enter.

A closed gate at the fastest pace is a closed world: only such a run is repeatable.
"""

import selectors
import time  # noqa: TID251 - the pace is the one place where a run looks at a real clock

import msgspec

from simulator.network.incarnation import current_host


class RealSocketRefused(Exception):
    """Something in a closed world asked for the real network or a real file descriptor."""


LARGEST_RATE = 1_000_000
"""Virtual seconds per real second, as many as the programs themselves accept."""
_LONGEST_WAIT_S = 3_600.0
"""Real seconds. An operating system does not wait for any time: epoll not for 25 days."""


class Pace(msgspec.Struct, frozen=True):
    """Virtual seconds per real second: None is as fast as possible, 0 is standing.

    Raises `ValueError` for one that is negative, larger than `LARGEST_RATE` or no number.
    """

    rate: float | None = None

    def __post_init__(self) -> None:
        if self.rate is not None and not 0 <= self.rate <= LARGEST_RATE:
            raise ValueError(f"a pace is 0 to {LARGEST_RATE} times real time, not {self.rate:g}")


FAST = Pace()
STANDING = Pace(0)


def times(rate: float) -> Pace:
    """`rate` virtual seconds in each real one."""
    return Pace(rate)


class Metronome:
    """The real clock against which a pace is kept: anchored at one virtual and one real instant."""

    def __init__(self, rate: float, now_ns: int) -> None:
        self._rate = rate
        self._virtual_ns = now_ns
        self._real_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        """The virtual instant that belongs to the real one."""
        return self._virtual_ns + int((time.monotonic_ns() - self._real_ns) * self._rate)

    def real_wait_s(self, when_ns: int) -> float | None:
        """Real seconds until virtual `when_ns`, or as many as one waits at once.

        None where time stands.
        """
        if self._rate == 0:
            return None
        return min(max(0.0, (when_ns - self.now_ns()) / self._rate / 1e9), _LONGEST_WAIT_S)


_ON_A_HOST = "Dial with asyncio or aiohttp, and listen with them: those sockets are simulated"
_OUTSIDE = (
    "Code of a simulated machine runs in the context of its incarnation and gets simulated "
    "sockets; a served run opens the gate: run(main(), gate=Gate(is_open=True))"
)


class Gate:
    """The real selector of a loop, and whether anything real may register with it."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.is_open = is_open
        self.selector = selectors.DefaultSelector()

    def require(self, what: str) -> None:
        """Raise `RealSocketRefused` where the gate is closed."""
        if not self.is_open:
            way_out = _OUTSIDE if current_host.get() is None else _ON_A_HOST
            raise RealSocketRefused(
                f"{what}: the real network is closed in a simulated run. {way_out}"
            )
