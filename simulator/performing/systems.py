"""What is changed at a communication system: its subscribers, its role, its configuration."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from simulator.performing.running import Running
from simulator.preparations import run_wizard
from simulator.scenario import Reconfigure, RunWizard, Step


async def _wizard(running: Running, step: RunWizard) -> None:
    agent = step.master or step.node
    await run_wizard(running.world, running.programs, step.node, step.role, agent)


async def _reconfigure(running: Running, step: Reconfigure) -> None:
    host = running.host(step.node)
    running.bound_to.setdefault(host, running.world.installation.locking_id(host))
    await running.world.reconfigure(host, step.changes)


SYSTEM_DOERS: Mapping[type[Step], Callable[[Running, Any], Awaitable[object]]] = {
    RunWizard: _wizard,
    Reconfigure: _reconfigure,
}
