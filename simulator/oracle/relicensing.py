"""O4: reconnecting alone does not end emergency mode; a lease of a newer epoch does (F4)."""

from licensing.events import (
    DiskReplaced,
    HardwareReplaced,
    NodeKeyChanged,
    RelicensingRequired,
    SessionOpened,
    StateChanged,
    StateDamaged,
)
from licensing.words import Condition, NodeState
from simulator.oracle.picture import Handlers, Picture


class Relicensing:
    """The CLA and the epoch that each node had when its emergency mode began.

    Epochs of another CLA are no newer or older: whoever leaves begins anew there.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._began: dict[str, tuple[str, int]] = {}
        self._known: set[tuple[str, str]] = set()
        """By CLA, the nodes of which it knows that their period has ended."""
        self.handlers: Handlers = {
            StateChanged: self._state_changed,
            SessionOpened: self._session_opened,
            RelicensingRequired: self._relicensing_required,
            NodeKeyChanged: self._node_key_changed,
            DiskReplaced: self._disk_replaced,
            HardwareReplaced: self._trusts_nothing,
            StateDamaged: self._trusts_nothing,
        }

    def _state_changed(self, host: str, fact: StateChanged) -> None:
        if fact.after is NodeState.EMERGENCY:
            self._begin(host)
        if fact.after is NodeState.REGULAR and host in self._began:
            # Also of a node that has left meanwhile: coming back is no relicensing. The lease is
            # stated right after the status that it brings.
            self._picture.judge_later("O4", host, lambda: self._judge(host))

    def _session_opened(self, host: str, fact: SessionOpened) -> None:
        if fact.condition is Condition.RELICENSING_REQUIRED:
            self._known.add((host, fact.node))
        else:
            self._known.discard((host, fact.node))

    def _relicensing_required(self, host: str, fact: RelicensingRequired) -> None:
        self._known.add((host, fact.node))

    def _node_key_changed(self, host: str, fact: NodeKeyChanged) -> None:
        """Where the former key may live, its period has ended, and the new one never had any."""
        if not fact.destroyed:
            self._known.discard((host, fact.node))
            self._end(fact.node)

    def _disk_replaced(self, host: str, _: DiskReplaced) -> None:
        """It is in the mode that its disk knows of; a CLA's books may be older as well."""
        self._known = {(agent, node) for agent, node in self._known if agent != host}
        for name, node in self._picture.nodes.items():
            if node.counted_out and self._began[name][0] == host:
                self._end(name)
        self._forget(host)
        if self._picture.nodes[host].state is NodeState.EMERGENCY:
            self._begin(host)

    def _trusts_nothing(self, host: str, _: HardwareReplaced | StateDamaged) -> None:
        """On other hardware, or where it was altered, it trusts nothing of what is on its disk."""
        self._forget(host)

    def _begin(self, host: str) -> None:
        node = self._picture.nodes[host]
        self._began[host] = (node.agent, node.epoch)
        node.counted_out = False

    def _forget(self, host: str) -> None:
        """The node knows nothing of its emergency mode any more: its CLA goes by its own count."""
        agent, _ = self._began.get(host, ("", 0))
        if (agent, host) in self._known:
            self._picture.nodes[host].counted_out = True
        else:
            self._end(host)

    def _end(self, host: str) -> None:
        self._began.pop(host, None)
        self._picture.nodes[host].counted_out = False

    def _judge(self, host: str) -> None:
        node = self._picture.nodes[host]
        agent, before = self._began[host]
        if agent == node.agent and node.epoch <= before:
            expected = f"emergency mode until a lease newer than epoch {before}"
            raise self._picture.violation("O4", host, expected, f"it ended with epoch {node.epoch}")
        self._end(host)
        self._known.discard((agent, host))
