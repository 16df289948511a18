"""Refusals that are repeated as long as their reason lasts: told once, until it is over."""

from collections.abc import Mapping

from licensing import events
from licensing.events import Entry, Event
from licensing.words import Condition

_ENDS: Mapping[type[Event], tuple[type[Event], ...]] = {
    events.SessionOpened: (events.SessionRefused,),
    events.LeaseInstalled: (events.LeaseRefused, events.ConnectionEstablished),
    events.ConnectionEstablished: (events.ConnectionRefused,),
}
"""Which refusals are over with a fact of this kind."""


class Refusals:
    """Reads every entry; `repeats` says of each whether it refuses what is refused already."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, type[Event]], str] = {}

    def repeats(self, entry: Entry) -> bool:
        """Whether the same node was refused for the same reason, and nothing has ended that."""
        node, kind = getattr(entry.fact, "node", entry.host), type(entry.fact)
        for refusal in _ENDS.get(kind, ()):
            self._last.pop((node, refusal), None)
        reason = _reason(entry.fact)
        if not reason:
            return False
        told = self._last.get((node, kind)) == reason
        self._last[node, kind] = reason
        return told


def _reason(fact: Event) -> str:
    """A welcome that requires relicensing is a refusal, too (F6); "" where it is none."""
    match fact:
        case (
            events.SessionRefused(code=code)
            | events.ConnectionRefused(code=code)
            | events.LeaseRefused(code=code)
        ):
            return code
        case events.ConnectionEstablished(condition=Condition.RELICENSING_REQUIRED as condition):
            return condition
    return ""
