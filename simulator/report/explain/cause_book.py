"""What is known at an instant of a run, each with why it is so."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from licensing.catalogue import STANDS_IN, STOOD_IN_FOR
from licensing.events import AgentStopped
from licensing.policies import TIMING
from simulator.report.account.agents import Agents
from simulator.report.account.homes import Homes
from simulator.report.account.seats import free_seats
from simulator.report.explain.faults import Faults, KnownFault
from simulator.report.explain.reason import Reason

LOOK_BACK_NS = TIMING.silence_ns
"""What was wrong for a while may have cost an answer since the one before (F17)."""

Holder = tuple[str, str, str]
"""Node, holder of a license (a call number or a trunk), and the license."""


@dataclass(frozen=True, slots=True)
class DiskExchange:
    """What a host knew since `saved_ns` was lost with its disk, for this reason."""

    saved_ns: int
    reason: Reason

    def has_lost(self, known: Reason) -> bool:
        """Whether the host has known it, and does no longer."""
        return self.saved_ns < known.at_ns < self.reason.at_ns


@dataclass
class CauseBook:
    """The present, and the past that led to it: as much for a year as for a day."""

    states: dict[str, Reason] = field(default_factory=dict)
    halted: dict[str, Reason] = field(default_factory=dict)
    """By host without power, or frozen: since when."""
    displays: dict[str, tuple[str, Reason]] = field(default_factory=dict)
    """By number: what its telephone shows."""
    calls: dict[str, Reason] = field(default_factory=dict)
    """By the calling number: its last call, where that did not go through."""
    licenses: dict[Holder, Reason] = field(default_factory=dict)
    """Those that are red: demanded, and not licensed."""
    held: dict[str, dict[str, tuple[Mapping[str, int], Reason]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """By CLA and node: what it holds, and since which fact."""
    away: dict[tuple[str, str], Reason] = field(default_factory=dict)
    """By CLA and node: why the CLA cannot see it."""
    files: dict[str, Reason] = field(default_factory=dict)
    bought: dict[str, Mapping[str, int]] = field(default_factory=dict)
    flexible: dict[str, bool] = field(default_factory=dict)
    """By CLA: whether IP licenses of its file stand in for others."""
    over_use: dict[str, Reason] = field(default_factory=dict)
    refusals: list[Reason] = field(default_factory=list)
    """The last of the license server and of CLAs."""
    agents: Agents = field(default_factory=Agents)
    homes: Homes = field(default_factory=Homes)
    holders: set[str] = field(default_factory=set)
    """Trunks and nodes: who else can have a license."""
    faults: Faults = field(default_factory=Faults)
    kept_apart: dict[str, list[KnownFault]] = field(default_factory=dict)
    """By node in failover: what has brought it there."""
    losses: dict[str, Reason] = field(default_factory=dict)
    orders: dict[str, Reason] = field(default_factory=dict)
    issued: dict[int, Reason] = field(default_factory=dict)
    file_moves: dict[int, Reason] = field(default_factory=dict)
    """By the file that came of it: a rehosting or combining."""
    required: dict[str, Reason] = field(default_factory=dict)
    damaged: dict[str, Reason] = field(default_factory=dict)
    moved: dict[str, Reason] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)
    """Nodes that have left their internetwork, until their wizard says what they are now."""
    stopped: dict[str, tuple[str, Reason]] = field(default_factory=dict)
    """By host: the code for which its CLA has stopped last, and why."""
    begun: dict[str, int] = field(default_factory=dict)
    """By the place of a step of the scenario: when it began last."""
    clocks: dict[str, Reason] = field(default_factory=dict)
    """By host: the last time that its clock was set."""
    disks: dict[str, DiskExchange] = field(default_factory=dict)
    """By host: the last disk that was put in place of another one."""
    hardware: dict[str, Reason] = field(default_factory=dict)
    """By Locking ID: the mainboard that brought it."""
    exchanged: dict[str, Reason] = field(default_factory=dict)
    """By host: its other mainboard, until its node trusts its disk again."""
    saved_states: dict[tuple[str, int], Reason] = field(default_factory=dict)
    """By host and the instant of a backup."""
    locking_ids: dict[int, str] = field(default_factory=dict)
    """By serial number of a file."""
    owners: dict[str, str] = field(default_factory=dict)
    """By Locking ID: the host that has used a file of it."""
    given_up: dict[str, Reason] = field(default_factory=dict)
    """By Locking ID: what took its files away."""
    refused_sessions: dict[tuple[str, str], Reason] = field(default_factory=dict)
    refused_seats: dict[Holder, Reason] = field(default_factory=dict)
    freed: dict[str, Reason] = field(default_factory=dict)
    """By node that is away: what it holds is reserved no longer."""

    def state_of(self, node: str) -> Reason | None:
        """Why it is in its state; one that is off or frozen is so, whatever its licenses say."""
        return self.halted.get(node) or self.states.get(node)

    def why_apart(self, node: str, agent: str, at_ns: int) -> tuple[Reason, ...]:
        """What keeps a node from the CLA on the host `agent`; () where no fact says it."""
        faults = self.faults.between(node, agent, at_ns - LOOK_BACK_NS)
        return tuple(self._why(fault) for fault in faults)

    def _why(self, fault: KnownFault) -> Reason:
        """What a person or a fault did; a CLA that has stopped itself did so for a reason."""
        _, stopped = self.stopped.get(fault.began.host, ("", None))
        if stopped is None or not isinstance(fault.began.fact, AgentStopped):
            return fault.reason
        return stopped

    def free(self, agent: str, license_key: str) -> int:
        """How many of a license may still be granted by the books of the CLA on `agent`."""
        bought, flexible = self.bought.get(agent, {}), self.flexible.get(agent, False)
        return free_seats(license_key, bought, self._used(agent), flexible=flexible)

    def _used(self, agent: str) -> Counter[str]:
        used: Counter[str] = Counter()
        for held, _ in self.held[agent].values():
            used.update(held)
        return used

    def why_none_free(self, agent: str, license_key: str, at_ns: int) -> tuple[Reason, ...]:
        """Who holds a license by the books of the CLA on `agent`, and what was bought of it.

        With flexible licensing also what IP licenses stand in for, or why none is left to do so.
        """
        why = self._holders(agent, license_key, at_ns)
        if not self.flexible.get(agent):
            return why
        if license_key == STANDS_IN:
            return why + tuple(self._stands_in(agent, at_ns))
        if license_key in STOOD_IN_FOR:
            because = self.why_none_free(agent, STANDS_IN, at_ns)
            latest_ns = max(each.at_ns for each in because)
            text = f"central CLA: {self.free(agent, STANDS_IN)} x {STANDS_IN} free to stand in"
            return (*why, Reason(latest_ns, agent, text, "flexible licensing", because))
        return why

    def _stands_in(self, agent: str, at_ns: int) -> Iterator[Reason]:
        used, bought = self._used(agent), self.bought.get(agent, {})
        for key in STOOD_IN_FOR:
            if (beyond := used[key] - bought.get(key, 0)) > 0:
                because = self._holders(agent, key, at_ns)
                latest_ns = max(each.at_ns for each in because)
                text = f"central CLA: {beyond} x {STANDS_IN} in use in place of {key}"
                yield Reason(latest_ns, agent, text, "flexible licensing", because)

    def _holders(self, agent: str, license_key: str, at_ns: int) -> tuple[Reason, ...]:
        bought = self.bought.get(agent, {}).get(license_key, 0)
        file = self.files.get(agent)
        purchase = f"central CLA: {bought} x {license_key} bought"
        reasons = [Reason(file.at_ns if file else at_ns, agent, purchase, "", known(file))]
        for node, (held, since) in sorted(self.held[agent].items()):
            if number := held.get(license_key, 0):
                reasons.append(self._holding(agent, node, number, license_key, since))
        return tuple(reasons)

    def _holding(
        self, agent: str, node: str, number: int, license_key: str, since: Reason
    ) -> Reason:
        away = self.away.get((agent, node))
        how = "reserved for" if away else "in use by"
        text = f"central CLA: {number} x {license_key} {how} {node}"
        return Reason(since.at_ns, agent, text, "F9" if away else "", known(away))

    def refused(self, reason: Reason) -> None:
        """Keep one more refusal, and of the earlier ones the last few."""
        self.refusals = [*self.refusals[-9:], reason]


def known(reason: Reason | None) -> tuple[Reason, ...]:
    """A reason where there is one."""
    return (reason,) if reason is not None else ()
