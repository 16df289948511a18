"""Playing a scenario live."""

import asyncio
import signal
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any

from internetsim.interruptions import INTERRUPTIONS
from simulator.live.live_setup import LiveSetup
from simulator.live.processes import preferred
from simulator.live.world import LiveWorld
from simulator.oracle import Oracle, Violation
from simulator.runs.play import Performance, Result
from simulator.scenario import Scenario
from simulator.worlds.run_journal import Reader


def play_live(
    scenario: Scenario, *, setup: LiveSetup, seed: int | None = None, readers: Sequence[Reader] = ()
) -> Result:
    """Play `scenario` with real processes; as `simulator.runs.play.play`.

    Raises `ProgramDied` for a process that ended unasked, `Unavailable` for what cannot be had.
    Where the computer or one of the processes stood still for too long, that stands in
    `setup.stalls`.
    """
    performance = Performance(
        scenario,
        seed=seed,
        readers=readers,
        world=partial(LiveWorld, setup=setup),
        oracle=Oracle(tolerance_ns=setup.rate_plan.tolerance_ns),
    )
    with preferred():
        return performance.result(_perform(performance, setup))


def _perform(performance: Performance, setup: LiveSetup) -> Violation | None:
    interruptions = _Interruptions()
    with interruptions, asyncio.Runner(loop_factory=setup.loop) as runner:
        try:
            runner.run(interruptions.heeded(performance()))
        except asyncio.CancelledError:
            if interruptions.seen:
                raise KeyboardInterrupt from None
            failure = performance.failure
            if isinstance(failure, Violation):
                return failure
            if failure is None:
                raise
            raise failure from None
    return None


class _Interruptions:
    """What asks a run to end: Ctrl-C and its like, unless they are ignored, as under `nohup`.

    The first one ends it in order; the others find that it is being done.
    """

    def __init__(self) -> None:
        self.seen = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        handlers = {number: signal.getsignal(number) for number in INTERRUPTIONS}
        self._before = {
            number: handler for number, handler in handlers.items() if handler != signal.SIG_IGN
        }

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    async def heeded(self, run: Coroutine[None, None, None]) -> None:
        """Await `run`, which the first interruption cancels."""
        main, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert main is not None
        for number in self._before:
            loop.add_signal_handler(number, self._interrupt, main)
        await run

    def _interrupt(self, main: "asyncio.Task[None]") -> None:
        if not self.seen:
            self.seen = True
            main.cancel()
