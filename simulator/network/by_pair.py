"""Things between two hosts, found by the pair of hosts: ends of connections, parked dials.

A fault of one link looks at what is on that link, however many others there are. The order is
the one in which things came, in the whole and of each pair, for a run must repeat itself.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class ByPair(Generic[Thing]):
    """An ordered set of things; a thing's two hosts may be the same one."""

    def __init__(self) -> None:
        self._hosts: dict[Thing, frozenset[str]] = {}
        self._of_pair: dict[frozenset[str], dict[Thing, None]] = {}
        self._of_host: dict[str, dict[Thing, None]] = {}

    def __len__(self) -> int:
        return len(self._hosts)

    def __iter__(self) -> Iterator[Thing]:
        """Over what is there now, whatever comes or goes meanwhile."""
        return iter(list(self._hosts))

    def add(self, thing: Thing, one: str, other: str) -> None:
        """Put a new thing between the hosts `one` and `other`."""
        assert thing not in self._hosts
        pair = self._hosts[thing] = frozenset((one, other))
        self._of_pair.setdefault(pair, {})[thing] = None
        for host in pair:
            self._of_host.setdefault(host, {})[thing] = None

    def discard(self, thing: Thing) -> None:
        """Forget a thing that is over; a second time does nothing."""
        pair = self._hosts.pop(thing, None)
        if pair is None:
            return
        things = self._of_pair[pair]
        del things[thing]
        if not things:
            del self._of_pair[pair]
        for host in pair:
            del self._of_host[host][thing]

    def of_pair(self, one: str, other: str) -> list[Thing]:
        """What is between two hosts, in either direction."""
        return list(self._of_pair.get(frozenset((one, other)), ()))

    def of_host(self, host: str) -> list[Thing]:
        """What has one end or both at a host."""
        return list(self._of_host.get(host, ()))
