"""How many of which licenses there are, as nodes count their own, and as central CLAs count all."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from licensing.enrolment import NODES_PATH, CountedNode, EnrolledNodes
from licensing.errors import LicensingError
from licensing.license_table import LicenseTable
from licensing.messages import NETWORKING
from licensing.words import CLA_PROGRAM, NODE_PROGRAM, LicenseState
from nodes.administration import Licenses
from simulator.runs.steps.run_state import RunState

_UNSAVED = (
    LicenseState.UNSAVED_DEMAND,
    LicenseState.UNSAVED_RELEASE,
    LicenseState.UNSAVED_DEMAND_RELEASE,
)


async def counted(
    running: RunState, key: str, nodes: Sequence[str], *, everywhere: bool
) -> Counter[str]:
    """What a `key` of expectations counts at `nodes`, by license; `everywhere` they are all nodes.

    Raises `LicensingError` where a program does not answer, or a node has no license table.
    """
    if key in _OF_NODES:
        of_node = _OF_NODES[key]
        return _sum([of_node(await _licenses(running, node)) for node in nodes])
    if everywhere:
        tables = [
            await _table(running, agent) for agent in dict.fromkeys(running.agent_of.values())
        ]
        return _sum([_column(table, key) for table in tables])
    if key in _OF_SHARES:
        of_share = _OF_SHARES[key]
        return _sum([of_share(each) for node in nodes for each in await _shares(running, node)])
    return _sum([_column(await _own_table(running, node), key) for node in nodes])


async def _licenses(running: RunState, node: str) -> Licenses:
    return await running.admin.ask(node, NODE_PROGRAM, "/v1/licenses", Licenses)


async def _table(running: RunState, agent: str) -> LicenseTable:
    return await running.admin.ask(agent, CLA_PROGRAM, "/v1/licenses", LicenseTable)


async def _own_table(running: RunState, node: str) -> LicenseTable:
    if node not in running.world.installation.agents:
        raise LicensingError("agent-missing")
    return await _table(running, node)


async def _shares(running: RunState, node: str) -> list[CountedNode]:
    """What the CLA that a node uses counts of it: one, or none where it was never enrolled."""
    agent = running.agent_of[node]
    enrolled = await running.admin.ask(agent, CLA_PROGRAM, NODES_PATH, EnrolledNodes)
    return [each for each in enrolled.nodes if each.node == node]


def _licensed(overview: Licenses) -> Mapping[str, int]:
    return {**overview.in_use, NETWORKING.license: overview.networking}


def _not_licensed(overview: Licenses) -> Mapping[str, int]:
    """The red ones; of a trunk, the channels that are missing."""
    red = (row for row in overview.rows if row.state is LicenseState.NOT_LICENSED)
    return _sum([{row.license: max(row.quantity - row.granted, 0)} for row in red])


def _unsaved(overview: Licenses) -> Mapping[str, int]:
    """By how much what is ticked differs from what is granted; of a refused demand it is one."""
    rows = (row for row in overview.rows if row.state in _UNSAVED)
    return _sum([{row.license: abs(row.quantity - row.granted) or 1} for row in rows])


def _column(table: LicenseTable, key: str) -> dict[str, int]:
    return {row.license: getattr(row, key) for row in table.licenses}


def _sum(parts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return total


_OF_NODES: Mapping[str, Callable[[Licenses], Mapping[str, int]]] = {
    "licensed": _licensed,
    "not_licensed": _not_licensed,
    "unsaved": _unsaved,
}
"""What the nodes count themselves."""

_OF_SHARES: Mapping[str, Callable[[CountedNode], Mapping[str, int]]] = {
    "in_use": lambda node: node.in_use,
    "reserved": lambda node: node.reserved,
}
"""What the CLA counts of a single node; all other keys are columns of its license table."""
