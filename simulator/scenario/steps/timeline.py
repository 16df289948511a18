"""The timeline: the table of all steps, each a frozen model, and how a step finds its own."""

from typing import TYPE_CHECKING, Annotated, TypeAlias, Union

from pydantic import Discriminator, Tag

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
BESIDE = {step.action: step.beside for step in STEPS}
ACTIONS = tuple(BESIDE)


def _action_of(data: object) -> str | None:
    """The tag of a step: its one action key; None where it has none, several or strangers."""
    if isinstance(data, Step):
        return data.action
    if not isinstance(data, dict) or "at" not in data:
        return None
    actions = [key for key in data if key in BESIDE]
    if len(actions) != 1 or data.keys() - {*actions, *BESIDE[actions[0]]}:
        return None
    return str(actions[0])


if TYPE_CHECKING:
    AnyStep: TypeAlias = Step
else:
    AnyStep = Annotated[
        Union[tuple(Annotated[step, Tag(step.action)] for step in STEPS)],  # noqa: UP007
        Discriminator(_action_of),
    ]
