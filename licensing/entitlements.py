"""Seats and when they end: what license files and leases say, one entry for each end (F14).

Pure. Dates are wall times in nanoseconds since 1970; seats that end at an instant are out of force
at that instant itself.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from licensing.catalogue import LICENSES
from licensing.policies import DAY_NS
from licensing.records import Record
from licensing.wall_time import utc_of, wall_time_ns

BASE_LICENSE = "base"
"""All others need it: where none is left, a license file has ended (domain 2)."""

UNLIMITED_NS = (1 << 63) - 1
"""The end of what has none, later than every date."""

EARLIEST_NS = -UNLIMITED_NS
"""A date before every end."""

_TOLD_BEFORE_NS = 30 * DAY_NS

SeatsByEnd = Mapping[int, Mapping[str, int]]
"""Seats by license, for each end in nanoseconds since 1970."""


class Entitlement(Record):
    """Seats by license that end together; with `valid_until` None they never do."""

    seats: dict[str, int]
    valid_until: datetime | None = None

    @property
    def end_ns(self) -> int:
        """The wall time from which on they are no more, `UNLIMITED_NS` for never."""
        return end_ns(self.valid_until)


def file_end_ns(entitlements: Iterable[Entitlement]) -> int:
    """When no base license is left: that is the end of the file (F14)."""
    return max((e.end_ns for e in entitlements if e.seats.get(BASE_LICENSE)), default=UNLIMITED_NS)


def end_ns(valid_until: datetime | None) -> int:
    """The wall time of an end, `UNLIMITED_NS` where there is none."""
    return UNLIMITED_NS if valid_until is None else wall_time_ns(valid_until)


def end_of(instant_ns: int) -> datetime | None:
    """The date of an end, None for `UNLIMITED_NS`."""
    return None if instant_ns == UNLIMITED_NS else utc_of(instant_ns)


def entitlements_of(by_end: SeatsByEnd) -> list[Entitlement]:
    """One entry for each end that has seats, the earliest first; licenses as in the price list."""
    entries = []
    for end in sorted(by_end):
        seats = {key: by_end[end][key] for key in LICENSES if by_end[end].get(key)}
        if seats:
            entries.append(Entitlement(seats=seats, valid_until=end_of(end)))
    return entries


def seats_in_force(entitlements: Iterable[Entitlement], date_ns: int) -> dict[str, int]:
    """The seats that have not ended at `date_ns`, by license in the price list's order."""
    seats: dict[str, int] = {}
    for entry in entitlements:
        if date_ns < entry.end_ns:
            for key, number in entry.seats.items():
                seats[key] = seats.get(key, 0) + number
    return {key: seats[key] for key in LICENSES if key in seats}


def next_end_ns(entitlements: Iterable[Entitlement], date_ns: int) -> int | None:
    """The first end after `date_ns`; None where nothing ends any more."""
    ends = (entry.end_ns for entry in entitlements)
    return min((end for end in ends if date_ns < end < UNLIMITED_NS), default=None)


def ending_soon(entitlements: Iterable[Entitlement], date_ns: int) -> list[Entitlement]:
    """What ends within 30 days from `date_ns`, the earliest first: pages tell of it (F14)."""
    soon_ns = date_ns + _TOLD_BEFORE_NS
    return [entry for entry in entitlements if date_ns < entry.end_ns <= soon_ns]


def entitlements_problem(entitlements: Iterable[Entitlement]) -> str:
    """What is wrong with what a document says, in words; "" where nothing is."""
    for entry in entitlements:
        if unknown := sorted(set(entry.seats) - set(LICENSES)):
            return f"unknown licenses: {', '.join(unknown)}"
        if any(number < 0 for number in entry.seats.values()):
            return "negative number of licenses"
        if entry.valid_until and entry.valid_until.tzinfo is None:
            return "a date without time zone"
    return ""
