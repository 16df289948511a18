"""The court: what real processes and the nodes of a test have stated, judged in the right order.

Judges are the oracle and a reader of its own for what was decided. Both know nothing but
facts; what is on the disk is the business of `books`.
"""

import time  # noqa: TID251 - the computer's monotonic clock orders the facts of all processes
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from licensing.events import (
    AssignmentsChanged,
    DecisionReceived,
    DemandDecided,
    Entry,
    Fact,
    HostCrashed,
    HostStarted,
    NodeFacts,
    ProgramStarted,
    RunBegan,
    RunEnded,
)
from licensing.policies import NS_PER_SECOND
from licensing.words import Role
from simulator.oracle import Oracle
from simulator.oracle.picture import in_use

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
EPOCH_NS = int(START.timestamp()) * NS_PER_SECOND
MASTER = "hq"


class Acknowledged:
    """What was decided and received; what a node uses is counted by each decision about it (O7)."""

    def __init__(self) -> None:
        self.decided: dict[tuple[str, str], DemandDecided] = {}
        self.received = 0
        self._used: dict[str, dict[tuple[str, str], int]] = {}

    def __call__(self, entry: Entry) -> None:
        """Take note of one entry; raises `AssertionError`."""
        host, fact = entry.host, entry.fact
        if isinstance(fact, AssignmentsChanged):
            uses = {(c.holder, c.license): in_use(c) for c in fact.changes}
            self._used.setdefault(host, {}).update(uses)
        if isinstance(fact, DecisionReceived):
            self.received += 1
        if isinstance(fact, DemandDecided):
            self._decided(fact)

    def _decided(self, fact: DemandDecided) -> None:
        """Here nobody gives anything up but by a demand."""
        self.decided[fact.node, fact.request_id] = fact
        used: Counter[str] = Counter()
        for (_, key), quantity in self._used.get(fact.node, {}).items():
            used[key] += quantity
        for key, quantity in used.items():
            held = fact.held.get(key, 0)
            assert held >= quantity, f"{fact.node} uses {quantity} x {key}, the CLA knows of {held}"


class Court:
    """Hears facts, and judges them in the order of their instants; instant 0 is its beginning.

    Every host is up at first; `stations` are the IP telephones of each node of the test.
    """

    def __init__(self, names: Iterable[str], stations: Iterable[str]) -> None:
        self.origin_ns = time.monotonic_ns()
        self.acknowledged = Acknowledged()
        self._oracle = Oracle()
        self._unheard: list[Entry] = []
        nodes = {name: _node(Role.SLAVE, stations) for name in names}
        nodes[MASTER] = _node(Role.MASTER, [])
        self.tell("world", RunBegan(title="Kills", seed=0, start=START, nodes=nodes))
        for name in nodes:
            self.start(name)
            self.tell(name, ProgramStarted(program="node"))

    @property
    def now_ns(self) -> int:
        """The instant that it is."""
        return time.monotonic_ns() - self.origin_ns

    @property
    def options(self) -> dict[str, object]:
        """By which a process dates its facts as the court does."""
        return {"origin": self.origin_ns, "epoch": EPOCH_NS}

    def tell(self, host: str, *facts: Fact) -> None:
        """Facts of this moment."""
        self._unheard += [Entry(at=self.now_ns, host=host, fact=fact) for fact in facts]

    def start(self, host: str) -> None:
        """A host has power."""
        self.tell(host, HostStarted(wall_ns=EPOCH_NS + self.now_ns))

    def crash(self, host: str) -> None:
        """A host has none any more."""
        self.tell(host, HostCrashed(wall_ns=EPOCH_NS + self.now_ns))

    def judge(self, entries: Iterable[Entry]) -> None:
        """All facts so far: `entries` of a process that has ended, and what came since.

        Raises `Violation` or `AssertionError`.
        """
        heard = sorted([*self._unheard, *entries], key=lambda entry: entry.at)
        self._unheard = []
        for entry in heard:
            self._oracle(entry)
            self.acknowledged(entry)

    def close(self, entries: Iterable[Entry]) -> None:
        """The last facts: whatever waited for the end of an instant is judged as well."""
        self.tell("world", RunEnded(verdict="holds"))
        self.judge(entries)


def _node(role: Role, stations: Iterable[str]) -> NodeFacts:
    subscribers = dict.fromkeys(stations, "ip-hfa")
    return NodeFacts(role=role, address="", subscribers=subscribers, trunks={}, attendant="")
