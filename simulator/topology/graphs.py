"""What is asked of networkx, which takes a third of a second to load and is loaded when asked."""

import warnings
from collections import ChainMap
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import msgspec

from simulator.topology.drawing import Unreadable

Attributes = Mapping[str, Any]
"""What a GraphML element says, by the names of its attributes."""


class AnyGraph(msgspec.Struct, frozen=True):
    """A graph with attributes, as GraphML has it; edges may be parallel."""

    attributes: Attributes
    nodes: Mapping[str, Attributes]
    edges: tuple[tuple[str, str, Attributes], ...]
    directed: bool = False


def parsed(content: bytes, defaults: Mapping[str, dict[str, str]]) -> AnyGraph:
    """The first graph of a GraphML file, attribute names in lower case; raises `Unreadable`.

    `defaults` are what a "graph", a "node" and an "edge" is where it says nothing itself.
    """
    import networkx as nx  # type: ignore[import-untyped]  # noqa: PLC0415 - see above

    try:
        with warnings.catch_warnings(action="ignore"):  # of ports, which are left out
            graph = nx.read_graphml(BytesIO(content), force_multigraph=True)
    except (nx.NetworkXException, LookupError, ValueError, TypeError, AttributeError) as error:
        raise Unreadable(f"this XML is no GraphML that can be read: {error}") from None

    def said(data: Mapping[Any, Any], kind: str) -> Attributes:
        return ChainMap({str(key).lower(): data[key] for key in data}, defaults[kind])

    return AnyGraph(
        attributes=said(graph.graph, "graph"),
        nodes={key: said(data, "node") for key, data in graph.nodes(data=True)},
        edges=tuple(
            (one, other, said(data, "edge")) for one, other, data in graph.edges(data=True)
        ),
        directed=graph.is_directed(),
    )


def graphml(graph: AnyGraph) -> str:
    """The text of a GraphML file; the kind of each attribute is that of its values."""
    import networkx as nx  # noqa: PLC0415 - see above

    drawn = nx.MultiGraph(**graph.attributes)
    drawn.add_nodes_from(graph.nodes.items())
    for one, other, data in graph.edges:
        drawn.add_edge(one, other, key=data.get("link"), **data)  # else many are called "0"
    return "\n".join([*nx.generate_graphml(drawn, named_key_ids=True), ""])


def parts(nodes: Iterable[str], edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The connected parts, the largest first, of equal ones that with the earliest node."""
    import networkx as nx  # noqa: PLC0415 - see above

    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(edges)
    order = {node: index for index, node in enumerate(graph)}
    found = [sorted(part, key=order.__getitem__) for part in nx.connected_components(graph)]
    return sorted(found, key=lambda part: (-len(part), order[part[0]]))
