"""What was granted: single grants, and all that one node holds of them. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from licensing.catalogue import LICENSES, LicenseKind, in_order_of_prerequisites, prerequisites_met
from licensing.messages import RefusedSeat, Seat

RANK = {key: rank for rank, key in enumerate(LICENSES)}
ADDING_UP = frozenset(key for key, row in LICENSES.items() if row.kind is LicenseKind.TRUNK)
"""Of these one holder may have several (channels of a trunk); of all others it has one."""
NOBODY = ""
"""Holder of seats that a node gave up and may still use, until it has stored its smaller lease."""


class Grant(NamedTuple):
    """Seats granted at once; a higher `number` was granted later."""

    number: int
    holder: str
    license: str
    quantity: int


class DemandOutcome(NamedTuple):
    """What became of a demand, each list in the order of the demand."""

    granted: list[Seat]
    refused: list[RefusedSeat]
    released: list[Seat]


@dataclass(slots=True)
class Granted:
    """Seats of one license by the number of their grant: `numbers` rise, `quantities` go with them.

    What was granted before a number is asked for thousands of times in a row, of the latest grants
    or of the earliest: it is summed from the nearer end.
    """

    numbers: list[int] = field(default_factory=list)
    quantities: list[int] = field(default_factory=list)

    def put(self, number: int, quantity: int) -> None:
        """The grant `number` has `quantity` seats now; 0 where it is gone."""
        place = bisect_left(self.numbers, number)
        known = self.numbers[place : place + 1] == [number]
        self.numbers[place : place + known] = [number] if quantity else []
        self.quantities[place : place + known] = [quantity] if quantity else []

    def before(self, number: int, total: int) -> int:
        """Seats granted earlier than `number`, of `total` altogether."""
        place = bisect_left(self.numbers, number)
        if place < len(self.numbers) // 2:
            return sum(self.quantities[:place])
        return total - sum(self.quantities[place:])


@dataclass(slots=True)
class Holding:
    """What was granted to one node.

    `holders` has every holder's grants by license, the latest last; a license without a grant has
    no place there. `seats` counts by license, in the price list's order, `by_number` the same seats
    by their grants. `lapsed`: see `Pool`.
    """

    holders: dict[str, dict[str, list[Grant]]] = field(default_factory=dict)
    seats: dict[str, int] = field(default_factory=dict)
    lapsed: bool = False
    by_number: dict[str, Granted] = field(default_factory=dict)

    def licenses_of(self, holder: str) -> AbstractSet[str]:
        """What `holder` has."""
        return self.holders.get(holder, NO_GRANTS).keys()

    @property
    def grants(self) -> list[Grant]:
        """Everything that was granted, in that order, lapsed or not."""
        holders = self.holders.values()
        every = (grant for licenses in holders for grants in licenses.values() for grant in grants)
        return sorted(every, key=lambda grant: grant.number)

    @property
    def held(self) -> dict[str, int]:
        """The seats that the node has now, by license in the price list's order."""
        return {} if self.lapsed else {key: seats for key, seats in self.seats.items() if seats}

    def quantity(self, holder: str, license_key: str) -> int:
        """How many seats of the license `holder` has."""
        return sum(grant.quantity for grant in self.holders.get(holder, {}).get(license_key, ()))

    def dependents_left(self, holder: str) -> Iterator[str]:
        """What `holder` may no longer have, for a prerequisite is gone (O9).

        Dependents of dependents come later: each is to be taken before the next is asked for.
        """
        left = self.licenses_of(holder)
        for key in in_order_of_prerequisites(left) if left else ():
            if not prerequisites_met(key, self.licenses_of(holder)):
                yield key

    def add(self, grant: Grant) -> None:
        """It is the latest."""
        self.holders.setdefault(grant.holder, {}).setdefault(grant.license, []).append(grant)
        self._put(grant, grant.quantity)

    def granted_before(self, grant: Grant, quantity: int) -> int:
        """How many seats of the kind the node was granted before the last `quantity` of `grant`."""
        total = self.seats[grant.license]
        earlier = self.by_number[grant.license].before(grant.number, total)
        return earlier + grant.quantity - quantity

    def _put(self, grant: Grant, quantity: int) -> None:
        if grant.holder != NOBODY:
            self.by_number.setdefault(grant.license, Granted()).put(grant.number, quantity)

    def replace(self, grant: Grant, rest: Grant | None) -> None:
        """`rest` is left of `grant`."""
        self._put(grant, rest.quantity if rest else 0)
        licenses = self.holders[grant.holder]
        grants = licenses[grant.license]
        place = grants.index(grant)
        grants[place : place + 1] = [rest] if rest else []
        if not grants:
            del licenses[grant.license]
            if not licenses:
                del self.holders[grant.holder]

    def hand_over(self, grant: Grant, holder: str) -> Grant:
        """The same grant, of another holder from now on."""
        passed = grant._replace(holder=holder)
        self.replace(grant, None)
        self.add(passed)
        return passed

    def count(self, license_key: str, quantity: int) -> None:
        """So many more seats."""
        if license_key in self.seats:
            self.seats[license_key] += quantity
        else:
            seats = self.seats | {license_key: quantity}
            self.seats = {key: seats[key] for key in sorted(seats, key=RANK.__getitem__)}


NO_GRANTS: Mapping[str, list[Grant]] = {}
NOTHING_HELD = Holding()
"""Of a node to which nothing was ever granted."""


def refusal(seat: Seat, quantity: int, reason: str) -> RefusedSeat:
    """`quantity` of what was asked for is refused for `reason`, a code of `REFUSALS`."""
    return RefusedSeat(holder=seat.holder, license=seat.license, quantity=quantity, reason=reason)


def part_of(seat: Seat, quantity: int) -> Seat:
    """`quantity` of a demanded seat."""
    if quantity == seat.quantity:
        return seat
    return Seat(holder=seat.holder, license=seat.license, quantity=quantity)


def seat_of(grant: Grant, quantity: int) -> Seat:
    """`quantity` of a grant, as people know it."""
    return Seat(holder=grant.holder, license=grant.license, quantity=quantity)
