"""The sentences of a run as they stood at every instant, the latest few thousand."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from licensing.events import Entry
from simulator.report.page import Calendar, Line
from simulator.report.story import Story
from simulator.scenario import Internetwork

MOST_LINES = 6_000
_NAMES = re.compile(r"[\w-]+")
"""Whatever may be a name in a sentence, without the colons and commas about it."""


class StoryLines:
    """A reader of the journal: what `run` would print, and what of it was known when.

    A sentence that a later fact completes stands as it was until then.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._story = Story(calendar, self._told)
        self._since_ns: list[int] = []
        self._lines: list[Line] = []
        self._numbers: list[int] = []
        self._number = 0

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self._story(entry)
        held = self._story.held
        if held is not None and not (
            self._numbers[-1:] == [self._number] and self._lines[-1] is held
        ):
            self._keep(entry.at, held)

    def begin(self) -> None:
        """The story begins now: what was done to have something to tell is none of it."""
        self._story.end()
        self._since_ns, self._lines, self._numbers = [], [], []

    def _told(self, line: Line) -> None:
        """No fact can complete the held line any more, and the next one has a number of its own."""
        assert self._lines[-1] is line, "a line stays as it was held"
        self._number += 1

    def _keep(self, at_ns: int, line: Line) -> None:
        self._since_ns.append(at_ns)
        self._lines.append(line)
        self._numbers.append(self._number)
        if len(self._lines) > MOST_LINES:
            half = MOST_LINES // 2
            del self._since_ns[:half], self._lines[:half], self._numbers[:half]

    def until(self, at_ns: int) -> Iterator[Line]:
        """The lines as they stood at an instant, the newest first."""
        later = None
        for index in range(bisect_right(self._since_ns, at_ns) - 1, -1, -1):
            if self._numbers[index] != later:
                later = self._numbers[index]
                yield self._lines[index]


def around(internetwork: Internetwork, node: str) -> AbstractSet[str]:
    """Whose sentences are a node's story: its own, its links', and their routers' and clouds'."""
    lines = {name: link.ends for name, link in internetwork.links.items() if node in link.ends}
    ends = {end for each in lines.values() for end in each}
    return {node, *lines, *(ends & {*internetwork.transit})}


def is_about(line: Line, names: AbstractSet[str]) -> bool:
    """Whether a sentence is said at one of `names`, or names one."""
    return line.where in names or not names.isdisjoint(_NAMES.findall(line.text))
