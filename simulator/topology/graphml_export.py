"""An internetwork as GraphML, for editors and other tools; imported again it is the same one.

Each fact stands once, as an attribute with its unit in its name; what has parts of its own is JSON.
"""

import json
from typing import Any

from simulator.scenario import INTERNET, Internetwork, Link, Node, Scenario
from simulator.scenario.links import possible_ends
from simulator.scenario.written import written
from simulator.topology.drawing import Kind, Point
from simulator.topology.graphml_words import (
    DURATIONS,
    EXPORTED,
    NODE_WORDS,
    SCENARIO_WORDS,
    VERSION,
)
from simulator.topology.graphs import AnyGraph, graphml

_Words = dict[str, Any]


def to_graphml(scenario: Scenario) -> str:
    """The text of a GraphML file with one graph."""
    internetwork = scenario.internetwork
    nodes = {name: _node(name, node) for name, node in internetwork.nodes.items()}
    for kind, parts in ((Kind.ROUTER, internetwork.routers), (Kind.CLOUD, internetwork.clouds)):
        nodes |= {name: _transit(name, kind, part.place) for name, part in parts.items()}
    if any(INTERNET in link.ends for link in internetwork.links.values()):
        nodes[INTERNET] = _transit(INTERNET, Kind.INTERNET, None)
    edges = tuple(
        (*link.ends, _edge(name, link, internetwork)) for name, link in internetwork.links.items()
    )
    return graphml(AnyGraph(_whole(scenario), nodes, edges))


def _whole(scenario: Scenario) -> _Words:
    internetwork = scenario.internetwork
    orders = {name: written(order) for name, order in internetwork.purchase.items()}
    whole: _Words = {EXPORTED: VERSION, "title": scenario.title, "about": scenario.about}
    whole |= {key: _text(words) for key, words in written(scenario, SCENARIO_WORDS).items()}
    whole |= {"purchase": json.dumps(orders)}
    if internetwork.convergence:
        whole["convergence_ns"] = internetwork.convergence
    return whole


def _node(name: str, node: Node) -> _Words:
    words = written(node)
    attributes: _Words = {"label": name, "kind": str(Kind.SITE)}
    attributes |= {key: _text(words[key]) for key in NODE_WORDS if key in words}
    if node.line:
        attributes["line_bit_s"] = node.line
    return attributes | _place(node.place)


def _text(words: object) -> str:
    return words if isinstance(words, str) else json.dumps(words)


def _transit(name: str, kind: Kind, place: Point | None) -> _Words:
    return {"label": name, "kind": str(kind)} | _place(place)


def _place(place: Point | None) -> _Words:
    return {"longitude": place[0], "latitude": place[1]} if place else {}


def _edge(name: str, link: Link, internetwork: Internetwork) -> _Words:
    attributes: _Words = {
        "link": name,
        "bandwidth_bit_s": link.bandwidth,
        "latency_ns": link.latency,
    }
    values = {key: getattr(link, word) for key, word in DURATIONS.items()}
    attributes |= {key: value for key, value in values.items() if value}
    if not possible_ends(name, None, internetwork.ends):
        attributes["joins"] = " ".join(link.ends)
    return attributes
