"""Calls. Whether the numbers in them exist is asked in `subscriber_rules`, not here."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from licensing.errors import CALL_REFUSALS
from licensing.words import OUTSIDE, CallOutcome
from simulator.scenario.diagnostics import Refused
from simulator.scenario.step import Step
from simulator.scenario.values import (
    CallNumber,
    Duration,
    Reads,
    call_number,
    duration_in_words,
    one_of,
)

NO_ANSWER = "no answer"
"""Of a call: the caller's own node is down, so nobody even refuses it."""

OutcomeName = Annotated[str, one_of("an outcome of a call", (*CallOutcome, NO_ANSWER))]
CallRefusal = Annotated[str, one_of("a reason for which calls are refused", CALL_REFUSALS)]


def _caller(value: object) -> str:
    return OUTSIDE if value == OUTSIDE else call_number(value)


_CALLER_FORM: JsonSchemaValue = {"type": ["string", "integer"], "pattern": f"^([0-9]+|{OUTSIDE})$"}
CallingNumber = Annotated[str, Reads(_caller, _CALLER_FORM)]


class Call(Step):
    """A call, which is released at once unless it is kept up `for` a while.

    Example: `call: {from: 200, to: 0891234567, for: 10 min, expect: connected}`
    """

    action = "call"

    caller: CallingNumber = Field(validation_alias="from")
    """A subscriber, or `outside`: then it comes in over a trunk. Example: `from: outside`"""

    to: CallNumber
    """What is dialed. Example: `to: 0891234567`"""

    expect: OutcomeName | None = None
    """How it must end: `connected`, `refused` for any reason, with `no route`, or, from a node that
    is down, with `no answer`. Example: `expect: connected`"""

    refused: CallRefusal | None = None
    """The reason for which it must be refused. Example: `refused: emergency-mode`"""

    lasting: Duration = Field(default=0, validation_alias="for")
    """How long it is kept up. Example: `for: 10 min`"""

    @property
    def incoming(self) -> bool:
        """Whether the call comes from outside the internetwork."""
        return self.caller == OUTSIDE

    @property
    def expectation(self) -> str:
        """How it must end, and why; "" where anything may come of it."""
        if self.refused:
            return f"{CallOutcome.REFUSED} ({self.refused})"
        return self.expect or ""

    @model_validator(mode="after")
    def _says_once_how_it_ends(self) -> Self:
        if self.refused and self.expect:
            raise Refused("`refused` says how the call ends: leave `expect` out")
        return self

    def __str__(self) -> str:
        lasting = f" for {duration_in_words(self.lasting)}" if self.lasting else ""
        expected = f", expect {self.expectation}" if self.expectation else ""
        return f"call from {self.caller} to {self.to}{lasting}{expected}"


CALL_STEPS: tuple[type[Step], ...] = (Call,)
