"""What is changed at a communication system: its subscribers, its role, its configuration."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from licensing.enrolment import FORGET_PATH, ForgetNode, Forgotten
from licensing.events import NothingChanged
from licensing.words import NODE_PROGRAM
from nodes import administration
from nodes.telephony.equipment import Subscriber
from runtime.http import Nothing
from simulator.runs.steps.run_state import RunState
from simulator.scenario import (
    AddSubscriber,
    DeleteSubscriber,
    Forget,
    Reconfigure,
    RetypeSubscriber,
    RunWizard,
    Step,
)
from simulator.worlds.preparations import run_wizard


async def _add_subscriber(running: RunState, step: AddSubscriber) -> None:
    new = Subscriber(number=step.number, type=step.type)
    await running.admin.tell(step.node, NODE_PROGRAM, "/v1/add-subscriber", new, Nothing)
    running.node_of[step.number] = step.node


async def _delete_subscriber(running: RunState, step: DeleteSubscriber) -> None:
    node = running.node_with(step.number)
    gone = administration.DeleteSubscriber(number=step.number)
    await running.admin.tell(node, NODE_PROGRAM, "/v1/delete-subscriber", gone, Nothing)


async def _retype_subscriber(running: RunState, step: RetypeSubscriber) -> None:
    node = running.node_with(step.number)
    changed = Subscriber(number=step.number, type=step.to)
    await running.admin.tell(node, NODE_PROGRAM, "/v1/retype-subscriber", changed, Nothing)


async def _wizard(running: RunState, step: RunWizard) -> None:
    agent, world = step.master or step.node, running.world
    admin, gone = running.admin, step.destroyed
    changed = await run_wizard(world, admin, step.node, step.role, agent, destroyed=gone)
    running.agent_of[step.node] = agent
    if not changed:
        why = f"it was {step.role} already, with that CLA"
        world.record("world", NothingChanged(where=step.node, why=why))


async def _forget(running: RunState, step: Forget) -> None:
    master = step.master or running.world.installation.agent_of(step.node)
    order = ForgetNode(node=step.node, destroyed=step.destroyed)
    await running.admin.tell(master, NODE_PROGRAM, FORGET_PATH, order, Forgotten)


async def _reconfigure(running: RunState, step: Reconfigure) -> None:
    host = running.host(step.node)
    running.bound_to.setdefault(host, running.world.installation.locking_id(host))
    await running.world.reconfigure(host, step.changes)


SYSTEM_DOERS: Mapping[type[Step], Callable[[RunState, Any], Awaitable[object]]] = {
    AddSubscriber: _add_subscriber,
    DeleteSubscriber: _delete_subscriber,
    RetypeSubscriber: _retype_subscriber,
    RunWizard: _wizard,
    Forget: _forget,
    Reconfigure: _reconfigure,
}
