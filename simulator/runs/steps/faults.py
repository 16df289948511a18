"""What happens to links, machines and clocks."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from simulator.runs.steps.run_state import RunState
from simulator.scenario import (
    FULL,
    LOST,
    Bandwidth,
    ClockStep,
    Crash,
    Cut,
    CutOneWay,
    Disk,
    Drop,
    Fail,
    Freeze,
    Heal,
    Latency,
    Loss,
    Refuse,
    Repair,
    ReplaceHardware,
    Reset,
    Start,
    Step,
    Thaw,
)
from simulator.worlds.link_faults import LinkFaults

_ON_LINKS: Mapping[type[Step], Callable[[LinkFaults, Any], None]] = {
    Cut: lambda links, step: links.cut(step.link),
    CutOneWay: lambda links, step: links.cut_one_way(
        step.link or f"{step.from_host}-{step.to_host}", step.from_host
    ),
    Drop: lambda links, step: links.drop(step.link),
    Refuse: lambda links, step: links.refuse(step.link),
    Reset: lambda links, step: links.reset(step.link),
    Fail: lambda links, step: links.fail(step.transit),
    Repair: lambda links, step: links.repair(step.transit),
    Heal: lambda links, step: links.heal(step.link),
    Latency: lambda links, step: links.set_latency(step.link, step.to),
    Bandwidth: lambda links, step: links.set_bandwidth(step.link, step.to),
    Loss: lambda links, step: links.set_loss(step.link, step.percent),
}
"""What a step does to a link, a router or a cloud of the world."""


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


async def _replace_hardware(running: RunState, step: ReplaceHardware) -> None:
    host = running.host(step.node)
    running.bound_to.setdefault(host, running.world.installation.locking_id(host))
    await running.world.replace_hardware(host, step.locking_id)


async def _disk(running: RunState, step: Disk) -> None:
    host, world = running.host(step.node), running.world
    if step.restored_from:
        await world.replace_disk(host, running.backup_ns(host, step.restored_from))
    elif step.state == LOST:
        await world.replace_disk(host, None)
        running.forget(host)
    else:
        (world.fill_disk if step.state == FULL else world.free_disk)(host)


FAULT_DOERS: Mapping[type[Step], Callable[[RunState, Any], Awaitable[object]]] = {
    **dict.fromkeys(_ON_LINKS, _on_a_link),
    Crash: _crash,
    Start: _start,
    Freeze: _freeze,
    Thaw: _thaw,
    ClockStep: _clock,
    ReplaceHardware: _replace_hardware,
    Disk: _disk,
}
