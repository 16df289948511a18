"""What must hold: of nodes, of the license table, of a telephone, of a call.

Whether the names in it exist is asked in `step_rules` and `subscriber_rules`, not here.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from licensing.catalogue import FAILOVER_MESSAGE, LICENSES
from licensing.words import DemandState, NodeState, Trigger
from simulator.scenario.diagnostics import Refused
from simulator.scenario.rest import RestOfPeriod
from simulator.scenario.step import EVERY_NODE, Part, Step
from simulator.scenario.steps.call_steps import CallingNumber
from simulator.scenario.steps.license_steps import LicenseKey
from simulator.scenario.values import (
    CallNumber,
    Count,
    Name,
    Reads,
    one_of,
)

IN_THE_WHOLE_RUN = "over-use in the whole run"
"""What is said beforehand of over-use (O10) is judged when a run ends, by these words."""

STATES = (*NodeState, "down")
DISPLAYS = (FAILOVER_MESSAGE, "idle", "dark", "no system telephone")
"""Texts of a node's system telephones: of one that is up, of one that is down, of none at all."""

UP, OVER = "up", "over"
"""What a call can be."""

StateName = Annotated[str, one_of("a state of a node", STATES)]
DisplayName = Annotated[str, one_of("what a display can show", DISPLAYS)]


def _used(value: object) -> str:
    key: str = one_of("a license", LICENSES).read(value)  # type: ignore[assignment]  # it is text
    if key == "base":
        raise Refused("the base license is not used by nodes: expect `bought: {base: 1}`")
    return key


def _assigned(value: object) -> str:
    key = _used(value)
    if key == "networking":
        raise Refused("nobody assigns the networking license: expect it `licensed`")
    return key


_LICENSE_FORM: JsonSchemaValue = {"enum": list(LICENSES)}
UsedLicense = Annotated[str, Reads(_used, _LICENSE_FORM)]
AssignedLicense = Annotated[str, Reads(_assigned, _LICENSE_FORM)]


def _numbers(seats: Mapping[str, int]) -> str:
    return ", ".join(f"{number} x {license_key}" for license_key, number in seats.items())


class CallUp(Part):
    """A call that an earlier step has placed: whether it `is` still `up`, or `over`.

    Example: `expect: {call: {from: 200, to: 0891234567, is: up}}`
    """

    caller: CallingNumber = Field(validation_alias="from")
    """Who has called. Example: `from: 200`"""

    to: CallNumber
    """What was dialed. Example: `to: 0891234567`"""

    state: Annotated[str, one_of("what a call can be", (UP, OVER))] = Field(
        default=UP, validation_alias="is"
    )
    """Whether it is still up. Example: `is: over`"""


