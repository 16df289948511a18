"""Modules, classes and functions are called after a thing."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from house_rules.source import Breach, Function, Source

_SAY_NOTHING = {"util", "utils", "helper", "helpers", "manager", "managers"}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def names_that_say_nothing(sources: Iterable[Source]) -> list[Breach]:
    """Modules, classes and functions called after no thing: utils, helpers, manager."""
    return [
        source.breach(node, name)
        for source in sources
        for name, node in _named(source)
        if _SAY_NOTHING & {word.lower() for word in _WORD.findall(name)}
    ]


FIELD_TERMS = {
    *("fencing", "freezing", "guessing", "licensing", "lease_signing", "planning", "relicensing"),
    *("rendering", "routing", "shrinking", "signing"),
}
THINGS = {
    "closing",
    "drawing",
    "folding",
    "map_spacing",
    "matching",
    "opening",
    "recording",
    "wording",
}
"""Somebody can point at each: a drawing, the closing of a story."""


def modules_named_by_gerunds(sources: Iterable[Source]) -> list[Breach]:
    """Modules and rooms called after doing something, rather than after what is in them."""
    return [
        source.breach(source.tree, part)
        for source in sources
        for part in Path(source.path).with_suffix("").parts
        if part.endswith("ing") and part not in FIELD_TERMS | THINGS
    ]


def _named(source: Source) -> Iterator[tuple[str, ast.AST]]:
    yield from ((part, source.tree) for part in Path(source.path).with_suffix("").parts)
    for node in source.nodes:
        if isinstance(node, ast.ClassDef | Function):
            yield node.name, node
