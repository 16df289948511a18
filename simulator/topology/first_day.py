"""The first day of what is imported: orders that suffice, their activation, and what follows."""

from collections import Counter
from collections.abc import Iterator, Mapping

from licensing.catalogue import LICENSES
from licensing.words import Role
from simulator.scenario import Node, Scenario, assigned_at, bought_in
from simulator.topology.equipment import Sites, Words

_REGISTRATION = {"company": "Example Ltd", "contact": "it@example.com"}

Buyers = Mapping[str, str]
"""By order, the node at whose CLA it is activated."""


def completed(
    said: Mapping[str, Words], sites: Sites, whole: Scenario
) -> tuple[dict[str, Words], Buyers]:
    """The orders that are `said` and those that are missing, and who activates which.

    Nobody but the master can have ordered what is said; without one nobody activates that.
    """
    purchase, buyers = dict(said), dict.fromkeys(said, sites.master or "")
    for node, licenses in _missing(sites, whole, orders_said=bool(said)):
        name = _further(purchase)
        purchase[name], buyers[name] = licenses, node
    return purchase, {name: node for name, node in buyers.items() if node}


def _missing(sites: Sites, whole: Scenario, *, orders_said: bool) -> Iterator[tuple[str, Words]]:
    """By node with a CLA, what that has to buy: where orders are said, for what was assumed."""
    nodes = whole.internetwork.nodes
    lacking = sites.assumed if orders_said else tuple(nodes)
    alone = [name for name in sites.standalone if name in lacking]
    others = {name: node for name, node in nodes.items() if name not in alone}
    if sites.master and not others.keys().isdisjoint(lacking):
        bought = bought_in(whole) if orders_said else Counter[str]()
        if licenses := _in_words(_wanted(others) - bought):
            yield sites.master, licenses
    for name in alone:
        yield name, _in_words(_wanted({name: nodes[name]}))


def _wanted(nodes: Mapping[str, Node]) -> Counter[str]:
    """What is assigned there, and what their CLA needs itself."""
    slaves = sum(node.role is Role.SLAVE for node in nodes.values())
    return assigned_at(nodes) + Counter({"base": 1, "networking": slaves})


def _in_words(counts: Counter[str]) -> Words:
    return {key: str(counts[key]) for key in LICENSES if counts[key]}


def _further(purchase: Mapping[str, Words]) -> str:
    number = 1 + len(purchase)
    while f"LAC-{number}" in purchase:
        number += 1
    return f"LAC-{number}"


def first_day(buyers: Buyers, sites: Sites) -> list[Words]:
    """Activations, check and unlock, and that all who are licensed by then are regular.

    Each CLA activates its orders minute by minute; different ones do not wait for each other.
    """
    if not buyers:
        return []
    unlock = {"at": "day 0 10:00", "unlock": "all"}
    expected = [{"at": "day 0 12:00", "expect": each} for each in _regular(buyers, sites)]
    return [*_activations(buyers), unlock, *expected]


def _activations(buyers: Buyers) -> list[Words]:
    earlier: Counter[str] = Counter()
    steps = []
    for order, node in buyers.items():
        activate = {"node": node, "lac": order, "registration": _REGISTRATION}
        steps.append({"at": f"day 0 09:{earlier[node]:02}", "activate": activate})
        earlier[node] += 1
    return sorted(steps, key=lambda step: str(step["at"]))


def _regular(buyers: Buyers, sites: Sites) -> list[Words]:
    """One expectation of all, or where somebody has no order, one of each that has."""
    licensed = {*buyers.values()}
    regular = [name for name in sites.nodes if sites.agent_of(name) in licensed]
    if len(regular) == len(sites.nodes):
        return [{"all": "regular"}]
    return [{"node": name, "state": "regular"} for name in regular]
