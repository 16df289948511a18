"""The books of the CLAs that nodes use: what one has counted that all have left is nobody's."""

from collections.abc import Iterator

from licensing import events
from licensing.catalogue import LICENSES
from licensing.events import Entry
from simulator.report.account.agents import Agents
from simulator.report.account.seats import AllSeatBooks, Recount, SeatBooks


class UsedSeatBooks:
    """A reader of the journal as `AllSeatBooks`; of a CLA that was left the books are empty."""

    def __init__(self) -> None:
        self._agents = Agents()
        self._left: set[str] = set()
        self._books = AllSeatBooks()

    def __call__(self, entry: Entry) -> Iterator[Recount]:
        """Read the next entry; yields what is to be counted anew, in the order of time."""
        for at_ns, host, _, keys in self._books(entry):
            yield Recount(at_ns, host, self._of(host), keys)
        before = self._agents.of(entry.host)
        self._agents(entry)
        if isinstance(entry.fact, events.WizardCompleted | events.DiskReplaced):
            left = (*self._left, before)
            self._left = {host for host in left if not self._agents.is_used(host)}
            for host in dict.fromkeys((before, self._agents.of(entry.host))):
                yield Recount(entry.at, host, self._of(host), LICENSES)

    def _of(self, host: str) -> SeatBooks:
        return SeatBooks() if host in self._left else self._books.of(host)
