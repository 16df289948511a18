"""Nodes and a central CLA without network, clock or disk: real tables, the real pool, and letters.

The letters of a session are delivered in their order or lost with the session, as over TCP. What
either side does with one stands in `nodes.licensed_node` and `master_cla.ledger`, here in short.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from licensing.errors import LEASE_REPLACED
from licensing.messages import RefusedSeat, Seat
from master_cla.holdings import refusal
from master_cla.pool import Pool
from nodes.assignment.table import AssignmentTable, Check
from nodes.telephony.equipment import Equipment


@dataclass(frozen=True)
class Lease:
    """What a node may use; leased anew another `number`, changed another `seq`."""

    number: int = 0
    seq: int = 0
    seats: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A demand under the lease that the node had; repeated until it is answered."""

    number: int
    lease: int
    check: Check


@dataclass(frozen=True)
class Word:
    """From the CLA: a welcome, an answer, or what it took by itself; each with the lease."""

    lease: Lease
    lost: list[Seat] = field(default_factory=list)
    answers: int | None = None
    granted: list[Seat] = field(default_factory=list)
    refused: list[RefusedSeat] = field(default_factory=list)


class Agent:
    """The central CLA."""

    def __init__(self, bought: Mapping[str, int]) -> None:
        self.pool = Pool(bought)
        self._leases: dict[str, Lease] = {}
        self._answers: dict[tuple[str, int], Word] = {}

    def welcome(self, node: str) -> Word:
        """A session begins; a node whose hold had ended is given back what is free."""
        lost = []
        if self.pool.lapsed(node):
            lost = self.pool.restore(node)
            self._leases[node] = replace(self._lease(node), number=self._lease(node).number + 1)
        return Word(self._lease(node), lost)

    def answer(self, node: str, request: Request) -> Word:
        """Decide a demand; repeated, it has the same answer."""
        if (node, request.number) not in self._answers:
            self._answers[node, request.number] = self._decide(node, request)
        return self._answers[node, request.number]

    def acknowledge(self, node: str, lease: Lease) -> None:
        """The node has stored `lease`."""
        if lease == self._lease(node):
            self.pool.let_go(node)

    def surplus(self, node: str) -> Word | None:
        """The node's share of the surplus, at its next check (F13)."""
        lost = self.pool.give_up_surplus(node)
        return Word(self._lease(node), lost) if lost else None

    def _decide(self, node: str, request: Request) -> Word:
        current = request.lease in (0, self._lease(node).number)
        releases = request.check.releases
        outcome = self.pool.decide(node, request.check.wants, releases if current else [])
        kept = [] if current else [refusal(s, s.quantity, LEASE_REPLACED) for s in releases]
        lease = self._lease(node)
        return Word(lease, [], request.number, outcome.granted, [*outcome.refused, *kept])

    def _lease(self, node: str) -> Lease:
        lease = self._leases.get(node, Lease(number=1))
        if lease.seats != self.pool.held(node):
            lease = replace(lease, seq=lease.seq + 1, seats=self.pool.held(node))
        self._leases[node] = lease
        return lease


class Correspondent:
    """A node, and the session between it and the CLA."""

    def __init__(self, name: str, equipment: Equipment, agent: Agent) -> None:
        self.name = name
        self.equipment = equipment
        self.table = AssignmentTable(equipment)
        self.open = False
        self.expired = False
        self._agent = agent
        self._lease = Lease()
        self._pending: Request | None = None
        self._requests = 0
        self.sent: deque[Request | Lease] = deque()
        self.coming: deque[Word] = deque()

    @property
    def in_use(self) -> dict[str, int]:
        """Seats in effect; none in emergency mode."""
        return {} if self.expired else self.table.licensed()

    def connect(self) -> None:
        """A hello arrives at the CLA; its welcome is under way."""
        self.coming.append(self._agent.welcome(self.name))

    def cut(self) -> None:
        """The connection breaks: what was under way is lost."""
        self.open = False
        self.sent.clear()
        self.coming.clear()

    def lapse(self) -> None:
        """Its period has ended, and its hold at the CLA as well (F4, F9)."""
        self.expired = True
        self._agent.pool.lapse(self.name)

    def unlock(self) -> None:
        """Check and unlock (manual 4.3.2); without a session only the releases count (F8)."""
        if self._pending and self.open:
            return
        check = self.table.check()
        self.table.release_only(check)
        if not self.open:
            return
        if check.wants or check.releases:
            self._ask(check)
        else:
            self.table.settle(check, [], [])

    def equip(self, equipment: Equipment) -> None:
        """Another equipment: what does not fit it is given back at once."""
        self.equipment = equipment
        self.table.equip(equipment)
        if self.open and not self._pending:
            self._give_back()

    def deliver(self) -> None:
        """One letter arrives, the CLA's first."""
        if self.coming:
            self._receive(self.coming.popleft())
        elif self.sent:
            self._be_heard()

    def _be_heard(self) -> None:
        """The CLA receives the oldest of what the node said; then it looks after the surplus."""
        said = self.sent.popleft()
        if isinstance(said, Lease):
            self._agent.acknowledge(self.name, said)
        else:
            self.coming.append(self._agent.answer(self.name, said))
        if taken := self._agent.surplus(self.name):
            self.coming.append(taken)

    def _receive(self, word: Word) -> None:
        """The node receives the oldest of what the CLA said."""
        self.table.lose(word.lost)
        if word.answers is not None:
            self._settle(word)
        if (word.lease.number, word.lease.seq) >= (self._lease.number, self._lease.seq):
            self._lease = word.lease
            self.sent.append(word.lease)
        self.table.lose(self.table.surplus(self._lease.seats))
        if not self.open:
            self.open, self.expired = True, False
            if self._pending:
                self.sent.append(self._pending)
        if self.open and not self._pending:
            self._give_back()

    def _settle(self, word: Word) -> None:
        assert self._pending
        assert self._pending.number == word.answers
        self.table.settle(self._pending.check, word.granted, word.refused)
        self._pending = None

    def _give_back(self) -> None:
        if releases := self.table.remembered_releases():
            self._ask(Check(releases=releases))

    def _ask(self, check: Check) -> None:
        self._requests += 1
        self._pending = Request(self._requests, self._lease.number, check)
        self.sent.append(self._pending)
