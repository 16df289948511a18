"""Which subscribers the overview shows: those in a state, of a type, or that somebody looks for."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import NamedTuple

from licensing.catalogue import SUBSCRIBER_TYPES
from licensing.words import LicenseState
from nodes.assignment.states import NOT_CONFIGURABLE
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

    def found(
        self, equipment: Equipment, states: Iterable[tuple[str, AbstractSet[LicenseState]]]
    ) -> Iterator[str]:
        """The subscribers that it lets through, deleted ones with them, in table order."""
        types = {each.number: each.type for each in equipment.subscribers}
        others = {trunk.name for trunk in equipment.trunks}
        for holder, of_holder in states:
            kind = types.get(holder, "")
            is_subscriber = kind or (holder.isdecimal() and holder not in others)
            if is_subscriber and self._lets_through(holder, kind, of_holder):
                yield holder

    def _lets_through(self, holder: str, kind: str, states: AbstractSet[LicenseState]) -> bool:
        if self.kind and kind != self.kind:
            return False
        name = SUBSCRIBER_TYPES[kind].name if kind else DELETED
        return _is_shown(self.show, states) and is_found(self.find, holder, name)


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
