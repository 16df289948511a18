"""From a file of another tool to the text of a scenario that passes `check` and runs."""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from simulator.scenario import (
    INTERNET,
    Scenario,
    bandwidth_in_words,
    parse_scenario,
    plain_text,
)
from simulator.scenario.expansion.named_values import to_the_letter
from simulator.scenario.links import possible_ends
from simulator.scenario.values import LONGEST_NAME, exact_duration
from simulator.topology.containerlab import read_containerlab
from simulator.topology.drawing import Drawing, Edge, Kind, Unreadable
from simulator.topology.equipment import Sites, Words, equipped
from simulator.topology.first_day import completed, first_day
from simulator.topology.graphml import read_graphml
from simulator.topology.graphml_words import SCENARIO_WORDS
from simulator.topology.lines import connected, measured, placed
from simulator.topology.names import named, some_of
from simulator.topology.remarks import head
from simulator.topology.site_list import read_site_list

MOST_BYTES = 20_000_000
"""No source may be larger."""

START = "2026-03-02 08:00"
_OF_INTERNETWORK = ("convergence", "purchase")
_ANY_PURCHASE = {"LAC-1": {"base": "1"}}
_TO_INTERNET = Edge(("", INTERNET), bandwidth_bit_s=10**9, latency_ns=20_000_000)


class Imported(msgspec.Struct, frozen=True):
    """A scenario, its text, and a sentence on each thing that the source does not say."""

    scenario: Scenario
    text: str
    remarks: tuple[str, ...]


