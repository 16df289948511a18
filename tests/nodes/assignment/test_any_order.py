"""Assign, unassign, unlock, add, delete, retype, shrink, and connections that break, in any order.

Through the real assignment tables of two nodes and the real pool of their CLA.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Mapping

import pytest
from correspondents import Agent, Correspondent, Word
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from searches import FOR_A_PLANTED_BUG

from licensing.catalogue import prerequisites_met
from licensing.errors import LicensingError
from licensing.messages import Seat
from licensing.words import LicenseState
from master_cla import pool
from master_cla.pool import Pool
from nodes.assignment import table
from nodes.assignment.table import AssignmentTable
from nodes.assignment.views import AssignmentRow
from nodes.telephony import subscribers
from nodes.telephony.equipment import Equipment, Subscriber, TrunkLine

NAMES = ("north", "south")
NUMBERS = ("1", "2")
TYPES = ("ip-hfa", "sip", "up0")
TICKED = (("ip",), ("ip", "voicemail"), ("ip", "uc-suite", "fax"), ("tdm", "voicemail"))
BOUGHT = {"ip": 1, "tdm": 1, "voicemail": 1, "uc-suite": 1, "fax": 1, "s2m": 3}
FILES = (BOUGHT, {**BOUGHT, "ip": 3, "voicemail": 3, "s2m": 6}, {**BOUGHT, "ip": 0, "s2m": 1})

nodes = st.sampled_from(NAMES)
numbers = st.sampled_from(NUMBERS)


def _equipment() -> Equipment:
    return Equipment(
        model="X3",
        subscribers=[Subscriber(number="1", type="ip-hfa"), Subscriber(number="2", type="up0")],
        trunks=[TrunkLine(name="s2m-1", kind="s2m", channels=3)],
    )


class JudgedAgent(Agent):
    """A CLA whose every taking back is compared with the rule (F13)."""

    def surplus(self, node: str) -> Word | None:
        """Of all seats the latest granted go, and with them what requires them."""
        expected: Counter[tuple[str, str]] = Counter()
        for key in BOUGHT:
            seats = [
                (grant.number, name, grant.holder)
                for name in NAMES
                if not self.pool.lapsed(name)
                for grant in self.pool.grants(name)
                if grant.license == key and grant.holder
                for _ in range(grant.quantity)
            ]
            excess = max(0, len(seats) - self.pool.bought[key])
            latest = sorted(seats, reverse=True)[:excess]
            expected.update((holder, key) for _, owner, holder in latest if owner == node)
        word = super().surplus(node)
        lost = Counter[tuple[str, str]]()
        for seat in word.lost if word else []:
            lost[seat.holder, seat.license] += seat.quantity
        assert expected <= lost
        for holder, key in lost - expected:
            left = {g.license for g in self.pool.grants(node) if g.holder == holder}
            assert not prerequisites_met(key, left)
        return word


class AnyOrder(RuleBasedStateMachine):
    """Two nodes, one CLA, a license file that grows and shrinks."""

    def __init__(self) -> None:
        super().__init__()
        self.agent = JudgedAgent(BOUGHT)
        self.nodes = {name: Correspondent(name, _equipment(), self.agent) for name in NAMES}
        self.ceiling = dict(BOUGHT)
        self.stored: dict[str, dict[str, list[AssignmentRow]]] = {name: {} for name in NAMES}
        for node in self.nodes.values():
            node.connect()
            node.deliver()

    # The technician.

    @rule(node=nodes, number=numbers, keys=st.sampled_from(TICKED))
    def assign(self, node: str, number: str, keys: tuple[str, ...]) -> None:
        """Ticks; what cannot be assigned is refused."""
        for key in keys:
            self._try(self.nodes[node].table.tick, number, key)

    @rule(node=nodes, number=numbers, keys=st.sampled_from(TICKED))
    def unassign(self, node: str, number: str, keys: tuple[str, ...]) -> None:
        """A tick less."""
        self._try(self.nodes[node].table.untick, number, keys[-1])

    @rule(node=nodes, channels=st.integers(1, 3))
    def assign_channels(self, node: str, channels: int) -> None:
        """Channels of the trunk, more or fewer."""
        self._try(self.nodes[node].table.tick, "s2m-1", "s2m", channels)

    @rule(node=nodes, letters=st.integers(0, 6))
    def unlock(self, node: str, letters: int = 0) -> None:
        """Check and unlock; not everything that is written to each other need arrive by now."""
        self.nodes[node].unlock()
        self.deliver(node, letters)

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

    @rule(file=st.sampled_from(FILES))
    def activate(self, file: Mapping[str, int]) -> None:
        """Another license file; a smaller one leaves a surplus (F13)."""
        self.agent.pool.bought = file
        used = self.in_use()
        self.ceiling = {key: max(file[key], used[key]) for key in BOUGHT}

    # The network.

    @rule(node=nodes, letters=st.integers(1, 6))
    def deliver(self, node: str, letters: int) -> None:
        """So many of the letters under way arrive."""
        for _ in range(letters):
            self.nodes[node].deliver()

    @rule(node=nodes, lapsed=st.booleans())
    def cut(self, node: str, *, lapsed: bool = False) -> None:
        """The connection breaks and stays away, maybe until after the end of the hold."""
        self.nodes[node].cut()
        if lapsed:
            self.nodes[node].lapse()

    @rule(node=nodes)
    def reconnect(self, node: str) -> None:
        """The connection breaks, if there is one, and comes back at once."""
        self.nodes[node].cut()
        self.nodes[node].connect()
        self.nodes[node].deliver()

    # What holds after every step.

    @invariant()
    def never_more_than_bought(self) -> None:
        """O1: all that nodes use is counted; the surplus of a smaller file never grows (F13)."""
        claimed = self.in_use()
        for key in BOUGHT:
            assert claimed[key] <= min(self.agent.pool.used(key), self.ceiling[key]), key
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
            grants = self.agent.pool.grants(node.name)
            granted = [(grant.holder, grant.license) for grant in grants if grant.holder]
            for pairs in (licensed, granted):
                for holder, key in pairs:
                    assert prerequisites_met(key, {k for h, k in pairs if h == holder})

    @invariant()
    def what_changed_is_stored(self) -> None:
        """O7: who stores only what may differ has the whole table."""
        for name, node in self.nodes.items():
            self.stored[name].update(node.table.unsaved())
            node.table.saved()
            stored = [row for rows in self.stored[name].values() for row in rows]
            assert sorted(stored, key=_cell) == sorted(node.table.rows(), key=_cell)

    def in_use(self) -> Counter[str]:
        """What each node claims: what it uses, or what is reserved for it, whichever is more."""
        claimed: Counter[str] = Counter()
        for node in self.nodes.values():
            claimed.update(Counter(node.in_use) | Counter(self.agent.pool.held(node.name)))
        return claimed

    def _equip(self, node: str, change, *arguments) -> None:
        equipment = self._try(change, self.nodes[node].equipment, *arguments)
        if equipment:
            self.nodes[node].equip(equipment)

    def _try(self, operation, *arguments):
        """The result, None where that is refused."""
        with contextlib.suppress(LicensingError):
            return operation(*arguments)


def _cell(row: AssignmentRow) -> tuple[str, str]:
    return row.holder, row.license


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(stateful_step_count=60)


def _unlocked(machine: AnyOrder, node: str, *, letters: int) -> None:
    """A station license assigned, checked and unlocked.

    The letters are the acknowledgement of the first lease, demand, answer, acknowledgement.
    """
    machine.assign(node, "1", ("ip",))
    machine.unlock(node, letters=letters)
    machine.never_more_than_bought()


def _an_answer_is_older_than_the_lease() -> None:
    """Decided, and lost on its way twice; between the two a smaller file took it back."""
    machine = AnyOrder()
    _unlocked(machine, "north", letters=2)
    machine.reconnect("north")
    machine.activate({**BOUGHT, "ip": 0})
    for _ in range(2):
        machine.deliver("north", 2)
        machine.reconnect("north")
    machine.deliver("north", 9)
    machine.never_more_than_bought()


def _a_node_is_cut_off_from_what_it_lost() -> None:
    """A smaller file took something back, which the node did not learn; then there is a larger."""
    machine = AnyOrder()
    _unlocked(machine, "north", letters=4)
    machine.activate({**BOUGHT, "ip": 0})
    machine.assign("north", "1", ("voicemail",))
    machine.unlock("north")
    machine.deliver("north", 1)
    machine.cut("north")
    machine.activate({**BOUGHT, "ip": 1})
    _unlocked(machine, "south", letters=3)


def _a_release_is_on_its_way() -> None:
    """The CLA has the seat back already, and the node does not know that."""
    machine = AnyOrder()
    _unlocked(machine, "north", letters=4)
    machine.unassign("north", "1", ("ip",))
    machine.unlock("north", letters=1)
    machine.never_more_than_bought()


def _a_smaller_file_takes_the_latest() -> None:
    """Two stations, one after the other, and then one license."""
    machine = AnyOrder()
    machine.activate({**BOUGHT, "ip": 2})
    _unlocked(machine, "north", letters=4)
    machine.retype("north", "2", "ip-hfa")
    machine.assign("north", "2", ("ip",))
    machine.unlock("north", letters=3)
    machine.activate({**BOUGHT, "ip": 1})
    machine.assign("north", "1", ("voicemail",))
    machine.unlock("north", letters=9)


def test_a_release_on_its_way_is_out_of_use():
    """F9: the CLA may grant it to others before its answer is back."""
    _a_release_is_on_its_way()


def test_a_smaller_file_takes_what_was_granted_last():
    """F13, as the CLA is judged in every order of events."""
    _a_smaller_file_takes_the_latest()


def test_an_answer_that_is_older_than_the_lease_brings_nothing_back():
    """F13: what was taken back meanwhile stays taken back, however late the answer comes."""
    _an_answer_is_older_than_the_lease()


def test_nobody_gets_what_a_cut_off_node_does_not_know_it_lost():
    """F9: its seats are free when it has stored the smaller lease, or its hold has ended."""
    _a_node_is_cut_off_from_what_it_lost()


def _any_order() -> None:
    run_state_machine_as_test(AnyOrder, settings=FOR_A_PLANTED_BUG)


_give_up = Pool.give_up_surplus
_latest_first = Pool._latest_first


def _earliest_first(pool: Pool, keys):
    return _latest_first(pool, keys)[::-1]


_unsaved = AssignmentTable.unsaved


def _all_but_the_first(assignments: AssignmentTable) -> dict[str, list[AssignmentRow]]:
    return dict([*_unsaved(assignments).items()][1:])


def _free_at_once(pool: Pool, node: str) -> list[Seat]:
    lost = _give_up(pool, node)
    pool.let_go(node)
    return lost


@pytest.mark.parametrize(
    ("where", "name", "bug", "story"),
    [
        (Pool, "free", lambda self, key: self.bought.get(key, 0), _any_order),
        (Pool, "_latest_first", _earliest_first, _a_smaller_file_takes_the_latest),
        (AssignmentTable, "release_only", lambda self, check: [], _a_release_is_on_its_way),
        (pool, "prerequisites_met", lambda key, held: True, _any_order),
        (table, "follow_prerequisites", lambda entries: None, _any_order),
        (AssignmentTable, "unsaved", _all_but_the_first, _any_order),
        (AssignmentTable, "surplus", lambda self, seats: [], _an_answer_is_older_than_the_lease),
        (Pool, "give_up_surplus", _free_at_once, _a_node_is_cut_off_from_what_it_lost),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_found(
    monkeypatch: pytest.MonkeyPatch, where, name: str, bug, story: Callable[[], None]
):
    """Planted bugs: each breaks O1, O9 or F13, and is noticed."""
    monkeypatch.setattr(where, name, bug)
    with pytest.raises((AssertionError, KeyError)):
        story()
