"""What a technician does at a WBM or at the license server."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeGuard

import msgspec

from licensing.agent_requests import SignedRequest
from licensing.errors import LicensingError
from licensing.events import NothingChanged
from licensing.messages import (
    RELICENSING_REQUEST_PATH,
    SYSTEM_HOLDER,
    Activated,
    LoadLicenseFile,
    Seat,
)
from licensing.words import NODE_PROGRAM, DemandState
from nodes.administration import ActivateOnline, Assignments, Unlocked
from runtime.http import Nothing
from simulator.runs.steps.judgments import Judgment, judge, same
from simulator.runs.steps.run_state import RunState, entered
from simulator.scenario import (
    Activate,
    Assign,
    Node,
    Relicense,
    RequestRelicensing,
    Step,
    Unassign,
    Unlock,
    UploadLicenseFile,
)

_OPEN = "agent-unreachable"
"""The code of a check and unlock that was not sent, or waits for its answer (F8)."""


class RefusedAtNodes(LicensingError):
    """The refusals of several nodes, with the code of the first; the message names each node."""

    def __init__(self, refusals: Mapping[str, LicensingError]) -> None:
        self._refusals = refusals
        super().__init__(next(iter(refusals.values())).code)

    @property
    def message(self) -> str:
        """What is wrong at each node."""
        return " ".join(f"{node}: {error.message}" for node, error in self._refusals.items())


async def _activate(running: RunState, step: Activate) -> None:
    tell = running.admin.tell
    await tell(step.node, NODE_PROGRAM, "/v1/registration", entered(step.registration), Nothing)
    order = ActivateOnline(lac=running.lac(step.lac))
    await tell(step.node, NODE_PROGRAM, "/v1/activate", order, Activated)


async def _relicense(running: RunState, step: Relicense) -> None:
    await running.admin.tell(step.node, NODE_PROGRAM, "/v1/relicense", Nothing(), Activated)


async def _request_relicensing(running: RunState, step: RequestRelicensing) -> None:
    ask, path = running.admin.ask, RELICENSING_REQUEST_PATH
    running.requests[step.request] = await ask(step.node, NODE_PROGRAM, path, SignedRequest)


async def _unlock(running: RunState, step: Unlock) -> list[str]:
    """At every node before anything is judged: one that is down stops no other.

    Returns the nodes whose demand is not sent, or waits for its answer.
    """
    nodes = running.scenario.internetwork.nodes if step.everywhere else [step.node]
    outcomes = {node: await _unlock_node(running, node) for node in nodes}
    if step.refused:
        judge(running.world, step, _refusals(step, outcomes))
    refused = {node: each for node, each in outcomes.items() if _is_failure(each)}
    if refused and not step.refused:
        raise RefusedAtNodes(refused) if step.everywhere else refused[step.node]
    return [node for node, each in outcomes.items() if each and node not in refused]


async def _unlock_node(running: RunState, name: str) -> LicensingError | None:
    """Where its CLA cannot be reached, or does not answer, a node says so in the journal (F8)."""
    tell = running.admin.tell
    try:
        if name not in running.ticked:
            listed = _listed(running.scenario.internetwork.nodes[name])
            await tell(name, NODE_PROGRAM, "/v1/assign", listed, Nothing)
            running.ticked.add(name)
        unlocked = await tell(name, NODE_PROGRAM, "/v1/unlock", Nothing(), Unlocked)
    except LicensingError as error:
        return error
    if not unlocked.checked:
        why = "there was nothing to check and unlock"
        running.world.record("world", NothingChanged(where=name, why=why))
    return None if unlocked.demand is DemandState.NONE else LicensingError(_OPEN)


def _is_failure(outcome: LicensingError | None) -> TypeGuard[LicensingError]:
    """A demand that is not sent, or waits for its answer, stands in the journal, and is none."""
    return outcome is not None and outcome.code != _OPEN


def _refusals(step: Unlock, outcomes: Mapping[str, LicensingError | None]) -> list[Judgment]:
    """By node, where nodes are named; else all that are refused, and some are, for one reason."""
    got = {node: f"refused: {each.code}" if each else "done" for node, each in outcomes.items()}
    if isinstance(step.refused, dict):
        wanted = {node: f"refused: {code}" for node, code in step.refused.items()}
        return [same(node, wanted.get(node, "done"), got[node]) for node in got]
    found = {each.code for each in outcomes.values() if each}
    by_node = ", ".join(f"{node} {outcome}" for node, outcome in got.items())
    told = by_node if step.everywhere else got[step.node]
    return [Judgment("step", step.expectation, told, holds=found == {step.refused})]


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


async def _upload(running: RunState, step: UploadLicenseFile) -> None:
    file = LoadLicenseFile(license_file=running.file(step.file))
    await running.admin.tell(step.node, NODE_PROGRAM, "/v1/license-file", file, Activated)
    running.bound_to.pop(step.node, None)


async def _assign(running: RunState, step: Assign) -> None:
    node, seat = _holder(running, step)
    wanted = Assignments(seats=[msgspec.structs.replace(seat, quantity=step.channels or 1)])
    await running.admin.tell(node, NODE_PROGRAM, "/v1/assign", wanted, Nothing)


async def _unassign(running: RunState, step: Unassign) -> None:
    node, seat = _holder(running, step)
    given_up = Assignments(seats=[seat])
    await running.admin.tell(node, NODE_PROGRAM, "/v1/unassign", given_up, Nothing)


def _holder(running: RunState, step: Assign | Unassign) -> tuple[str, Seat]:
    """The node where it is ticked, and one seat of what is."""
    license_key = step.license or ""
    if step.trunk:
        node, trunk = running.trunk(step.trunk, step.node)
        return node, Seat(holder=trunk.name, license=trunk.kind.value)
    if step.node:
        return step.node, Seat(holder=SYSTEM_HOLDER, license=license_key)
    number = step.number or ""
    return running.node_with(number), Seat(holder=number, license=license_key)


LICENSE_DOERS: Mapping[type[Step], Callable[[RunState, Any], Awaitable[object]]] = {
    Activate: _activate,
    UploadLicenseFile: _upload,
    Relicense: _relicense,
    RequestRelicensing: _request_relicensing,
    Unlock: _unlock,
    Assign: _assign,
    Unassign: _unassign,
}
