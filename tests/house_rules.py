"""What a machine can check of the rules of the house, as readers of source text.

Each rule takes `Source`s and returns its breaches in the order of files and lines.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
"""Lines."""
LONGEST_ALIKE = 70
"""Characters, without blanks."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Breach(NamedTuple):
    """`what` is the name or phrase that breaks a rule; `path` has several files for a clash."""

    path: str
    line: int
    what: str


@dataclass(frozen=True)
class Source:
    """A file of the tree, or a text that a test makes up; `path` is relative to the root."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed module."""
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> list[str]:
        """As they are written."""
        return self.text.splitlines()

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All that the module is made of, walked once for all rules."""
        return list(ast.walk(self.tree))

    @property
    def functions(self) -> Iterator[Function]:
        """All functions, nested ones too."""
        return (node for node in self.nodes if isinstance(node, Function))

    def body_of(self, function: Function) -> str:
        """What it does, without its docstring and without blanks."""
        first, *others = function.body
        if others and isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            first = others[0]
        return "".join("".join(self.lines[first.lineno - 1 : function.end_lineno]).split())

    def breach(self, node: ast.AST, what: str) -> Breach:
        """A breach there."""
        return Breach(self.path, getattr(node, "lineno", 1), what)


@cache
def sources(*places: str, suffix: str = ".py") -> list[Source]:
    """These files, and the files with `suffix` in these folders and below; read and parsed once."""
    roots = [ROOT / place for place in places]
    paths = [p for root in roots for p in ([root] if root.is_file() else root.rglob(f"*{suffix}"))]
    return [Source(str(path.relative_to(ROOT)), path.read_text()) for path in sorted(paths)]


# One name for a thing, one thing for a name.


def twice_defined(sources: Iterable[Source]) -> list[Breach]:
    """Classes, public constants and type aliases whose name stands in two modules."""
    homes = defaultdict(list)
    for source in sources:
        for name in dict.fromkeys(_defined(source.tree)):
            homes[name].append(source.path)
    return list(_clashes(homes))


def modules_named_alike(sources: Iterable[Source]) -> list[Breach]:
    """Files of one name in two folders that are no packages: Python knows one module of it.

    A `conftest.py` may stand in each folder.
    """
    homes = defaultdict(list)
    for source in sources:
        homes[Path(source.path).name].append(source.path)
    homes.pop("conftest.py", None)
    return list(_clashes(homes))


def functions_alike(sources: Iterable[Source]) -> list[Breach]:
    """Functions of two modules that do the same in the same words, and in more than a line."""
    homes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for source in sources:
        for function in source.functions:
            body = source.body_of(function)
            if len(body) > LONGEST_ALIKE:
                homes[body].setdefault(source.path, function.name)
    return [
        Breach(" ".join(names), 1, next(iter(names.values())))
        for names in homes.values()
        if len(names) > 1
    ]


def folders_without_a_room(sources: Iterable[Source]) -> list[Breach]:
    """Modules of tests that stand where the product has no folder."""
    folders = ((source, Path(source.path).parent.relative_to("tests")) for source in sources)
    return [
        source.breach(source.tree, str(folder))
        for source, folder in folders
        if Path(source.path).name.startswith("test_") and not (ROOT / folder).is_dir()
    ]


def _clashes(homes: Mapping[str, list[str]]) -> Iterator[Breach]:
    for name, paths in homes.items():
        if len(paths) > 1:
            yield Breach(" ".join(paths), 1, name)


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name):
                names = [name]
            case ast.Assign(value=value, targets=targets) if not _is_type_variable(value):
                names = [each.id for each in targets if isinstance(each, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if name[0].isupper())


def _is_type_variable(value: ast.expr) -> bool:
    """A type variable belongs to the functions of its module, whatever it is called."""
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") in ("TypeVar", "ParamSpec")


# Units last.

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


# Docstrings.


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


# Private names.


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


# Size and names.


def files_too_long(sources: Iterable[Source]) -> list[Breach]:
    """Files that have several subjects."""
    lengths = ((source, source.text.count("\n")) for source in sources)
    return [
        source.breach(source.tree, f"{lines} lines")
        for source, lines in lengths
        if lines > LONGEST_FILE
    ]


def functions_too_long(sources: Iterable[Source]) -> list[Breach]:
    """Functions that do several things."""
    return [
        source.breach(function, function.name)
        for source in sources
        for function in source.functions
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]


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


# Plain English.

TRANSLATED = (
    r"by and by",
    r"(is|are|was|were|be|being)( [a-z]+)? told(?! (apart|from))",
    r"who(ever)? (is|are|was|were) to",
    r"the own",
    r"on (whose|which|that) account",
    r"(nothing|something|all) (is|are|was|were) to be",
    r"to be had",
    r"lest",
)
"""Word for word from another language; each has a plain form, subject first."""

_BETWEEN_STRINGS = re.compile(r"""["']\s*(?:#.*\s+)*[bfrBFR]{0,2}["']""")
_TRANSLATED = re.compile("|".join(rf"\b{phrase}\b" for phrase in TRANSLATED), re.IGNORECASE)


def translated_phrases(sources: Iterable[Source]) -> list[Breach]:
    """Comments, docstrings, messages and documents that read as translated."""
    return [
        Breach(source.path, line, found.group())
        for source in sources
        for line, prose in _prose(source)
        for found in _TRANSLATED.finditer(prose)
    ]


def _prose(source: Source) -> Iterator[tuple[int, str]]:
    """Documents line by line; of code the comments and all strings, messages among them.

    Code in which nothing is to be found, strings taken together, is not parsed: that takes long.
    """
    if not source.path.endswith(".py"):
        yield from enumerate(source.text.splitlines(), start=1)
        return
    together = _BETWEEN_STRINGS.sub("", source.text)
    if not (_TRANSLATED.search(source.text) or _TRANSLATED.search(together)):
        return
    for node in source.nodes:
        match node:
            case ast.Constant(value=str(text)):
                yield from enumerate(text.splitlines(), start=node.lineno)
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
