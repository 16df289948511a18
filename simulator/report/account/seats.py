"""Seats as each central CLA counts them, over the whole run: bought, in use, reserved (F9)."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from licensing import events
from licensing.catalogue import LICENSES, STANDS_IN, STOOD_IN_FOR, charged
from licensing.entitlements import (
    EARLIEST_NS,
    UNLIMITED_NS,
    Entitlement,
    next_end_ns,
    seats_in_force,
)
from licensing.events import Entry, Fact
from licensing.policies import TIMING
from simulator.report.account.course import Course


class SeatCount(NamedTuple):
    """Of one license, by the books of one CLA; `free` is what may still be granted."""

    bought: int = 0
    in_use: int = 0
    reserved: int = 0
    free: int = 0


def free_seats(
    key: str, bought: Mapping[str, int], used: Mapping[str, int], *, flexible: bool
) -> int:
    """How many of a license may still be granted: none where a smaller file left more in use (F13).

    With flexible licensing IP licenses stand in for some others (domain 2), so what is free of
    these is free for those, and what is used of those beyond their own is not free of these.
    """
    taken = charged(used, bought, flexible=flexible)
    kinds = (key, STANDS_IN) if flexible and key in STOOD_IN_FOR else (key,)
    return sum(max(0, bought.get(kind, 0) - taken.get(kind, 0)) for kind in kinds)


def _fuller(one: SeatCount, other: SeatCount) -> SeatCount:
    return max(one, other, key=lambda count: (count.in_use + count.reserved, count))


@dataclass(slots=True)
class SeatBooks:
    """What one CLA has said: its purchase, who is connected, and what is held by whom.

    Its clock showed `latest_wall_ns` at most before it was last set or began to run, as it counts
    that (F11). `saved` is what stood on its disk at each instant of which there is a backup.
    """

    file: events.LicenseFileAccepted | None = None
    connected: set[str] = field(default_factory=set)
    held: dict[str, Mapping[str, int]] = field(default_factory=dict)
    wall_origin_ns: int = 0
    latest_wall_ns: int = EARLIEST_NS
    saved: dict[int, tuple[events.LicenseFileAccepted | None, dict[str, Mapping[str, int]]]] = (
        field(default_factory=dict)
    )

    @property
    def entitlements(self) -> Sequence[Entitlement]:
        """What was bought, by its ends."""
        return self.file.entitlements if self.file else ()

    def count(self, key: str, at_ns: int) -> SeatCount:
        """Of one license at an instant, when what was bought for a time may have ended."""
        bought = seats_in_force(self.entitlements, self.date_ns(at_ns))
        used: Counter[str] = Counter()
        in_use = 0
        for node, seats in self.held.items():
            used.update(seats)
            in_use += seats.get(key, 0) if node in self.connected else 0
        free = free_seats(key, bought, used, flexible=self.file is not None and self.file.flexible)
        return SeatCount(bought.get(key, 0), in_use, used[key] - in_use, free)

    def next_end_ns(self, at_ns: int) -> int:
        """When of what was bought the next part ends by the CLA's clock: after `at_ns`."""
        end_ns = next_end_ns(self.entitlements, self.date_ns(at_ns))
        return UNLIMITED_NS if end_ns is None else end_ns - self.wall_origin_ns

    def date_ns(self, at_ns: int) -> int:
        """The latest wall time that it has seen at an instant; an end stays an end."""
        return max(self.latest_wall_ns, self.wall_origin_ns + at_ns)

    def clock_set(self, at_ns: int, wall_ns: int) -> None:
        """Its clock shows another time; far behind the latest, it serves once that is right."""
        if self.latest_wall_ns - wall_ns > TIMING.agent_clock_tolerance_ns:
            self.latest_wall_ns = EARLIEST_NS
        self.wall_origin_ns = wall_ns - at_ns

    def freed(self, node: str, seats: Mapping[str, int]) -> None:
        """A hold has ended."""
        self.held[node] = Counter(self.held.get(node, {})) - Counter(seats)


class Recount(NamedTuple):
    """The counts of these licenses may be others from now on, by the books of the CLA on a host."""

    at_ns: int
    host: str
    books: SeatBooks
    keys: Collection[str]


