"""What the docstrings below the attributes of a class say.

pydantic reads them, too, but when a class is made, from its source: that takes longer than all else
that reading a scenario takes, and only the schema and the reference want to know.
"""

import ast
import inspect
from functools import cache
from itertools import pairwise
from textwrap import dedent

from pydantic import BaseModel


@cache
def attribute_docs(part: type[BaseModel]) -> dict[str, str]:
    """By attribute, those of its bases included."""
    bases = [base for base in reversed(part.__mro__) if issubclass(base, BaseModel)]
    docs: dict[str, str] = {}
    for base in bases[1:]:
        (tree,) = ast.parse(dedent(inspect.getsource(base))).body
        assert isinstance(tree, ast.ClassDef)
        docs |= dict(filter(None, map(_doc, pairwise(tree.body))))
    return docs


def _doc(statements: tuple[ast.stmt, ast.stmt]) -> tuple[str, str] | None:
    """The attribute that one statement declares and the text of the next, where it is one."""
    match statements:
        case (
            ast.AnnAssign(target=ast.Name(id=name)),
            ast.Expr(value=ast.Constant(value=str(text))),
        ):
            return name, inspect.cleandoc(text)
    return None
