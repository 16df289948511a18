"""A time axis on which what happens has room: long idle intervals are drawn short, and marked."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec

from licensing.policies import DAY_NS, HOUR_NS

WIDTH = 1000.0
"""The axis goes from 0 to this."""

_LONGEST_SHARE = 10
"""An idle interval is drawn at most as long as this part of the whole time."""

_LABEL_WIDTH = 75.0


class Interval(msgspec.Struct, frozen=True):
    """Time between two instants at which something happens, and where it is drawn."""

    from_ns: int
    to_ns: int
    from_x: float
    to_x: float

    @property
    def lasts_ns(self) -> int:
        """How long it is."""
        return self.to_ns - self.from_ns


class Tick(msgspec.Struct, frozen=True):
    """A label under the axis."""

    x: float
    label: str


class TimeAxis:
    """From 0 to `ended_ns`; something happens at the instants `notable_ns`."""

    def __init__(self, ended_ns: int, notable_ns: Iterable[int]) -> None:
        self.ended_ns = max(ended_ns, 1)
        inside = {at_ns for at_ns in notable_ns if 0 < at_ns < self.ended_ns}
        instants = [0, *sorted(inside), self.ended_ns]
        longest_ns = max(1, self.ended_ns // _LONGEST_SHARE)
        drawn_ns = sum(min(to_ns - from_ns, longest_ns) for from_ns, to_ns in pairwise(instants))
        self._intervals: list[Interval] = []
        x = 0.0
        for from_ns, to_ns in pairwise(instants):
            to_x = x + WIDTH * min(to_ns - from_ns, longest_ns) / drawn_ns
            self._intervals.append(Interval(from_ns, to_ns, x, to_x))
            x = to_x
        self._starts = [interval.from_ns for interval in self._intervals]
        self._shortened = [each for each in self._intervals if each.lasts_ns > longest_ns]

    def x(self, at_ns: int) -> float:
        """Where an instant is drawn."""
        interval = self._intervals[max(0, bisect_right(self._starts, at_ns) - 1)]
        share = (at_ns - interval.from_ns) / interval.lasts_ns
        return round(interval.from_x + (interval.to_x - interval.from_x) * min(share, 1.0), 1)

    def shortened(self) -> list[Interval]:
        """The idle intervals that are drawn shorter than they are."""
        return self._shortened

    def ticks(self, midnight_ns: int) -> list[Tick]:
        """Days, or hours where the run has few; `midnight_ns` is where day 0 began, <= 0."""
        ticks: list[Tick] = []
        for at_ns, label in self._candidates(midnight_ns):
            x = self.x(at_ns)
            if x > WIDTH - _LABEL_WIDTH / 2:
                break
            if not ticks or x - ticks[-1].x >= _LABEL_WIDTH:
                ticks.append(Tick(x, label))
        return ticks

    def _candidates(self, midnight_ns: int) -> Iterator[tuple[int, str]]:
        in_days = self.ended_ns > 3 * DAY_NS
        step_ns = DAY_NS if in_days else HOUR_NS
        for number in range((self.ended_ns - midnight_ns) // step_ns + 1):
            at_ns = midnight_ns + number * step_ns
            if at_ns >= 0:
                yield at_ns, f"day {number}" if in_days else _hour(number)


def _hour(number: int) -> str:
    day, hour = divmod(number, 24)
    return f"day {day}" if hour == 0 else f"{hour:02}:00"
