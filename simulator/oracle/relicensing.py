"""O4: reconnecting alone does not end emergency mode; a lease of a newer epoch does (F4)."""

from licensing.events import DiskReplaced, HardwareReplaced, StateChanged
from licensing.words import NodeState
from simulator.oracle.picture import Handlers, Picture


class Relicensing:
    """The CLA and the epoch that each node had when its emergency mode began.

    Epochs of another CLA are no newer or older: whoever leaves begins anew there.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._began: dict[str, tuple[str, int]] = {}
        self.handlers: Handlers = {
            StateChanged: self._state_changed,
            DiskReplaced: self._remember_anew,
            HardwareReplaced: self._remember_anew,
        }

    def _state_changed(self, host: str, fact: StateChanged) -> None:
        if fact.after is NodeState.EMERGENCY:
            node = self._picture.nodes[host]
            self._began[host] = (node.agent, node.epoch)
        if fact.after is NodeState.REGULAR and host in self._began:
            # Also of a node that has left meanwhile: coming back is no relicensing. The lease is
            # stated right after the status that it brings.
            self._picture.judge_later("O4", host, lambda: self._judge(host))

    def _remember_anew(self, host: str, fact: DiskReplaced | HardwareReplaced) -> None:
        """It is in the mode that its disk knows of; on other hardware it can trust none of that."""
        self._began.pop(host, None)
        node = self._picture.nodes[host]
        if node.state is NodeState.EMERGENCY and isinstance(fact, DiskReplaced):
            self._began[host] = (node.agent, node.epoch)

    def _judge(self, host: str) -> None:
        node = self._picture.nodes[host]
        agent, before = self._began[host]
        if agent == node.agent and node.epoch <= before:
            expected = f"emergency mode until a lease newer than epoch {before}"
            raise self._picture.violation("O4", host, expected, f"it ended with epoch {node.epoch}")
        del self._began[host]
