"""Local User Licenses as tables: a row for each subscriber, a cell for each license (manual 4.3.2).

What is shown comes from the application layer's overview; nothing is decided here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from licensing.catalogue import LICENSES, SUBSCRIBER_TYPES, LicenseKind
from licensing.words import LicenseState
from nodes.assignment.views import AssignmentRow
from nodes.telephony.equipment import Equipment, TrunkLine
from nodes.wbm.words import why

DELETED = "deleted"
"""The type of a subscriber that is gone and still holds something."""
USER_LICENSES = [row for row in LICENSES.values() if row.kind is LicenseKind.USER]
ROWS_OF_A_PAGE = 100
_OF_SUBSCRIBERS = {
    key for key, row in LICENSES.items() if row.kind in {LicenseKind.STATION, LicenseKind.USER}
}


@dataclass(slots=True)
class OverviewLine:
    """A holder with all cells that it has, in the price list's order."""

    holder: str
    kind: str
    cells: dict[str, AssignmentRow]

    @property
    def station(self) -> AssignmentRow | None:
        """The station license's cell; None where the subscriber is gone and something is held."""
        kinds = ((LICENSES[key].kind, cell) for key, cell in self.cells.items())
        return next((cell for kind, cell in kinds if kind is LicenseKind.STATION), None)

    @property
    def invalid(self) -> bool:
        """Whether something is shown in red."""
        return any(cell.state is LicenseState.NOT_LICENSED for cell in self.cells.values())

    @property
    def ticked(self) -> dict[str, int]:
        """What is ticked, by license."""
        return {key: cell.quantity for key, cell in self.cells.items() if cell.quantity}


Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class Excerpt(Generic[Line]):
    """A page of lines that were searched for; `number` is the page's, from 1."""

    lines: list[Line]
    number: int
    pages: int
    found: int


def subscriber_lines(equipment: Equipment, rows: Iterable[AssignmentRow]) -> list[OverviewLine]:
    """The subscribers, in the node's order; gone ones that still hold something come last."""
    kinds = {each.number: SUBSCRIBER_TYPES[each.type].name for each in equipment.subscribers}
    return lines_of(list(kinds), kinds, rows)


def lines_of(
    holders: Iterable[str], kinds: Mapping[str, str], rows: Iterable[AssignmentRow]
) -> list[OverviewLine]:
    """The lines of `holders`, and of whoever else has cells among `rows`."""
    cells: dict[str, dict[str, AssignmentRow]] = {number: {} for number in holders}
    for row in rows:
        if row.license in _OF_SUBSCRIBERS:
            cells.setdefault(row.holder, {})[row.license] = row
    return [OverviewLine(holder, kinds.get(holder, DELETED), own) for holder, own in cells.items()]


def trunk_lines(
    equipment: Equipment, rows: Iterable[AssignmentRow]
) -> list[tuple[TrunkLine, AssignmentRow]]:
    """The trunks with their licenses."""
    cells = {row.holder: row for row in rows if LICENSES[row.license].kind is LicenseKind.TRUNK}
    return [(trunk, cells[trunk.name]) for trunk in equipment.trunks]


def is_found(find: str, number: str, kind: str) -> bool:
    """Whether a call number or its type contains what somebody looks for."""
    return find in number or find.lower() in kind.lower()


def excerpt_of(found: list[Line], page: str) -> Excerpt[Line]:
    """The page of that number, as it stands in an address; one that is none is the first."""
    pages = max(1, -(-len(found) // ROWS_OF_A_PAGE))
    number = min(int(page), pages) if page.isascii() and page.isdecimal() and int(page) else 1
    first = (number - 1) * ROWS_OF_A_PAGE
    return Excerpt(found[first : first + ROWS_OF_A_PAGE], number, pages, len(found))


def invalid_cells(rows: Iterable[AssignmentRow]) -> list[AssignmentRow]:
    """The red ones."""
    return [row for row in rows if row.state is LicenseState.NOT_LICENSED]


def reasons(invalid: Iterable[AssignmentRow]) -> list[tuple[str, list[str]]]:
    """Why cells are red, and the holders of them."""
    found: dict[str, list[str]] = {}
    for row in invalid:
        found.setdefault(why(row), []).append(row.holder)
    return list(found.items())


def counts(rows: Iterable[AssignmentRow]) -> Counter[LicenseState]:
    """How many cells are in each state."""
    return Counter(row.state for row in rows)


def by_license(rows: Iterable[AssignmentRow]) -> Iterator[tuple[str, int, int, int]]:
    """Name, licensed, waiting for check and unlock, and invalid, for each license in demand."""
    licensed, waiting, invalid = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        licensed[row.license] += row.granted
        if row.state is LicenseState.NOT_LICENSED:
            invalid[row.license] += row.quantity - row.granted
        elif row.quantity != row.granted:
            waiting[row.license] += 1
    for key, license_ in LICENSES.items():
        if licensed[key] or waiting[key] or invalid[key]:
            yield license_.name, licensed[key], waiting[key], invalid[key]
