"""Check and unlock at a page: it concerns the whole node, and says so.

What became of the page's own holders stands beside them; the others are a link away.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from licensing.catalogue import LICENSES, license_name
from licensing.errors import LicensingError
from licensing.messages import RefusedSeat, Seat
from licensing.words import counted
from nodes.administration import Unlocked
from nodes.assignment.states import NOT_LICENSED, UNSAVED_DEMAND_RELEASE
from nodes.assignment.views import AssignmentRow
from nodes.cla_session.free_count import FreeLicenses
from nodes.profiles import Right
from nodes.system import CommunicationSystem
from nodes.wbm.form import WbmForm
from nodes.wbm.words import PAGES, page_of, why
from runtime.http import Nothing
from runtime.pages.entries import Entries
from runtime.pages.site import Link, Notice

LOCAL = "/local-user-licenses"
_Count = Counter[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """What check and unlock has to do, for the whole node.

    `refused` are demands that were refused, and are asked again. `short` has licenses of which more
    are demanded than are free: name, demanded, free.
    """

    demands: int
    refused: int
    releases: int
    short: list[tuple[str, int, int]]

    @property
    def words(self) -> str:
        """In words."""
        parts = [
            counted(number, f"unsaved {noun}")
            for number, noun in ((self.demands, "demand"), (self.releases, "release"))
            if number
        ]
        if self.refused:
            parts.append(counted(self.refused, "refused demand") + " to be asked again")
        return ", ".join(parts) or "nothing is unsaved"

    @property
    def anything(self) -> bool:
        """Whether check and unlock has something to do."""
        return bool(self.demands or self.refused or self.releases)


def scope_of(undecided: Iterable[AssignmentRow], free: FreeLicenses) -> Scope:
    """What check and unlock has to do with, where so many are free as far as is known."""
    demanded, wanted, given_back, withdrawn = _Count(), _Count(), _Count(), 0
    for row in undecided:
        missing = max(row.quantity - row.granted, 0)
        wanted[row.license] += missing
        demanded[row.license] += missing if row.state is not NOT_LICENSED else 0
        given_back[row.license] += _released(row)
        withdrawn += row.state is UNSAVED_DEMAND_RELEASE
    return Scope(
        demands=demanded.total(),
        refused=wanted.total() - demanded.total(),
        releases=given_back.total() + withdrawn,
        short=list(_short(wanted, given_back, free)),
    )


def _short(
    wanted: Counter[str], given_back: Counter[str], free: FreeLicenses
) -> Iterator[tuple[str, int, int]]:
    if free.counted_at is None:
        return
    for key in LICENSES:
        there = free.licenses.get(key)
        available = (there.free if there else 0) + given_back[key]
        if wanted[key] > available:
            yield license_name(key), wanted[key], available


def _released(row: AssignmentRow) -> int:
    """How many go back with the next check and unlock."""
    return max(row.granted - row.quantity, 0) + row.remembered


def unlock_form(page: str) -> WbmForm:
    """Check and unlock, as `page` offers it."""

    async def submit(system: CommunicationSystem, entries: Entries) -> Notice:
        system.require_answered()
        return await unlock(system, page.format(holder=entries.one("holder")))

    return WbmForm(f"{page}/unlock", page, Right.ASSIGN, submit)


async def unlock(system: CommunicationSystem, page: str) -> Notice:
    """Check and unlock, for somebody at `page`; a CLA that does not answer in time is no refusal.

    What was ticked is still demanded then, and what was released stays so (F8).
    """
    given_back = [
        Seat(holder=row.holder, license=row.license, quantity=_released(row))
        for row in system.assignments.undecided()
        if _released(row)
    ]
    try:
        return told(await system.unlock(Nothing()), given_back, page)
    except LicensingError as silence:
        return Notice(f"{silence.message} {silence.hint}", warning=True)


def told(unlocked: Unlocked, given_back: list[Seat], page: str) -> Notice:
    """What check and unlock did, for somebody at `page`; what it `given_back` is known before."""
    if not unlocked.answered:
        return Notice(
            "The central CLA cannot be reached: releases take effect, "
            "demands stay unsaved until it is back; then check and unlock again.",
            warning=True,
        )
    words = [
        f"{_licenses(seats)} {what}"
        for seats, what in ((unlocked.granted, "granted"), (given_back, "given back"))
        if seats
    ]
    if unlocked.refused:
        reasons = dict.fromkeys(map(why, unlocked.refused))
        words.append(f"{_licenses(unlocked.refused)} refused ({'; '.join(reasons)})")
    text = ", ".join(words) or "there was nothing to unlock"
    items = _items(unlocked, given_back)
    return Notice(
        f"Checked and unlocked the whole node: {text}.",
        warning=bool(unlocked.refused),
        links=_elsewhere(items, page),
        items=items,
    )


def _items(unlocked: Unlocked, given_back: Iterable[Seat]) -> Mapping[tuple[str, str], str]:
    """What became of each license of each holder."""
    items = {(seat.holder, seat.license): "just now: given back" for seat in given_back}
    granted = {(seat.holder, seat.license): seat.quantity for seat in unlocked.granted}
    for seat in unlocked.granted:
        items[seat.holder, seat.license] = "just now: granted"
    for refused in unlocked.refused:
        item = refused.holder, refused.license
        partly = f"{granted[item]} granted, {refused.quantity} " if item in granted else ""
        items[item] = f"just now: {partly}refused"
    return items


def _elsewhere(items: Iterable[tuple[str, str]], page: str) -> list[Link]:
    """Where the results of other pages are."""
    found = Counter(_shown_at(holder, page) for holder, _ in items)
    return [
        Link(f"{counted(number, 'result')} at {PAGES[path]}", path)
        for path, number in found.items()
        if path != page
    ]


def _shown_at(holder: str, page: str) -> str:
    """A subscriber's own page shows its licenses, and the overview those of all."""
    own = page_of(holder)
    if own == page or not own.startswith(LOCAL):
        return own
    return LOCAL


def _licenses(seats: Iterable[Seat] | Iterable[RefusedSeat]) -> str:
    return counted(sum(seat.quantity for seat in seats), "license")