class Expect(Step):
    """What must hold: at `node` (or `all` together), of a telephone, of a call.

    What cannot be asked, because a host is off or a program is starting, does not hold.
    Example: `expect: {node: north, state: failover, display: Failover Period}`
    """

    action = "expect"

    node: Name | None = None
    """The node, or `all` of them: states must hold at each, numbers are summed up.
    Example: `{node: all, licensed: {networking: 2}}`"""

    all: StateName | None = None
    """The state of every node, as the one thing that is expected. Example: `{all: regular}`"""

    number: CallNumber | None = None
    """The telephone whose `display` is expected. Example: `{number: 200, display: idle}`"""

    call: CallUp | None = None
    """A call that is up, or over. Example: `{call: {from: 200, to: 0891234567, is: up}}`"""

    state: StateName | None = None
    """License status of the node; `down` where it has no power.
    Example: `{node: north, state: failover}`"""

    cause: Annotated[str, one_of("a cause of a license status", Trigger)] | None = None
    """What led to the license status. Example: `{node: north, cause: failover period ended}`"""

    rest: RestOfPeriod | None = None
    """What is left of the period that runs, to the second or with a tolerance.
    Example: `{node: north, rest: 29 days ± 1 h}`"""

    demand: Annotated[str, one_of("what became of a check and unlock", DemandState)] | None = None
    """What became of the newest check and unlock: `unsent`, `waiting` for its answer, or `none`.
    Example: `{node: north, demand: unsent}`"""

    display: DisplayName | None = None
    """What a person reads on every system telephone, or on that of `number`.
    Example: `{node: north, display: Failover Period}`"""

    licensed: dict[UsedLicense, Count] | None = None
    """How many of these licenses are in effect. Example: `{node: north, licensed: {tdm: 10}}`"""

    not_licensed: dict[AssignedLicense, Count] | None = None
    """How many are demanded and refused: the red ones.
    Example: `{node: all, not_licensed: {ip: 2}}`"""

    unsaved: dict[AssignedLicense, Count] | None = None
    """How many were ticked or unticked since the last check and unlock.
    Example: `{node: north, unsaved: {tdm: 1}}`"""

    in_use: dict[UsedLicense, Count] | None = None
    """License table: seats of nodes that are connected. Example: `{node: hq, in_use: {ip: 25}}`"""

    reserved: dict[UsedLicense, Count] | None = None
    """License table: seats kept for nodes that are cut off (F9).
    Example: `{node: north, reserved: {tdm: 10}}`"""

    free: dict[LicenseKey, Count] | None = None
    """License table of all CLAs, or of that on the node: what may be granted.
    Example: `{node: all, free: {ip: 5}}`"""

    bought: dict[LicenseKey, Count] | None = None
    """License table of all CLAs, or of that on the node: what is in force of the purchases.
    Example: `{node: hq, bought: {base: 1}}`"""

    COUNTS: ClassVar = (
        "licensed",
        "not_licensed",
        "unsaved",
        "in_use",
        "reserved",
        "free",
        "bought",
    )
    """The keys that count licenses."""

    OF_NODES: ClassVar = ("state", "cause", "rest", "demand", "display", *COUNTS)
    """The keys that may be expected of nodes."""

    @property
    def everywhere(self) -> bool:
        """Whether every node is meant."""
        return self.all is not None or self.node == EVERY_NODE

    @property
    def wanted_state(self) -> str | None:
        """The state that is expected of the node, or of every node."""
        return self.all or self.state

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many of which licenses are expected, by the key that says what is counted."""
        given = {key: getattr(self, key) for key in self.COUNTS}
        return {key: counts for key, counts in given.items() if counts is not None}

    @model_validator(mode="after")
    def _says_who_and_what(self) -> Self:
        subjects = [self.node, self.all, self.number, self.call]
        if sum(subject is not None for subject in subjects) != 1:
            raise Refused("an expectation names one: `node`, `all: STATE`, `number` or `call`")
        if self.all is not None and self.state is not None:
            raise Refused("`all: STATE` says the state already: leave `state` out")
        asked = [key for key in self.OF_NODES if getattr(self, key) is not None]
        if self.number is not None and asked != ["display"]:
            raise Refused("of the telephone with a `number` its `display` is expected, no more")
        if self.call is not None and asked:
            raise Refused(
                f"a `call` is up or over: leave {', '.join(f'`{key}`' for key in asked)} out"
            )
        if self.node is not None and not asked:
            raise Refused("expect something", allowed=self.OF_NODES)
        return self

    @property
    def expectation(self) -> str:
        """All that is expected, in words."""
        if self.call is not None:
            return self.call.state
        words = [self.wanted_state] if self.wanted_state else []
        words += [f"cause {self.cause}"] if self.cause else []
        words += [f"rest {self.rest}"] if self.rest else []
        words += [f"demand {self.demand}"] if self.demand else []
        words += [f"display {self.display!r}"] if self.display is not None else []
        counted = [
            f"{key.replace('_', ' ')} {_numbers(seats)}" for key, seats in self.counts.items()
        ]
        if counted and self.everywhere:
            counted[0] = f"together {counted[0]}"
        return ", ".join([*words, *counted])

    def __str__(self) -> str:
        if self.call is not None:
            who = f"call from {self.call.caller} to {self.call.to}"
        elif self.number is not None:
            who = f"telephone {self.number}"
        else:
            who = self._everyone if self.everywhere else self.node or ""
        return f"expect {who}: {self.expectation}"

    @property
    def _everyone(self) -> str:
        """Each of the nodes, unless nothing but sums is expected."""
        asked = {key for key in self.OF_NODES if getattr(self, key) is not None}
        return "every node" if self.all or asked - {*self.COUNTS} else "all nodes"

    @classmethod
    def further_form(cls) -> JsonSchemaValue:
        """One of what an expectation may be about."""
        return {"oneOf": [{"required": [key]} for key in ("node", "all", "number", "call")]}


EXPECTATION_STEPS: tuple[type[Step], ...] = (Expect,)
