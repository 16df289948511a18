"""What is written of the scenario language is true: examples can be read, and none is missing."""

import re
from pathlib import Path

from simulator.scenario import Step
from simulator.scenario.reading import read_text
from simulator.scenario.timeline import ACTIONS, STEPS

DOCS = Path(__file__).parents[3] / "docs" / "scenarios.md"


def examples() -> list[Step]:
    """Every step of every block, read as a timeline is."""
    blocks = re.findall(r"```yaml\n(- .*?)```", DOCS.read_text(), re.DOTALL)
    steps = read_text("timeline:\n" + "".join(blocks), "docs/scenarios.md").data["timeline"]
    by_action = {step.action: step for step in STEPS}
    return [by_action[next(key for key in step if key in ACTIONS)].model_validate(step)
            for step in steps]  # fmt: skip


def test_every_step_has_an_example_that_can_be_read():
    """Nobody has to guess, and nobody reads of a step that does not exist."""
    shown = [step.action for step in examples()]
    assert [action for action in ACTIONS if action not in shown] == []
