"""The seven states of the license overview and how an entry moves between them (manual 4.3.2).

An entry is one license of one holder: a state, the quantity ticked, and the quantity granted by
the central CLA. Two rules:

1. An entry moves only along `ENTRY_TRANSITIONS`; an absent pair of state and action is illegal.
   Which action a change is follows from comparing what is ticked with what is granted, so a trunk
   with channels and a subscriber with a single license live by the same table.
2. A license opens when its prerequisites are ticked, and stays licensed only while they are
   licensed; otherwise it closes, and what it holds becomes an unsaved release.

A trunk with 6 of 10 channels granted is `not licensed` (red) and uses its 6.
"""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from licensing.catalogue import prerequisites_met
from licensing.words import LicenseState


class Action(Enum):
    """What happens to an entry."""

    DEMAND = auto()  # more is ticked than granted
    KEEP = auto()  # exactly what is granted is ticked
    REDUCE = auto()  # less is ticked than granted
    WITHDRAW = auto()  # the tick is taken off where nothing was granted
    REFUSE = auto()  # the CLA refuses, or takes back, what is ticked
    RETURN = auto()  # check and unlock is done, and nothing is held
    OPEN = auto()  # the prerequisites are there
    CLOSE = auto()  # a prerequisite is gone


NOT_CONFIGURABLE = LicenseState.NOT_CONFIGURABLE
CONFIGURABLE = LicenseState.CONFIGURABLE
UNSAVED_DEMAND = LicenseState.UNSAVED_DEMAND
LICENSED = LicenseState.LICENSED
NOT_LICENSED = LicenseState.NOT_LICENSED
UNSAVED_RELEASE = LicenseState.UNSAVED_RELEASE
UNSAVED_DEMAND_RELEASE = LicenseState.UNSAVED_DEMAND_RELEASE

ENTRY_TRANSITIONS: Mapping[tuple[LicenseState, Action], LicenseState] = MappingProxyType(
    {
        (NOT_CONFIGURABLE, Action.OPEN): CONFIGURABLE,
        (CONFIGURABLE, Action.CLOSE): NOT_CONFIGURABLE,
        (CONFIGURABLE, Action.DEMAND): UNSAVED_DEMAND,
        (UNSAVED_DEMAND, Action.DEMAND): UNSAVED_DEMAND,
        (UNSAVED_DEMAND, Action.KEEP): LICENSED,
        (UNSAVED_DEMAND, Action.REDUCE): UNSAVED_RELEASE,
        (UNSAVED_DEMAND, Action.WITHDRAW): CONFIGURABLE,
        (UNSAVED_DEMAND, Action.REFUSE): NOT_LICENSED,
        (UNSAVED_DEMAND, Action.CLOSE): NOT_CONFIGURABLE,
        (LICENSED, Action.DEMAND): UNSAVED_DEMAND,
        (LICENSED, Action.KEEP): LICENSED,
        (LICENSED, Action.REDUCE): UNSAVED_RELEASE,
        (LICENSED, Action.REFUSE): NOT_LICENSED,
        (LICENSED, Action.CLOSE): UNSAVED_RELEASE,
        (NOT_LICENSED, Action.DEMAND): UNSAVED_DEMAND,
        (NOT_LICENSED, Action.KEEP): LICENSED,
        (NOT_LICENSED, Action.REDUCE): UNSAVED_RELEASE,
        (NOT_LICENSED, Action.WITHDRAW): UNSAVED_DEMAND_RELEASE,
        (NOT_LICENSED, Action.REFUSE): NOT_LICENSED,
        (NOT_LICENSED, Action.CLOSE): NOT_CONFIGURABLE,
        (UNSAVED_RELEASE, Action.DEMAND): UNSAVED_DEMAND,
        (UNSAVED_RELEASE, Action.KEEP): LICENSED,
        (UNSAVED_RELEASE, Action.REDUCE): UNSAVED_RELEASE,
        (UNSAVED_RELEASE, Action.REFUSE): NOT_LICENSED,
        (UNSAVED_RELEASE, Action.RETURN): CONFIGURABLE,
        (UNSAVED_DEMAND_RELEASE, Action.DEMAND): NOT_LICENSED,
        (UNSAVED_DEMAND_RELEASE, Action.RETURN): CONFIGURABLE,
        (UNSAVED_DEMAND_RELEASE, Action.CLOSE): NOT_CONFIGURABLE,
        # The tick was taken off while the demand was under way: a grant has to go back.
        (NOT_CONFIGURABLE, Action.REDUCE): UNSAVED_RELEASE,
        (NOT_CONFIGURABLE, Action.RETURN): NOT_CONFIGURABLE,
        (CONFIGURABLE, Action.REDUCE): UNSAVED_RELEASE,
        (CONFIGURABLE, Action.RETURN): CONFIGURABLE,
        (UNSAVED_DEMAND_RELEASE, Action.REDUCE): UNSAVED_RELEASE,
    }
)


class TableEntry(msgspec.Struct, gc=False):
    """`limit` is the quantity that fits the holder; 0 where the license does not suit it.

    `reason` is a code of `licensing.errors.REFUSALS`: why the CLA said no the last time. The later
    it granted something, the higher is `grant_number`.
    """

    limit: int
    state: LicenseState = NOT_CONFIGURABLE
    quantity: int = 0
    granted: int = 0
    remembered: int = 0
    reason: str = ""
    grant_number: int = 0

    def take(self, action: Action) -> None:
        """Move along the table; an illegal action is a bug and raises `KeyError`."""
        if action is Action.CLOSE:
            self.quantity = 0
        self.state = ENTRY_TRANSITIONS[self.state, action]

    def comparison(self, *, answered: bool = False, refused: bool = False) -> Action:
        """The action that lies in the numbers as they stand now."""
        if self.quantity > self.granted:
            return Action.REFUSE if refused else Action.DEMAND
        if self.quantity < self.granted:
            return Action.REDUCE
        if self.quantity:
            return Action.KEEP
        return Action.RETURN if answered else Action.WITHDRAW

    def grant(self, quantity: int, number: int) -> None:
        """The CLA has granted `quantity` more; what fits no more by now is given up at once."""
        self.granted += quantity
        self.grant_number = number
        self.give_up(max(self.granted - self.limit, 0))

    def give_up(self, quantity: int) -> None:
        """`quantity` is out of use from here on, and still to be given back to the CLA."""
        self.granted -= quantity
        self.remembered += quantity

    def give_back(self, quantity: int) -> None:
        """The CLA has `quantity` back, those already given up here first."""
        remembered = min(quantity, self.remembered)
        self.remembered -= remembered
        self.granted = max(self.granted - (quantity - remembered), 0)


TableEntries: TypeAlias = dict[str, TableEntry]
"""One holder's entries by license, in the price list's order."""


def follow_prerequisites(entries: TableEntries) -> None:
    """Open and close what depends on other licenses of the same holder (rule 2)."""
    ticked: set[str] = set()
    licensed: set[str] = set()
    for key, entry in entries.items():
        there = licensed if entry.state is LICENSED else ticked
        if not entry.limit or not prerequisites_met(key, there):
            if entry.state not in {NOT_CONFIGURABLE, UNSAVED_RELEASE}:
                entry.take(Action.CLOSE)
        elif entry.state is NOT_CONFIGURABLE:
            entry.take(Action.OPEN)
        if entry.quantity:
            ticked.add(key)
        if entry.state is LICENSED:
            licensed.add(key)
