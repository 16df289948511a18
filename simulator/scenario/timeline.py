"""The steps of a timeline: one frozen model for each action, in the words of the language.

Whether the names in them exist is asked in `step_rules`, not here.
"""

from typing import Annotated, Self

from pydantic import (
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue

from licensing.catalogue import LICENSES
from licensing.words import CallOutcome, NodeState
from simulator.scenario.diagnostics import Refused
from simulator.scenario.step import Part, Step
from simulator.scenario.values import (
    CallNumber,
    Count,
    Duration,
    Name,
    Reads,
    Sentence,
    SignedDuration,
    call_number,
    duration_in_words,
    one_of,
    text,
)

EVERY_NODE = "all"
OUTSIDE = "outside"
STATES = (*NodeState, "down")

License = Annotated[str, one_of("a license", LICENSES)]
State = Annotated[str, one_of("a state of a node", STATES)]
Outcome = Annotated[CallOutcome, one_of("an outcome of a call", CallOutcome)]


class Registration(Part):
    """Registration data, to be entered before online activation (manual 4.3)."""

    company: Sentence
    contact: Sentence


class Activate(Step):
    """Activate online what the order `lac` bought."""

    action = "activate"
    node: Name
    lac: Name
    registration: Registration

    def __str__(self) -> str:
        return f"activate {self.lac} at {self.node} for {self.registration.company}"


class Relicense(Step):
    """Fetch and activate a newly issued network file (F4)."""

    action = "relicense"
    node: Name

    def __str__(self) -> str:
        return f"relicense at {self.node}"


class Unlock(Step):
    """Check and unlock at `node`, or at every node in file order."""

    action = "unlock"
    sole = "node"
    node: Name

    @property
    def everywhere(self) -> bool:
        """Whether every node is meant."""
        return self.node == EVERY_NODE

    def __str__(self) -> str:
        return f"check and unlock at {'every node' if self.everywhere else self.node}"


class Assign(Step):
    """Tick a license for a call number."""

    action = "assign"
    number: CallNumber
    license: License

    def __str__(self) -> str:
        return f"assign {self.license} to {self.number}"


class Unassign(Step):
    """Take a tick back."""

    action = "unassign"
    number: CallNumber
    license: License

    def __str__(self) -> str:
        return f"unassign {self.license} from {self.number}"


class Cut(Step):
    """Cut a link in both directions."""

    action = "cut"
    sole = "link"
    link: Name

    def __str__(self) -> str:
        return f"cut {self.link}"


class CutOneWay(Step):
    """Cut the direction from one end of a link to the other."""

    action = "cut_one_way"
    from_host: Name = Field(validation_alias="from")
    to_host: Name = Field(validation_alias="to")

    def __str__(self) -> str:
        return f"cut one way from {self.from_host} to {self.to_host}"


class Heal(Step):
    """Heal a link in both directions."""

    action = "heal"
    sole = "link"
    link: Name

    def __str__(self) -> str:
        return f"heal {self.link}"


class Latency(Step):
    """Give a link another latency, in nanoseconds."""

    action = "latency"
    link: Name
    to: Duration

    def __str__(self) -> str:
        return f"latency of {self.link} becomes {duration_in_words(self.to)}"


class Crash(Step):
    """Power cut at a node's host."""

    action = "crash"
    sole = "node"
    node: Name

    def __str__(self) -> str:
        return f"crash {self.node}"


class Start(Step):
    """Power returns at a node's host."""

    action = "start"
    sole = "node"
    node: Name

    def __str__(self) -> str:
        return f"start {self.node}"


class ClockStep(Step):
    """Set a host's wall clock forward or back, in nanoseconds."""

    action = "clock"
    node: Name
    by: SignedDuration

    def __str__(self) -> str:
        direction = "back" if self.by < 0 else "forward"
        return f"set the clock of {self.node} {direction} by {duration_in_words(abs(self.by))}"


def _caller(value: object) -> str:
    return OUTSIDE if value == OUTSIDE else call_number(value)


_CALLER_FORM: JsonSchemaValue = {"type": ["string", "integer"], "pattern": f"^([0-9]+|{OUTSIDE})$"}


class Call(Step):
    """A call; kept up for `lasting` nanoseconds, else released at once."""

    action = "call"
    caller: Annotated[str, Reads(_caller, _CALLER_FORM)] = Field(validation_alias="from")
    to: CallNumber
    expect: Outcome | None = None
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

    `display` is what every system telephone shows; `licensed` counts the granted licenses.
    """

    action = "expect"
    node: Name | None = None
    all: State | None = None
    state: State | None = None
    display: Annotated[str, Reads(text, {"type": "string"})] | None = None
    licensed: dict[License, Count] | None = None

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


_STEPS: tuple[type[Step], ...] = (
    Activate, Relicense, Unlock, Assign, Unassign, Cut, CutOneWay, Heal, Latency, Crash, Start,
    ClockStep, Call, Expect,
)  # fmt: skip
ACTIONS = tuple(step.action for step in _STEPS)


def _action_of(data: object) -> str | None:
    """The tag of a step: its one action key; None where it has none, several or strangers."""
    if isinstance(data, Step):
        return data.action
    if not isinstance(data, dict) or "at" not in data or len(data) != 2:
        return None
    action = next(key for key in data if key != "at")
    return action if action in ACTIONS else None


AnyStep = Annotated[
    Annotated[Activate, Tag("activate")]
    | Annotated[Relicense, Tag("relicense")]
    | Annotated[Unlock, Tag("unlock")]
    | Annotated[Assign, Tag("assign")]
    | Annotated[Unassign, Tag("unassign")]
    | Annotated[Cut, Tag("cut")]
    | Annotated[CutOneWay, Tag("cut_one_way")]
    | Annotated[Heal, Tag("heal")]
    | Annotated[Latency, Tag("latency")]
    | Annotated[Crash, Tag("crash")]
    | Annotated[Start, Tag("start")]
    | Annotated[ClockStep, Tag("clock")]
    | Annotated[Call, Tag("call")]
    | Annotated[Expect, Tag("expect")],
    Discriminator(_action_of),
]
