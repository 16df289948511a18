"""Seats as each central CLA counts them, over the whole run: bought, in use, reserved (F9)."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

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


class SeatBooks(msgspec.Struct):
    """What one CLA has said: its purchase, who is connected, and what is held by whom.

    `used` and `in_use` are the sums of what is held by all nodes, and by those that are connected.
    Its clock showed `latest_wall_ns` at most before it was last set or began to run, as it counts
    that (F11). `saved` is what stood on its disk at each instant of which there is a backup.
    """

    file: events.LicenseFileAccepted | None = None
    connected: set[str] = msgspec.field(default_factory=set)
    held: dict[str, Mapping[str, int]] = msgspec.field(default_factory=dict)
    used: Counter[str] = msgspec.field(default_factory=Counter)
    in_use: Counter[str] = msgspec.field(default_factory=Counter)
    wall_origin_ns: int = 0
    latest_wall_ns: int = EARLIEST_NS
    saved: dict[int, tuple[events.LicenseFileAccepted | None, dict[str, Mapping[str, int]]]] = (
        msgspec.field(default_factory=dict)
    )

    @property
    def entitlements(self) -> Sequence[Entitlement]:
        """What was bought, by its ends."""
        return self.file.entitlements if self.file else ()

    def count(self, key: str, at_ns: int) -> SeatCount:
        """Of one license at an instant, when what was bought for a time may have ended."""
        bought = seats_in_force(self.entitlements, self.date_ns(at_ns))
        flexible = self.file is not None and self.file.flexible
        free = free_seats(key, bought, self.used, flexible=flexible)
        in_use = self.in_use[key]
        return SeatCount(bought.get(key, 0), in_use, self.used[key] - in_use, free)

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

    def hold(self, node: str, seats: Mapping[str, int]) -> None:
        """That is what a node holds now."""
        self._sum(node, -1)
        self.held[node] = seats
        self._sum(node, 1)

    def freed(self, node: str, seats: Mapping[str, int]) -> None:
        """A hold has ended."""
        self.hold(node, Counter(self.held.get(node, {})) - Counter(seats))

    def restored(
        self, file: events.LicenseFileAccepted | None, held: Mapping[str, Mapping[str, int]]
    ) -> None:
        """Another disk says so; nobody is connected."""
        self.file, self.latest_wall_ns = file, EARLIEST_NS
        self.all_away()
        self.used.clear()
        self.held.clear()
        for node, seats in held.items():
            self.hold(node, seats)

    def connect(self, node: str) -> None:
        """It has a session."""
        self.disconnect(node)
        self.connected.add(node)
        self.in_use.update(self.held.get(node, {}))

    def disconnect(self, node: str) -> None:
        """It has none any more."""
        if node in self.connected:
            self.connected.remove(node)
            self.in_use.subtract(self.held.get(node, {}))

    def all_away(self) -> None:
        """No node has a session."""
        self.connected.clear()
        self.in_use.clear()

    def _sum(self, node: str, sign: int) -> None:
        for key, number in self.held.get(node, {}).items():
            self.used[key] += sign * number
            if node in self.connected:
                self.in_use[key] += sign * number


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

    def of(self, host: str) -> SeatBooks:
        """Those of the CLA on a host; empty where none has said anything."""
        return self._of.get(host) or SeatBooks()

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
            books.all_away()
        case events.HostCrashed() | events.HostStopped():
            books.latest_wall_ns = books.date_ns(entry.at)
            books.all_away()
        case events.DiskSaved():
            books.saved[entry.at] = books.file, dict(books.held)
        case events.DiskReplaced(saved_ns=saved_ns):
            at_ns = -1 if saved_ns is None else saved_ns
            books.restored(*books.saved.get(at_ns, (None, {})))
        case _:
            return False
    return True


def _noted_of(books: SeatBooks, node: str, fact: Fact) -> bool:
    """Of a node and its seats."""
    match fact:
        case events.SessionOpened():
            books.connect(node)
        case events.SessionEnded():
            books.disconnect(node)
        case (
            events.DemandDecided(held=held)
            | events.SeatsRestored(held=held)
            | events.SeatsLost(held=held)
            | events.LeaseSigned(seats=held)
        ):  # the networking seat that a slave takes as it joins stands in its lease alone
            books.hold(node, held)
        case events.HoldEnded(seats=seats):
            books.freed(node, seats)
        case events.NodeForgotten(destroyed=True):
            books.hold(node, {})
        case events.NodeKeyChanged(destroyed=False) as change:
            books.hold(change.former, change.seats)
            books.hold(node, {})
        case _:
            return False
    return True
