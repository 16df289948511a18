"""The manual's sentences as data, read from `sentences.yaml`, and the tests of this directory."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sentence:
    """What the manual says in a section; one of `test`, `silent` and `missing` answers for it."""

    section: str
    says: str
    rules: str = ""
    test: str = ""
    silent: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A test function of this directory, where it stands, and what its docstring promises."""

    name: str
    file: str
    promise: str


def sentences() -> list[Sentence]:
    """All sentences, in the manual's order."""
    sections = YAML(typ="safe", pure=True).load(HERE / "sentences.yaml")
    return [
        Sentence(section, **sentence) for section, listed in sections.items() for sentence in listed
    ]


def stories() -> dict[str, Story]:
    """The tests that play sentences, by their names."""
    return {test.name: test for path in sorted(HERE.glob("test_manual_*.py")) for test in _in(path)}


def _in(path: Path) -> Iterator[Story]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name.startswith(
            "test_"
        ):
            yield Story(node.name, path.name, ast.get_docstring(node) or "")
