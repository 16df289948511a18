"""A first look at GraphML, before anything is built of it: whether it is safe, how it is nested."""

from dataclasses import dataclass, field
from xml.etree import ElementTree as ET
from xml.parsers import expat

from simulator.topology.drawing import Unreadable

_FOLDED = "yfiles.foldertype"


@dataclass(slots=True)
class Outline:
    """How many graphs stand beside each other, and the nodes that are drawn around a graph."""

    graphs: int = 0
    groups: list[str] = field(default_factory=list)


def outline(content: bytes) -> Outline:
    """Raises `Unreadable` for what is no XML, and for XML with entities, which may be endless."""
    found, path = Outline(), [("", "")]

    def begin(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "graph" and path[-1][0] == "node":
            found.groups.append(path[-1][1])
        elif name == "graph":
            found.graphs += 1
        path.append((name, attributes.get("id", "")))

    def end(_tag: str) -> None:
        path.pop()

    def refuse(*_declaration: object) -> None:
        raise Unreadable("it declares entities, which may be endless: save it without a DOCTYPE")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        words = expat.ErrorString(error.code)
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise Unreadable(f"{place}: this is no XML: {words}") from None
    return found


def with_groups_marked(content: bytes) -> bytes:
    """The same, each node around a graph as yEd marks it: networkx skips the others' insides."""
    root = ET.fromstring(content)  # noqa: S314 - `outline` has looked at it
    for node in root.iter():
        if any(child.tag.rpartition("}")[2] == "graph" for child in node):
            node.set(_FOLDED, "group")
    return ET.tostring(root)
