"""What is known at an instant of a run, each with why it is so."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from licensing.catalogue import LICENSES
from licensing.events import AgentStopped, LicenseFileAccepted, StepRefused
from licensing.policies import TIMING
from simulator.report.account.agents import Agents
from simulator.report.account.homes import Homes
from simulator.report.account.lease_terms import LeaseTerms
from simulator.report.account.seats import AllSeatBooks
from simulator.report.explain.faults import STILL_NS, Faults, KnownFault
from simulator.report.explain.held_seats import HeldSeats
from simulator.report.explain.reason import Reason
from simulator.report.phrases import date, quantities

LOOK_BACK_NS = TIMING.silence_ns
"""What was wrong for a while may have cost an answer since the one before (F17)."""


class Holder(NamedTuple):
    """A license of one holder at a node: of a call number or a trunk."""

    node: str
    name: str
    license: str


class DiskExchange(msgspec.Struct, frozen=True):
    """What a host knew since `saved_ns` was lost with its disk, for this reason."""

    saved_ns: int
    reason: Reason

    def has_lost(self, known: Reason) -> bool:
        """Whether the host has known it, and does no longer."""
        return self.saved_ns < known.at_ns < self.reason.at_ns


class Failure(NamedTuple):
    """When a failover began, and the faults that have brought the node there."""

    at_ns: int
    faults: Sequence[KnownFault]


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
    seats: AllSeatBooks = field(default_factory=AllSeatBooks)
    """How many of each license every CLA counts."""
    held: HeldSeats = field(init=False)
    lost_grants: dict[tuple[str, str], Reason] = field(default_factory=dict)
    """By CLA and node: the last grant that went with the CLA's disk, and none since."""
    away: dict[tuple[str, str], Reason] = field(default_factory=dict)
    """By CLA and node: why the CLA cannot see it."""
    former_keys: dict[str, str] = field(default_factory=dict)
    """By the name of a former key in the books: whose it was."""
    files: dict[str, dict[int, Reason]] = field(default_factory=dict)
    """By CLA and serial number: that it has accepted that license file."""
    terms: LeaseTerms = field(default_factory=LeaseTerms)
    start_ns: int = 0
    """The wall time at which the run began."""
    over_use: dict[str, Reason] = field(default_factory=dict)
    refusals: list[tuple[str, Reason]] = field(default_factory=list)
    """The last of the license server and of CLAs, each with its code."""
    agents: Agents = field(default_factory=Agents)
    homes: Homes = field(default_factory=Homes)
    holders: set[str] = field(default_factory=set)
    """Trunks and nodes: who else can have a license."""
    faults: Faults = field(default_factory=Faults)
    failures: dict[str, Failure] = field(default_factory=dict)
    """By node in failover, or in emergency mode since: how that began."""
    failing: set[str] = field(default_factory=set)
    """Nodes in failover."""
    wizards: dict[str, Reason] = field(default_factory=dict)
    """By node: that its wizard has run last."""
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

    def __post_init__(self) -> None:
        self.held = HeldSeats(self.seats)

    def state_of(self, node: str) -> Reason | None:
        """Why it is in its state; one that is off or frozen is so, whatever its licenses say."""
        return self.halted.get(node) or self.states.get(node)

    def why_apart(self, node: str, agent: str, at_ns: int) -> tuple[Reason, ...]:
        """What keeps a node from the CLA on the host `agent`; () where no fact says it."""
        faults = self.faults.between(node, agent, at_ns - LOOK_BACK_NS)
        return tuple(self._why(fault) for fault in faults)

    def why_apart_now(self, node: str, agent: str) -> tuple[Reason, ...]:
        """The same of what lasts still."""
        return tuple(self._why(fault) for fault in self.faults.between(node, agent, STILL_NS))

    def _why(self, fault: KnownFault) -> Reason:
        """What a person or a fault did; a CLA that has stopped itself did so for a reason."""
        _, stopped = self.stopped.get(fault.began.host, ("", None))
        if stopped is None or not isinstance(fault.began.fact, AgentStopped):
            return fault.reason
        return stopped

    def file_of(self, agent: str) -> tuple[Reason, ...]:
        """The license file of the CLA on `agent`, or the disk with which it was lost."""
        file, disk = self.seats.of(agent).file, self.disks.get(agent)
        if file is None:
            return known(disk.reason if disk else None)
        return known(self.files[agent][file.serial])

    def ended(self, agent: str, keys: Collection[str], at_ns: int) -> tuple[Reason, ...]:
        """What of these licenses has ended by the file and clock of the CLA on `agent` (F14)."""
        return tuple(self._ended(agent, self.seats.of(agent).file, agent, keys, at_ns))

    def ended_at(self, node: str, keys: Collection[str], at_ns: int) -> tuple[Reason, ...]:
        """The same by the clock of a node, and by the file that its lease was made from."""
        return tuple(self._ended(node, self.terms.of(node), self.agents.of(node), keys, at_ns))

    def _ended(
        self,
        host: str,
        file: LicenseFileAccepted | None,
        agent: str,
        keys: Collection[str],
        at_ns: int,
    ) -> Iterator[Reason]:
        """By the clock of `host`; one that was set has brought an end that has not come yet."""
        for entitlement in file.entitlements if file else ():
            seats = {key: entitlement.seats[key] for key in keys if entitlement.seats.get(key)}
            if not file or not seats or entitlement.end_ns > self.seats.of(host).date_ns(at_ns):
                continue
            end_ns = entitlement.end_ns - self.start_ns
            clock = self.clocks.get(host) if end_ns > at_ns else None
            because = (*known(clock), *known(self.files.get(agent, {}).get(file.serial)))
            since_ns = max((each.at_ns for each in because), default=at_ns)
            yield Reason(
                since_ns if end_ns > at_ns else max(since_ns, end_ns),
                host,
                f"end of {quantities(seats)}, valid until {date(entitlement.end_ns)}",
                "F14",
                because,
            )

    def refused(self, code: str, reason: Reason) -> None:
        """Keep one more refusal, and of the earlier ones the last few."""
        self.refusals = [*self.refusals[-9:], (code, reason)]

    def refusal_of(self, step: StepRefused, at_ns: int) -> Reason | None:
        """That of the license server or a CLA for which a step was refused, at `at_ns`."""
        since_ns = self.begun.get(step.place, at_ns)
        for code, refusal in self.refusals:
            if code == step.code and refusal.at_ns >= since_ns:
                return refusal
        return None


def required_by(license_key: str) -> list[str]:
    """All that may be a prerequisite of a license, in the price list's order (domain 2)."""
    required = frozenset[str]().union(*LICENSES[license_key].requires)
    return [key for key in LICENSES if key in required]


def known(reason: Reason | None) -> tuple[Reason, ...]:
    """A reason where there is one."""
    return (reason,) if reason is not None else ()
