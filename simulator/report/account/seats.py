"""Seats as each central CLA counts them, over the whole run: bought, in use, reserved (F9)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from licensing import events
from licensing.catalogue import LICENSES
from licensing.entitlements import Entitlement
from licensing.events import Entry
from licensing.wall_time import utc_of
from simulator.report.account.course import Course


class SeatCount(NamedTuple):
    """Of one license, by the books of one CLA."""

    bought: int = 0
    in_use: int = 0
    reserved: int = 0

    @property
    def free(self) -> int:
        """What may still be granted; none where a smaller file left more in use (F13)."""
        return max(0, self.bought - self.in_use - self.reserved)


def _fuller(one: SeatCount, other: SeatCount) -> SeatCount:
    return max(one, other, key=lambda count: (count.in_use + count.reserved, count))


@dataclass(slots=True)
class SeatBooks:
    """What one CLA has said: its purchase, who is connected, and what is held by whom."""

    entitlements: list[Entitlement] = field(default_factory=list)
    connected: set[str] = field(default_factory=set)
    held: dict[str, Mapping[str, int]] = field(default_factory=dict)
    wall_origin_ns: int = 0
    courses: dict[str, Course[SeatCount]] = field(default_factory=dict)

    def count(self, key: str, at_ns: int) -> SeatCount:
        """Of one license at an instant, when what was bought for a time may have ended."""
        date = utc_of(self.wall_origin_ns + at_ns)
        bought = sum(
            entry.seats.get(key, 0)
            for entry in self.entitlements
            if entry.valid_until is None or date < entry.valid_until
        )
        of_node = {node: seats.get(key, 0) for node, seats in self.held.items()}
        in_use = sum(seats for node, seats in of_node.items() if node in self.connected)
        return SeatCount(bought, in_use, sum(of_node.values()) - in_use)

    def freed(self, node: str, seats: Mapping[str, int]) -> None:
        """A hold has ended."""
        self.held[node] = Counter(self.held.get(node, {})) - Counter(seats)

    def counted(self, at_ns: int, keys: Iterable[str]) -> None:
        """Keep what the counts of these licenses are now."""
        for key in keys:
            count = self.count(key, at_ns)
            if any(count) or key in self.courses:
                self.courses.setdefault(key, Course(_fuller)).change(at_ns, count)


class SeatsAccount:
    """The reader that keeps a course of counts by CLA and license, of what was bought or held."""

    def __init__(self) -> None:
        self._books: dict[str, SeatBooks] = {}

    def courses(self) -> dict[str, dict[str, Course[SeatCount]]]:
        """By the CLA's host and the license, in the price list's order."""
        return {
            agent: {key: books.courses[key] for key in LICENSES if key in books.courses}
            for agent, books in self._books.items()
            if books.courses
        }

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        books = self._books.get(entry.host) or SeatBooks()
        if noted(books, entry):
            self._books[entry.host] = books
            books.counted(entry.at, concerned(books, entry))


def noted(books: SeatBooks, entry: Entry) -> bool:
    """Note what an entry of the CLA's host says; whether it says anything that is counted."""
    match entry.fact:
        case events.HostStarted(wall_ns=wall_ns) | events.ClockStepped(wall_ns=wall_ns):
            books.wall_origin_ns = wall_ns - entry.at
        case events.LicenseFileAccepted(entitlements=entitlements):
            books.entitlements = entitlements
        case events.SessionOpened(node=node):
            books.connected.add(node)
        case events.SessionEnded(node=node):
            books.connected.discard(node)
        case events.AgentStopped() | events.HostCrashed() | events.HostStopped():
            books.connected.clear()
        case (
            events.DemandDecided(node=node, held=held)
            | events.SeatsRestored(node=node, held=held)
            | events.SeatsLost(node=node, held=held)
        ):
            books.held[node] = held
        case events.HoldEnded(node=node, seats=seats):
            books.freed(node, seats)
        case events.NodeForgotten(node=node, destroyed=True):
            books.held.pop(node, None)
        case events.NodeKeyChanged(destroyed=False) as change:
            books.held[change.former] = change.seats
            books.held.pop(change.node, None)
        case _:
            return False
    return True


def concerned(books: SeatBooks, entry: Entry) -> Iterable[str]:
    """The licenses whose count may have changed."""
    node = getattr(entry.fact, "node", "")
    if not node:
        return LICENSES
    return {*books.held.get(node, ()), *getattr(entry.fact, "seats", ()), *books.courses}
