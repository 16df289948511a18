"""What a module keeps to itself stays there, and is used there."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from house_rules.source import Breach, Source

MOST_OF_A_BASE = 10
"""Private names; a base with more is one half of a class, and not what its subclasses share."""


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


def classes_in_two_files(sources: Iterable[Source]) -> list[Breach]:
    """Classes that use very many private names of a base which another module has."""
    homes = {node.name: (source, node) for source in sources for node in _classes(source)}
    return [
        source.breach(node, node.name)
        for source, node in homes.values()
        if len({name for base in _bases(node, homes, source) for name in _used(node, base)})
        > MOST_OF_A_BASE
    ]


def _classes(source: Source) -> list[ast.ClassDef]:
    return [node for node in source.tree.body if isinstance(node, ast.ClassDef)]


def _bases(
    node: ast.ClassDef, homes: Mapping[str, tuple[Source, ast.ClassDef]], source: Source
) -> Iterator[ast.ClassDef]:
    """Those of other modules, and theirs."""
    for each in node.bases:
        home, base = homes.get(ast.unparse(each), (source, node))
        if home is not source:
            yield base
            yield from _bases(base, homes, home)


def _used(node: ast.ClassDef, base: ast.ClassDef) -> set[str]:
    """The private names that `base` gives its objects, and `node` uses without giving them."""
    given, own = _of_itself(base), _of_itself(node)
    return {name for name in own[ast.Load] & given[ast.Store] - own[ast.Store] if name[0] == "_"}


def _of_itself(node: ast.ClassDef) -> dict[type[ast.expr_context], set[str]]:
    """What a class reads of its own object, and what it defines or sets."""
    names: dict[type[ast.expr_context], set[str]] = {ast.Load: set(), ast.Store: set()}
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            names[ast.Store].add(each.name)
        elif isinstance(each, ast.Attribute) and ast.unparse(each.value) == "self":
            names[type(each.ctx)].add(each.attr)
    return names


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
