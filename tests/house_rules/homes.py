"""One name for a thing, one thing for a name; and each in one place."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from house_rules.source import ROOT, Breach, Source

LONGEST_ALIKE = 70
"""Characters, without blanks."""


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
