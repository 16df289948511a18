"""What a technician does at a WBM or at the license server."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from licensing import messages
from licensing.errors import LicensingError
from licensing.messages import Activated, Seat
from nodes.administration import ActivateOnline, Assignments, Unlocked
from runtime.http import Nothing
from simulator.installation import NODE
from simulator.performing.running import Running
from simulator.scenario import (
    Activate,
    Assign,
    Node,
    Registration,
    Relicense,
    Step,
    Unassign,
    Unlock,
)


async def _activate(running: Running, step: Activate) -> None:
    tell = running.programs.tell
    await tell(step.node, NODE, "/v1/registration", _entered(step.registration), Nothing)
    order = ActivateOnline(lac=running.lacs[step.lac])
    await tell(step.node, NODE, "/v1/activate", order, Activated)


def _entered(registration: Registration) -> messages.Registration:
    return messages.Registration(company=registration.company, contact=registration.contact)


async def _relicense(running: Running, step: Relicense) -> None:
    await running.programs.tell(step.node, NODE, "/v1/relicense", Nothing(), Activated)


async def _unlock(running: Running, step: Unlock) -> None:
    """At every node before the first problem is raised: one that is down stops no other."""
    nodes = running.scenario.internetwork.nodes if step.everywhere else [step.node]
    problems = [problem for node in nodes if (problem := await _unlock_node(running, node))]
    if problems:
        raise problems[0]


async def _unlock_node(running: Running, name: str) -> LicensingError | None:
    tell = running.programs.tell
    try:
        if name not in running.ticked:
            listed = _listed(running.scenario.internetwork.nodes[name])
            await tell(name, NODE, "/v1/assign", listed, Nothing)
            running.ticked.add(name)
        await tell(name, NODE, "/v1/unlock", Nothing(), Unlocked)
    except LicensingError as error:
        return error
    return None


def _listed(node: Node) -> Assignments:
    """What the scenario lists for a node: the first check and unlock ticks it before."""
    seats = [
        Seat(holder=number, license=license_key)
        for group in node.subscribers
        for number in group.numbers
        for license_key in group.licenses
    ]
    seats += [
        Seat(holder=trunk.name, license=trunk.kind.value, quantity=trunk.demanded)
        for trunk in node.trunks
        if trunk.demanded
    ]
    return Assignments(seats=seats)


async def _assign(running: Running, step: Assign) -> None:
    await _tick(running, step, "/v1/assign")


async def _unassign(running: Running, step: Unassign) -> None:
    await _tick(running, step, "/v1/unassign")


async def _tick(running: Running, step: Assign | Unassign, path: str) -> None:
    seats = Assignments(seats=[Seat(holder=step.number, license=step.license)])
    await running.programs.tell(running.node_with(step.number), NODE, path, seats, Nothing)


LICENSE_DOERS: Mapping[type[Step], Callable[[Running, Any], Awaitable[object]]] = {
    Activate: _activate,
    Relicense: _relicense,
    Unlock: _unlock,
    Assign: _assign,
    Unassign: _unassign,
}
