"""What happens to links, machines and clocks."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from licensing.events import NothingChanged
from simulator.runs.steps.run_state import Running
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


def _nothing(running: Running, where: str, why: str) -> None:
    running.world.record("world", NothingChanged(where=where, why=why))


async def _crash(running: Running, step: Crash) -> None:
    host = running.host(step.node)
    if running.world.is_up(host):
        await running.world.crash(host)
    else:
        _nothing(running, host, "it had no power")


async def _start(running: Running, step: Start) -> None:
    host = running.host(step.node)
    if running.world.is_running(host):
        _nothing(running, host, "all its programs were running")
    else:
        await running.world.start(host)


async def _freeze(running: Running, step: Freeze) -> None:
    host, world = running.host(step.node), running.world
    if not world.is_up(host):
        _nothing(running, host, "it had no power")
    elif world.is_frozen(host):
        _nothing(running, host, "it was frozen already")
    else:
        await world.freeze(host)


async def _thaw(running: Running, step: Thaw) -> None:
    host = running.host(step.node)
    if running.world.is_frozen(host):
        await running.world.thaw(host)
    else:
        _nothing(running, host, "it was not frozen")


async def _clock(running: Running, step: ClockStep) -> None:
    await running.world.step_clock(running.host(step.node), step.by)


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


async def _on_a_link(running: Running, step: Step) -> None:
    _ON_LINKS[type(step)](running.world.links, step)


FAULT_DOERS: Mapping[type[Step], Callable[[Running, Any], Awaitable[object]]] = {
    **dict.fromkeys(_ON_LINKS, _on_a_link),
    Crash: _crash,
    Start: _start,
    Freeze: _freeze,
    Thaw: _thaw,
    ClockStep: _clock,
}
