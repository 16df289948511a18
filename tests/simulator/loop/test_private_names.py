import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.loop import private_names
from simulator.loop.private_names import (
    PRIVATE_NAMES,
    PrivateName,
    UnknownPython,
    missing,
    require_private_names,
)
from simulator.loop.runner import run

SIMULATOR = Path(private_names.__file__).parents[1]
NAMES = {each.name: each.module for each in PRIVATE_NAMES}
OWN = {"self", "cls"}


def foreign_uses(source: str) -> Iterator[str]:
    """The private names of the table that a source text uses of anything but its own object."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in NAMES:
            own = isinstance(node.value, ast.Name) and node.value.id in OWN
            if not own:
                yield node.attr


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
    """In the one that the table says, and nowhere else in the simulator."""
    for path in sorted(SIMULATOR.rglob("*.py")):
        for name in foreign_uses(path.read_text()):
            assert (path.parent.name, path.stem) == ("loop", NAMES[name]), f"{path}: {name}"


def test_a_use_elsewhere_is_found() -> None:
    """The planted use, beside one of an attribute of one's own."""
    assert list(foreign_uses("handle._context.run(self._callback)")) == ["_context"]
