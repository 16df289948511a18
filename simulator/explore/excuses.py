"""What excuses over-use: what has happened before it, after which only an observer can know (O10).

A reader of the journal, as all others.
"""

from licensing import events
from licensing.events import Entry
from licensing.reservation import HOLD


class OverUseExcuses:
    """`unexcused` once over-use has begun, and nothing that was before it could cause it.

    What could: a license file was rehosted or combined, a disk exchanged, hardware declared
    destroyed; seats of a node that is cut off were let go (F9); or an order ends, and a host may
    sleep through that: off or frozen, and its clock set back, it goes on with what has ended until
    its clock is right (F11, F14).
    """

    def __init__(self) -> None:
        self.unexcused = False
        self._excused = False
        self._ends = False
        self._letting_go: set[str] = set()
        self._set_back: set[str] = set()
        self._stood_still: set[str] = set()

    def __call__(self, entry: Entry) -> None:
        """Read the next entry."""
        match entry.fact:
            case (
                events.LicenseFileMoved()
                | events.DiskReplaced()
                | events.NodeForgotten(destroyed=True)
                | events.NodeKeyChanged(destroyed=True)
            ):
                self._excused = True
            case events.LicenseFileAccepted() as file:
                self._accepted(entry.host, file)
            case events.HoldEnded() if entry.host in self._letting_go:
                self._excused = True
            case events.ClockStepped(by_ns=by_ns) if by_ns < 0:
                self._set_back.add(entry.host)
            case events.HostCrashed() | events.HostFrozen():
                self._stood_still.add(entry.host)
            case events.OverUseChanged(excess=excess) if excess and not self._is_excused:
                self.unexcused = True

    def _accepted(self, agent: str, file: events.LicenseFileAccepted) -> None:
        self._ends |= any(each.valid_until is not None for each in file.entitlements)
        if file.reserved_at_most_s is not HOLD:
            self._letting_go.add(agent)

    @property
    def _is_excused(self) -> bool:
        outlived = self._ends and not self._set_back.isdisjoint(self._stood_still)
        return self._excused or outlived
