"""Docstrings say what a thing is, and what is raised."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from house_rules.source import Breach, Function, Source

_READ_NAME = re.compile(r"`([a-z]\w*)`")


def undocumented_modules(sources: Iterable[Source]) -> list[Breach]:
    """Modules that do not say what they are."""
    return [
        source.breach(source.tree, "") for source in sources if not ast.get_docstring(source.tree)
    ]


def docstrings_that_point_elsewhere(sources: Iterable[Source]) -> list[Breach]:
    """Docstrings that begin with "See ..." instead of what their thing is."""
    return [
        source.breach(node, getattr(node, "name", ""))
        for source in sources
        for node in source.nodes
        if isinstance(node, ast.Module | ast.ClassDef | Function)
        and (ast.get_docstring(node) or "").startswith("See ")
    ]


def reading_orders_that_lead_nowhere(sources: Iterable[Source]) -> list[Breach]:
    """Names of modules in "Read in this order" that no module or room beside it has."""
    sources = list(sources)
    places = {str(place) for source in sources for place in _places(source)}
    return [
        source.breach(source.tree, name)
        for source in sources
        for name in _READ_NAME.findall(_reading_order(source))
        if str(Path(source.path).parent / name) not in places
    ]


def _places(source: Source) -> Iterable[Path]:
    path = Path(source.path).with_suffix("")
    return (path, *path.parents)


def _reading_order(source: Source) -> str:
    said = ast.get_docstring(source.tree) or ""
    return said.partition("\nRead ")[2]


def errors_unsaid(sources: Iterable[Source]) -> list[Breach]:
    """Public functions that raise something and whose docstring does not say so."""
    return [
        source.breach(function, function.name)
        for source in sources
        for function in source.functions
        if (docstring := ast.get_docstring(function)) and not function.name.startswith("_")
        if any(_raises(statement) for statement in function.body)
        if not re.search(r"\b([Rr]aise|[Rr]efuse)", docstring)
    ]


def _raises(node: ast.AST) -> bool:
    """Whether something new is raised within, but not in a function of its own."""
    if isinstance(node, Function | ast.Lambda | ast.ClassDef):
        return False
    if isinstance(node, ast.Raise):
        return node.exc is not None
    return any(_raises(child) for child in ast.iter_child_nodes(node))
