"""The networks whose risk is measured: a star of sites that fail alone, and sites behind hubs."""

from typing import Any

from benchmarks.internetworks import star_written
from simulator import parse_scenario
from simulator.plan.model.network import PlannedNetwork, planned_network

LINE = {"fails": "every 60 days", "repair": "lognormal(mean 8 h, sigma 2)"}
"""How each line fails, where nothing else is said."""


def star_plan(sites: int, line: dict[str, str] = LINE) -> PlannedNetwork:
    """So many sites, each behind a line of its own to the master."""
    written = star_written(sites, 1)
    own = {name: line for name in written["internetwork"]["links"] if "slave" in name}
    return _planned(written, own)


def hub_plan(sites: int, hubs: int) -> PlannedNetwork:
    """So many sites behind a line to one of the hubs, each behind a line to the master."""
    written = star_written(sites, 1)
    network = written["internetwork"]
    link = next(iter(network["links"].values()))
    names = [name for name in network["nodes"] if name != "hq"]
    network["routers"] = {f"hub-{number}": {} for number in range(hubs)}
    network["links"] = {"hq-internet": link} | {f"hq-hub-{number}": link for number in range(hubs)}
    behind = {f"hub-{at % hubs}-{name}": link for at, name in enumerate(names)}
    network["links"] |= behind
    return _planned(written, dict.fromkeys((*behind, *(f"hq-hub-{n}" for n in range(hubs))), LINE))


def _planned(written: dict[str, Any], lines: dict[str, dict[str, str]]) -> PlannedNetwork:
    written["reliability"] = {"links": lines}
    return planned_network(parse_scenario(written))
