"""Units stand last, and numbers that want one have one."""

import ast
import re
from collections.abc import Iterable, Iterator

from house_rules.source import Breach, Source

_UNIT_WITHIN = re.compile(r"(^|_)((ns|us|ms|s|kib|mib|percent)|bit_s)_", re.IGNORECASE)
_RATIO_OR_CONVERSION = re.compile(r"(^|_)(per|of|by|at|to|from|until)_|bit_s$", re.IGNORECASE)
_WANTS_A_UNIT = re.compile(
    r"^at$|(^|_)(latency|latencies|bandwidths?|timeouts?|periods?|delays?|jitters?|durations?|pauses?"
    r"|elapsed|loss|now|wall|since|until|dates?|deadlines?|intervals?|instants|shifts?|offset|patience"
    r"|grace|tolerance|midnight|ages?|idle|waits?)$"
)
_NUMBER = r"(int|float)( \| None)?"
_NUMBERS = re.compile(
    rf"{_NUMBER}|(list|set|frozenset|Sequence|Iterable|Collection|Iterator)\[{_NUMBER}\]"
    rf"|tuple\[{_NUMBER}(, {_NUMBER})*(, \.\.\.)?\]|(dict|Mapping|defaultdict)\[.+, {_NUMBER}\]"
)


def units_not_last(sources: Iterable[Source]) -> list[Breach]:
    """Names with a unit elsewhere than at their end, and numbers that want one and have none."""
    return [
        source.breach(node, name)
        for source in sources
        for name, kind, node in _variables(source.nodes)
        if _hides_its_unit(name) or (_NUMBERS.fullmatch(kind) and _WANTS_A_UNIT.search(name))
    ]


def _hides_its_unit(name: str) -> bool:
    return bool(_UNIT_WITHIN.search(name)) and not _RATIO_OR_CONVERSION.search(name)


def _variables(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str, ast.AST]]:
    """Parameters, fields, variables and functions: name, annotation ("" for none), place."""
    for node in nodes:
        match node:
            case ast.arg(arg=name, annotation=kind):
                yield name, _text(kind), node
            case ast.AnnAssign(target=ast.Name() | ast.Attribute() as target, annotation=kind):
                yield _name(target), _text(kind), node
            case ast.Assign(targets=targets):
                named = (each for each in targets if isinstance(each, ast.Name | ast.Attribute))
                yield from ((_name(each), "", node) for each in named)
            case (
                ast.FunctionDef(name=name, returns=kind)
                | ast.AsyncFunctionDef(name=name, returns=kind)
            ):
                yield name, _text(kind), node


def _text(annotation: ast.expr | None) -> str:
    return ast.unparse(annotation) if annotation else ""


def _name(target: ast.Name | ast.Attribute) -> str:
    return target.id if isinstance(target, ast.Name) else target.attr
