"""What happens to links, machines and clocks."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from simulator.performing.running import Running
from simulator.scenario import (
    ClockStep,
    Crash,
    Cut,
    CutOneWay,
    Drop,
    Heal,
    Latency,
    Refuse,
    Reset,
    Start,
    Step,
)


async def _cut(running: Running, step: Cut) -> None:
    link = running.link(step.link)
    await running.world.cut(link)
    running.cut_links.add(link)


async def _cut_one_way(running: Running, step: CutOneWay) -> None:
    await running.world.cut_one_way(step.from_host, step.to_host)


async def _heal(running: Running, step: Heal) -> None:
    link = running.link(step.link)
    await running.world.heal(link)
    running.cut_links.discard(link)


async def _drop(running: Running, step: Drop) -> None:
    link = running.link(step.link)
    await running.world.drop(link)
    running.cut_links.add(link)


async def _refuse(running: Running, step: Refuse) -> None:
    await running.world.refuse(running.link(step.link))


async def _reset(running: Running, step: Reset) -> None:
    await running.world.reset(running.link(step.link))


async def _latency(running: Running, step: Latency) -> None:
    await running.world.set_latency(running.link(step.link), step.to)


async def _crash(running: Running, step: Crash) -> None:
    await running.world.crash(running.host(step.node))


async def _start(running: Running, step: Start) -> None:
    await running.world.start(running.host(step.node))


async def _clock(running: Running, step: ClockStep) -> None:
    await running.world.step_clock(running.host(step.node), step.by)


FAULT_DOERS: Mapping[type[Step], Callable[[Running, Any], Awaitable[object]]] = {
    Cut: _cut,
    CutOneWay: _cut_one_way,
    Drop: _drop,
    Refuse: _refuse,
    Reset: _reset,
    Heal: _heal,
    Latency: _latency,
    Crash: _crash,
    Start: _start,
    ClockStep: _clock,
}
