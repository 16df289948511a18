"""Which subscribers the overview shows: those in a state, of a type, or that somebody looks for."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import NamedTuple

from licensing.catalogue import SUBSCRIBER_TYPES
from licensing.words import LicenseState
from nodes.assignment.states import NOT_CONFIGURABLE
from nodes.assignment.views import AssignmentViews
from nodes.telephony.equipment import Equipment
from nodes.wbm.asked import Asked
from nodes.wbm.overview import DELETED, is_found

_UNSAVED = {
    LicenseState.UNSAVED_DEMAND,
    LicenseState.UNSAVED_RELEASE,
    LicenseState.UNSAVED_DEMAND_RELEASE,
}
_NOTHING = {LicenseState.CONFIGURABLE, NOT_CONFIGURABLE}
SHOWN: Mapping[str, str] = MappingProxyType(
    {
        "": "All",
        "invalid": "Invalid",
        "unsaved": "Unsaved",
        "none": "Without licenses",
        "licensed": "Licensed",
    }
)
"""What may be shown alone, in the words of its choice."""


class Filter(NamedTuple):
    """As it stands in an address; "" leaves nothing out."""

    find: str = ""
    show: str = ""
    kind: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The same, to be carried on."""
        return {"find": self.find, "show": self.show, "type": self.kind}

    def found(self, equipment: Equipment, assignments: AssignmentViews) -> Iterator[str]:
        """The subscribers that it lets through, deleted ones with them, in table order."""
        types = {each.number: each.type for each in equipment.subscribers}
        trunks = {trunk.name for trunk in equipment.trunks}
        for holder in assignments.holders():
            kind = types.get(holder, "")
            is_subscriber = kind or (holder.isdecimal() and holder not in trunks)
            if not (is_subscriber and self._lets_through(holder, kind)):
                continue
            if not self.show or _is_shown(self.show, assignments.states_of(holder)):
                yield holder

    def _lets_through(self, holder: str, kind: str) -> bool:
        if self.kind and kind != self.kind:
            return False
        return is_found(self.find, holder, SUBSCRIBER_TYPES[kind].name if kind else DELETED)


def filter_of(asked: Asked) -> Filter:
    """What somebody asked for; what is no filter leaves nothing out."""
    find = asked.query.get("find", "").strip()[:40]
    show, kind = asked.query.get("show", ""), asked.query.get("type", "")
    return Filter(find, show if show in SHOWN else "", kind if kind in SUBSCRIBER_TYPES else "")


def _is_shown(show: str, states: AbstractSet[LicenseState]) -> bool:
    match show:
        case "invalid":
            return LicenseState.NOT_LICENSED in states
        case "unsaved":
            return not states.isdisjoint(_UNSAVED)
        case "none":
            return states <= _NOTHING
        case "licensed":
            return LicenseState.LICENSED in states
    return True
