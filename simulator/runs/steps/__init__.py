"""Doing what a step of the scenario language says, in whatever world the run is.

`RunState` is what a step finds; the other modules do the steps: `licenses`, `license_server`,
`systems`, `faults`, `calls`, `expectations` (with `license_counts` and `judgments`).
Nothing here knows when a step is due.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from licensing.errors import LicensingError
from licensing.events import StepBegan
from simulator.runs.steps.calls import CALL_DOERS
from simulator.runs.steps.expectations import EXPECTATION_DOERS
from simulator.runs.steps.faults import FAULT_DOERS
from simulator.runs.steps.judgments import Unexpected, judge, judge_unasked, place_of, same
from simulator.runs.steps.license_server import SERVER_DOERS
from simulator.runs.steps.licenses import LICENSE_DOERS
from simulator.runs.steps.run_state import RunState
from simulator.runs.steps.systems import SYSTEM_DOERS
from simulator.scenario import Request, Step, Unlock
from simulator.worlds.known_names import UnknownName

__all__ = ["RunState", "Unexpected", "perform"]

_DOERS: Mapping[type[Step], Callable[[RunState, Any], Awaitable[object]]] = {
    **LICENSE_DOERS,
    **SERVER_DOERS,
    **SYSTEM_DOERS,
    **FAULT_DOERS,
    **CALL_DOERS,
    **EXPECTATION_DOERS,
}


async def perform(running: RunState, step: Step) -> object:
    """Do what a step says; returns what the program answered, where that is worth knowing.

    Raises `LicensingError` where a program refuses, `Unexpected` where an expectation does not
    hold, `UnknownName` for a name that the run does not have.
    """
    running.world.record("world", StepBegan(step=str(step), place=place_of(step)))
    try:
        if isinstance(step, Request) and step.refused and not isinstance(step, Unlock):
            await _expect_refusal(running, step)
            return None
        return await _DOERS[type(step)](running, step)
    except (LicensingError, UnknownName) as error:
        judge_unasked(running.world, step, error)
        raise


async def _expect_refusal(running: RunState, step: Request) -> None:
    got = "done"
    try:
        await _DOERS[type(step)](running, step)
    except LicensingError as error:
        got = f"refused: {error.code}"
    judge(running.world, step, [same("step", step.expectation, got)])
