"""What was granted: single grants, and all that one node holds of them. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from licensing.catalogue import LICENSES
from licensing.messages import RefusedSeat, Seat

RANK = {key: rank for rank, key in enumerate(LICENSES)}
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
class Holding:
    """What was granted to one node.

    `holders` has every holder's grants by license, the latest last; a license without a grant has
    no place there. `seats` counts by license, in the price list's order. `lapsed`: see `Pool`.
    """

    holders: dict[str, dict[str, list[Grant]]] = field(default_factory=dict)
    seats: dict[str, int] = field(default_factory=dict)
    lapsed: bool = False

    def licenses_of(self, holder: str) -> AbstractSet[str]:
        """What `holder` has."""
        return self.holders.get(holder, NO_GRANTS).keys()

    def add(self, grant: Grant) -> None:
        """It is the latest."""
        self.holders.setdefault(grant.holder, {}).setdefault(grant.license, []).append(grant)

    def granted_before(self, grant: Grant, quantity: int) -> int:
        """How many seats of the kind the node was granted before the last `quantity` of `grant`."""
        earlier = (
            other.quantity
            for holder, licenses in self.holders.items()
            if holder != NOBODY
            for other in licenses.get(grant.license, ())
            if other.number < grant.number
        )
        return sum(earlier) + grant.quantity - quantity

    def replace(self, grant: Grant, rest: Grant | None) -> None:
        """`rest` is left of `grant`."""
        licenses = self.holders[grant.holder]
        grants = licenses[grant.license]
        place = grants.index(grant)
        grants[place : place + 1] = [rest] if rest else []
        if not grants:
            del licenses[grant.license]
            if not licenses:
                del self.holders[grant.holder]

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
