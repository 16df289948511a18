"""What the oracle knows of the internetwork: the picture that the facts so far draw.

Rules read it and judge; some judge an instant only when it is over, because a program states one
fact after another while no time passes. Rule O0 lives here: a story that contradicts itself.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from licensing.events import (
    AssignmentChange,
    AssignmentsChanged,
    ClockStepped,
    ConnectionEstablished,
    Entry,
    Event,
    HostCrashed,
    HostFrozen,
    HostStarted,
    HostStopped,
    HostThawed,
    LeaseInstalled,
    NodeFacts,
    ProgramEnded,
    ProgramRestarted,
    ProgramStarted,
    RecoveryWindowBegan,
    RunBegan,
    SessionOpened,
    StateChanged,
    StateDamaged,
    SubscriberChanged,
    WizardCompleted,
)
from licensing.policies import TIMING
from licensing.recovery import FULL, Recovery
from licensing.reservation import HOLD, SeatsBound
from licensing.words import (
    CLA_PROGRAM,
    NODE_PROGRAM,
    LicenseState,
    NodeState,
    Role,
    SaidScope,
)
from simulator.network.virtual_time import LONG_AGO_NS
from simulator.oracle.clocks import ChargedClock, Restart, RunningClock
from simulator.oracle.status_order import begins_anew, following, may_follow
from simulator.oracle.violation import NO_START, Violation

Handlers: TypeAlias = Mapping[type[Event], Callable[[str, Any], None]]
"""What a rule listens to: the kind of fact to a method that takes host and fact."""


class Tolerance(Protocol):
    """How exact a run is."""

    def __call__(self, *instants_ns: int) -> int:
        """How far apart facts of one moment may be, in ns, where they are at these instants."""


def exact(*_: int) -> int:
    """Not at all: the tolerance of a simulated run."""
    return 0


LAST_FACTS = 6
"""Of each host so many are kept, to be shown beside what went wrong."""

_WITH_ALL: Final = ("node.db", "the identity")
_WITH_ALL_TICKS: Final = (*_WITH_ALL, "the record assignments")
"""Of which damage the license table of a node is lost; all that is stored, or that alone."""

_WITH_SUBSCRIBERS: Final = (*_WITH_ALL, "the record subscribers")
"""Of which damage it is left with the subscribers of its delivery."""


class Agent(msgspec.Struct):
    """The CLA on one host: how long it has run, and what its newest file says.

    Before `recovers_ns` it may reclaim nothing; at `thawed_ns` it last went on after a stall.
    `expired_epoch` is the one of which all nodes have expired, because one has (F6). `expired` are
    the nodes whose period has ended by its count since it last signed them a lease.
    """

    clock: RunningClock = msgspec.field(default_factory=RunningClock)
    period_ns: int | None = None
    recovery: Recovery = FULL
    seats_bound_s: SeatsBound = HOLD
    expiry_scope: SaidScope = msgspec.UNSET
    epoch: int = 0
    expired_epoch: int = -1
    recovers_ns: int = LONG_AGO_NS
    thawed_ns: int = LONG_AGO_NS
    expired: set[str] = msgspec.field(default_factory=set)


class NodePicture(msgspec.Struct):
    """One node as its facts show it.

    `agent` is the host of the CLA that it uses; `restart` is what its last start may have missed,
    `contacts` the time of each CLA at its last contact. `entries` is the license table, `used`
    counts what is ticked and granted in it. Nothing can be written where it is `disk_full`. `up`
    where its program runs, `ended` where that ended itself. `outlives` says that since its last
    contact it was switched off with its clock set back: then its period may last longer than its
    hold (F11, F16). `expired` says that it needs a lease of a newer epoch, as the CLA told it last
    (F4); `counted_out` that its period has ended by the CLA's count alone: its own disk does not
    know it.
    """

    name: str
    facts: NodeFacts
    role: Role
    agent: str
    clock: ChargedClock = msgspec.field(default_factory=ChargedClock)
    state: NodeState = NodeState.ACTIVATION_PERIOD
    changed_ns: int = 0
    up: bool = False
    ended: bool = False
    started_ns: int = 0
    restart: Restart | None = None
    damaged: bool = False
    disk_full: bool = False
    epoch: int = 0
    outlives: bool = False
    expired: bool = False
    counted_out: bool = False
    contacts: dict[str, int] = msgspec.field(default_factory=dict)
    entries: dict[str, dict[str, AssignmentChange]] = msgspec.field(default_factory=dict)
    used: Counter[str] = msgspec.field(default_factory=Counter)

    def restarted(self, at_ns: int, wall_ns: int) -> None:
        """It runs (again) while the clock of its host shows `wall_ns`."""
        self.up, self.ended, self.started_ns = True, False, at_ns
        self.restart = self.clock.started(at_ns, wall_ns)
        self.outlives |= self.restart is not None and self.restart.may_last_longer


class Picture:
    """Nodes and CLAs by host name, and what is still to be judged at an instant."""

    def __init__(self, tolerance_ns: Tolerance = exact) -> None:
        self.tolerance_ns = tolerance_ns
        self.nodes: dict[str, NodePicture] = {}
        self._delivered: Mapping[str, NodeFacts] = {}
        self.agents: dict[str, Agent] = {}
        self.start = NO_START
        self.now_ns = LONG_AGO_NS
        self.last_facts: defaultdict[str, deque[Entry]] = defaultdict(
            lambda: deque(maxlen=LAST_FACTS)
        )
        self._welcoming: dict[str, str] = {}
        self._leaving: dict[str, None] = {}
        self._frozen: dict[str, ChargedClock] = {}
        """The clocks of CLA and node as they were when a host that does not run was frozen."""
        self._starting: dict[str, ChargedClock] = {}
        """The clocks as they were before a start, until the node's program is up."""
        self.to_judge: dict[tuple[str, str], tuple[int, Callable[[], None]]] = {}
        self.handlers: Handlers = {
            RunBegan: self._run_began,
            HostStarted: self._host_started,
            HostCrashed: self._host_ended,
            HostStopped: self._host_ended,
            HostFrozen: self._host_frozen,
            HostThawed: self._host_thawed,
            RecoveryWindowBegan: self._recovery_window_began,
            ClockStepped: self._clock_stepped,
            ProgramStarted: self._program_started,
            ProgramEnded: self._program_ended,
            ProgramRestarted: self._program_restarted,
            WizardCompleted: self._wizard_completed,
            SessionOpened: self._session_opened,
            ConnectionEstablished: self._established,
            StateChanged: self._state_changed,
            StateDamaged: self._state_damaged,
            LeaseInstalled: self._lease_installed,
            AssignmentsChanged: self._assignments_changed,
            SubscriberChanged: self._subscriber_changed,
        }

    def turn_to(self, at_ns: int) -> None:
        """The instant before is over: judge it, and again what was broken then.

        `at_ns` is in ns since the run's start. Raises the `Violation` that is found.
        """
        if at_ns < self.now_ns:
            raise self.violation("O0", "world", f"an instant after {self.now_ns} ns", f"{at_ns} ns")
        for what, (since_ns, judge) in list(self.to_judge.items()):
            try:
                judge()
            except Violation:
                if since_ns + self.tolerance_ns(since_ns, at_ns) < at_ns:
                    raise
            else:
                del self.to_judge[what]
        self.now_ns = at_ns

    def judge_all(self) -> None:
        """Nothing comes any more: what is still broken stays so."""
        for _, judge in self.to_judge.values():
            judge()

    def judge_later(self, rule: str, host: str, judge: Callable[[], None]) -> None:
        """Call `judge` when the present instant is over, once for each rule and host.

        Where it finds the rule broken it is called again at every further instant, for as long as
        the tolerance lasts from the first of them on. `judge` must bear that.
        """
        since_ns, _ = self.to_judge.get((rule, host), (self.now_ns, judge))
        self.to_judge[rule, host] = (since_ns, judge)

    def excuse(self, rule: str, host: str) -> None:
        """Do not judge `host` by `rule` at this instant after all."""
        self.to_judge.pop((rule, host), None)

    def _excuse_all(self, host: str) -> None:
        for rule, judged in list(self.to_judge):
            if judged == host:
                self.excuse(rule, host)

    def violation(self, rule: str, host: str, expected: str, seen: str) -> Violation:
        """A broken rule, at the present instant, with the last facts of the host."""
        return Violation(
            rule,
            host,
            at_ns=self.now_ns,
            expected=expected,
            seen=seen,
            last_facts=self.last_facts[host],
            start=self.start,
        )

    def _run_began(self, _: str, fact: RunBegan) -> None:
        self.start, self._delivered = fact.start, fact.nodes
        masters = (name for name, facts in fact.nodes.items() if facts.role is Role.MASTER)
        master = next(masters, "")
        self.nodes = {
            name: NodePicture(name, facts, facts.role, master if facts.role is Role.SLAVE else name)
            for name, facts in fact.nodes.items()
        }
        self.agents = {name: Agent() for name in self.nodes}

    def _host_started(self, host: str, fact: HostStarted) -> None:
        if node := self.nodes.get(host):
            self.agents[host].clock.started(self.now_ns)
            self.agents[host].recovers_ns = self.now_ns + TIMING.recovery_window_ns
            self._restart(node, fact.wall_ns)

    def _restart(self, node: NodePicture, wall_ns: int) -> None:
        before = deepcopy(node.clock)
        node.restarted(self.now_ns, wall_ns)
        if node.restart:
            self._starting[node.name] = before

    def _host_ended(self, host: str, fact: HostCrashed | HostStopped) -> None:
        if node := self.nodes.get(host):
            node.up = False
            node.clock = self._frozen.pop(host, node.clock)
            self._stop(node, fact.wall_ns)
            self.agents[host].clock.stopped(self.now_ns)
        self._excuse_all(host)

    def _stop(self, node: NodePicture, wall_ns: int) -> None:
        """What a start charges that comes to nothing on a full disk, the next one charges again.

        None of it was written down, nor what the clock showed at that start (F11).
        """
        before = self._starting.pop(node.name, None)
        if before and node.disk_full:
            before.stepped(self.now_ns, 0, wall_ns)
            node.clock = before
        node.clock.stopped(self.now_ns, wall_ns)

    def _host_frozen(self, host: str, _: HostFrozen) -> None:
        """Nothing is due of it, as without power; but its clocks run on.

        Unless its power fails before it goes on: then nothing that ran was ever written down.
        """
        if node := self.nodes.get(host):
            node.up = False
            clock = self._frozen[host] = deepcopy(node.clock)
            clock.stopped(self.now_ns, clock.wall_ns(self.now_ns))
            node.clock.froze(self.now_ns)
        self._excuse_all(host)

    def _host_thawed(self, host: str, _: HostThawed) -> None:
        if node := self.nodes.get(host):
            self._frozen.pop(host, None)
            node.clock.thawed(self.now_ns)
            self.agents[host].thawed_ns = self.now_ns
            node.up, node.started_ns = not node.ended, self.now_ns

    def _recovery_window_began(self, host: str, fact: RecoveryWindowBegan) -> None:
        self.agents[host].recovers_ns = self.now_ns + fact.lasts_ns

    def _clock_stepped(self, host: str, fact: ClockStepped) -> None:
        if node := self.nodes.get(host):
            node.clock.stepped(self.now_ns, fact.by_ns, fact.wall_ns)

    def _program_started(self, host: str, fact: ProgramStarted) -> None:
        if fact.program == CLA_PROGRAM:
            self.agents[host].clock.started(self.now_ns)
        if fact.program == NODE_PROGRAM:
            self._starting.pop(host, None)

    def _program_ended(self, host: str, fact: ProgramEnded) -> None:
        if fact.program == CLA_PROGRAM:
            self.agents[host].clock.stopped(self.now_ns)
        if fact.program == NODE_PROGRAM and (node := self.nodes.get(host)):
            node.up, node.ended = False, True
            self._stop(node, node.clock.wall_ns(self.now_ns))
            self._excuse_all(host)

    def _program_restarted(self, host: str, fact: ProgramRestarted) -> None:
        """A node finds what it would find after a power cut, and a CLA waits as after one (A10)."""
        if fact.program == CLA_PROGRAM:
            self.agents[host].recovers_ns = self.now_ns + TIMING.recovery_window_ns
        if fact.program == NODE_PROGRAM and (node := self.nodes.get(host)):
            self._restart(node, node.clock.wall_ns(self.now_ns))

    def _judge_leaving(self, host: str) -> None:
        if host in self._leaving:
            expected = "the Network Wizard where a node leaves its internetwork"
            raise self.violation("O0", host, expected, "it left by itself")

    def _wizard_completed(self, host: str, fact: WizardCompleted) -> None:
        self._leaving.pop(host, None)
        self.nodes[host].role = fact.role

    def _session_opened(self, host: str, fact: SessionOpened) -> None:
        self._welcoming[fact.node] = host

    def _established(self, host: str, _: ConnectionEstablished) -> None:
        """From its welcome on a node uses the CLA that has let it in."""
        node = self.nodes[host]
        node.agent = self._welcoming.get(host, node.agent)

    def _state_changed(self, host: str, fact: StateChanged) -> None:
        node = self.nodes[host]
        if fact.before is not node.state:
            raise self.violation("O0", host, f"a change from {node.state}", f"from {fact.before}")
        if not may_follow(fact.before, fact.after, fact.cause):
            rule = "O4" if fact.before is NodeState.EMERGENCY else "O0"
            expected, seen = f"{fact.before} then {following(fact.before)}", f"{fact.after}"
            raise self.violation(rule, host, expected, f"{seen} ({fact.cause})")
        if begins_anew(fact.after, fact.cause):
            self._leaving[host] = None
            self.judge_later("O0", host, lambda: self._judge_leaving(host))
        node.state, node.changed_ns = fact.after, self.now_ns

    def _state_damaged(self, host: str, fact: StateDamaged) -> None:
        node = self.nodes[host]
        node.state, node.damaged = NodeState.RESTRICTED, True  # the worst case counts (A12)
        if fact.record.startswith(_WITH_ALL_TICKS):
            node.entries.clear()
            node.used.clear()
        if fact.record.startswith(_WITH_SUBSCRIBERS):
            node.facts = self._delivered[host]

    def _lease_installed(self, host: str, fact: LeaseInstalled) -> None:
        self.nodes[host].epoch = fact.epoch

    def _assignments_changed(self, host: str, fact: AssignmentsChanged) -> None:
        node = self.nodes[host]
        for change in fact.changes:
            entries = node.entries.setdefault(change.holder, {})
            if before := entries.get(change.license):
                if before.after is not change.before and _stored(before.after, change.before):
                    expected = f"{change.holder}: {change.license} {before.after}"
                    raise self.violation("O7", host, expected, f"{change.before}")
                node.used[change.license] -= in_use(before)
            entries[change.license] = change
            node.used[change.license] += in_use(change)

    def _subscriber_changed(self, host: str, fact: SubscriberChanged) -> None:
        node = self.nodes[host]
        subscribers = {k: kind for k, kind in node.facts.subscribers.items() if k != fact.number}
        if fact.after:
            subscribers[fact.number] = fact.after
        attendant = node.facts.attendant
        if attendant not in subscribers:
            attendant = next(iter(subscribers), "")
        node.facts = msgspec.structs.replace(
            node.facts, subscribers=subscribers, attendant=attendant
        )


def _stored(*states: LicenseState) -> bool:
    """Whether one of them is on the disk: what may be ticked follows from what is free now."""
    return not {*states} <= {LicenseState.CONFIGURABLE, LicenseState.NOT_CONFIGURABLE}


def in_use(entry: AssignmentChange) -> int:
    """What is granted and still ticked: what was unticked is on its way back to the pool."""
    return min(entry.quantity, entry.granted)
