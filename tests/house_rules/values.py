"""Values are made the one way that costs little at a start (decision 29)."""

import ast
from collections.abc import Iterable

from house_rules.source import Breach, Source

_OF_A_VALUE = {"frozen", "slots"}


def values_as_dataclasses(sources: Iterable[Source]) -> list[Breach]:
    """Dataclasses of the simulator that are frozen or have slots: `msgspec.Struct` has both.

    A program keeps those that it has, until its live runs are compared anew.
    """
    return [
        source.breach(node, node.name)
        for source in sources
        if source.path.startswith("simulator/")
        for node in source.nodes
        if isinstance(node, ast.ClassDef) and any(map(_is_of_a_value, node.decorator_list))
    ]


def _is_of_a_value(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call) or not ast.unparse(decorator.func).endswith("dataclass"):
        return False
    return bool(_OF_A_VALUE & {keyword.arg for keyword in decorator.keywords})
