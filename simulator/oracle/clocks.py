"""Time as F11 charges it: running time, and for time switched off what the wall clock shows.

The programs count from what they have written down; here it is counted from all that happened.
"""

from dataclasses import dataclass

from licensing.policies import TIMING

UNSEEN_NS = TIMING.silence_ns
"""A program looks at its clock at least this often: a step may go unseen for so long."""


@dataclass(frozen=True, slots=True)
class Restart:
    """What a program may have missed before it stopped.

    `forward_ns` are steps forward that it may not have seen, and that its next start then charges.
    `doubtful` where the wall clock stood behind its mark: it says little of the time passed.
    """

    forward_ns: int
    doubtful: bool


class ChargedClock:
    """The charged time of one host: `read` is monotonic over restarts and never runs fast.

    `shift_ns` is what charged time is ahead of the run's instants.
    """

    def __init__(self) -> None:
        self.shift_ns = 0
        self._wall_ahead_ns = 0
        self._high_water_ns = 0
        self._stopped_ns: int | None = None
        self._behind_at_stop = False
        self._steps: list[tuple[int, int]] = []

    def read(self, at: int) -> int:
        """Charged time at an instant of the present run of the host."""
        return at + self.shift_ns

    def wall_ns(self, at: int) -> int:
        """What the host's wall clock shows."""
        return at + self._wall_ahead_ns

    def stepped(self, at: int, by_ns: int, wall_ns: int) -> None:
        """Somebody set the clock, to `wall_ns`; nothing is charged for it while the host runs."""
        if self._stopped_ns is None:
            self._high_water_ns = max(self._high_water_ns, wall_ns - by_ns, wall_ns)
            self._steps.append((at, by_ns))
        self._wall_ahead_ns = wall_ns - at

    def stopped(self, at: int, wall_ns: int) -> None:
        """The host, or the program whose clock this is, does not run any more."""
        if self._stopped_ns is not None:
            return
        self._high_water_ns = max(self._high_water_ns, wall_ns)
        self._behind_at_stop = wall_ns < self._high_water_ns
        self._stopped_ns = at

    def started(self, at: int, wall_ns: int) -> Restart | None:
        """It runs (again): charge max(0, wall clock now - latest wall time seen); None if first."""
        restart = None
        if self._stopped_ns is not None:
            restart = self._restart(self._stopped_ns, wall_ns)
            charged_ns = max(0, wall_ns - self._high_water_ns)
            self.shift_ns += charged_ns - (at - self._stopped_ns)
        self._stopped_ns = None
        self._steps.clear()
        self._high_water_ns = max(self._high_water_ns, wall_ns)
        self._wall_ahead_ns = wall_ns - at
        return restart

    def _restart(self, stopped_ns: int, wall_ns: int) -> Restart:
        unseen = [by for when, by in self._steps if when >= stopped_ns - UNSEEN_NS]
        behind = self._behind_at_stop or wall_ns < self._high_water_ns
        return Restart(
            forward_ns=sum(by for by in unseen if by > 0),
            doubtful=behind or any(by < 0 for by in unseen),
        )
