"""What is on the disks of the hosts, for a disk that is lost, or a backup that is put back.

Programs know no more than what is on their disk: the picture of node and CLA is then that of the
backup, or that of a host as it was delivered. Its clock is on no disk, and F11 charges the time
between.
"""

from copy import deepcopy

import msgspec

from licensing.events import DiskFilled, DiskFreed, DiskReplaced, DiskSaved, RunBegan
from licensing.words import Role
from simulator.oracle.picture import Agent, Handlers, NodePicture, Picture

Backup = tuple[str, int | None]
"""A host, and when its disk was saved (ns since the start); None for a disk without anything."""


class _OnDisk(msgspec.Struct):
    """What a disk has: of the node, of the CLA, and each node's last contact there."""

    node: NodePicture
    agent: Agent
    contacts: dict[str, int]


class Disks:
    """Keeps what each backup has, and lets the picture be so again."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._saved: dict[Backup, _OnDisk] = {}
        self.handlers: Handlers = {
            RunBegan: self._run_began,
            DiskSaved: self._disk_saved,
            DiskReplaced: self._disk_replaced,
            DiskFilled: self._disk_filled,
            DiskFreed: self._disk_freed,
        }

    def _run_began(self, _: str, fact: RunBegan) -> None:
        for name, facts in fact.nodes.items():
            delivered = NodePicture(name, facts, Role.STANDALONE, name)
            self._saved[name, None] = _OnDisk(delivered, Agent(), {})

    def _disk_saved(self, host: str, _: DiskSaved) -> None:
        nodes, now_ns = self._picture.nodes, self._picture.now_ns
        contacts = {
            name: node.contacts[host] for name, node in nodes.items() if host in node.contacts
        }
        saved = _OnDisk(deepcopy(nodes[host]), deepcopy(self._picture.agents[host]), contacts)
        saved.node.clock.stopped(now_ns, saved.node.clock.wall_ns(now_ns))
        saved.agent.clock.stopped(now_ns)
        self._saved[host, now_ns] = saved

    def _disk_replaced(self, host: str, fact: DiskReplaced) -> None:
        """The power of the host has failed before."""
        saved, node = deepcopy(self._saved[host, fact.saved_ns]), self._picture.nodes[host]
        # CLAs know of these, whatever is on the disk of the node.
        contacts, counted_out = node.contacts, node.counted_out
        for name in NodePicture.__struct_fields__:
            setattr(node, name, getattr(saved.node, name))
        node.up, node.contacts, node.disk_full = False, contacts, False
        node.counted_out = counted_out
        self._picture.agents[host] = saved.agent
        for name, other in self._picture.nodes.items():
            other.contacts.pop(host, None)
            if name in saved.contacts:
                other.contacts[host] = saved.contacts[name]

    def _disk_filled(self, host: str, _: DiskFilled) -> None:
        self._picture.nodes[host].disk_full = True

    def _disk_freed(self, host: str, _: DiskFreed) -> None:
        self._picture.nodes[host].disk_full = False
