"""Which rule of the programs or of the oracle a fact puts to the test, by number.

A rule is at stake where a program that broke it would show: not at every fact of a kind, but at
those that the rule decides. F and O are the numbers of the rulebook; O0, O8 and O9 are at stake in
every run.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from licensing.events import (
    AgentClockCompared,
    AgentClockJumpedForward,
    AgentKeyReleased,
    AgentStopped,
    AssignmentsChanged,
    CallAnswered,
    ClockJumpedForward,
    ClockSetBack,
    ConnectionEstablished,
    DemandDecided,
    DemandUnsent,
    DisplaysChanged,
    Event,
    HoldEnded,
    HostStarted,
    IssueRefused,
    LeaseRefused,
    LicenseFileIssued,
    LicenseFileMoved,
    LicenseFileRefused,
    NodeForgotten,
    NodeKeyChanged,
    OverUseChanged,
    RecoveryWindowBegan,
    RelicensingRequired,
    SeatsLost,
    SeatsRestored,
    SessionOpened,
    SessionRefused,
    StateChanged,
    StepBegan,
)
from licensing.words import Condition, NodeState, Trigger

ALWAYS: Final = frozenset({"O0", "O8", "O9"})
"""At stake in every run: the order of facts, the end, what is licensed."""

_When = Callable[[Any, NodeState | None], bool]
"""Asked of a fact, and of the status that its host had before; None of a host that is no node."""


def _always(_: object, __: object) -> bool:
    return True


def _from(*before: NodeState) -> _When:
    return lambda fact, _: fact.before in before and fact.after is NodeState.REGULAR


def _cause(*causes: Trigger) -> _When:
    return lambda fact, _: fact.cause in causes


def _in(*states: NodeState) -> _When:
    return lambda _, state: state in states


_REGULAR, _FAILOVER, _EMERGENCY = NodeState.REGULAR, NodeState.FAILOVER, NodeState.EMERGENCY
_RESTRICTED = _EMERGENCY, NodeState.RESTRICTED

_AT_STAKE: Final[Mapping[str, Mapping[type[Event], _When]]] = {
    "F1": {DisplaysChanged: lambda fact, _: any(fact.displays.values())},
    "F2": {StateChanged: _cause(Trigger.PERIOD_ENDED)},
    "F3": {StateChanged: _from(_FAILOVER)},
    "F4": {StateChanged: _from(_EMERGENCY), LeaseRefused: _in(_EMERGENCY)},
    "F5": {CallAnswered: lambda fact, state: fact.emergency or state in _RESTRICTED},
    "F6": {RelicensingRequired: _always},
    "F7": {AgentStopped: _always},
    "F8": {DemandUnsent: _always, AssignmentsChanged: _in(_FAILOVER)},
    "F9": {HoldEnded: _always, SeatsRestored: _always, RecoveryWindowBegan: _always},
    "F10": {StateChanged: _cause(Trigger.ACTIVATION_PERIOD_ENDED)},
    "F11": dict.fromkeys((ClockSetBack, ClockJumpedForward, AgentClockJumpedForward), _always),
    "F12": {
        SessionOpened: lambda fact, _: fact.superseded,
        SessionRefused: lambda fact, _: fact.code in ("clone-suspected", "agent-outdated"),
    },
    "F13": {SeatsLost: _always},
    "F14": {StateChanged: _cause(Trigger.FILE_ENDED)},
    "F15": {
        StepBegan: lambda fact, _: fact.step.startswith("relicense by"),
        AgentClockCompared: _always,
    },
    "F16": {NodeForgotten: _always, NodeKeyChanged: _always},
    "F17": {ConnectionEstablished: _in(_REGULAR)},
    "F18": {AgentKeyReleased: _always, IssueRefused: _always, LicenseFileRefused: _always},
    "O1": {DemandDecided: lambda fact, _: bool(fact.granted or fact.refused)},
    "O2": {StateChanged: lambda fact, _: fact.after in (_FAILOVER, _EMERGENCY)},
    "O3": {DisplaysChanged: _always},
    "O4": {
        StateChanged: _from(_EMERGENCY),
        ConnectionEstablished: lambda fact, state: (
            state is _EMERGENCY and fact.condition is Condition.RELICENSING_REQUIRED
        ),
    },
    "O5": {LicenseFileIssued: _always},
    "O6": {CallAnswered: _in(_FAILOVER, _EMERGENCY)},
    "O7": {HostStarted: lambda _, state: state not in (None, NodeState.ACTIVATION_PERIOD)},
    "O10": {
        LicenseFileMoved: _always,
        OverUseChanged: _always,
        NodeForgotten: lambda fact, _: fact.destroyed,
    },
}

EVERY_RULE: Final = tuple(sorted({*_AT_STAKE, *ALWAYS}, key=lambda rule: (rule[0], int(rule[1:]))))
"""All numbers, in their order."""


def _by_fact() -> Mapping[type[Event], list[tuple[str, _When]]]:
    table: defaultdict[type[Event], list[tuple[str, _When]]] = defaultdict(list)
    for rule, facts in _AT_STAKE.items():
        for kind, at in facts.items():
            table[kind].append((rule, at))
    return dict(table)


_RULES_OF: Final = _by_fact()


def at_stake(fact: Event, state: NodeState | None) -> Iterator[str]:
    """The rules that `fact` puts to the test at a host whose status was `state` before it."""
    return (rule for rule, at in _RULES_OF.get(type(fact), ()) if at(fact, state))
