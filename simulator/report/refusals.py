"""Refusals that are no news: those of what is refused already, and of who is about to be known."""

from collections.abc import Mapping

from licensing import events
from licensing.events import Entry, Event
from licensing.policies import TIMING
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


class Strangers:
    """Reads every entry; whether a node dials before somebody has enrolled it is chance."""

    def __init__(self) -> None:
        self._refused: dict[str, list[Entry]] = {}
        self._enrolled_ns: dict[str, int] = {}

    def takes_back(self, entry: Entry) -> list[Entry]:
        """The refusals of a node as unknown that are none, now that it is enrolled.

        Its own word of one may come later, and is taken back at once.
        """
        match entry.fact:
            case events.SessionRefused(code="node-unknown", node=node):
                return self._refuse(node, entry)
            case events.ConnectionRefused(code="node-unknown"):
                return self._refuse(entry.host, entry)
            case events.NodeEnrolled(node=node):
                self._enrolled_ns[node] = entry.at
                return [each for each in self._refused.pop(node, ()) if _is_near(each, entry.at)]
        return []

    def _refuse(self, node: str, entry: Entry) -> list[Entry]:
        enrolled_ns = self._enrolled_ns.get(node)
        if enrolled_ns is not None and _is_near(entry, enrolled_ns):
            return [entry]
        self._refused.setdefault(node, []).append(entry)
        return []


def _is_near(refused: Entry, enrolled_ns: int) -> bool:
    return abs(enrolled_ns - refused.at) <= TIMING.answer_ns


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
