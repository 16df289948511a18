"""The contracts on imports in pyproject.toml hold, and each is broken by a planted breach."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest
from house_rules import sources
from processes import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PACKAGES = SETTINGS["root_packages"]
CONTRACTS = {contract["name"].split(":")[0]: contract["name"] for contract in SETTINGS["contracts"]}
"""By what stands before the colon, where there is one."""

FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "
NEW_MODULE = "'''A module that nobody has given a place.'''"

BREACHES = [
    ("Floors", "licensing/words.py", "import runtime.tempo"),
    ("Floors", "runtime/tempo.py", "import nodes.operation_problems"),
    ("Floors", "nodes/store.py", "import master_cla.pool"),
    ("Floors", "license_server/issuance.py", "import simulator.loop.pace"),
    ("Floors", "simulator/cli/app.py", "import internetsim.command"),
    ("Rooms of the simulator", "simulator/network/path.py", "import simulator.loop.pace"),
    ("Rooms of the simulator", "simulator/report/page.py", "import simulator.live.stalls"),
    ("Rooms of the simulator", "simulator/live/stalls.py", f"{FOR_TYPES}import simulator.cli.show"),
    ("Rooms of the simulator", "simulator/utilities.py", NEW_MODULE),
    ("Rooms of a node", "nodes/telephony/calls.py", "import nodes.assignment.table"),
    ("Rooms of a node", "nodes/failover/contact.py", "import nodes.cla_session.backoff"),
    ("Rooms of a node", "nodes/utilities.py", NEW_MODULE),
    ("Rooms of a central CLA", "master_cla/store/tables.py", "import master_cla.ledger"),
    ("Rooms of a central CLA", "master_cla/pool.py", f"{FOR_TYPES}import master_cla.store.store"),
    ("Rooms of a central CLA", "master_cla/utilities.py", NEW_MODULE),
    ("Rooms of the license server", "license_server/store.py", "import license_server.operations"),
    ("Rooms of the license server", "license_server/utilities.py", NEW_MODULE),
    ("No circle", "runtime/tempo.py", "import runtime.process"),
    ("No circle", "runtime/tempo.py", f"{FOR_TYPES}import runtime.process"),
    ("No circle", "simulator/loop/timers.py", f"{FOR_TYPES}import simulator.loop.virtual_loop"),
    ("No circle", "runtime/passwords.py", "import runtime.pages.rendering"),
    ("The words are pure", "licensing/words.py", "import sqlite3"),
    (
        "Pure decisions know no event loop, socket, store or log",
        "master_cla/pool.py",
        "import time",
    ),
    (
        "Pure decisions know no event loop, socket, store or log",
        "master_cla/lease_signing.py",
        "import asyncio",
    ),
    ("What calls itself pure", "runtime/pages/sessions.py", "import asyncio"),
    (
        "Oracle and report read the journal, and look into no program and no machine",
        "simulator/oracle/seats.py",
        "import master_cla.pool",
    ),
    (
        "What reads scenarios and plays none loads no program, no simulator and no aiohttp",
        "simulator/scenario/links.py",
        "import aiohttp",
    ),
    ("Numbers in arrays are for planning", "simulator/report/page.py", "import numpy"),
    ("The model of planning is pure", "simulator/plan/model/courses.py", "import asyncio"),
    ("Rooms of the plan", "simulator/plan/years/chance.py", "import simulator.plan.risk.words"),
    (
        "A program needs neither the scenario's libraries nor the command line's",
        "nodes/system.py",
        "import rich",
    ),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and their contracts, in a folder where one may plant an import."""
    folder = tmp_path_factory.mktemp("architecture")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        ours = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ours)
    return folder


@contextmanager
def planted(file: Path, line: str) -> Iterator[None]:
    """`line` at the end of `file`, for the time of the block."""
    before = file.read_text() if file.exists() else None
    file.write_text(f"{before or ''}\n{line}\n")
    try:
        yield
    finally:
        file.unlink() if before is None else file.write_text(before)


def broken(folder: Path) -> set[str]:
    """The names of the contracts that do not hold for the packages in `folder`."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "300", "PYTHONPATH": str(folder)},
        check=False,
    )
    assert " KEPT" in done.stdout, done.stdout + done.stderr
    return {name for name in CONTRACTS.values() if f"{name} BROKEN" in done.stdout}


def test_every_contract_holds(copy: Path) -> None:
    """What `make architecture` says of the checkout is true of its copy."""
    assert broken(copy) == set()


@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_a_contract_is_broken_by_its_breach(
    copy: Path, contract: str, file: str, line: str
) -> None:
    """One import, or one module that has no place yet, and the contract is named as broken."""
    with planted(copy / file, line):
        assert CONTRACTS[contract] in broken(copy)


def test_every_contract_has_a_breach() -> None:
    """One that was never seen failing would prove nothing."""
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)


# What is pure says so, and is held to it.

PURE = re.compile(r"\bpure\b", re.IGNORECASE)


def claims(module: str, docstring: str) -> bool:
    """Whether a module calls itself pure, and no contract keeps clock and chance away from it."""
    held = {
        source
        for contract in SETTINGS["contracts"]
        if {"asyncio", "time", "random"} <= {*contract.get("forbidden_modules", ())}
        for source in contract["source_modules"]
    }
    parents = {module[:at] for at, char in enumerate(f"{module}.") if char == "."}
    return bool(PURE.search(docstring)) and not parents & held


def test_what_calls_itself_pure_is_held_to_it() -> None:
    """By a contract, in which a new one goes; of a package it is for each module to say."""
    modules = [each for each in sources(*PACKAGES) if not each.path.endswith("__init__.py")]
    named = {each.path.removesuffix(".py").replace("/", "."): each.tree for each in modules}
    assert [
        name for name, tree in named.items() if claims(name, ast.get_docstring(tree) or "")
    ] == []


def test_a_claim_is_found() -> None:
    """Planted, beside one that a contract has and one whose room a contract has."""
    named = ("nodes.system", "master_cla.pool", "licensing.words")
    assert [claims(name, "Decisions. Pure.") for name in named] == [True, False, False]


# import-linter looks for circles among siblings; a package and a module inside it are none.


@pytest.fixture
def graph() -> grimp.ImportGraph:
    """Who imports whom, for type checking, too."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def circle(graph: grimp.ImportGraph) -> list[str]:
    """Modules that import each other in a circle; [] where no module does."""
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_itself_by_way_of_others(graph: grimp.ImportGraph) -> None:
    """Neither the package that it is in, which imports it."""
    assert circle(graph) == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("simulator.scenario.values", "simulator.scenario"),
        ("nodes.assignment.states", "nodes.assignment.table"),
    ],
    ids=["with-the-package", "with-a-module"],
)
def test_a_circle_is_found(graph: grimp.ImportGraph, importer: str, imported: str) -> None:
    """Planted, and named with both ends."""
    graph.add_import(importer=importer, imported=imported)
    assert {importer, imported} <= set(circle(graph))
