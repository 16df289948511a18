"""docs/architecture.md leads to code that is there, and draws all rooms."""

import ast
import re

import pytest
from house_rules import sources
from processes import ROOT

from internetsim.own_packages import PACKAGES

DOCS = ROOT / "docs"
ELSEWHERE = ("tests", "benchmarks", "docs")
TEXT = (DOCS / "architecture.md").read_text()
SAID_OF_FILES = sorted(
    [*DOCS.glob("*.md"), *DOCS.glob("decisions/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
)
SOMEBODY_ELSES = "nodes.py"
FILE = re.compile(r"`([a-z0-9_/]+\.py)`")
STATION = re.compile(r"^\| `(\S+\.py)`: `(\S+)` \|", re.MULTILINE)


def names_in(tree: ast.AST) -> set[str]:
    """What a module defines: functions, classes and their members, constants."""
    defined = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            defined |= {node.name} | {f"{node.name}.{name}" for name in names_in(node)}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {target.id for target in targets if isinstance(target, ast.Name)}
    return defined


def lost(text: str) -> list[str]:
    """Stations of the walks that lead nowhere."""
    return [
        f"{path}: {name}"
        for path, name in STATION.findall(text)
        if not (ROOT / path).is_file() or name not in names_in(ast.parse((ROOT / path).read_text()))
    ]


def test_every_station_of_the_walks_is_there():
    """Whoever follows a cut, a demand or a heartbeat finds each function where it is said to be."""
    assert len(STATION.findall(TEXT)) > 20
    assert lost(TEXT) == []


@pytest.mark.parametrize("station", ["nodes/lost.py`: `Link", "nodes/system.py`: `Link.send"])
def test_a_station_that_is_not_there_is_found(station: str):
    """Planted: a file and a method that do not exist."""
    assert lost(f"| `{station}` | what happens |") == [station.replace("`", "")]


def unknown(text: str) -> set[str]:
    """The modules that a text names, by their whole path or its end, and that are not there."""
    paths = [f"/{source.path}" for source in sources(*PACKAGES, "internetsim", *ELSEWHERE)]
    named = {*FILE.findall(text)} - {SOMEBODY_ELSES}
    return {file for file in named if not any(path.endswith(f"/{file}") for path in paths)}


def test_every_module_that_a_document_names_is_there():
    """A reader who begins with one finds it."""
    assert {path.name: gone for path in SAID_OF_FILES if (gone := unknown(path.read_text()))} == {}
    assert unknown("begin with `loading.py`, then `nodes/system.py`") == {"loading.py"}


@pytest.mark.parametrize("name", ["architecture.md", "architecture.svg"])
def test_every_room_is_named(name: str):
    """A new room is drawn and described, or this fails."""
    text = (DOCS / name).read_text()
    rooms = [folder.parent.name for folder in (ROOT / "simulator").glob("*/__init__.py")]
    assert [room for room in [*PACKAGES, *rooms] if not re.search(rf"\b{room}\b", text)] == []
