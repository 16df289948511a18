"""The license status of every node, also where no transition says it: a disk, a damaged record."""

import msgspec

from licensing import events
from licensing.events import Entry
from licensing.words import NodeState


class NodeStates(msgspec.Struct):
    """A reader of the journal; it returns the new status of `entry.host` where that changes.

    A node that cannot trust a record is restricted (A12). One whose disk is exchanged is what that
    disk says: what it was when the backup was made, or a system as it was delivered.
    """

    _now: dict[str, NodeState] = msgspec.field(default_factory=dict)
    _saved: dict[tuple[str, int], NodeState] = msgspec.field(default_factory=dict)

    def __call__(self, entry: Entry) -> NodeState | None:
        """Read the next entry of the journal."""
        match entry.fact:
            case events.StateChanged(after=after):
                pass
            case events.StateDamaged():
                after = NodeState.RESTRICTED
            case events.DiskReplaced(saved_ns=saved_ns):
                at_ns = -1 if saved_ns is None else saved_ns
                after = self._saved.get((entry.host, at_ns), NodeState.ACTIVATION_PERIOD)
            case events.DiskSaved():
                self._saved[entry.host, entry.at] = self._of(entry.host)
                return None
            case _:
                return None
        if after is self._of(entry.host):
            return None
        self._now[entry.host] = after
        return after

    def _of(self, host: str) -> NodeState:
        return self._now.get(host, NodeState.ACTIVATION_PERIOD)
