"""What runs have reached: states, transitions, states under faults, rules, and certain ends.

A reader of the journal, as all others.
"""

from collections.abc import Iterable
from typing import Any, Self

import msgspec

from licensing.events import (
    ClockStepped,
    DiskFilled,
    DiskReplaced,
    Entry,
    HardwareReplaced,
    HeartbeatAnswered,
    HostCrashed,
    HostFrozen,
    HostReconfigured,
    HostStarted,
    HostThawed,
    LicenseFileIssued,
    LicenseFileMoved,
    LinkCut,
    LinkFaulted,
    LinkHealed,
    LossChanged,
    NodeForgotten,
    SeatsLost,
    StateChanged,
    StepRefused,
    TransitFailed,
    TransitRepaired,
    WizardCompleted,
)
from licensing.policies import DAY_NS
from licensing.records import kebab_case
from licensing.words import NodeState, Role, Trigger
from simulator.explore.rules_at_stake import ALWAYS, at_stake
from simulator.network.routes import Reach, follow, next_hops
from simulator.scenario import Scenario

ENDS = ("emergency", "restart", "rehost", "an order's end", "a detour")
"""What some runs of any exploration must reach: otherwise it looks at too little."""

_FAULTS = (
    *(LinkCut, LinkFaulted, LossChanged, TransitFailed, HostCrashed, HostStarted, HostFrozen),
    *(HostThawed, ClockStepped, DiskFilled, DiskReplaced, HardwareReplaced, HostReconfigured),
    *(LinkHealed, TransitRepaired, NodeForgotten, LicenseFileIssued, LicenseFileMoved),
)


class Reached(msgspec.Struct, frozen=True):
    """Sets of words: `transitions` as `regular -> failover: cause`, `pairs` as `state x fault`."""

    states: frozenset[str] = frozenset()
    transitions: frozenset[str] = frozenset()
    pairs: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()

    def __or__(self, other: Self) -> "Reached":
        return Reached(
            self.states | other.states,
            self.transitions | other.transitions,
            self.pairs | other.pairs,
            self.rules | other.rules,
            self.ends | other.ends,
        )

    def beyond(self, other: Self) -> int:
        """How much is reached here that is not there."""
        mine = (self.states, self.transitions, self.pairs, self.rules, self.ends)
        theirs = (other.states, other.transitions, other.pairs, other.rules, other.ends)
        return sum(len(one - two) for one, two in zip(mine, theirs, strict=True))


class ReachedReader:
    """Reads the journal of one run; `days` is how long it has taken so far.

    `refused` has what was not done, and why: the first word of each step, with a code.
    """

    def __init__(self, scenario: Scenario) -> None:
        nodes = scenario.internetwork.nodes
        self.days = 0.0
        self.refused: set[tuple[str, str]] = set()
        self._states = dict.fromkeys(nodes, NodeState.ACTIVATION_PERIOD)
        self._seen: dict[str, set[str]] = {
            name: set() for name in ("states", "transitions", "pairs", "rules", "ends")
        }
        self._seen["rules"] |= ALWAYS
        self._broken: set[str] = set()
        self._crashed: set[str] = set()
        self._alone: set[str] = set()
        self._ways = dict(_ways(scenario))

    def reached(self) -> Reached:
        """What the run has reached so far."""
        return Reached(**{name: frozenset(seen) for name, seen in self._seen.items()})

    def __call__(self, entry: Entry) -> None:
        """Read the next entry."""
        fact, host = entry.fact, entry.host
        self.days = entry.at / DAY_NS
        self._seen["rules"].update(at_stake(fact, self._states.get(host)))
        if isinstance(fact, StateChanged):
            self._changed(host, fact)
        if isinstance(fact, StepRefused):
            self.refused.add((fact.step.partition(" ")[0], fact.code))
        if isinstance(fact, _FAULTS):
            fault = _fault(fact)
            self._seen["pairs"].update(f"{each} x {fault}" for each in self._states.values())
        self._follow_the_network(host, fact)
        self._seen["ends"].update(self._end(host, fact))

    def _changed(self, node: str, fact: StateChanged) -> None:
        self._states[node] = fact.after
        self._seen["states"].add(fact.after)
        self._seen["transitions"].add(f"{fact.before} -> {fact.after}: {fact.cause}")

    def _follow_the_network(self, host: str, fact: object) -> None:
        """A heartbeat that is answered although the usual way is broken has taken another."""
        match fact:
            case LinkCut(link=name, directions=[_, _]) | TransitFailed(name=name):
                self._broken.add(name)
            case LinkHealed(link=name) | TransitRepaired(name=name):
                self._broken.discard(name)
            case WizardCompleted(role=role):
                (self._alone.discard if role is Role.SLAVE else self._alone.add)(host)
            case HeartbeatAnswered() if host not in self._alone and self._broken & self._ways.get(
                host, frozenset()
            ):
                self._seen["ends"].add("a detour")

    def _end(self, host: str, fact: object) -> Iterable[str]:
        match fact:
            case StateChanged(after=NodeState.EMERGENCY):
                yield "emergency"
            case StateChanged(cause=Trigger.FILE_ENDED) | SeatsLost():
                yield "an order's end"
            case HostCrashed():
                self._crashed.add(host)
            case HostStarted() if host in self._crashed:
                yield "restart"
            case LicenseFileMoved(how="rehosted"):
                yield "rehost"


def ends_in(scenario: Scenario) -> list[str]:
    """Which of the `ENDS` runs in this internetwork must reach: no detour without another way."""
    return [end for end in ENDS if end != "a detour" or _has_another_way(scenario)]


def _has_another_way(scenario: Scenario) -> bool:
    """Whether some node reaches the master without a link, or an end, of its usual way."""
    internetwork = scenario.internetwork
    hops, master = [*internetwork.hops()], internetwork.master()
    for node, way in _ways(scenario):
        for name in way - {master}:
            left = [hop for hop in hops if name not in (hop.link, hop.source, hop.destination)]
            if node in Reach(left, internetwork.forwarding).to(master or ""):
                return True
    return False


def _ways(scenario: Scenario) -> Iterable[tuple[str, frozenset[str]]]:
    """The links and the ends on the way of each node to the master while nothing fails."""
    internetwork = scenario.internetwork
    master = internetwork.master()
    if master is None:
        return
    first = next_hops(internetwork.hops(), master, internetwork.forwarding)
    for node in internetwork.nodes:
        hops = list(follow(first, node, master))
        yield node, frozenset(name for hop in hops for name in (hop.link, hop.destination))


def _fault(fact: Any) -> str:  # noqa: ANN401 - a fact of any kind
    """A kind of fault in words."""
    word = kebab_case(type(fact).__name__)
    match fact:
        case LinkCut(directions=[_]):
            return f"{word} one way"
        case LinkFaulted(fault=fault):
            return f"{word} {fault}"
        case ClockStepped(by_ns=by_ns):
            return f"{word} {'back' if by_ns < 0 else 'forward'}"
        case DiskReplaced(saved_ns=saved_ns):
            return f"{word} {'by an empty one' if saved_ns is None else 'by a backup'}"
    return word
