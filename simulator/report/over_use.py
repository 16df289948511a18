"""What was over-used in a run: of which license, how much and for how long, by whom (O10)."""

from collections.abc import Iterator

import msgspec

from licensing.events import Entry, OverUseChanged, SeatsInUse
from licensing.policies import HOUR_NS
from simulator.report.phrases import quantities, users


class _OverUse(msgspec.Struct):
    """Of one license: now `seats`, since `since_ns`; most of all `largest`, used by `users`."""

    seats: int = 0
    since_ns: int = 0
    largest: int = 0
    users: list[SeatsInUse] = msgspec.field(default_factory=list)
    seat_ns: int = 0

    def change(self, at_ns: int, fact: OverUseChanged) -> None:
        self.seat_ns += self.seats * (at_ns - self.since_ns)
        self.seats, self.since_ns = fact.excess, at_ns
        if fact.excess > self.largest:
            self.largest, self.users = fact.excess, fact.users


class OverUseAccount:
    """The reader of the journal that adds it up."""

    def __init__(self) -> None:
        self._licenses: dict[str, _OverUse] = {}

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        if isinstance(entry.fact, OverUseChanged):
            account = self._licenses.setdefault(entry.fact.license, _OverUse())
            account.change(entry.at, entry.fact)

    @property
    def in_words(self) -> str:
        """The largest number of each license, "none" without any."""
        return quantities({key: each.largest for key, each in self._licenses.items()})

    def table(self, ended_ns: int) -> Iterator[tuple[str, str, str, str]]:
        """License, largest number, seat-hours up to the end of the run, and by whom."""
        for key, each in self._licenses.items():
            seat_ns = each.seat_ns + each.seats * (ended_ns - each.since_ns)
            hours, rest_ns = divmod(seat_ns, HOUR_NS)
            yield key, str(each.largest), f"{hours}.{rest_ns * 10 // HOUR_NS}", users(each.users)
