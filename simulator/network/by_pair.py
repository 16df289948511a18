"""Things between two hosts, found by the pair of hosts: connections, parked dials.

A fault of one link looks at what is on that link, however many others there are. The order is
the one in which things came, in the whole and of each pair, for a run must repeat itself.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Between(Generic[Thing]):
    """An ordered set; a thing's two hosts may be the same one."""

    def __init__(self) -> None:
        self._ends: dict[Thing, frozenset[str]] = {}
        self._of_pair: dict[frozenset[str], dict[Thing, None]] = {}

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[Thing]:
        """Over what is there now, whatever comes or goes meanwhile."""
        return iter(list(self._ends))

    def add(self, thing: Thing, one: str, other: str) -> None:
        """A new thing, which it must be."""
        assert thing not in self._ends
        ends = self._ends[thing] = frozenset((one, other))
        self._of_pair.setdefault(ends, {})[thing] = None

    def discard(self, thing: Thing) -> None:
        """It is over; a second time does nothing."""
        ends = self._ends.pop(thing, None)
        if ends is None:
            return
        things = self._of_pair[ends]
        del things[thing]
        if not things:
            del self._of_pair[ends]

    def of_pair(self, one: str, other: str) -> list[Thing]:
        """What is between two hosts, in either direction."""
        return list(self._of_pair.get(frozenset((one, other)), ()))

    def of_host(self, host: str) -> list[Thing]:
        """What has one end or both at a host."""
        return [thing for thing, ends in self._ends.items() if host in ends]
