"""Playing a scenario live."""

import asyncio
from collections.abc import Sequence
from functools import partial

from simulator.journal import Reader
from simulator.live.processes import preferred
from simulator.live.world import LiveWorld, Stage
from simulator.oracle import Oracle, Violation
from simulator.playing import Performance, Result
from simulator.scenario import Scenario


def play_live(
    scenario: Scenario, *, stage: Stage, seed: int | None = None, readers: Sequence[Reader] = ()
) -> Result:
    """Play `scenario` with real processes; as `simulator.playing.play`.

    Raises `ProgramDied` for a process that ended unasked, `Unavailable` for what cannot be had.
    Where the computer or one of the processes stood still for too long, that stands in
    `stage.stalls`.
    """
    performance = Performance(
        scenario,
        seed=seed,
        readers=readers,
        world=partial(LiveWorld, stage=stage),
        oracle=Oracle(tolerance_ns=stage.pacing.tolerance_ns),
    )
    with preferred():
        return performance.result(_perform(performance, stage))


def _perform(performance: Performance, stage: Stage) -> Violation | None:
    with asyncio.Runner(loop_factory=stage.loop) as runner:
        try:
            runner.run(performance())
        except asyncio.CancelledError:
            failure = performance.failure
            if isinstance(failure, Violation):
                return failure
            if failure is None:
                raise
            raise failure from None
    return None
