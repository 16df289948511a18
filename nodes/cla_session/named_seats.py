"""Seats that the central CLA names: only what can be assigned reaches the table."""

from collections.abc import Iterable

from licensing.catalogue import LICENSES
from licensing.errors import LicensingError
from licensing.messages import Seat


def check_seats(seats: Iterable[Seat]) -> None:
    """Raise `message-malformed`: the table must not be filled with what cannot be assigned."""
    for seat in seats:
        if seat.license not in LICENSES or seat.quantity < 1:
            reason = f"{seat.quantity} seats of {seat.license[:64]}"
            raise LicensingError("message-malformed", reason=reason)
