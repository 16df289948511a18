import ast
import asyncio
import re
from collections.abc import Container, Iterator
from functools import cache

import pytest
from house_rules import sources

from internetsim.own_packages import PACKAGES
from simulator.loop import private_names
from simulator.loop.private_names import (
    PRIVATE_NAMES,
    PrivateName,
    UnknownPython,
    missing,
    require_private_names,
)
from simulator.loop.runner import run

NAMES = {each.name: each.module for each in PRIVATE_NAMES}
OWN = {"self", "cls"}
EXTENDED = re.compile(r"(Loop|Task|Handle|SocketCalls)\b")
"""In the name of each base whose subclass has what asyncio's own have."""


def foreign_uses(source: str, names: Container[str] = NAMES) -> Iterator[str]:
    """The private names among `names` that a source text uses of anything but its own object."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in names:
            own = isinstance(node.value, ast.Name) and node.value.id in OWN
            if not own:
                yield node.attr


@cache
def past_the_table() -> set[str]:
    """The private names of asyncio that are not in it."""
    loop = asyncio.SelectorEventLoop()
    stock = [*dir(loop), *dir(asyncio.Task), *dir(loop.call_later(1, print))]
    loop.close()
    return {each for each in stock if each.startswith("_") and not each.startswith("__")} - {*NAMES}


def unlisted(source: str) -> list[str]:
    """Those of them that a source text uses of others, or in a class that extends one of theirs."""
    extensions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        and EXTENDED.search(" ".join(map(ast.unparse, node.bases)))
    )
    own = (name for node in extensions for name in said_in(node) if name in past_the_table())
    return [*own, *foreign_uses(source, past_the_table())]


def said_in(node: ast.ClassDef) -> Iterator[str]:
    """What a class reads of its own object, and the methods that it defines."""
    for within in ast.walk(node):
        if isinstance(within, ast.Attribute):
            yield within.attr
        elif isinstance(within, ast.FunctionDef | ast.AsyncFunctionDef):
            yield within.name


async def nothing() -> None:
    """A program."""


def test_this_python_has_all_private_names() -> None:
    """Run it on each new Python: the message names what has changed, and what needs it."""
    assert missing() == []


def test_a_missing_name_ends_a_run_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted change: a name that no Python has."""
    planted = PrivateName("asyncio.Task", "_planted", "timers", "nothing works without it")
    monkeypatch.setattr(private_names, "PRIVATE_NAMES", (*PRIVATE_NAMES, planted))
    require_private_names.cache_clear()
    main = nothing()
    with pytest.raises(UnknownPython, match=r"no asyncio\.Task\._planted \(nothing works"):
        run(main)
    main.close()
    require_private_names.cache_clear()


def test_each_private_name_is_used_in_one_module() -> None:
    """In the one that the table says, and nowhere else."""
    for source in sources(*PACKAGES):
        for name in foreign_uses(source.text):
            assert source.path == f"simulator/loop/{NAMES[name]}.py", name


def test_a_use_elsewhere_is_found() -> None:
    """The planted use, beside one of an attribute of one's own."""
    assert list(foreign_uses("handle._context.run(self._callback)")) == ["_context"]


def test_one_module_reaches_into_asyncios_own() -> None:
    """What they have is not documented: `tests/runtime/test_tls.py` guards the one that is used."""
    reach = re.compile(r"^\s*(?:from|import) asyncio\.", re.MULTILINE)
    assert [s.path for s in sources(*PACKAGES) if reach.search(s.text)] == ["runtime/tls.py"]


def test_the_table_has_all_private_names() -> None:
    """A loop of ours may not live by a name of asyncio's that nobody looks for."""
    assert {s.path: names for s in sources(*PACKAGES) if (names := unlisted(s.text))} == {}


@pytest.mark.parametrize(
    ("base", "use"),
    [
        ("asyncio.SelectorEventLoop", "self._clock_resolution = 1"),
        ("asyncio.Task[object]", "return self._coro"),
        ("VirtualLoop", "return self._scheduled"),
        ("object", "return handle._source_traceback"),
    ],
)
def test_a_name_past_the_table_is_found(base: str, use: str) -> None:
    """Planted in a class of ours."""
    assert len(unlisted(f"class Ours({base}):\n    def turn(self):\n        {use}\n")) == 1