class AllSeatBooks:
    """A reader of the journal: the books of every central CLA, by its host."""

    def __init__(self) -> None:
        self._of: dict[str, SeatBooks] = {}
        self._next_end_ns = UNLIMITED_NS

    def __call__(self, entry: Entry) -> Iterator[Recount]:
        """Read the next entry; yields what is to be counted anew, in the order of time.

        What was bought for a time ends without a word of any CLA. Each is to be counted before the
        next one is asked for: the books go on with it.
        """
        while self._next_end_ns <= entry.at:
            at_ns = self._next_end_ns
            for host, books in self._of.items():
                yield Recount(at_ns, host, books, LICENSES)
            ends_ns = (books.next_end_ns(at_ns) for books in self._of.values())
            self._next_end_ns = min(ends_ns)
        books = self._of.setdefault(entry.host, SeatBooks())
        if keys := _noted(books, entry):
            self._next_end_ns = min(self._next_end_ns, books.next_end_ns(entry.at))
            yield Recount(entry.at, entry.host, books, keys)


class SeatsAccount:
    """The reader that keeps a course of counts by CLA and license, of what was bought or held."""

    def __init__(self) -> None:
        self._books = AllSeatBooks()
        self._courses: dict[str, dict[str, Course[SeatCount]]] = {}

    def courses(self) -> dict[str, dict[str, Course[SeatCount]]]:
        """By the CLA's host and the license, in the price list's order."""
        return {
            agent: {key: courses[key] for key in LICENSES if key in courses}
            for agent, courses in self._courses.items()
        }

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        for at_ns, host, books, keys in self._books(entry):
            for key in keys:
                count = books.count(key, at_ns)
                if any(count) or key in self._courses.get(host, {}):
                    courses = self._courses.setdefault(host, {})
                    courses.setdefault(key, Course(_fuller)).change(at_ns, count)


def _noted(books: SeatBooks, entry: Entry) -> Collection[str]:
    """Note what an entry of the CLA's host says; the licenses whose counts may be others now."""
    node = getattr(entry.fact, "node", "")
    if not node:
        return LICENSES if _noted_here(books, entry) else ()
    before = books.held.get(node, {})
    if not _noted_of(books, node, entry.fact):
        return ()
    keys = {*before, *books.held.get(node, ()), *getattr(entry.fact, "seats", ())}
    return keys | {STANDS_IN, *STOOD_IN_FOR} if keys & {STANDS_IN, *STOOD_IN_FOR} else keys


def _noted_here(books: SeatBooks, entry: Entry) -> bool:
    """Of the CLA and its host."""
    match entry.fact:
        case events.HostStarted(wall_ns=wall_ns):
            books.clock_set(entry.at, wall_ns)
        case events.ClockStepped(wall_ns=wall_ns):
            books.latest_wall_ns = books.date_ns(entry.at)
            books.clock_set(entry.at, wall_ns)
        case events.LicenseFileAccepted() as file:
            books.file = file
        case events.AgentStopped():
            books.connected.clear()
        case events.HostCrashed() | events.HostStopped():
            books.latest_wall_ns = books.date_ns(entry.at)
            books.connected.clear()
        case events.DiskSaved():
            books.saved[entry.at] = books.file, dict(books.held)
        case events.DiskReplaced(saved_ns=saved_ns):
            at_ns = -1 if saved_ns is None else saved_ns
            books.file, held = books.saved.get(at_ns, (None, {}))
            books.held, books.latest_wall_ns = dict(held), EARLIEST_NS
            books.connected.clear()
        case _:
            return False
    return True


def _noted_of(books: SeatBooks, node: str, fact: Fact) -> bool:
    """Of a node and its seats."""
    match fact:
        case events.SessionOpened():
            books.connected.add(node)
        case events.SessionEnded():
            books.connected.discard(node)
        case (
            events.DemandDecided(held=held)
            | events.SeatsRestored(held=held)
            | events.SeatsLost(held=held)
        ):
            books.held[node] = held
        case events.HoldEnded(seats=seats):
            books.freed(node, seats)
        case events.NodeForgotten(destroyed=True):
            books.held.pop(node, None)
        case events.NodeKeyChanged(destroyed=False) as change:
            books.held[change.former] = change.seats
            books.held.pop(node, None)
        case _:
            return False
    return True
