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


async def _cut(running: Running, step: Cut) -> None:
    link = running.link(step.link)
    if _begins(running, link, "cut"):
        await running.world.cut(link)


async def _cut_one_way(running: Running, step: CutOneWay) -> None:
    link = running.link(f"{step.from_host}-{step.to_host}")
    if "cut" in running.faults_of(link):
        _nothing(running, link, "it is cut in both directions already")
    elif _begins(running, link, f"cut from {step.from_host} to {step.to_host}"):
        await running.world.cut_one_way(step.from_host, step.to_host)


async def _heal(running: Running, step: Heal) -> None:
    link = running.link(step.link)
    if not running.faults_of(link):
        _nothing(running, link, "the link was healthy")
        return
    await running.world.heal(link)
    running.faults_of(link).clear()


async def _drop(running: Running, step: Drop) -> None:
    link = running.link(step.link)
    if _begins(running, link, "drop"):
        await running.world.drop(link)


async def _refuse(running: Running, step: Refuse) -> None:
    link = running.link(step.link)
    if _begins(running, link, "refuse"):
        await running.world.refuse(link)


def _begins(running: Running, link: str, fault: str) -> bool:
    """Note a fault of a link; False, and a word about it, where it was there already."""
    faults = running.faults_of(link)
    if fault in faults:
        _nothing(running, link, f"the link had that fault already ({fault})")
        return False
    faults[fault] = None
    return True


def _nothing(running: Running, where: str, why: str) -> None:
    running.world.record("world", NothingChanged(where=where, why=why))


async def _reset(running: Running, step: Reset) -> None:
    await running.world.reset(running.link(step.link))


async def _latency(running: Running, step: Latency) -> None:
    await running.world.set_latency(running.link(step.link), step.to)


async def _bandwidth(running: Running, step: Bandwidth) -> None:
    await running.world.set_bandwidth(running.link(step.link), step.to)


async def _loss(running: Running, step: Loss) -> None:
    await running.world.set_loss(running.link(step.link), step.percent)


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


FAULT_DOERS: Mapping[type[Step], Callable[[Running, Any], Awaitable[object]]] = {
    Cut: _cut,
    CutOneWay: _cut_one_way,
    Drop: _drop,
    Refuse: _refuse,
    Reset: _reset,
    Heal: _heal,
    Latency: _latency,
    Bandwidth: _bandwidth,
    Loss: _loss,
    Crash: _crash,
    Start: _start,
    Freeze: _freeze,
    Thaw: _thaw,
    ClockStep: _clock,
}
