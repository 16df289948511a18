"""Assign, unassign, unlock, add, delete, retype, shrink, and connections that break, in any order.

Through the real assignment tables of three nodes and the real pool of their CLA.
"""

from collections import Counter
from collections.abc import Mapping

import pytest
from correspondents import Agent, Correspondent
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from licensing.catalogue import prerequisites_met
from licensing.errors import LicensingError
from licensing.words import LicenseState
from master_cla.pool import Grant, Pool
from nodes import subscribers
from nodes.assignment import AssignmentTable
from nodes.equipment import Equipment, Subscriber, Trunk

NAMES = ("hq", "north", "south")
NUMBERS = ("1", "2", "3")
TYPES = ("ip-hfa", "sip", "up0", "mobile")
TICKED = ("ip", "tdm", "mobile", "voicemail", "uc-suite", "fax")
BOUGHT = {"ip": 3, "tdm": 2, "mobile": 1, "voicemail": 2, "uc-suite": 2, "fax": 1, "s2m": 4}

nodes = st.sampled_from(NAMES)
numbers = st.sampled_from(NUMBERS)


def _equipment() -> Equipment:
    return Equipment(
        model="X3",
        subscribers=[Subscriber(number="1", type="ip-hfa"), Subscriber(number="2", type="up0")],
        trunks=[Trunk(name="s2m-1", kind="s2m", channels=3)],
    )


class AnyOrder(RuleBasedStateMachine):
    """Three nodes, one CLA, a license file that grows and shrinks."""

    def __init__(self) -> None:
        super().__init__()
        self.agent = Agent(BOUGHT)
        self.nodes = {name: Correspondent(name, _equipment(), self.agent) for name in NAMES}
        self.ceiling = dict(BOUGHT)
        for node in self.nodes.values():
            node.connect()
            node.deliver_word()

    # The technician.

    @rule(node=nodes, number=numbers, key=st.sampled_from(TICKED))
    def assign(self, node: str, number: str, key: str) -> None:
        """A tick; what cannot be assigned is refused."""
        self._try(lambda: self.nodes[node].table.tick(number, key))

    @rule(node=nodes, number=numbers, key=st.sampled_from(TICKED))
    def unassign(self, node: str, number: str, key: str) -> None:
        """A tick less."""
        self._try(lambda: self.nodes[node].table.untick(number, key))

    @rule(node=nodes, channels=st.integers(1, 3))
    def assign_channels(self, node: str, channels: int) -> None:
        """Channels of the trunk, more or fewer."""
        self._try(lambda: self.nodes[node].table.tick("s2m-1", "s2m", channels))

    @rule(node=nodes)
    def unlock(self, node: str) -> None:
        """Check and unlock."""
        self.nodes[node].unlock()

    @rule(node=nodes, number=numbers, kind=st.sampled_from(TYPES))
    def add(self, node: str, number: str, kind: str) -> None:
        """Another subscriber."""
        self._equip(node, subscribers.added, Subscriber(number=number, type=kind))

    @rule(node=nodes, number=numbers)
    def delete(self, node: str, number: str) -> None:
        """A subscriber less."""
        self._equip(node, subscribers.deleted, number)

    @rule(node=nodes, number=numbers, kind=st.sampled_from(TYPES))
    def retype(self, node: str, number: str, kind: str) -> None:
        """Another type of a call number."""
        self._equip(node, subscribers.retyped, Subscriber(number=number, type=kind))

    @rule(key=st.sampled_from([*BOUGHT]), seats=st.integers(0, 4))
    def activate(self, key: str, seats: int) -> None:
        """Another license file; a smaller one leaves a surplus (F13)."""
        self.agent.pool.bought = dict(self.agent.pool.bought) | {key: seats}
        used = self.in_use()
        self.ceiling = {key: max(self.agent.pool.bought[key], used[key]) for key in BOUGHT}

    # The network.

    @rule(node=nodes)
    def connect(self, node: str) -> None:
        """A session begins."""
        if not self.nodes[node].connected:
            self.nodes[node].connect()

    @rule(node=nodes)
    def cut(self, node: str) -> None:
        """It breaks, whatever is under way."""
        self.nodes[node].cut()

    @rule(node=nodes)
    def end_hold(self, node: str) -> None:
        """Cut off until after the end of the hold."""
        if not self.nodes[node].connected:
            self.nodes[node].lapse()

    @precondition(lambda self: any(node.sent for node in self.nodes.values()))
    @rule(data=st.data())
    def deliver_to_the_cla(self, data) -> None:
        """A demand arrives, and what the node must give up is what F13 says."""
        self._drawn(data, [node for node in self.nodes.values() if node.sent]).deliver_request()

    @precondition(lambda self: any(node.coming for node in self.nodes.values()))
    @rule(data=st.data())
    def deliver_to_a_node(self, data) -> None:
        """Something that the CLA said arrives."""
        self._drawn(data, [node for node in self.nodes.values() if node.coming]).deliver_word()

    # What holds after every step.

    @invariant()
    def never_more_than_bought(self) -> None:
        """O1: what nodes use or have reserved; the surplus of a smaller file never grows."""
        claimed = self.in_use()
        for key in BOUGHT:
            assert self.agent.pool.used(key) <= claimed[key] <= self.ceiling[key], key
            self.ceiling[key] = max(self.agent.pool.bought[key], claimed[key])

    @invariant()
    def nothing_without_its_prerequisites(self) -> None:
        """O9, in the tables and in the pool."""
        for node in self.nodes.values():
            licensed = [
                (row.holder, row.license)
                for row in node.table.overview()
                if row.state is LicenseState.LICENSED
            ]
            granted = [(g.holder, g.license) for g in self.agent.pool.grants(node.name)]
            for pairs in (licensed, granted):
                for holder, key in pairs:
                    assert prerequisites_met(key, {k for h, k in pairs if h == holder})

    def in_use(self) -> Counter[str]:
        """What each node claims: what it uses, or what is reserved for it, whichever is more."""
        claimed: Counter[str] = Counter()
        for node in self.nodes.values():
            claimed.update(Counter(node.in_use) | Counter(self.agent.pool.held(node.name)))
        return claimed

    def _equip(self, node: str, change, *arguments) -> None:
        equipment = self.nodes[node].equipment
        self._try(lambda: self.nodes[node].equip(change(equipment, *arguments)))

    def _drawn(self, data, among: list[Correspondent]) -> Correspondent:
        name = data.draw(st.sampled_from([node.name for node in among]))
        return self.nodes[name]

    def _try(self, operation) -> None:
        try:
            operation()
        except LicensingError:
            pass


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=1500, stateful_step_count=60, deadline=None)
