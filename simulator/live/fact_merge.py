"""Facts of many processes, put into the order of their instants.

Each process tells its own facts in order, but pipes and schedulers mix them. A fact waits until
it is older than any that may still be under way.
"""

import heapq
import itertools
from collections.abc import Callable

from licensing.events import Entry, Fact

Release = Callable[[int, str, Fact], None]


class FactMerge:
    """Entries go in as they are read, and out through `release` by instant.

    One that arrives after a later one went out gets that one's instant, and `note_late` hears of
    it: host, that instant, and by how much it was late.
    """

    def __init__(self, release: Release, note_late: Callable[[str, int, int], None]) -> None:
        self._release = release
        self._note_late = note_late
        self._waiting: list[tuple[int, int, Entry]] = []
        self._sequence = itertools.count()
        self._released_ns = 0

    def add(self, entry: Entry) -> None:
        """An entry was read; entries of equal instants keep the order of reading."""
        heapq.heappush(self._waiting, (entry.at, next(self._sequence), entry))

    def release_until(self, instant_ns: int) -> None:
        """Let out everything that is not younger than `instant_ns`."""
        while self._waiting and self._waiting[0][0] <= instant_ns:
            _, _, entry = heapq.heappop(self._waiting)
            if entry.at < self._released_ns:
                self._note_late(entry.host, self._released_ns, self._released_ns - entry.at)
            self._released_ns = max(self._released_ns, entry.at)
            self._release(self._released_ns, entry.host, entry.fact)

    def release_all(self) -> None:
        """Let out the rest: every process has ended."""
        if self._waiting:
            self.release_until(max(self._waiting)[0])
