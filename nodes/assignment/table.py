"""License assignment of one node: who may hold what, ticks, check and unlock (manual 4.3.2).

A holder is a call number, a trunk's name or `system`. The life of a single entry is described in
`nodes.assignment.states`; here entries of one holder follow each other, and the CLA's answers
arrive. What the CLA granted stays in effect until it is given back or lost, whatever is ticked
meanwhile.

No decision is taken here on how many licenses there are: that is the CLA's. Nothing here waits.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

import msgspec

from licensing.catalogue import (
    LICENSES,
    LicenseKind,
    in_order_of_prerequisites,
    license_name,
)
from licensing.errors import LEASE_REPLACED, LICENSE_ENDED, TAKEN_BACK, LicensingError
from licensing.events import AssignmentChange
from licensing.messages import RefusedSeat, Seat
from licensing.records import Record
from licensing.words import LicenseState, counted
from nodes.assignment.states import (
    LICENSED,
    NOT_CONFIGURABLE,
    UNSAVED_DEMAND_RELEASE,
    Action,
    TableEntries,
    TableEntry,
    follow_prerequisites,
)
from nodes.assignment.views import AssignmentRow, AssignmentViews, held_of, limits_of
from nodes.telephony.equipment import Equipment, fitting_licenses


class Check(Record):
    """One check and unlock: what is wanted of the CLA and given back to it, in table order.

    `withdrawn` are refused demands that were taken back; the CLA need not know of them.
    """

    wants: list[Seat] = msgspec.field(default_factory=list)
    releases: list[Seat] = msgspec.field(default_factory=list)
    withdrawn: list[Seat] = msgspec.field(default_factory=list)

    @property
    def size(self) -> int:
        """Of how many entries there is anything to ask or to give back."""
        return len(self.wants) + len(self.releases) + len(self.withdrawn)

    def all_refused(self, reason: str) -> list[RefusedSeat]:
        """Everything that is wanted, refused for one `reason`."""
        return [
            RefusedSeat(holder=w.holder, license=w.license, quantity=w.quantity, reason=reason)
            for w in self.wants
        ]


class AssignmentTable(AssignmentViews):
    """All license assignments of one node. Table order: subscribers, trunks, system; price list.

    Every change returns what changed; ticking and unticking touch one holder only. Ticks that are
    one decision are made within `decision`.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._holders: dict[str, TableEntries] = {
            holder: {key: TableEntry(limit) for key, limit in limits.items()}
            for holder, limits in fitting_licenses(equipment).items()
        }
        for entries in self._holders.values():
            follow_prerequisites(entries)
        self._next_grant_number = 1
        self._unsaved: dict[str, None] = {}
        self._undecided: dict[str, TableEntries] = {}
        """What was, of each holder that is ticked or unticked in the decision that runs."""

    @contextmanager
    def decision(self) -> Iterator[None]:
        """All ticks of the block, or none of them: where it raises, the table is as it was."""
        unsaved, self._undecided = dict(self._unsaved), {}
        try:
            yield
        except BaseException:
            self._holders.update(self._undecided)
            self._unsaved = unsaved
            raise
        finally:
            self._undecided = {}

    def unsaved(self) -> dict[str, list[AssignmentRow]]:
        """What must be stored of each holder whose assignments may differ from what is stored."""
        return {holder: self.rows_of(holder) for holder in self._unsaved}

    def saved(self) -> None:
        """What was `unsaved` is stored now."""
        self._unsaved.clear()

    def equip(self, equipment: Equipment) -> list[AssignmentChange]:
        """Follow another equipment (manual 4.3.2).

        A holder that is gone, or may hold other licenses now, gives everything up at once; it is
        remembered, to be given back to the CLA.
        """
        fitting = fitting_licenses(equipment)
        known = [*fitting, *(holder for holder in self._holders if holder not in fitting)]
        before = {holder: limits_of(entries) for holder, entries in self._holders.items()}
        self._holders = {holder: self._holders.get(holder, {}) for holder in known}
        changes: list[AssignmentChange] = []
        for holder, entries in self._holders.items():
            limits = fitting.get(holder, {})
            if before.get(holder) == limits:
                continue
            self._unsaved[holder] = None
            if holder in before:
                changes += self._give_up(holder)
            for key in in_order_of_prerequisites([*entries, *limits]):
                entry = entries.pop(key, None) or TableEntry(limit=0)
                entry.limit = limits.get(key, 0)
                entries[key] = entry
            follow_prerequisites(entries)
        return changes

    def _give_up(self, holder: str) -> list[AssignmentChange]:
        """Untick what `holder` has, and release what is held of it."""
        changes = [
            change for key in reversed(self.ticked(holder)) for change in self.untick(holder, key)
        ]
        return changes + self.release_only(self.check(holder))

    def tick(self, holder: str, license_key: str, quantity: int = 1) -> list[AssignmentChange]:
        """Have `quantity` ticked from now on: more is a demand, less a release.

        Raises `subscriber-unknown`, `license-unsuitable`, `channels-exceeded`, or
        `license-not-configurable` while a prerequisite is missing.
        """
        entry = self._fitting_entry(holder, license_key)
        _check_quantity(entry, holder, license_key, quantity)
        if entry.quantity == quantity:
            return []
        self._check_prerequisites(holder, license_key, will_be_licensed=quantity <= entry.granted)
        entry.quantity = quantity
        changes = self._follow(holder, {license_key: entry.comparison()})
        return changes or [_change(holder, license_key, entry, before=entry.state)]

    def untick(self, holder: str, license_key: str) -> list[AssignmentChange]:
        """Take the tick off. Raises as `tick`, and `license-not-assigned`."""
        entry = self._fitting_entry(holder, license_key)
        if not entry.quantity:
            name = license_name(license_key)
            raise LicensingError("license-not-assigned", license=name, holder=holder)
        entry.quantity = 0
        return self._follow(holder, {license_key: entry.comparison()})

    def tick_exactly(
        self, holder: str, wanted: Mapping[str, int], seen: Mapping[str, int]
    ) -> Iterator[AssignmentChange]:
        """Have `wanted` ticked and nothing else; `seen` is what was when somebody decided that.

        Raises as `tick`, and `assignments-changed` where somebody else was faster.
        """
        if self.ticked(holder) != dict(seen):
            raise LicensingError("assignments-changed", holder=holder, field=f"quantity-{holder}")
        for key in reversed([*seen]):
            if not wanted.get(key) and key in self.ticked(holder):
                yield from self.untick(holder, key)
        for key in in_order_of_prerequisites([*wanted]):
            if wanted[key]:
                yield from self.tick(holder, key, wanted[key])

    def check(self, only: str | None = None) -> Check:
        """What check and unlock has to ask of the CLA; demands refused before are asked again.

        `only` is the one holder that is to be checked, None for all.
        """
        check = Check()
        for holder, key, entry in self._entries(only):
            if missing := max(entry.quantity - entry.granted, 0):
                check.wants.append(Seat(holder=holder, license=key, quantity=missing))
            if surplus := max(entry.granted - entry.quantity, 0) + entry.remembered:
                check.releases.append(Seat(holder=holder, license=key, quantity=surplus))
            if entry.state is UNSAVED_DEMAND_RELEASE:
                check.withdrawn.append(Seat(holder=holder, license=key))
        return check

    def settle(
        self, check: Check, granted: Iterable[Seat], refused: Iterable[RefusedSeat]
    ) -> list[AssignmentChange]:
        """The CLA decided `check`. What was ticked or unticked meanwhile keeps its effect.

        A release that it refused stays remembered, for the present lease.
        """
        granted = list(granted)
        reasons = {(seat.holder, seat.license): seat.reason for seat in refused}
        for seat in check.releases:
            if reasons.get((seat.holder, seat.license)) != LEASE_REPLACED:
                self._entry(seat).give_back(seat.quantity)
        for seat in granted:
            self._entry(seat).grant(seat.quantity, self._next_grant_number)
        self._next_grant_number += bool(granted)
        for seat in check.wants:
            self._entry(seat).reason = reasons.get((seat.holder, seat.license), "")
        refusals = {seat for seat, reason in reasons.items() if reason != LEASE_REPLACED}
        released = [seat for seat in check.releases if not self._is_red_since_its_end(seat)]
        return self._answered([*check.wants, *released, *check.withdrawn, *granted], refusals)

    def _is_red_since_its_end(self, seat: Seat) -> bool:
        """Giving back what has ended changes nothing of what is still ticked."""
        entry = self._entry(seat)
        return entry.reason == LICENSE_ENDED and entry.quantity > entry.granted

    def release_only(self, check: Check) -> list[AssignmentChange]:
        """Check and unlock without the CLA (F8): releases take effect and are remembered.

        Demands stay unsaved. The next `check` carries what is remembered, and so does
        `remembered_releases`, for the reconnection.
        """
        for seat in check.releases:
            entry = self._entry(seat)
            entry.give_up(min(max(seat.quantity - entry.remembered, 0), entry.granted))
        return self._answered([*check.releases, *check.withdrawn])

    def give_everything_back(self) -> None:
        """What was held is not known any more (A12): all that may have been is a release (F8).

        Releasing what is not held is no error, and dependents go with their prerequisites (O9).
        """
        for holder, key, entry in self._entries():
            self._unsaved[holder] = None
            if not LICENSES[key].requires:
                entry.remembered = entry.limit

    def lose(self, lost: Iterable[Seat]) -> list[AssignmentChange]:
        """The CLA took seats away (F13): what is still ticked of them is `not licensed`."""
        lost = list(lost)
        for seat in lost:
            entry = self._entry(seat)
            if entry.granted or entry.reason != LICENSE_ENDED:  # else it was given up before
                entry.reason = TAKEN_BACK
            entry.give_back(seat.quantity)
        return self._answered(lost, {(seat.holder, seat.license) for seat in lost})

    def give_up_ended(self, seats: Mapping[str, int]) -> list[AssignmentChange]:
        """Only `seats` of the lease have not ended: the rest is out of use, what depends on it too.

        It is red, and remembered to be given back to the CLA (F8, F14).
        """
        ended = self.surplus(seats)
        gone = [*ended, *self.without_prerequisites(ended)]
        for seat in gone:
            entry = self._entry(seat)
            entry.give_up(seat.quantity)
            entry.reason = LICENSE_ENDED
        return self._answered(gone, {(seat.holder, seat.license) for seat in gone})

    def leave(self, held: Sequence[Seat], asked: Sequence[Seat]) -> list[AssignmentChange]:
        """Use nothing of the CLA any more, for the node leaves it: what is ticked is red.

        What was `held` and not given back is remembered, should the node come back, and so is what
        it `asked` for and never heard of.
        """
        for seat in asked:
            self._entry(seat).remembered += seat.quantity
        seats = [*held, *asked]
        for seat in seats:
            entry = self._entry(seat)
            entry.granted, entry.remembered = 0, held_of(seat.license, entry)
            entry.reason = TAKEN_BACK
        return self._answered(seats, {(seat.holder, seat.license) for seat in seats})

    def restore(self, rows: Iterable[AssignmentRow]) -> list[AssignmentChange]:
        """Become the stored table; the changes say what no longer fits the equipment.

        After a subscriber is lost or changes its type, or channels are taken out, their licenses
        are unsaved releases (manual 4.3.2). To be called on a new table.
        """
        touched: dict[str, dict[str, Action]] = {}
        for row in rows:
            entry = self._entry(row)
            entry.state, entry.quantity = row.state, row.quantity
            entry.granted, entry.remembered = row.granted, row.remembered
            entry.reason = row.reason
            entry.grant_number = row.grant_number
            self._next_grant_number = max(self._next_grant_number, row.grant_number + 1)
            actions = touched.setdefault(row.holder, {})
            if entry.quantity > entry.limit:
                entry.quantity = entry.limit
                actions[row.license] = entry.comparison()
        self.saved()
        in_order = [holder for holder in self._holders if holder in touched]
        changes = [c for holder in in_order for c in self._follow(holder, touched[holder])]
        # What merely opens is not stored, so it is not news.
        return [change for change in changes if change.before is not NOT_CONFIGURABLE]

    def _entry(self, of: Seat | AssignmentRow) -> TableEntry:
        """The entry, made where it suits nobody any more: what is held must still be given back."""
        self._unsaved[of.holder] = None
        return self._holders.setdefault(of.holder, {}).setdefault(of.license, TableEntry(limit=0))

    def _fitting_entry(self, holder: str, license_key: str) -> TableEntry:
        entries = self._holders.get(holder)
        if entries is None or not limits_of(entries):
            raise LicensingError("subscriber-unknown", number=holder)
        if holder not in self._undecided:
            self._undecided[holder] = {key: copy.copy(each) for key, each in entries.items()}
        self._unsaved[holder] = None
        entry = entries.get(license_key)
        if entry is None or not entry.limit:
            fitting = ", ".join(license_name(key) for key, other in entries.items() if other.limit)
            raise _unsuitable(holder, license_key, f"it may hold {fitting or 'none'}")
        return entry

    def _check_prerequisites(
        self, holder: str, license_key: str, *, will_be_licensed: bool
    ) -> None:
        entries = self._holders[holder]
        there = {
            key
            for key, other in entries.items()
            if (other.state is LICENSED if will_be_licensed else other.quantity)
        }
        for one_of in LICENSES[license_key].requires:
            if not one_of & there:
                missing = " or ".join(license_name(key) for key in entries if key in one_of)
                raise LicensingError(
                    "license-not-configurable",
                    license=license_name(license_key),
                    field=license_key,
                    holder=holder,
                    reason=f"{missing} is not {'licensed' if will_be_licensed else 'assigned'}",
                )

    def _answered(
        self, seats: Iterable[Seat], refused: AbstractSet[tuple[str, str]] = frozenset()
    ) -> list[AssignmentChange]:
        """Let the entries of `seats` follow the numbers that the CLA's answer left."""
        touched: dict[str, dict[str, Action]] = {}
        for seat in seats:
            was_refused = (seat.holder, seat.license) in refused
            action = self._entry(seat).comparison(answered=True, refused=was_refused)
            touched.setdefault(seat.holder, {})[seat.license] = action
        in_order = (holder for holder in self._holders if holder in touched)
        return [change for holder in in_order for change in self._follow(holder, touched[holder])]

    def _follow(self, holder: str, actions: Mapping[str, Action]) -> list[AssignmentChange]:
        """Take `actions`, let the holder's other entries follow, and say what came of it."""
        self._unsaved[holder] = None
        entries = self._holders[holder]
        before = {key: entry.state for key, entry in entries.items()}
        for key, action in actions.items():
            entries[key].take(action)
        follow_prerequisites(entries)
        return [
            _change(holder, key, entry, before=before[key])
            for key, entry in entries.items()
            if entry.state is not before[key] or key in actions
        ]


def _check_quantity(entry: TableEntry, holder: str, license_key: str, quantity: int) -> None:
    if 1 <= quantity <= entry.limit:
        return
    if LICENSES[license_key].kind is LicenseKind.TRUNK:
        raise LicensingError(
            "channels-exceeded",
            trunk=holder,
            field=f"quantity-{holder}",
            channels=counted(entry.limit, "channel"),
            quantity=quantity,
        )
    raise _unsuitable(holder, license_key, f"it holds one, not {quantity}")


def _unsuitable(holder: str, license_key: str, reason: str) -> LicensingError:
    return LicensingError(
        "license-unsuitable",
        license=license_name(license_key),
        field=license_key,
        holder=holder,
        reason=reason,
    )


def _change(holder: str, key: str, entry: TableEntry, *, before: LicenseState) -> AssignmentChange:
    return AssignmentChange(
        holder=holder,
        license=key,
        before=before,
        after=entry.state,
        quantity=entry.quantity,
        granted=entry.granted,
    )
