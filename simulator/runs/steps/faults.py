"""What happens to links, machines and clocks."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from simulator.runs.steps.run_state import RunState
from simulator.scenario import (
    Bandwidth,
    ClockStep,
    Crash,
    Cut,
    CutOneWay,
    Drop,
    Freeze,
    Heal,
    Latency,
    Loss,
    Refuse,
    Reset,
    Start,
    Step,
    Thaw,
)
from simulator.worlds.link_faults import LinkFaults

_ON_LINKS: Mapping[type[Step], Callable[[LinkFaults, Any], None]] = {
    Cut: lambda links, step: links.cut(step.link),
    CutOneWay: lambda links, step: links.cut_one_way(step.from_host, step.to_host),
    Drop: lambda links, step: links.drop(step.link),
    Refuse: lambda links, step: links.refuse(step.link),
    Reset: lambda links, step: links.reset(step.link),
    Heal: lambda links, step: links.heal(step.link),
    Latency: lambda links, step: links.set_latency(step.link, step.to),
    Bandwidth: lambda links, step: links.set_bandwidth(step.link, step.to),
    Loss: lambda links, step: links.set_loss(step.link, step.percent),
}
"""What a step does to a link of the world."""


async def _on_a_link(running: RunState, step: Step) -> None:
    _ON_LINKS[type(step)](running.world.links, step)


async def _crash(running: RunState, step: Crash) -> None:
    await running.world.crash(running.host(step.node))


async def _start(running: RunState, step: Start) -> None:
    await running.world.start(running.host(step.node))


async def _freeze(running: RunState, step: Freeze) -> None:
    running.world.freeze(running.host(step.node))


async def _thaw(running: RunState, step: Thaw) -> None:
    running.world.thaw(running.host(step.node))


async def _clock(running: RunState, step: ClockStep) -> None:
    running.world.step_clock(running.host(step.node), step.by)


FAULT_DOERS: Mapping[type[Step], Callable[[RunState, Any], Awaitable[object]]] = {
    **dict.fromkeys(_ON_LINKS, _on_a_link),
    Crash: _crash,
    Start: _start,
    Freeze: _freeze,
    Thaw: _thaw,
    ClockStep: _clock,
}
