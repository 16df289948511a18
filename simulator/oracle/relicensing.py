"""O4: reconnecting alone does not end emergency mode; a lease of a newer epoch does (F4).

An epoch is that of the newest license file that the CLA has accepted. That a period has ended after
that was accepted, and needs a still newer one, is not judged here: the CLA goes by its own count.
"""

from collections import defaultdict

from licensing.events import (
    DiskReplaced,
    HardwareReplaced,
    LeaseInstalled,
    LeaseSigned,
    NodeKeyChanged,
    RelicensingRequired,
    SessionOpened,
    StateChanged,
    StateDamaged,
)
from licensing.words import Condition, NodeState, Trigger
from simulator.oracle.picture import Handlers, Picture


class Relicensing:
    """The CLA, the epoch and the CLA's key that each node had when its emergency mode began.

    Epochs of another CLA are no newer or older: whoever leaves begins anew there. A CLA is known by
    its key (decision 1), and on an empty disk it has another one: who leaves, and comes back after
    its CLA has lost its disk, has come to another CLA.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._began: dict[str, tuple[str, int, int]] = {}
        self._keys: defaultdict[str, list[tuple[int, int]]] = defaultdict(lambda: [(0, 0)])
        """By host, since when (ns) its CLA has which key; they are numbered."""
        self._key: dict[str, int] = {}
        """That of the CLA of each node's newest lease."""
        self._signed: dict[tuple[str, str, int], int] = {}
        """By host, lease and its number: the key with which its CLA has signed it."""
        self._left: set[str] = set()
        self._known: set[tuple[str, str]] = set()
        """By CLA, the nodes of which it knows that their period has ended."""
        self.handlers: Handlers = {
            StateChanged: self._state_changed,
            LeaseSigned: self._lease_signed,
            LeaseInstalled: self._leased,
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
        if fact.cause == Trigger.LEFT:
            self._left.add(host)
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

    def _disk_replaced(self, host: str, fact: DiskReplaced) -> None:
        """It is in the mode that its disk knows of; a CLA's books may be older as well."""
        self._take_key(host, fact.saved_ns)
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

    def _take_key(self, host: str, saved_ns: int | None) -> None:
        """That of the backup, or a new one."""
        keys = self._keys[host]
        of_backup = [key for since_ns, key in keys if saved_ns is not None and since_ns <= saved_ns]
        key = of_backup[-1] if of_backup else max(key for _, key in keys) + 1
        keys.append((self._picture.now_ns, key))

    def _lease_signed(self, host: str, fact: LeaseSigned) -> None:
        epoch = self._picture.agents[host].epoch
        if fact.epoch != epoch:
            expected = f"a lease for {fact.node} of epoch {epoch}, as the newest license file"
            raise self._picture.violation("O4", host, expected, f"one of epoch {fact.epoch}")
        self._signed[host, fact.lease_id, fact.seq] = self._key_of(host)

    def _leased(self, host: str, fact: LeaseInstalled) -> None:
        """A lease may arrive after its CLA has lost its disk, and with that its key."""
        agent = self._picture.nodes[host].agent
        signed = self._signed.get((agent, fact.lease_id, fact.seq))
        self._key[host] = self._key_of(agent) if signed is None else signed

    def _key_of(self, agent: str) -> int:
        return self._keys[agent][-1][1]

    def _begin(self, host: str) -> None:
        node = self._picture.nodes[host]
        self._began[host] = (node.agent, node.epoch, self._key.get(host, 0))
        self._left.discard(host)
        node.counted_out = False

    def _forget(self, host: str) -> None:
        """The node knows nothing of its emergency mode any more: its CLA goes by its own count."""
        agent, *_ = self._began.get(host, ("", 0, 0))
        if (agent, host) in self._known:
            self._picture.nodes[host].counted_out = True
        else:
            self._end(host)

    def _end(self, host: str) -> None:
        self._began.pop(host, None)
        self._picture.nodes[host].counted_out = False

    def _judge(self, host: str) -> None:
        node = self._picture.nodes[host]
        agent, before, key = self._began[host]
        another = host in self._left and self._key_of(agent) != key
        if agent == node.agent and not another and node.epoch <= before:
            expected = f"emergency mode until a lease newer than epoch {before}"
            raise self._picture.violation("O4", host, expected, f"it ended with epoch {node.epoch}")
        self._end(host)
        self._known.discard((agent, host))
