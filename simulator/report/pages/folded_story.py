"""The story of a run on a page of bounded length: what stands in full, and what is folded.

In full stand changes of state, expectations, refusals and what was over-used; of repeated facts
the first ones do, and with the last of these how many more there were.
"""

from collections import deque
from collections.abc import Iterator

import msgspec

from licensing.events import Entry
from simulator.report.page import Calendar, Line
from simulator.report.story import Story

FIRST_LINES = 600
LAST_LINES = 100
_TOLD_OF_EACH = 3
_MOST_KINDS = 4096
"""So many lines that are unlike are known again; the one that has not come for longest is not."""

_WITHOUT_DIGITS = str.maketrans("", "", "0123456789")


class Told(msgspec.Struct):
    """A line, and how many like it were folded into it, the last of them at `last_ns`."""

    line: Line
    folded: int = 0
    last_ns: int = 0


class FoldedStory:
    """The reader; `end` tells the last line. It keeps as much of a year as of a day."""

    def __init__(self, calendar: Calendar) -> None:
        self._story = Story(calendar, self._tell)
        self._first: list[Told] = []
        self._last: deque[Told] = deque(maxlen=LAST_LINES)
        self._kinds: dict[tuple[str, str], tuple[int, Told]] = {}
        """How many lines of a kind there were, and the last one that stands in full."""
        self._after_first = 0

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self._story(entry)

    def end(self) -> None:
        """Tell the line that the story has held back."""
        self._story.end()

    @property
    def left_out(self) -> int:
        """How many lines stand neither at the beginning nor at the end."""
        return self._after_first - len(self._last)

    def parts(self) -> Iterator[list[Told]]:
        """The beginning, and where lines are left out, the end."""
        yield self._first
        if self._last:
            yield [*self._last]

    def _tell(self, line: Line) -> None:
        kind = line.where, line.text.translate(_WITHOUT_DIGITS)
        number, told = self._kinds.pop(kind, (0, None))
        if told and number >= _TOLD_OF_EACH and not line.in_full:
            told.folded, told.last_ns = told.folded + 1, line.at_ns
        else:
            told = Told(line)
            self._place(told)
        self._kinds[kind] = number + 1, told
        if len(self._kinds) > _MOST_KINDS:
            del self._kinds[next(iter(self._kinds))]

    def _place(self, told: Told) -> None:
        if len(self._first) < FIRST_LINES:
            self._first.append(told)
        else:
            self._after_first += 1
            self._last.append(told)
