"""O9: no user-oriented license without its station license and prerequisites (manual 4.3.2)."""

from licensing.catalogue import LICENSES, LicenseKind, prerequisites_met
from licensing.events import AssignmentsChanged
from licensing.words import LicenseState
from simulator.oracle.picture import Handlers, Picture


class Prerequisites:
    """Judges the holders whose licenses changed, when the instant is over."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._touched: dict[str, dict[str, None]] = {}
        self.handlers: Handlers = {AssignmentsChanged: self._assignments_changed}

    def _assignments_changed(self, host: str, fact: AssignmentsChanged) -> None:
        holders = self._touched.setdefault(host, {})
        holders.update(dict.fromkeys(change.holder for change in fact.changes))
        self._picture.judge_later("O9", host, lambda: self._judge(host))

    def _judge(self, host: str) -> None:
        entries = self._picture.nodes[host].entries
        for holder in self._touched.get(host, {}):
            licensed = {
                key
                for key, entry in entries[holder].items()
                if entry.after is LicenseState.LICENSED
            }
            for key in sorted(licensed):
                user_oriented = LICENSES[key].kind is LicenseKind.USER
                if user_oriented and not prerequisites_met(key, licensed):
                    expected = f"{key} of {holder} licensed with all that it requires"
                    seen = f"only {', '.join(sorted(licensed))} licensed"
                    raise self._picture.violation("O9", host, expected, seen)
        self._touched.pop(host, None)
