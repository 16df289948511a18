"""The course of each CLA's licenses over the whole run, as far as a node uses that CLA."""

from licensing.catalogue import LICENSES
from licensing.events import Entry
from simulator.report.account.course import Course
from simulator.report.account.seats import SeatCount
from simulator.report.account.used_books import UsedSeatBooks


class SeatsAccount:
    """The reader that keeps a course of counts by CLA and license, of what was bought or held.

    What a CLA has counts until no node uses it any more.
    """

    def __init__(self) -> None:
        self._books = UsedSeatBooks()
        self._courses: dict[str, dict[str, Course[SeatCount]]] = {}

    def courses(self) -> dict[str, dict[str, Course[SeatCount]]]:
        """By the CLA's host and the license, in the price list's order."""
        return {
            agent: {key: courses[key] for key in LICENSES if key in courses}
            for agent, courses in self._courses.items()
        }

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        for at_ns, host, books, keys in self._books(entry):
            for key in keys:
                count = books.count(key, at_ns)
                if any(count) or key in self._courses.get(host, {}):
                    courses = self._courses.setdefault(host, {})
                    courses.setdefault(key, Course(_fuller)).change(at_ns, count)


def _fuller(one: SeatCount, other: SeatCount) -> SeatCount:
    return max(one, other, key=lambda count: (count.in_use + count.reserved, count))
