"""What a check and unlock asked for while the central CLA could not be reached (F8)."""

from collections.abc import Iterable

import msgspec

from licensing.messages import Seat
from licensing.records import Record


class Unsent(Record):
    """Seats that stay ticked, until somebody checks and unlocks again."""

    seats: list[Seat] = msgspec.field(default_factory=list)

    @property
    def stored(self) -> "Unsent | None":
        """What is to be written down: nothing where nothing is unsent."""
        return self if self.seats else None

    def left(self, wanted: Iterable[Seat], sent: Iterable[Seat] = ()) -> "Unsent":
        """What of it is still `wanted`, and is not `sent` now; the numbers may be others."""
        open_ = {_entry(seat) for seat in wanted} - {_entry(seat) for seat in sent}
        return Unsent(seats=[seat for seat in self.seats if _entry(seat) in open_])


def _entry(seat: Seat) -> tuple[str, str]:
    return seat.holder, seat.license
