"""The time by which the CLA counts: its running time, carried over restarts (F11, A3, A4).

Pure. While the program runs only the monotonic clock counts; time spent switched off is max(0, wall
clock now - latest wall time seen before). That is as good as the wall clock, so it orders what
happened, but shortens no hold: `off_ns` says how much of it was spent switched off (F9).
"""

from dataclasses import dataclass

from licensing.errors import LicensingError
from licensing.policies import HOUR_NS, TIMING, Timing


@dataclass(frozen=True, slots=True)
class ClockMark:
    """What is stored: at agent time `time_ns` the latest wall time ever seen was `wall_ns`.

    With `set_back` the CLA stopped because its clock stood too far behind that.
    """

    time_ns: int
    wall_ns: int
    set_back: bool = False


class AgentClock:
    """Agent time in nanoseconds, from the stored mark and the machine's two clocks.

    Raises `agent-clock-set-back` at the start and at each reading where the wall clock stands more
    than a day behind the latest time that it has shown. A CLA that stopped for that starts again
    only at or past that time: a clock that was put nearly right is still wrong.
    """

    def __init__(
        self, mark: ClockMark | None, monotonic_ns: int, wall_ns: int, timing: Timing = TIMING
    ) -> None:
        self._timing = timing
        stored = mark or ClockMark(0, wall_ns)
        self.latest_wall_ns = stored.wall_ns
        self.resumed_ns = stored.time_ns
        """Agent time that was stored last before this start."""
        self.off_ns = max(0, wall_ns - stored.wall_ns)
        """What was counted at this start for the time before it."""
        self._offset_ns = stored.time_ns + self.off_ns - monotonic_ns
        self.marked = stored
        self.mark(self.read(monotonic_ns, wall_ns))

    def read(self, monotonic_ns: int, wall_ns: int) -> int:
        """Agent time in ns; notes the wall time. Raises `agent-clock-set-back`."""
        behind_ns = self.latest_wall_ns - wall_ns
        if behind_ns > (0 if self.marked.set_back else self._timing.agent_clock_tolerance_ns):
            now_ns = self._offset_ns + monotonic_ns
            self.marked = ClockMark(now_ns, self.latest_wall_ns, set_back=True)
            raise LicensingError("agent-clock-set-back", hours=behind_ns // HOUR_NS)
        if behind_ns < 0:
            self.latest_wall_ns = wall_ns
        return self._offset_ns + monotonic_ns

    def jumped_by_ns(self, now_ns: int) -> int:
        """By how much the wall clock went ahead of the running time since the mark; 0 for a little.

        Then a new mark must be stored at once, or a restart would charge the jump as time.
        """
        ahead_ns = (self.latest_wall_ns - self.marked.wall_ns) - (now_ns - self.marked.time_ns)
        return ahead_ns if ahead_ns > self._timing.clock_slack_ns else 0

    def mark(self, now_ns: int) -> ClockMark:
        """The mark to store at agent time `now_ns` (ns)."""
        self.marked = ClockMark(now_ns, self.latest_wall_ns)
        return self.marked
