"""Calls, and what must hold.

Whether the names in them exist is asked in `step_rules`, not here.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from licensing.catalogue import FAILOVER_MESSAGE
from licensing.words import OUTSIDE, CallOutcome, NodeState
from simulator.scenario.diagnostics import Refused
from simulator.scenario.license_steps import LicenseKey
from simulator.scenario.step import EVERY_NODE, Step
from simulator.scenario.values import (
    CallNumber,
    Count,
    Duration,
    Name,
    Reads,
    call_number,
    duration_in_words,
    one_of,
)

NO_ANSWER = "no answer"
"""Of a call: the caller's own node is down, so nobody even refuses it."""

STATES = (*NodeState, "down")
DISPLAYS = (FAILOVER_MESSAGE, "idle", "dark", "no system telephone")
"""Texts of a node's system telephones: of one that is up, of one that is down, of none at all."""

StateName = Annotated[str, one_of("a state of a node", STATES)]
OutcomeName = Annotated[str, one_of("an outcome of a call", (*CallOutcome, NO_ANSWER))]


def _caller(value: object) -> str:
    return OUTSIDE if value == OUTSIDE else call_number(value)


_CALLER_FORM: JsonSchemaValue = {"type": ["string", "integer"], "pattern": f"^([0-9]+|{OUTSIDE})$"}


class Call(Step):
    """A call; kept up `for` a while such as `10 min`, else released at once."""

    action = "call"
    caller: Annotated[str, Reads(_caller, _CALLER_FORM)] = Field(validation_alias="from")
    to: CallNumber
    expect: OutcomeName | None = None
    lasting: Duration = Field(default=0, validation_alias="for")

    @property
    def incoming(self) -> bool:
        """Whether the call comes from outside the internetwork."""
        return self.caller == OUTSIDE

    def __str__(self) -> str:
        lasting = f" for {duration_in_words(self.lasting)}" if self.lasting else ""
        expected = f", expect {self.expect}" if self.expect else ""
        return f"call from {self.caller} to {self.to}{lasting}{expected}"


class Expect(Step):
    """What must hold: at `node` (or `all` together), or `all: STATE` for every node.

    `display` is what every system telephone shows; `licensed` counts the licenses in effect.
    """

    action = "expect"
    node: Name | None = None
    all: StateName | None = None
    state: StateName | None = None
    display: Annotated[str, one_of("what a display can show", DISPLAYS)] | None = None
    licensed: dict[LicenseKey, Count] | None = None

    @property
    def everywhere(self) -> bool:
        """Whether every node is meant."""
        return self.all is not None or self.node == EVERY_NODE

    @property
    def wanted_state(self) -> str | None:
        """The state that is expected of the node, or of every node."""
        return self.all or self.state

    @model_validator(mode="after")
    def _says_who_and_what(self) -> Self:
        if (self.node is None) == (self.all is None):
            raise Refused("an expectation names either its `node`, or `all: STATE`")
        if self.all is not None and self.state is not None:
            raise Refused("`all: STATE` says the state already: leave `state` out")
        if self.wanted_state is None and self.display is None and self.licensed is None:
            raise Refused("expect something: `state`, `display` or `licensed`")
        return self

    def __str__(self) -> str:
        words = [self.wanted_state] if self.wanted_state else []
        words += [f"display {self.display!r}"] if self.display is not None else []
        if self.licensed is not None:
            counts = ", ".join(f"{number} x {key}" for key, number in self.licensed.items())
            words.append(f"licensed {counts}")
        return f"expect {'every node' if self.everywhere else self.node}: {', '.join(words)}"

    @classmethod
    def further_form(cls) -> JsonSchemaValue:
        """Either its `node` or `all: STATE`."""
        return {"oneOf": [{"required": ["node"]}, {"required": ["all"]}]}


CALL_STEPS: tuple[type[Step], ...] = (Call, Expect)
