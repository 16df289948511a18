"""Each tool reads all packages: one that a list forgets would pass for checked."""

import re
import tomllib
from typing import Any

import pytest
from processes import ROOT

from internetsim.own_packages import PACKAGES

MAKEFILE = (ROOT / "Makefile").read_text()
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
NOT_INSTALLED = {"tests", "benchmarks"}
"""Folders of Python at the top that are no part of a release; `scenarios` is, and is no package."""


def listed(settings: dict[str, Any], makefile: str) -> dict[str, set[str]]:
    """Packages by the list that names them."""
    (circles,) = (
        contract["ancestors"]
        for contract in settings["importlinter"]["contracts"]
        if contract["type"] == "acyclic_siblings"
    )
    return {
        "make": set(re.findall(r"^PACKAGES := (.*)", makefile, re.MULTILINE)[0].split()),
        "wheel": {*settings["hatch"]["build"]["targets"]["wheel"]["only-include"]} - {"scenarios"},
        "mypy": {*settings["mypy"]["packages"]},
        "coverage": {*settings["coverage"]["run"]["source_pkgs"]},
        "import-linter": {*settings["importlinter"]["root_packages"]},
        "circles": {*circles},
        "the look at the start": {"internetsim", *PACKAGES},
    }


def forgetful(lists: dict[str, set[str]]) -> set[str]:
    """The lists that do not name exactly the packages that there are."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_INSTALLED
    return {name for name, packages_in_it in lists.items() if packages_in_it != packages}


def test_no_list_forgets_a_package():
    """A new one is in all of them, or this fails."""
    assert forgetful(listed(SETTINGS, MAKEFILE)) == set()


@pytest.mark.parametrize("name", list(listed(SETTINGS, MAKEFILE)))
def test_a_list_that_forgets_one_is_found(name: str):
    """Planted: it lacks the nodes."""
    lists = listed(SETTINGS, MAKEFILE)
    assert forgetful(lists | {name: lists[name] - {"nodes"}}) == {name}
