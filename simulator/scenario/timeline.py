"""The timeline: the table of all steps, each a frozen model, and how a step finds its own."""

from typing import TYPE_CHECKING, Annotated, TypeAlias, Union

from pydantic import Discriminator, Tag

from simulator.scenario.call_steps import CALL_STEPS
from simulator.scenario.fault_steps import FAULT_STEPS
from simulator.scenario.license_steps import LICENSE_STEPS
from simulator.scenario.step import Step

STEPS: tuple[type[Step], ...] = (*LICENSE_STEPS, *FAULT_STEPS, *CALL_STEPS)
ACTIONS = tuple(step.action for step in STEPS)


def _action_of(data: object) -> str | None:
    """The tag of a step: its one action key; None where it has none, several or strangers."""
    if isinstance(data, Step):
        return data.action
    if not isinstance(data, dict) or "at" not in data or len(data) != 2:
        return None
    action = next(key for key in data if key != "at")
    return action if action in ACTIONS else None


if TYPE_CHECKING:
    AnyStep: TypeAlias = Step
else:
    AnyStep = Annotated[
        Union[tuple(Annotated[step, Tag(step.action)] for step in STEPS)],  # noqa: UP007
        Discriminator(_action_of),
    ]
