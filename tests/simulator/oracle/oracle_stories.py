"""Hand-made journals for the oracle: a master hq and the slaves north and south."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from licensing.entitlements import Entitlement
from licensing.events import (
    AssignmentChange,
    AssignmentsChanged,
    CallAnswered,
    ConnectionEstablished,
    ConnectionLost,
    DemandDecided,
    DiskReplaced,
    DisplaysChanged,
    Entry,
    Fact,
    HardwareReplaced,
    HeartbeatAnswered,
    HostCrashed,
    HostStarted,
    LeaseInstalled,
    LeaseSigned,
    LicenseFileAccepted,
    NodeFacts,
    ProgramStarted,
    RunBegan,
    RunEnded,
    SessionOpened,
    StateChanged,
    StateDamaged,
)
from licensing.policies import DAY_NS, MINUTE_NS, TIMING
from licensing.recovery import FULL, Recovery
from licensing.words import CallOutcome, Condition, LicenseState, NodeState, Role, Trigger
from simulator.oracle import Oracle

Told = TypeVar("Told")

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
WALL_NS = int(START.timestamp()) * 1_000_000_000
PERIOD_NS = 30 * DAY_NS
MESSAGE = "Failover Period"
UNTICKED = (LicenseState.CONFIGURABLE, LicenseState.UNSAVED_RELEASE)
NODES = {
    "hq": NodeFacts(
        role=Role.MASTER,
        address="10.0.0.1",
        subscribers={"130": "ip-hfa", "131": "sip"},
        trunks={"itsp-1": 8},
        attendant="130",
    ),
    "north": NodeFacts(
        role=Role.SLAVE,
        address="10.0.0.2",
        subscribers={"200": "up0", "201": "up0", "209": "analog"},
        trunks={"s2m-1": 10},
        attendant="200",
        outside_line="0",
    ),
    "south": NodeFacts(
        role=Role.SLAVE,
        address="10.0.0.3",
        subscribers={"300": "ip-hfa"},
        trunks={},
        attendant="300",
    ),
}


class Story:
    """Tells facts to an oracle; `now` is the instant, `clock_ns` how far a host's wall is ahead.

    With a tolerance of `tolerance_ns`, by default without one, as in a simulated run.
    """

    def __init__(self, tolerance_ns: int = 0) -> None:
        self.oracle = Oracle(tolerance_ns=lambda *_: tolerance_ns)
        self.now = 0
        self._told: list[Fact] = []
        self.clock_ns = dict.fromkeys(NODES, 0)
        self.seq = 0
        self.states: dict[tuple[str, str, str], LicenseState] = {}
        self.leased: dict[str, dict[str, int]] = {}
        self.held: dict[str, dict[str, int]] = {}
        self.clas: dict[str, str] = {}
        self.tell("world", RunBegan(title="a story", seed=1, start=START, nodes=NODES))
        for host in NODES:
            self.start(host)

    def at(self, instant_ns: int) -> "Story":
        """The next facts are of this instant."""
        self.now = instant_ns
        return self

    def tell(self, host: str, *facts: Fact) -> "Story":
        """State facts at the present instant."""
        for fact in facts:
            self._told.append(fact)
            self._note(host, fact)
            self.oracle(Entry(at=self.now, host=host, fact=fact))
        return self

    def _note(self, host: str, fact: Fact) -> None:
        if isinstance(fact, LeaseInstalled):
            self.leased[host] = fact.seats
        elif isinstance(fact, DiskReplaced):
            self.leased.pop(host, None)
        elif isinstance(fact, DemandDecided):
            self.held[fact.node] = fact.held
        elif isinstance(fact, SessionOpened):
            self.clas[fact.node] = host

    def told(self, kind: type[Told]) -> list[Told]:
        """The facts of one kind so far."""
        return [fact for fact in self._told if isinstance(fact, kind)]

    def end(self) -> None:
        """The run is over."""
        self.tell("world", RunEnded(verdict="holds"))

    # Hosts.

    def start(self, host: str) -> "Story":
        """Power on, and the node runs."""
        self.tell(host, HostStarted(wall_ns=self.wall_ns(host)))
        return self.tell(host, ProgramStarted(program="node"))

    def crash(self, host: str) -> "Story":
        """Power off."""
        return self.tell(host, HostCrashed(wall_ns=self.wall_ns(host)))

    def wall_ns(self, host: str) -> int:
        """What the host's wall clock shows now."""
        return WALL_NS + self.now + self.clock_ns[host]

    # The central CLA and its nodes.

    def accept(
        self,
        licenses: dict[str, int],
        *,
        epoch: int = 1,
        period_ns: int = PERIOD_NS,
        recovery: Recovery = FULL,
        valid_until: datetime | None = None,
        **policies: Any,
    ) -> None:
        """The CLA has a new license file."""
        self.tell(
            "hq",
            LicenseFileAccepted(
                serial=epoch,
                epoch=epoch,
                licenses=licenses,
                failover_period_ns=period_ns,
                recovery=recovery,
                valid_until=valid_until,
                **policies,
            ),
        )

    def lease(self, node: str, *, epoch: int = 1, seats: dict[str, int] | None = None) -> None:
        """A lease is signed, and installed at the node."""
        self.seq += 1
        fields = {"lease_id": f"{node}/{epoch}", "seq": self.seq, "epoch": epoch}
        signed = LeaseSigned(node=node, seats=seats or {}, **fields)
        self.tell(self.clas.get(node, "hq"), signed)
        entitlements = [Entitlement(seats=seats)] if seats else []
        self.tell(node, LeaseInstalled(seats=seats or {}, entitlements=entitlements, **fields))

    def decide(self, node: str, *, agent: str = "hq", **held: int) -> "Story":
        """A CLA decides, and the node holds `held` from now on."""
        self.seq += 1
        decision = DemandDecided(
            node=node,
            request_id=f"request {self.seq}",
            granted=[],
            refused=[],
            released=[],
            held=held,
        )
        return self.tell(agent, decision)

    def replace_hardware(self, node: str, damage: str) -> "Story":
        """Another mainboard: what is stored there is not trusted (A12)."""
        self.crash(node).tell(node, HardwareReplaced(locking_id="00-1A-E8-4C-FF-01"))
        return self.tell(node, StateDamaged(record=damage)).start(node)

    def welcome(
        self, node: str, condition: Condition = Condition.LICENSED, round_trip_ns: int = 0
    ) -> None:
        """A welcome arrives at a node."""
        self.tell(
            node,
            ConnectionEstablished(condition=condition, epoch=1, round_trip_ns=round_trip_ns),
        )

    def change(
        self,
        node: str,
        before: NodeState,
        after: NodeState,
        cause: str = "",
        *,
        charged_ns: int = 0,
    ) -> None:
        """A status changes, and the displays of the system telephones with it."""
        fact = StateChanged(before=before, after=after, cause=cause, charged_ns=charged_ns)
        self.tell(node, fact)
        if NodeState.FAILOVER in (before, after):
            text = MESSAGE if after is NodeState.FAILOVER else ""
            self.show(node, text)

    def show(self, node: str, text: str) -> None:
        """All system telephones of a node show `text`."""
        telephones = {"hq": ["130"], "north": ["200", "201"], "south": ["300"]}
        self.tell(node, DisplaysChanged(displays=dict.fromkeys(telephones[node], text)))

    def license(self, *names: str, **options: Any) -> "Story":
        """Nodes are welcomed with a first lease."""
        self.accept({"networking": 2, "tdm": 2, "ip": 3, "voicemail": 2}, **options)
        for name in names:
            self.welcome(name)
            self.change(name, NodeState.ACTIVATION_PERIOD, NodeState.REGULAR, Trigger.LEASED_ANEW)
            self.lease(name)
        return self

    def beat(self, node: str, until_ns: int, round_trip_ns: int = 0) -> None:
        """Heartbeats are answered every hour up to an instant; the last one is there."""
        instants = [*range(self.now + TIMING.heartbeat_ns, until_ns, TIMING.heartbeat_ns), until_ns]
        for instant_ns in instants:
            self.at(instant_ns).tell(node, HeartbeatAnswered(round_trip_ns=round_trip_ns))

    def lose(self, node: str) -> "Story":
        """The next heartbeat is not answered: failover begins as late as it may."""
        self.now += TIMING.overdue_ns
        self.break_off(node)
        self.change(node, NodeState.REGULAR, NodeState.FAILOVER, Trigger.LOST)
        return self

    def break_off(self, *nodes: str) -> "Story":
        """They see their connections gone, and the grace passes without a welcome (F17)."""
        for node in nodes:
            self.tell(node, ConnectionLost(cause="heartbeat not answered"))
        self.now += TIMING.redial_grace_ns
        return self

    def expire(self, node: str, before: NodeState = NodeState.FAILOVER) -> None:
        """The period ended."""
        self.change(node, before, NodeState.EMERGENCY, Trigger.PERIOD_ENDED)

    def assign(
        self, node: str, holder: str, *keys: str, after: LicenseState = LicenseState.LICENSED
    ) -> None:
        """Licenses of one holder are licensed, or become what `after` says.

        First the node has a lease of them, of its newest epoch, where it has none.
        """
        if after is LicenseState.LICENSED:
            self._lease_for(node, holder, keys)
        self.tell(
            node,
            AssignmentsChanged(changes=[self._change(node, holder, key, after) for key in keys]),
        )

    def _lease_for(self, node: str, holder: str, keys: Sequence[str]) -> None:
        licensed = [
            key
            for (of, who, key), state in self.states.items()
            if of == node and who != holder and state is LicenseState.LICENSED
        ]
        used = Counter([*licensed, *dict.fromkeys(keys)])
        if not used <= Counter(self.leased.get(node, {})):
            leases = [each for each in self.told(LeaseSigned) if each.node == node]
            seats = used | Counter(self.held.get(node, {}))
            self.lease(node, epoch=leases[-1].epoch if leases else 1, seats=dict(seats))

    def _change(self, node: str, holder: str, key: str, after: LicenseState) -> AssignmentChange:
        licensed = after is LicenseState.LICENSED
        before = LicenseState.UNSAVED_DEMAND if licensed else LicenseState.LICENSED
        before = self.states.get((node, holder, key), before)
        self.states[node, holder, key] = after
        return AssignmentChange(
            holder=holder,
            license=key,
            before=before,
            after=after,
            quantity=int(after not in UNTICKED),
            granted=int(licensed),
        )

    def call(
        self, node: str, source: str, destination: str, outcome: str, reason: str = ""
    ) -> "Story":
        """A call attempt was answered."""
        connected = outcome == CallOutcome.CONNECTED
        return self.tell(
            node,
            CallAnswered(
                source=source,
                destination=destination,
                outcome=CallOutcome(outcome),
                reason=reason,
                trunk="",
                emergency=destination in ("110", "112") and connected,
            ),
        )


def cut_off(
    node: str = "north", *, after_ns: int = 3 * DAY_NS + 7 * MINUTE_NS, **policies: Any
) -> Story:
    """`node` was regular, had its last answer at `after_ns`, and is in failover."""
    story = Story().license(node, **policies)
    story.beat(node, after_ns)
    return story.lose(node)
