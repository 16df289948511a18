"""Files of the tree, or texts that a test makes up, as the rules read them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

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
