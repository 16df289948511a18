"""Containerlab's topology files: nodes and veth links; they say nothing of speeds or equipment."""

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.scenario import ScenarioError
from simulator.scenario.yaml_text import read_text
from simulator.topology.drawing import Drawing, Edge, Kind, Unreadable, Vertex
from simulator.topology.names import some_of

_CLOUD_KINDS = ("bridge", "ovs-bridge")


def read_containerlab(content: bytes, file: str) -> Drawing:
    """The drawing of a lab; raises `Unreadable`."""
    data = _mapping(content, file)
    topology = data.get("topology")
    if not isinstance(topology, Mapping) or not isinstance(topology.get("nodes"), Mapping):
        hint = ": it is a scenario already" if "internetwork" in data else ""
        raise Unreadable(f"there is no `topology` with `nodes`, as in containerlab's files{hint}")
    nodes = topology["nodes"]
    if not nodes:
        raise Unreadable("there is no node in it")
    links = topology.get("links") or []
    found = [_ends(link) for link in links] if isinstance(links, list) else []
    inside = [ends for ends in found if len(ends) == 2 and set(ends) <= nodes.keys()]
    return Drawing(
        title=str(data.get("name") or ""),
        vertices={str(name): Vertex(str(name), _kind(node)) for name, node in nodes.items()},
        edges=tuple(Edge((ends[0], ends[1])) for ends in inside),
        remarks=tuple(_remarks([ends for ends in found if ends not in inside], nodes)),
    )


def _mapping(content: bytes, file: str) -> Mapping[str, Any]:
    try:
        data = read_text(content.decode("utf-8-sig"), file).data
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8: {error.reason}") from None
    except ScenarioError as error:
        raise Unreadable(str(error)) from None
    assert isinstance(data, Mapping), "what is read is a mapping"
    return data


def _kind(node: object) -> Kind:
    kind = node.get("kind") if isinstance(node, Mapping) else None
    return Kind.CLOUD if kind in _CLOUD_KINDS else Kind.SITE


def _ends(link: object) -> list[str]:
    """The nodes of a link, brief (`node:interface`) or extended (`{node: ..., interface: ...}`)."""
    if not isinstance(link, Mapping):
        return []
    written = link.get("endpoints") or [link.get("endpoint")]
    return [_node_of(end) for end in written] if isinstance(written, list) else []


def _node_of(end: object) -> str:
    """Containerlab itself cuts a brief endpoint at its first colon."""
    if isinstance(end, Mapping):
        return str(end.get("node", ""))
    return str(end).partition(":")[0]


def _remarks(outside: list[list[str]], nodes: Mapping[str, object]) -> Iterator[str]:
    if outside:
        ends = [" to ".join(end or "?" for end in ends) or "?" for ends in outside]
        yield f"{len(outside)} of its links do not join two of its nodes, left out: {some_of(ends)}"
    bridges = [name for name, node in nodes.items() if _kind(node) is Kind.CLOUD]
    if bridges:
        yield f"bridges are taken as clouds: {some_of(bridges)}"
