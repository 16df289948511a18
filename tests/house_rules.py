"""What a machine can check of the rules of the house (CONTRIBUTING.md), as readers of source text.

Each rule takes `Source`s and returns its breaches as `path:line: what is wrong`.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

ROOT = Path(__file__).parents[1]

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A file of the tree, or a text that a test makes up; `path` is relative to the root."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed module."""
        return ast.parse(self.text)

    def at(self, node: ast.AST | int, what: str) -> str:
        """A breach there."""
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return f"{self.path}:{line}: {what}"


def sources(*folders: str, suffix: str = ".py") -> list[Source]:
    """The files of these folders, and those below."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob(f"*{suffix}")))
    return [Source(str(path.relative_to(ROOT)), path.read_text()) for path in found]


# One name for a thing, one thing for a name.


def twice_defined(sources: Iterable[Source], allowed: Iterable[str] = ()) -> list[str]:
    """Classes, public constants and type aliases whose name stands in two modules."""
    homes = defaultdict(list)
    for source in sources:
        for name in dict.fromkeys(_defined(source.tree)):
            homes[name].append(source.path)
    return [
        f"{name} is defined in {', '.join(paths)}"
        for name, paths in sorted(homes.items())
        if len(paths) > 1 and name not in allowed
    ]


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign) and not _is_type_variable(node.value):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if name[0].isupper())


def _is_type_variable(value: ast.expr) -> bool:
    """A type variable belongs to the functions of its module, whatever it is called."""
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") == "TypeVar"


# Units last.

_UNITS = ("ns", "us", "ms", "s", "kib", "mib", "bit_s", "percent")
_NEED_A_UNIT = {
    *("latency", "bandwidth", "timeout", "period", "delay", "jitter", "duration", "pause", "loss"),
    *("now", "wall", "monotonic", "elapsed", "deadline"),
}
_RATIO = re.compile(r"(^|_)(per|of|by|at|to|from)_")
_UNIT_WITHIN = re.compile(rf"(^|_)({'|'.join(_UNITS)})_(?!s$)", re.IGNORECASE)


def units_not_last(sources: Iterable[Source], written: Iterable[str] = ()) -> list[str]:
    """Names with a unit elsewhere than at their end, and numbers that need one and have none.

    `written` are names that are written down or sent: they stay as they are.
    """
    return [
        source.at(node, f"{name}: the unit is last in a name")
        for source in sources
        for name, kind, node in _variables(source.tree)
        if name not in written and _unit_is_missing(name, kind)
    ]


def _unit_is_missing(name: str, kind: str) -> bool:
    if kind in ("int", "float", "int | None", "float | None"):
        last = name.lower().rsplit("_", 1)[-1]
        if last in _NEED_A_UNIT:
            return True
    return bool(_UNIT_WITHIN.search(name)) and not _RATIO.search(name.lower())


def _variables(tree: ast.Module) -> Iterator[tuple[str, str, ast.AST]]:
    """Parameters, fields and variables, with their annotation as text, "" for none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg, ast.unparse(node.annotation) if node.annotation else "", node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name | ast.Attribute):
            yield _name(node.target), ast.unparse(node.annotation), node
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield _name(node), "", node
        elif isinstance(node, Function):
            yield node.name, ast.unparse(node.returns) if node.returns else "", node


def _name(target: ast.Name | ast.Attribute) -> str:
    return target.id if isinstance(target, ast.Name) else target.attr


# Documents.


def undocumented_modules(sources: Iterable[Source]) -> list[str]:
    """Modules that do not say what they are."""
    return [
        source.at(1, "a module begins with what it is")
        for source in sources
        if not ast.get_docstring(source.tree)
    ]


def docstrings_that_point_elsewhere(sources: Iterable[Source]) -> list[str]:
    """Public docstrings that say only "See ..."."""
    return [
        source.at(node, f"{getattr(node, 'name', 'the module')} says only where to look")
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, Documented) and (ast.get_docstring(node) or "").startswith("See ")
    ]


# Size and names.


def too_long(sources: Iterable[Source]) -> list[str]:
    """Files and functions that do several things."""
    found = []
    for source in sources:
        lines = source.text.count("\n")
        if lines > LONGEST_FILE:
            found.append(source.at(1, f"{lines} lines, at most {LONGEST_FILE}"))
        functions = (node for node in ast.walk(source.tree) if isinstance(node, Function))
        found += [
            source.at(node, f"{node.name}: {length} lines, at most {LONGEST_FUNCTION}")
            for node in functions
            if (length := _length(node)) > LONGEST_FUNCTION
        ]
    return found


def _length(node: Function) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


_SAYS_NOTHING = re.compile(r"(^|_|[a-z])(util|helper|manager)s?(?![a-z])", re.IGNORECASE)


def names_that_say_nothing(sources: Iterable[Source]) -> list[str]:
    """Modules, classes and functions called after no thing: utils, helpers, manager."""
    found = []
    for source in sources:
        parts = Path(source.path).with_suffix("").parts
        found += [source.at(1, part) for part in parts if _SAYS_NOTHING.search(part)]
        for node in ast.walk(source.tree):
            named = isinstance(node, ast.ClassDef | Function)
            if named and _SAYS_NOTHING.search(node.name):
                found.append(source.at(node, node.name))
    return found


# Plain English.

TRANSLATED = (
    r"by and by",
    r"(is|are|was|were) told\b",
    r"whoever (is|are|was) to\b",
    r"the own\b",
    r"\bon (whose|which|that) account\b",
    r"\bat (their|its|his) place\b",
    r"\bhave (\w+ )?been put\b",
    r"\bin need of\b",
    r"\bfor ever\b",
)
"""Word for word from another language; each has a plain form, subject first."""

_TRANSLATED = re.compile("|".join(f"(?:{phrase})" for phrase in TRANSLATED), re.IGNORECASE)


def translated_phrases(sources: Iterable[Source]) -> list[str]:
    """Comments, docstrings and documents that read as translated."""
    return [
        source.at(line, f'"{found.group()}" reads as translated')
        for source in sources
        for line, prose in _prose(source)
        for found in _TRANSLATED.finditer(prose)
    ]


def _prose(source: Source) -> Iterator[tuple[int, str]]:
    if not source.path.endswith(".py"):
        yield from enumerate(source.text.splitlines(), start=1)
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(docstring))):
                yield from enumerate(docstring.splitlines(), start=node.lineno)
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
