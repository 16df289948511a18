"""The timeline: the table of all steps, each a frozen model, and how a step finds its own."""

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, Union

from pydantic import (
    Discriminator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    TypeAdapter,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import (
    CoreSchema,
    ErrorDetails,
    InitErrorDetails,
    PydanticKnownError,
    core_schema,
)

from simulator.scenario.step import Step
from simulator.scenario.steps.call_steps import CALL_STEPS
from simulator.scenario.steps.expectations import EXPECTATION_STEPS
from simulator.scenario.steps.fault_steps import FAULT_STEPS
from simulator.scenario.steps.license_steps import LICENSE_STEPS
from simulator.scenario.steps.server_steps import SERVER_STEPS
from simulator.scenario.steps.system_steps import SYSTEM_STEPS

STEPS: tuple[type[Step], ...] = (
    *LICENSE_STEPS,
    *SERVER_STEPS,
    *SYSTEM_STEPS,
    *FAULT_STEPS,
    *CALL_STEPS,
    *EXPECTATION_STEPS,
)
STEP_OF = {step.action: step for step in STEPS}
"""By its action, which is its key in the file."""

BESIDE = {action: step.beside for action, step in STEP_OF.items()}
ACTIONS = tuple(STEP_OF)


def _action_of(data: object) -> str | None:
    """The one action key of a step; None where it has none, several or strangers."""
    if not isinstance(data, dict) or "at" not in data:
        return None
    actions = [key for key in data if key in BESIDE]
    if len(actions) != 1 or data.keys() - {*actions, *BESIDE[actions[0]]}:
        return None
    return str(actions[0])


def _step(data: object) -> Step:
    """The step that was written, or is one already; raises pydantic's errors."""
    if isinstance(data, Step):
        return data
    action = _action_of(data)
    if action is None:
        # The kind of pydantic's own error, so that one place puts it into words.
        raise PydanticKnownError("union_tag_not_found", {"discriminator": "'action'"})
    try:
        return STEP_OF[action].model_validate(data)
    except ValidationError as error:
        within = [_within(action, details) for details in error.errors(include_url=False)]
        raise ValidationError.from_exception_data(action, within) from None


def _within(action: str, details: ErrorDetails) -> InitErrorDetails:
    """The error with its place in the file: what a step says stands below its action.

    All of them are of kinds that pydantic knows, `Refused` among them as the error of a value.
    """
    return InitErrorDetails(
        type=details["type"],
        loc=(action, *details["loc"]),
        input=details["input"],
        ctx=details.get("ctx", {}),
    )


class _ByAction:
    """A step is read by the model of its action: the other fifty are not built for that."""

    @staticmethod
    def __get_pydantic_core_schema__(_source: object, _go: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_step)

    @staticmethod
    def __get_pydantic_json_schema__(
        _schema: CoreSchema, go: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        tagged = tuple(Annotated[step, Tag(step.action)] for step in STEPS)
        every: Any = Annotated[Union[tagged], Discriminator(_action_of)]  # noqa: UP007 - a tuple
        return go(TypeAdapter(every).core_schema)


if TYPE_CHECKING:
    AnyStep: TypeAlias = Step
else:
    AnyStep = Annotated[Step, _ByAction]
