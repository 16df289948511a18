"""Time as F11 charges it: running time, and for time switched off what the wall clock shows.

The programs count from what they have written down; here it is counted from all that happened.
"""

import msgspec

from licensing.policies import TIMING
from simulator.network.virtual_time import LONG_AGO_NS

UNSEEN_NS = TIMING.overdue_ns
"""A program looks at its clock at least this often: a step may go unseen for so long."""


class Restart(msgspec.Struct, frozen=True):
    """How a program's own charge for the time switched off may differ.

    `charged_ns` is what is charged here, `more_ns` what it charges more where it had not seen a
    step forward. `doubtful` where its wall clock stood behind its mark: it says little of the time
    passed. `uncharged_ns` is how much less is charged than has passed: its clock was set back.
    `frozen_ns` is for how long it had stood still right before it stopped: none of that is written.
    """

    charged_ns: int
    more_ns: int
    doubtful: bool
    uncharged_ns: int
    frozen_ns: int

    @property
    def may_last_longer(self) -> bool:
        """Whether less may be charged than has passed: all by a clock that had been set back."""
        return self.uncharged_ns > 0 or (self.doubtful and self.frozen_ns > 0)


class RunningClock:
    """How long a program has run: time switched off counts as none, whatever any clock shows (F9).

    A program that was killed may know of less; none knows of more.
    """

    def __init__(self) -> None:
        self.shift_ns = 0
        """What the running time is ahead of the run's instants; never more than 0."""
        self._stopped_ns: int | None = None

    def read(self, at_ns: int) -> int:
        """The running time at an instant of the present run of the program."""
        return at_ns + self.shift_ns

    def stopped(self, at_ns: int) -> None:
        """It does not run any more."""
        if self._stopped_ns is None:
            self._stopped_ns = at_ns

    def started(self, at_ns: int) -> None:
        """It runs (again)."""
        if self._stopped_ns is not None:
            self.shift_ns -= at_ns - self._stopped_ns
        self._stopped_ns = None


class ChargedClock:
    """The charged time of one host: `read` is monotonic over restarts and never runs fast.

    `shift_ns` is what charged time is ahead of the run's instants. Of the latest wall time seen
    there are two marks: the high one knows every step, the low one those that were surely seen.
    """

    def __init__(self) -> None:
        self.shift_ns = 0
        self._wall_ahead_ns = 0
        self._set_back_ns = 0
        self._high_mark_ns = 0
        self._low_mark_ns = 0
        self._caught_up_ns = 0
        self._stopped_ns: int | None = None
        self._froze_ns = self._thawed_ns = LONG_AGO_NS
        self._forward: list[tuple[int, int]] = []

    def read(self, at_ns: int) -> int:
        """Charged time at an instant of the present run of the host."""
        return at_ns + self.shift_ns

    def wall_ns(self, at_ns: int) -> int:
        """What the host's wall clock shows."""
        return at_ns + self._wall_ahead_ns

    def latest_ns(self, at_ns: int) -> int:
        """The latest time that whoever reads the host's wall clock may count by now.

        A program that sees the clock set back goes on from what it showed before (F14).
        """
        return max(self._high_mark_ns, self.wall_ns(at_ns) + self._set_back_ns)

    def stepped(self, at_ns: int, by_ns: int, wall_ns: int) -> None:
        """Somebody set the clock, to `wall_ns`; nothing is charged for it while the host runs."""
        if self._stopped_ns is None:
            # What it showed just before a step back, the program may not have looked at.
            self._saw(at_ns, wall_ns - by_ns, unseen_ns=UNSEEN_NS if by_ns < 0 else 0)
            if by_ns > 0:
                self._forward.append((at_ns, by_ns))
            self._run_from(at_ns, wall_ns)
        self._wall_ahead_ns = wall_ns - at_ns
        self._set_back_ns = max(0, self._set_back_ns - by_ns)

    def stopped(self, at_ns: int, wall_ns: int) -> None:
        """The host, or the program whose clock this is, does not run any more."""
        if self._stopped_ns is None:
            self._saw(at_ns, wall_ns)
            self._stopped_ns = at_ns

    def froze(self, at_ns: int) -> None:
        """The programs stand still, while the clocks of the host run on."""
        self._froze_ns = at_ns

    def thawed(self, at_ns: int) -> None:
        """They go on."""
        self._thawed_ns = at_ns

    def started(self, at_ns: int, wall_ns: int) -> Restart | None:
        """It runs (again): charge max(0, wall clock now - latest wall time seen); None if first."""
        restart = None
        if self._stopped_ns is not None:
            has_just_thawed = self._stopped_ns - self._thawed_ns < TIMING.answer_ns
            # What it last looked at, it looked at before it stood still.
            looked_ns = self._froze_ns if has_just_thawed else self._stopped_ns
            behind_lately = self._caught_up_ns > looked_ns - UNSEEN_NS
            charged_ns = max(0, wall_ns - self._high_mark_ns)
            restart = Restart(
                charged_ns=charged_ns,
                more_ns=max(0, wall_ns - self._low_mark_ns) - charged_ns,
                doubtful=behind_lately or wall_ns < self._high_mark_ns,
                uncharged_ns=at_ns - self._stopped_ns - charged_ns,
                frozen_ns=self._thawed_ns - self._froze_ns if has_just_thawed else 0,
            )
            self.shift_ns += charged_ns - (at_ns - self._stopped_ns)
        self._stopped_ns = None
        self._forward.clear()
        self._caught_up_ns = 0
        self._low_mark_ns = max(self._low_mark_ns, wall_ns)
        self._run_from(at_ns, wall_ns)
        self._wall_ahead_ns = wall_ns - at_ns
        return restart

    def _saw(self, at_ns: int, wall_ns: int, unseen_ns: int = 0) -> None:
        """The wall clock has run to `wall_ns`, of which the last `unseen_ns` may not be known."""
        unseen_ns += sum(by_ns for when, by_ns in self._forward if when >= at_ns - UNSEEN_NS)
        self._low_mark_ns = max(self._low_mark_ns, wall_ns - unseen_ns)
        self._high_mark_ns = max(self._high_mark_ns, wall_ns)

    def _run_from(self, at_ns: int, wall_ns: int) -> None:
        """The wall clock runs on from `wall_ns`; note when it is past its mark (again)."""
        behind_ns = self._high_mark_ns - wall_ns
        if behind_ns > 0:
            self._caught_up_ns = at_ns + behind_ns
        else:
            self._caught_up_ns = min(self._caught_up_ns, at_ns)
            self._high_mark_ns = wall_ns
