"""What a node's license assignments are at this moment: for people, for the disk and for the CLA.

Nothing is changed here: what happens to the assignments is `nodes.assignment.table`'s.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from licensing.catalogue import (
    LICENSES,
    LicenseKind,
    in_order_of_prerequisites,
    prerequisites_met,
)
from licensing.messages import SYSTEM_HOLDER, Seat
from licensing.records import Record
from licensing.words import LicenseState
from nodes.assignment.states import (
    CONFIGURABLE,
    NOT_CONFIGURABLE,
    NOT_LICENSED,
    UNSAVED_DEMAND_RELEASE,
    TableEntries,
    TableEntry,
)

_REFUSED = frozenset({NOT_LICENSED, UNSAVED_DEMAND_RELEASE})
_NEVER_TICKED = frozenset({CONFIGURABLE, NOT_CONFIGURABLE})


class AssignmentRow(Record, gc=False):
    """A cell of the overview. `quantity` is ticked, `granted` is in effect.

    `remembered` was given up during failover and is not yet given back to the CLA (F8). `reason`
    says why it is not licensed, a code of `licensing.errors.REFUSALS`; "" in every other state.
    What was granted latest has the highest `grant_number`.

    An overview has thousands of cells; none refers to another, so the garbage collector, which
    would otherwise stop a page for the time of several, need not look at them.
    """

    holder: str
    license: str
    state: LicenseState
    quantity: int
    granted: int
    remembered: int = 0
    reason: str = ""
    grant_number: int = 0


class AssignmentViews:
    """The assignments of one node by holder, in table order; `AssignmentTable` fills them."""

    _holders: dict[str, TableEntries]

    def features(self) -> list[str]:
        """The system licenses that this node may be assigned, in the price list's order."""
        return [*limits_of(self._holders[SYSTEM_HOLDER])]

    def ticked(self, holder: str) -> dict[str, int]:
        """What is ticked for one holder, in the price list's order."""
        entries = self._holders.get(holder, {})
        return {key: entry.quantity for key, entry in entries.items() if entry.quantity}

    def remembered_releases(self) -> list[Seat]:
        """Seats given up during failover that the CLA does not know of yet (F8)."""
        return [
            Seat(holder=holder, license=key, quantity=entry.remembered)
            for holder, key, entry in self._entries()
            if entry.remembered
        ]

    def holdings(self) -> list[Seat]:
        """Everything that the CLA has granted and was not given back, in table order."""
        return [
            Seat(holder=holder, license=key, quantity=quantity)
            for holder, key, entry in self._entries()
            if (quantity := held_of(key, entry))
        ]

    def surplus(self, seats: Mapping[str, int]) -> list[Seat]:
        """What is in effect beyond `seats` of a lease: of each license what was granted latest.

        So it is where seats have ended (F14), or where the central CLA was restored from a backup
        and does not know what it granted since.
        """
        excess = Counter[str]()
        for _, key, entry in self._entries():
            excess[key] += entry.granted
        excess.subtract(seats)
        if not +excess:
            return []
        found = []
        by_age = sorted(self._entries(), key=lambda row: row[2].grant_number)
        for holder, key, entry in reversed(by_age):
            if quantity := max(0, min(excess[key], entry.granted)):
                excess[key] -= quantity
                found.append(Seat(holder=holder, license=key, quantity=quantity))
        return found

    def without_prerequisites(self, gone: Iterable[Seat]) -> list[Seat]:
        """What the holders of `gone` have and may not have without it (O9)."""
        left: dict[str, Counter[str]] = {}
        for seat in gone:
            entries = self._holders[seat.holder]
            granted = Counter({key: entry.granted for key, entry in entries.items()})
            left.setdefault(seat.holder, granted)[seat.license] -= seat.quantity
        found = []
        for holder, counts in left.items():
            held = +counts
            for key in in_order_of_prerequisites([*held]):
                if not prerequisites_met(key, held.keys()):
                    found += [Seat(holder=holder, license=key, quantity=held.pop(key))]
        return found

    def licensed_quantity(self, holder: str, license_key: str) -> int:
        """How many of a license are in effect for `holder`; 0 where a prerequisite is not (O9)."""
        entries = self._holders.get(holder, {})
        entry = entries.get(license_key)
        if entry is None or not entry.granted:
            return 0
        held = {key for key, other in entries.items() if other.granted}
        return entry.granted if prerequisites_met(license_key, held) else 0

    def licensed(self) -> dict[str, int]:
        """How many of each license are in effect, in the price list's order; none is left out."""
        counts: dict[str, int] = {}
        for holder, key, entry in self._entries():
            if entry.granted:
                counts[key] = counts.get(key, 0) + self.licensed_quantity(holder, key)
        return {key: counts[key] for key in in_order_of_prerequisites([*counts]) if counts[key]}

    def overview(self, holders: Iterable[str] | None = None) -> list[AssignmentRow]:
        """Every license of all holders in table order, or of `holders` in theirs."""
        return [
            _row(holder, key, entry)
            for holder in (self._holders if holders is None else holders)
            for key, entry in self._holders.get(holder, {}).items()
            if _is_shown(entry)
        ]

    def holders(self) -> list[str]:
        """Who has cells in the overview, in table order."""
        return [
            holder for holder, own in self._holders.items() if any(map(_is_shown, own.values()))
        ]

    def states_of(self, holder: str) -> set[LicenseState]:
        """In which states the cells of a holder are."""
        return {entry.state for entry in self._holders[holder].values() if _is_shown(entry)}

    def undecided(self) -> list[AssignmentRow]:
        """What check and unlock has something to do with, in table order."""
        return [
            _row(holder, key, entry)
            for holder, entries in self._holders.items()
            for key, entry in entries.items()
            if entry.quantity != entry.granted or entry.remembered or entry.state in _REFUSED
        ]

    def invalid(self) -> list[AssignmentRow]:
        """The red ones: demanded, and refused at the last check and unlock."""
        return [row for row in self.undecided() if row.state is NOT_LICENSED]

    def rows(self) -> list[AssignmentRow]:
        """What must be stored: the overview without the cells in which nothing was ever ticked."""
        return [row for holder in self._holders for row in self.rows_of(holder)]

    def rows_of(self, holder: str) -> list[AssignmentRow]:
        """The same of one holder."""
        return [
            _row(holder, key, entry)
            for key, entry in self._holders.get(holder, {}).items()
            if entry.state not in _NEVER_TICKED or entry.remembered
        ]

    def _entries(self, only: str | None = None) -> Iterator[tuple[str, str, TableEntry]]:
        """In table order, of one holder or of all."""
        holders = self._holders if only is None else {only: self._holders.get(only, {})}
        for holder, entries in holders.items():
            for key, entry in entries.items():
                yield holder, key, entry


def _is_shown(entry: TableEntry) -> bool:
    return bool(entry.limit or entry.granted or entry.remembered)


def limits_of(entries: TableEntries) -> dict[str, int]:
    """Which licenses suit a holder, and how many of each at most."""
    return {key: entry.limit for key, entry in entries.items() if entry.limit}


def held_of(license_key: str, entry: TableEntry) -> int:
    """What the CLA may count for `entry`: of what is no channel, one, in use or given up."""
    held = entry.granted + entry.remembered
    return held if LICENSES[license_key].kind is LicenseKind.TRUNK else min(held, 1)


def _row(holder: str, key: str, entry: TableEntry) -> AssignmentRow:
    return AssignmentRow(
        holder=holder,
        license=key,
        state=entry.state,
        quantity=entry.quantity,
        granted=entry.granted,
        remembered=entry.remembered,
        reason=entry.reason if entry.state is NOT_LICENSED else "",
        grant_number=entry.grant_number if entry.granted else 0,
    )
