"""Playing a scenario live, and whether this computer was quick enough for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from licensing.policies import NS_PER_SECOND
from simulator.journal import Reader
from simulator.live.pacing import JITTER_S
from simulator.live.processes import preferred
from simulator.live.world import LiveWorld, Stage
from simulator.oracle import Oracle, Violation
from simulator.playing import Performance, Result
from simulator.scenario import Scenario


@dataclass(frozen=True)
class TooSlow(Exception):
    """The supervisor stood for longer than the tolerance of a live run: nothing is proven."""

    at_ns: int
    real_s: float
    simulated_s: float

    def __str__(self) -> str:
        return (
            f"this computer stood still for {self.real_s:.2f} s, which is "
            f"{self.simulated_s:.0f} s of simulated time; {JITTER_S:g} s are the most"
        )


def play_live(
    scenario: Scenario, *, stage: Stage, seed: int | None = None, readers: Sequence[Reader] = ()
) -> Result:
    """Play `scenario` with real processes; as `simulator.playing.play`.

    Raises `ProcessDied` for a process that ended unasked, `Unavailable` for what cannot be had,
    `TooSlow` where the computer stood still, and so whatever came of the run says nothing.
    """
    performance = Performance(
        scenario,
        seed=seed,
        readers=readers,
        world=partial(LiveWorld, stage=stage),
        oracle=Oracle(tolerance_ns=round(stage.simulated_s(JITTER_S) * NS_PER_SECOND)),
    )
    with preferred():
        violation = _perform(performance, stage)
    _require_no_stall(performance.net.world, stage)
    return performance.result(violation)


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


def _require_no_stall(world: object, stage: Stage) -> None:
    if isinstance(world, LiveWorld) and world.longest_stall_ns > JITTER_S * NS_PER_SECOND:
        real_s = world.longest_stall_ns / NS_PER_SECOND
        rate = stage.pacing.rate_at(world.stalled_at_ns)
        raise TooSlow(world.stalled_at_ns, real_s, real_s * rate)
