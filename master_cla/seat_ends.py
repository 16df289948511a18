"""When the seats of each node end, where licenses of a file have ends of their own (F14).

Pure. A seat that lasts longer serves whoever needs it for less, so it does not matter which bought
seat somebody has; what counts is how many last beyond each date: never more than were bought for so
long. Of a node's seats of one license those granted earliest end last. A lease that a node may
still go by counts as well, whichever ends later (F9). Ends and dates are wall times in nanoseconds.

All of it is counted only while the license file has more than one end.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from licensing.catalogue import STANDS_IN, STOOD_IN_FOR, charged
from licensing.entitlements import (
    EARLIEST_NS,
    UNLIMITED_NS,
    Entitlement,
    entitlements_of,
    seats_in_force,
)
from licensing.policies import TIMING

SOON_NS = TIMING.agent_clock_tolerance_ns
"""So long before an end stand-ins take the place of what ends: no clock is wrong that errs less."""


class GrantedSeats(NamedTuple):
    """Seats of a license that were granted to a node at once."""

    node: str
    license: str
    quantity: int


class _Part(NamedTuple):
    """What of a piece has the same end."""

    node: str
    license: str
    end_ns: int
    quantity: int


class SeatEnds:
    """Ends by node and license, each with its number of seats."""

    def __init__(self) -> None:
        self.date_ns = 0
        self._entitlements: list[Entitlement] = []
        self._flexible = False
        self._nodes: defaultdict[str, dict[str, Counter[int]]] = defaultdict(dict)
        self._replaced: defaultdict[str, dict[str, Counter[int]]] = defaultdict(dict)
        """Later ends, of leases that a node may still go by."""
        self._counted: defaultdict[str, Counter[int]] = defaultdict(Counter)
        """Of all nodes, the later ones counting."""

    @property
    def several(self) -> bool:
        """Whether seats of the file end at different instants."""
        return len(self._entitlements) > 1

    def renew(self, entitlements: list[Entitlement], *, flexible: bool) -> None:
        """Another license file; what nodes have ends as before until it is moved."""
        self._entitlements, self._flexible = entitlements, flexible
        if not self.several:
            self._nodes.clear()
            self._replaced.clear()
            self._counted.clear()

    def of(self, node: str, held: Mapping[str, int]) -> list[Entitlement]:
        """When what `node` holds ends."""
        if not self.several:
            end_ns = self._entitlements[0].end_ns if self._entitlements else UNLIMITED_NS
            return entitlements_of({end_ns: held})
        return _entitlements(self._nodes[node])

    def load(
        self,
        node: str,
        held: Mapping[str, int],
        leased: Iterable[Entitlement],
        earlier: Iterable[Entitlement] = (),
    ) -> None:
        """What the node holds ends as its lease says; what that does not name ends first.

        `earlier` is as `earlier` told it.
        """
        if not self.several:
            return
        said, replaced = _by_license(leased), _by_license(earlier)
        for key, quantity in held.items():
            ends = _longest(said[key], quantity)
            ends[self._entitlements[0].end_ns] += quantity - ends.total()
            self._put(node, key, ends, replaced.get(key))

    def earlier(self, node: str) -> list[Entitlement]:
        """What ends later by leases that the node may still go by; [] where none does."""
        return _entitlements(self._replaced[node]) if self._replaced.get(node) else []

    def give(self, node: str, license_key: str, quantity: int) -> None:
        """Seats of its own kind before stand-ins, and of both those that end last."""
        if not self.several:
            return
        for room_at, ends in self._preferences(license_key):
            for end_ns in ends:
                part = max(0, min(quantity, self._room(room_at, license_key, 0, end_ns)))
                self._change(node, license_key, {end_ns: part})
                quantity -= part
        assert not quantity, "what is granted was free"

    def take(self, node: str, license_key: str, quantity: int, earlier: Callable[[], int]) -> None:
        """Seats are not the node's any more; `earlier` counts those that it was granted before."""
        if not self.several:
            return
        ends = self._ends(node, license_key)
        kept = _longest(ends, earlier()) if len(ends) > 1 else Counter[int]()
        gone = _longest(ends - kept, quantity)
        self._change(node, license_key, {end_ns: -number for end_ns, number in gone.items()})

    def leave(self, license_key: str, quantity: int) -> None:
        """So many more that a node gave up and may still use, nobody knows for how long."""
        if self.several:
            self._counted[license_key][UNLIMITED_NS] += quantity

    def forget(self, node: str) -> None:
        """Its hold has ended."""
        for key in list(self._nodes[node]):
            self._put(node, key, Counter())

    def pass_on(self, node: str, to: str) -> None:
        """What `node` has is that of `to`, who had nothing."""
        for kept in (self._nodes, self._replaced):
            kept[to] = kept.pop(node, {})

    def acknowledged(self, node: str) -> None:
        """The node goes by its newest lease."""
        for key in list(self._replaced[node]):
            self._put(node, key, self._ends(node, key))

    def ended(self, node: str, license_key: str) -> int:
        """How many of the node's seats have ended: those that were granted latest."""
        if not self.several:
            return 0
        ends = self._ends(node, license_key)
        return sum(quantity for end_ns, quantity in ends.items() if end_ns <= self.date_ns)

    def prolong(self, pieces: Iterable[GrantedSeats]) -> set[str]:
        """Let `pieces`, in the order of granting, have free seats that end later than theirs.

        Where more last beyond a date than were bought, the latest of them end then. Returns the
        nodes whose seats have other ends now.
        """
        if not self.several:
            return set()
        pieces = list(pieces)
        return self._shorten(self._parts(pieces)) | self._lengthen(self._parts(pieces))

    @property
    def same_dates_ns(self) -> tuple[int, int]:
        """From which date until which the same seats are in force as now."""
        ends = [entry.end_ns for entry in self._entitlements]
        past = [end_ns for end_ns in ends if end_ns <= self.date_ns]
        coming = [end_ns for end_ns in ends if end_ns > self.date_ns]
        return max(past, default=EARLIEST_NS), min(coming, default=UNLIMITED_NS)

    def next_change_ns(self) -> int | None:
        """The date at which seats are to be moved because some end soon; None for never."""
        ends = [entry.end_ns for entry in self._entitlements] if self.several else []
        due = (end_ns - SOON_NS for end_ns in ends if end_ns < UNLIMITED_NS)
        return min((date_ns for date_ns in due if date_ns > self.date_ns), default=None)

    # How many last, and how many could.

    @property
    def _dates_ns(self) -> list[int]:
        """The present one, and all at which something ends later."""
        ends = [entry.end_ns for entry in self._entitlements]
        return [self.date_ns, *(end_ns for end_ns in ends if self.date_ns < end_ns < UNLIMITED_NS)]

    def _preferences(self, license_key: str) -> list[tuple[Callable[[str, int], int], list[int]]]:
        """What to take first, then next: how to count what is free, and ends to try, last first."""
        own = (self._own_room, self._bought_ends_ns(license_key))
        if not self._flexible or license_key not in (STANDS_IN, *STOOD_IN_FOR):
            return [own]
        # What stands in for others from their end on is free for somebody else until then.
        standing_in = (self._room_with_stand_ins, self._bought_ends_ns(STANDS_IN, *STOOD_IN_FOR))
        return [standing_in] if license_key == STANDS_IN else [own, standing_in]

    def _bought_ends_ns(self, *kinds: str) -> list[int]:
        having = (e for e in self._entitlements if any(e.seats.get(key) for key in kinds))
        return [entry.end_ns for entry in having if entry.end_ns > self.date_ns][::-1]

    def _room(
        self, room_at: Callable[[str, int], int], license_key: str, since_ns: int, end_ns: int
    ) -> int:
        """How many more may last until `end_ns` that do not last beyond `since_ns` anyway."""
        since_ns = max(since_ns, self.date_ns)
        dates_ns = [
            since_ns,
            *(date_ns for date_ns in self._dates_ns if since_ns < date_ns < end_ns),
        ]
        return min(room_at(license_key, date_ns) for date_ns in dates_ns)

    def _own_room(self, license_key: str, date_ns: int) -> int:
        bought = seats_in_force(self._entitlements, date_ns)
        return bought.get(license_key, 0) - self._lasting(license_key, date_ns)

    def _room_with_stand_ins(self, license_key: str, date_ns: int) -> int:
        own = max(0, self._own_room(license_key, date_ns)) if license_key != STANDS_IN else 0
        return own - self._excess(STANDS_IN, date_ns)

    def _excess(self, license_key: str, date_ns: int) -> int:
        """How many more last beyond `date_ns` than were bought for so long; negative for fewer."""
        used = {key: self._lasting(key, date_ns) for key in {license_key, STANDS_IN, *STOOD_IN_FOR}}
        bought = seats_in_force(self._entitlements, date_ns)
        taken = charged(used, bought, flexible=self._flexible)
        return taken[license_key] - bought.get(license_key, 0)

    def _lasting(self, license_key: str, date_ns: int) -> int:
        return _beyond(self._counted[license_key], date_ns)

    # Moving.

    def _parts(self, pieces: Iterable[GrantedSeats]) -> list[_Part]:
        left: dict[tuple[str, str], Counter[int]] = {}
        parts = []
        for node, key, quantity in pieces:
            ends = left.setdefault((node, key), self._ends(node, key))
            part = _longest(ends, quantity)
            left[node, key] = ends - part
            parts += [
                _Part(node, key, end_ns, part[end_ns]) for end_ns in sorted(part, reverse=True)
            ]
        return parts

    def _lengthen(self, parts: Iterable[_Part]) -> set[str]:
        moved = set()
        for part in parts:
            preferences = self._preferences(part.license)
            ends_soon = part.end_ns <= self.date_ns + SOON_NS
            rest = part.quantity
            for room_at, ends in preferences if ends_soon else preferences[:1]:
                for later in (end_ns for end_ns in ends if end_ns > part.end_ns):
                    room = self._room(room_at, part.license, part.end_ns, later)
                    quantity = max(0, min(rest, room))
                    self._change(part.node, part.license, {part.end_ns: -quantity, later: quantity})
                    rest -= quantity
            if rest < part.quantity:
                moved.add(part.node)
        return moved

    def _shorten(self, parts: list[_Part]) -> set[str]:
        moved = set()
        for date_ns in self._dates_ns[1:]:
            for key in {part.license for part in parts}:
                excess = self._excess(key, date_ns)
                for place in reversed(range(len(parts))) if excess > 0 else ():
                    part = parts[place]
                    quantity = min(excess, part.quantity, self._beyond_own(part, key, date_ns))
                    if quantity > 0:
                        self._end_earlier(part, quantity, date_ns)
                        rest = part._replace(quantity=part.quantity - quantity)
                        parts[place : place + 1] = [
                            rest,
                            part._replace(end_ns=date_ns, quantity=quantity),
                        ]
                        excess -= quantity
                        moved.add(part.node)
        return moved

    def _beyond_own(self, part: _Part, license_key: str, date_ns: int) -> int:
        """How many of a part are charged to a license beyond `date_ns`, stand-ins included."""
        if part.end_ns <= date_ns:
            return 0
        if part.license == license_key:
            return part.quantity
        stands_in = self._flexible and license_key == STANDS_IN and part.license in STOOD_IN_FOR
        return -self._own_room(part.license, date_ns) if stands_in else 0

    def _end_earlier(self, part: _Part, quantity: int, date_ns: int) -> None:
        """The node may go by the lease that it has, until it acknowledges one that says so (F9)."""
        ends = self._ends(part.node, part.license)
        replaced = self._replaced[part.node].get(part.license, ends)
        earlier = ends - Counter({part.end_ns: quantity}) + Counter({date_ns: quantity})
        self._put(part.node, part.license, earlier, _later(replaced, ends))

    # What nodes have.

    def _ends(self, node: str, license_key: str) -> Counter[int]:
        return Counter(self._nodes[node].get(license_key, {}))

    def _change(self, node: str, license_key: str, by_end: Mapping[int, int]) -> None:
        ends = self._ends(node, license_key)
        ends.update(by_end)
        self._put(node, license_key, ends, self._replaced[node].get(license_key))

    def _put(
        self, node: str, license_key: str, ends: Counter[int], replaced: Counter[int] | None = None
    ) -> None:
        counted = self._counted[license_key]
        counted.subtract(self._latest(node, license_key))
        self._nodes[node][license_key] = +ends
        self._replaced[node].pop(license_key, None)
        if replaced is not None:
            self._replaced[node][license_key] = replaced
        counted.update(self._latest(node, license_key))

    def _latest(self, node: str, license_key: str) -> Counter[int]:
        ends = self._ends(node, license_key)
        replaced = self._replaced[node].get(license_key)
        return ends if replaced is None else _later(_longest(replaced, ends.total()), ends)


