"""What a module keeps to itself stays there, and is used there."""

import ast
import re
from collections.abc import Iterable

from house_rules.source import Breach, Source


def private_names_abroad(sources: Iterable[Source]) -> list[Breach]:
    """Names that their module keeps to itself, and another one imports."""
    return [
        source.breach(node, alias.name)
        for source in sources
        for node in source.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.startswith("_")
    ]


def private_names_unused(sources: Iterable[Source]) -> list[Breach]:
    """Private constants, functions and classes of a module that it never says again."""
    return [
        source.breach(node, name)
        for source in sources
        for node in source.tree.body
        for name in _private(node)
        if len(re.findall(rf"\b{name}\b", source.text)) == 1
    ]


def _private(node: ast.stmt) -> list[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            names = [name]
        case ast.Assign(targets=targets):
            names = [each.id for each in targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            names = [name]
        case _:
            names = []
    return [name for name in names if name.startswith("_") and not name.startswith("__")]
