"""How many licenses a scenario assigns, and how many it buys."""

from collections import Counter
from collections.abc import Mapping

from simulator.scenario.model import Node, Scenario
from simulator.scenario.steps.license_steps import Assign
from simulator.scenario.steps.order import Order
from simulator.scenario.steps.server_steps import Purchase


def orders_of(scenario: Scenario) -> list[Order]:
    """All that are placed, those of the timeline too: a demand may wait for its order."""
    later = [
        step.orders for step in scenario.timeline if isinstance(step, Purchase) and not step.refused
    ]
    return [
        order for orders in (scenario.internetwork.purchase, *later) for order in orders.values()
    ]


def bought_in(scenario: Scenario) -> Counter[str]:
    """How many of each license all orders buy together."""
    bought: Counter[str] = Counter()
    for order in orders_of(scenario):
        bought.update(order.licenses)
    return bought


def assigned_in(scenario: Scenario) -> Counter[str]:
    """How often each license is assigned by the nodes' lists, their trunks and the timeline."""
    ticked = _ticked(scenario.internetwork.nodes)
    for step in scenario.timeline:
        if isinstance(step, Assign) and step.license and not step.refused:
            ticked[step.number or step.node or "", step.license] = 1
    return _by_license(ticked)


def assigned_at(nodes: Mapping[str, Node]) -> Counter[str]:
    """How often each license is assigned by the lists and trunks of these nodes, by name."""
    return _by_license(_ticked(nodes))


def _ticked(nodes: Mapping[str, Node]) -> dict[tuple[str, str], int]:
    """How many by holder and license."""
    ticked: dict[tuple[str, str], int] = {}
    for name, node in nodes.items():
        for group in node.subscribers:
            ticked |= {(number, key): 1 for number in group.numbers for key in group.licenses}
        for trunk in node.trunks:
            ticked[f"{name} {trunk.name}", trunk.kind.value] = trunk.demanded
    return ticked


def _by_license(ticked: Mapping[tuple[str, str], int]) -> Counter[str]:
    demanded: Counter[str] = Counter()
    for (_holder, key), quantity in ticked.items():
        demanded[key] += quantity
    return demanded
