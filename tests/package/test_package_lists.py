"""Each tool reads all packages: one that a list forgets would pass for checked."""

import re
import tomllib
from typing import Any

import pytest
import test_house
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
        "mypy": {*settings["mypy"]["packages"]} - NOT_INSTALLED,
        "coverage": {*settings["coverage"]["run"]["source_pkgs"]},
        "import-linter": {*settings["importlinter"]["root_packages"]},
        "circles": {*circles},
        "the look at the start": {"internetsim", *PACKAGES},
        "the rules of the house": {*test_house.PRODUCT} - NOT_INSTALLED,
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


def unwatched(sources: set[str]) -> set[str]:
    """The rooms of the simulator that the contract on numpy does not name."""
    rooms = {path.parent.name for path in (ROOT / "simulator").glob("*/__init__.py")}
    return {room for room in rooms if f"simulator.{room}" not in sources}


def test_numbers_in_arrays_are_for_one_room():
    """A new room needs no numpy, or says so; one that the contract forgets is found."""
    (contract,) = (
        each
        for each in SETTINGS["importlinter"]["contracts"]
        if each.get("forbidden_modules") == ["numpy"]
    )
    sources = {*contract["source_modules"]}
    assert unwatched(sources) == {"plan"}
    assert unwatched(sources - {"simulator.stage"}) == {"plan", "stage"}
