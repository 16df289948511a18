"""How many timers a second: tasks that sleep, and plain callbacks that set themselves again."""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import simpy

from benchmarks.measurement import Figures, TableRow, in_turns, seconds, show
from benchmarks.traffic import StockLoop
from simulator import run

_SLEEPERS = 100
_TIMERS = 500


def main(rounds: int) -> None:
    """Measure and print."""
    found = in_turns(
        rounds,
        _per_second("sleep ours", lambda: run(_sleeping())),
        _per_second("sleep stock", lambda: _stock(_sleeping)),
        _per_second("sleep simpy", _simpy_sleeping),
        _per_second("call ours", lambda: run(_calling())),
        _per_second("call stock", lambda: _stock(_calling)),
        _per_second("call simpy", _simpy_calling),
    )
    rows = [
        TableRow(f"{what}, {carrier}", found[f"{key} {short}"], found[f"{key} stock"])
        for key, what in (("sleep", "sleeping tasks"), ("call", "plain callbacks"))
        for short, carrier in (
            ("ours", "our loop"),
            ("stock", "stock loop that jumps"),
            ("simpy", "SimPy"),
        )
    ]
    show("timers: events per second", rows, unit="thousand/s", factor=1e-3, digits=0)


def _per_second(name: str, work: Callable[[], object]) -> Callable[[], Figures]:
    return lambda: {name: _SLEEPERS * _TIMERS / seconds(work)}


def _stock(work: Callable[[], Any]) -> None:
    with asyncio.Runner(loop_factory=StockLoop) as runner:
        runner.run(work())


def _delay_s(sleeper: int) -> float:
    """Different for each, so that the heap has work to do."""
    return 1 + sleeper / 7


async def _sleeping() -> None:
    async with asyncio.TaskGroup() as tasks:
        for sleeper in range(_SLEEPERS):
            tasks.create_task(_sleep(_delay_s(sleeper)))


async def _sleep(delay_s: float) -> None:
    for _ in range(_TIMERS):
        await asyncio.sleep(delay_s)


async def _calling() -> None:
    loop = asyncio.get_running_loop()
    finished = loop.create_future()
    waiting = _SLEEPERS

    def ring(delay_s: float, left: int) -> None:
        nonlocal waiting
        if left:
            loop.call_later(delay_s, ring, delay_s, left - 1)
            return
        waiting -= 1
        if not waiting:
            finished.set_result(None)

    for sleeper in range(_SLEEPERS):
        ring(_delay_s(sleeper), _TIMERS)
    await finished


def _simpy_sleeping() -> None:
    environment = simpy.Environment()
    for sleeper in range(_SLEEPERS):
        environment.process(_simpy_sleep(environment, _delay_s(sleeper)))
    environment.run()


def _simpy_sleep(
    environment: simpy.Environment, delay_s: float
) -> Generator[simpy.Event, Any, None]:
    for _ in range(_TIMERS):
        yield environment.timeout(delay_s)


def _simpy_calling() -> None:
    environment = simpy.Environment()

    def ring(delay_s: float, left: int) -> None:
        if left:
            event = environment.timeout(delay_s)
            event.callbacks.append(lambda _: ring(delay_s, left - 1))

    for sleeper in range(_SLEEPERS):
        ring(_delay_s(sleeper), _TIMERS)
    environment.run()