def imported(content: bytes, file: str, *, master: str = "", like: str = "") -> Imported:
    """The scenario that a source makes; `file` tells its kind where its content does not.

    `master` and `like` name sites, "" is no wish. Raises `Unreadable`, and `ScenarioError` where
    the source says what cannot be, such as a model that there is not.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable(
            f"it is larger than {MOST_BYTES // 10**6} MB: leave out what is no network"
        )
    drawing = placed(_read(content, file))
    names, renamed = named(drawing.vertices)
    drawing = replace(drawing, remarks=(*drawing.remarks, *renamed))
    drawing = connected(drawing, names.__getitem__)
    sites = equipped(drawing, names, master=master, like=like)
    drawing = measured(drawing)
    data, remarks = _scenario(drawing, names, sites)
    remarks = (*drawing.remarks, *sites.remarks, *remarks)
    scenario = _with_purchase(data, sites, file)
    return Imported(scenario, head(remarks, file) + plain_text(scenario), remarks)


def _read(content: bytes, file: str) -> Drawing:
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or _utf16_markup(content):
        return read_graphml(content)
    if file.lower().endswith((".yaml", ".yml")):
        return read_containerlab(content, file)
    return read_site_list(content)


def _utf16_markup(content: bytes) -> bool:
    return content[:4] in (b"\xff\xfe<\0", b"\xfe\xff\0<")


def _scenario(
    drawing: Drawing, names: Mapping[str, str], sites: Sites
) -> tuple[Words, tuple[str, ...]]:
    """All but the purchase, in the words of a scenario."""
    edges = [replace(e, ends=(names[e.ends[0]], names[e.ends[1]])) for e in drawing.edges]
    to_internet = [] if drawing.is_whole else _to_internet(drawing, sites)
    edges += to_internet
    parts = {kind: _of_kind(drawing, names, kind) for kind in (Kind.ROUTER, Kind.CLOUD)}
    ends = [*sites.nodes, *parts[Kind.ROUTER], *parts[Kind.CLOUD], INTERNET]
    internetwork: Words = {
        "nodes": sites.nodes,
        "routers": parts[Kind.ROUTER],
        "clouds": parts[Kind.CLOUD],
        "links": _links(edges, ends),
        **{key: drawing.said[key] for key in _OF_INTERNETWORK if key in drawing.said},
    }
    title = " ".join(drawing.title.split()) or "An imported internetwork"
    about = drawing.said.get("about") or "Imported; see the comments above for what was assumed."
    besides = {key: drawing.said[key] for key in SCENARIO_WORDS if key in drawing.said}
    title, about = to_the_letter(title), to_the_letter(about)
    data = {"title": title, "about": about, "start": START, "seed": "1", **besides}
    remarks = _internet_remarks([f"{edge.ends[0]}-{INTERNET}" for edge in to_internet])
    return data | {"internetwork": _without_empty(internetwork)}, tuple(remarks)


def _to_internet(drawing: Drawing, sites: Sites) -> list[Edge]:
    """The way of each CLA to the license server, where the source draws none."""
    if any(vertex.kind is Kind.INTERNET for vertex in drawing.vertices.values()):
        return []
    return [replace(_TO_INTERNET, ends=(name, INTERNET)) for name in sites.with_agent]


def _internet_remarks(links: list[str]) -> Iterator[str]:
    if len(links) == 1:
        yield f"no way to the license server: the link {links[0]}, 1 Gbit/s and 20 ms, is added"
    elif links:
        added = f"{len(links)} links of 1 Gbit/s and 20 ms are added: {some_of(links)}"
        yield f"no way to the license server: {added}"


def _of_kind(drawing: Drawing, names: Mapping[str, str], kind: Kind) -> dict[str, Words]:
    return {
        names[key]: {"place": [repr(degrees) for degrees in vertex.place]} if vertex.place else {}
        for key, vertex in drawing.vertices.items()
        if vertex.kind is kind
    }


def _without_empty(internetwork: Words) -> Words:
    return {k: v for k, v in internetwork.items() if v or k not in ("routers", "clouds")}


def _links(edges: list[Edge], ends: list[str]) -> dict[str, Words]:
    """Each by its two ends, or by a name of its own where that would mean another one, too."""
    links: dict[str, Words] = {}
    joined: set[frozenset[str]] = set()
    taken = {end.lower() for end in ends}
    for edge in edges:
        name, pair = f"{edge.ends[0]}-{edge.ends[1]}", frozenset(edge.ends)
        plain = pair not in joined and possible_ends(name, None, ends) == [edge.ends]
        own = edge.name and edge.name != name and not possible_ends(edge.name, None, ends)
        link: Words = {}
        if own or not plain or name.lower() in taken or len(name) > LONGEST_NAME:
            name = _own_name(edge, taken, ends)
            link["joins"] = [*edge.ends]
        else:
            joined.add(pair)
        taken.add(name.lower())
        links[name] = link | _link(edge)
    return links


def _own_name(edge: Edge, taken: set[str], ends: list[str]) -> str:
    number, name = 1, edge.name or "line-1"
    while name.lower() in taken or possible_ends(name, None, ends):
        number += 1
        name = f"line-{number}"
    return name


def _link(edge: Edge) -> Words:
    assert edge.bandwidth_bit_s is not None, "measured before"
    assert edge.latency_ns is not None, "measured before"
    speed = {"bandwidth": bandwidth_in_words(edge.bandwidth_bit_s)}
    return speed | {"latency": exact_duration(edge.latency_ns)} | dict(edge.said)


def _with_purchase(data: Words, sites: Sites, file: str) -> Scenario:
    """With orders for what is assigned, where they are not said, and with a first day."""
    said: Words = data["internetwork"].get("purchase", {})
    purchase, buyers = completed(said, sites, _parsed(data, said or _ANY_PURCHASE, file))
    data = data | {"internetwork": {**data["internetwork"], "purchase": purchase}}
    timeline = first_day(buyers, sites)
    return parse_scenario(data | ({"timeline": timeline} if timeline else {}), file)


def _parsed(data: Words, purchase: Words, file: str) -> Scenario:
    internetwork = {**data["internetwork"], "purchase": purchase}
    return parse_scenario({**data, "internetwork": internetwork, "timeline": []}, file)
