"""The course of each CLA's licenses over the whole run, as far as a node uses that CLA."""

from licensing import events
from licensing.catalogue import LICENSES
from licensing.events import Entry
from simulator.report.account.agents import Agents
from simulator.report.account.course import Course
from simulator.report.account.seats import AllSeatBooks, Recount, SeatCount


class SeatsAccount:
    """The reader that keeps a course of counts by CLA and license, of what was bought or held.

    What a CLA has counts until no node uses it any more.
    """

    def __init__(self) -> None:
        self._agents = Agents()
        self._left: set[str] = set()
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
        for recount in self._books(entry):
            self._recount(recount)
        match entry.fact:
            case events.RunBegan():
                self._agents(entry)
            case events.WizardCompleted():
                self._note_wizard(entry)

    def _note_wizard(self, entry: Entry) -> None:
        """One CLA may be left by its last node, and another one be used again."""
        before = self._agents.of(entry.host)
        self._agents(entry)
        self._left = {host for host in (*self._left, before) if not self._agents.is_used(host)}
        for host in {before, self._agents.of(entry.host)} & {*self._courses}:
            self._recount(Recount(entry.at, host, self._books.of(host), LICENSES))

    def _recount(self, recount: Recount) -> None:
        at_ns, host, books, keys = recount
        for key in keys:
            count = SeatCount() if host in self._left else books.count(key, at_ns)
            if any(count) or key in self._courses.get(host, {}):
                courses = self._courses.setdefault(host, {})
                courses.setdefault(key, Course(_fuller)).change(at_ns, count)


def _fuller(one: SeatCount, other: SeatCount) -> SeatCount:
    return max(one, other, key=lambda count: (count.in_use + count.reserved, count))
