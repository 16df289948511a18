"""A first look at GraphML, before anything is built of it: whether it is safe, how it is nested."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET
from xml.parsers import expat

import msgspec

from simulator.topology.drawing import Unreadable

_FOLDED = "yfiles.foldertype"


class Outline(msgspec.Struct):
    """How many graphs stand beside each other, the nodes around a graph, and what keys say.

    `defaults` are the values by what they are for, then by attribute, in lower case.
    """

    graphs: int = 0
    groups: list[str] = msgspec.field(default_factory=list)
    has_defaults: bool = False
    defaults: dict[str, dict[str, str]] = msgspec.field(
        default_factory=lambda: {"graph": {}, "node": {}, "edge": {}}
    )

    def note_default(self, key: Mapping[str, str], value: str) -> None:
        """What is for all is for each kind; an empty value says nothing."""
        for kind, known in self.defaults.items():
            if value and key.get("for", "all") in (kind, "all"):
                known[key.get("attr.name", "").lower()] = value


def outline(content: bytes) -> Outline:
    """Raises `Unreadable` for what is no XML, and for XML with entities, which may be endless."""
    found, path, text = Outline(), [("", dict[str, str]())], list[str]()

    def begin(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "graph" and path[-1][0] == "node":
            found.groups.append(path[-1][1].get("id", ""))
        elif name == "graph":
            found.graphs += 1
        path.append((name, attributes))
        text.clear()

    def end(_tag: str) -> None:
        name, _ = path.pop()
        if name == "default" and path[-1][0] == "key":
            found.has_defaults = True
            found.note_default(path[-1][1], "".join(text).strip())

    def refuse(*_declaration: object) -> None:
        raise Unreadable("it declares entities, which may be endless: save it without a DOCTYPE")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler, parser.EntityDeclHandler = text.append, refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        words = expat.ErrorString(error.code)
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise Unreadable(f"{place}: this is no XML: {words}") from None
    return found


def for_networkx(content: bytes) -> bytes:
    """The same, each node around a graph as yEd marks it, and no defaults.

    It skips the inside of other nodes, applies no default, and fails at an empty one of a number,
    as yEd writes them.
    """
    root = ET.fromstring(content)  # noqa: S314 - `outline` has looked at it
    for element in root.iter():
        for child in list(element):
            name = child.tag.rpartition("}")[2]
            if name == "graph" and element is not root:
                element.set(_FOLDED, "group")
            elif name == "default":
                element.remove(child)
    return ET.tostring(root)
