"""An internetwork that somebody has, to be explored as it is: only what happens to it is drawn."""

from functools import cache
from random import Random  # noqa: TID251 - a stream of the run's seed, made elsewhere
from typing import Any

from licensing.policies import DAY_NS, HOUR_NS
from simulator.explore.draws.sites import DrawnSites
from simulator.scenario import Scenario, parse_scenario

_KEPT = ("internetwork", "policies", "emergency_numbers", "outside_line")
_SPANS_NS = (12 * HOUR_NS, DAY_NS, 3 * DAY_NS, 40 * DAY_NS)
_MOST_NODE_DAYS = 250


class NotExplorable(Exception):
    """An internetwork in which nothing is licensed by a central CLA; the message says why."""


def require_explorable(scenario: Scenario) -> None:
    """Raise `NotExplorable` where there is no master, or nothing was bought for it."""
    internetwork = scenario.internetwork
    master = internetwork.master()
    if master is None:
        raise NotExplorable(
            "no node is the master: exploring takes an internetwork with a central CLA"
        )
    if not internetwork.purchase:
        raise NotExplorable("nothing is bought: exploring takes an order under `purchase`")
    numbers = {
        number: name for name, node in internetwork.nodes.items() for number in node.numbers()
    }
    if not numbers or len(internetwork.nodes) < 2:
        raise NotExplorable("exploring takes a master, a slave, and somebody who telephones")
    if len(internetwork.nodes) > _MOST_NODE_DAYS:
        raise NotExplorable(
            f"exploring takes {_MOST_NODE_DAYS} nodes at most: no run has more node-days"
        )


def given_sites(text: str, dice: Random) -> tuple[DrawnSites, dict[str, Any]]:
    """The sites of a plain scenario, and what of it stays as it is written."""
    scenario = _scenario(text)
    internetwork = scenario.internetwork
    kept = _kept(text)
    master = internetwork.master()
    assert master, "whoever calls has asked"
    most_ns = _MOST_NODE_DAYS * DAY_NS // len(internetwork.nodes)
    spans_ns = [each for each in _SPANS_NS if each <= most_ns] or [most_ns]
    sites = DrawnSites(
        master=master,
        written=kept["internetwork"],
        links={name: link.ends for name, link in internetwork.links.items()},
        transit=[*internetwork.transit],
        opening=[*internetwork.purchase],
        policies=kept.get("policies", {}),
        numbers={
            number: (name, group.type)
            for name, node in internetwork.nodes.items()
            for group in node.subscribers
            for number in group.numbers
        },
        span_ns=dice.choice(spans_ns),
    )
    return sites, kept


@cache
def _scenario(text: str) -> Scenario:
    return parse_scenario(text)


@cache
def _kept(text: str) -> dict[str, Any]:
    document = _scenario(text).document
    assert document, "it was read from a text"
    assert isinstance(document.data, dict), "a scenario is a mapping"
    return {key: document.data[key] for key in _KEPT if key in document.data}