def _entitlements(ends_by_license: Mapping[str, Counter[int]]) -> list[Entitlement]:
    by_end: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for key, ends in ends_by_license.items():
        for end_ns, quantity in ends.items():
            by_end[end_ns][key] = quantity
    return entitlements_of(by_end)


def _by_license(entitlements: Iterable[Entitlement]) -> defaultdict[str, Counter[int]]:
    found: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for entry in entitlements:
        for key, quantity in entry.seats.items():
            found[key][entry.end_ns] += quantity
    return found


def _longest(ends: Counter[int], quantity: int) -> Counter[int]:
    """The `quantity` that end last, or all there are."""
    found = Counter[int]()
    for end_ns in sorted(ends, reverse=True):
        found[end_ns] = max(0, min(ends[end_ns], quantity - found.total()))
    return +found


def _later(one: Counter[int], other: Counter[int]) -> Counter[int]:
    """As many beyond each date as `one` or `other` has, whichever has more."""
    found = Counter[int]()
    for end_ns in sorted({*one, *other}, reverse=True):
        lasting = max(_beyond(one, end_ns - 1), _beyond(other, end_ns - 1))
        found[end_ns] = lasting - found.total()
    return +found


def _beyond(ends: Counter[int], date_ns: int) -> int:
    return sum(quantity for end_ns, quantity in ends.items() if end_ns > date_ns)
