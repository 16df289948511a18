"""What is installed has all that it needs: data files, types, and scenarios in any folder."""

import json
import tomllib
import zipfile
from pathlib import Path

import pytest
from fresh_environment import Environment, done
from processes import ROOT

from internetsim.own_packages import PACKAGES
from simulator.cli.shipped_scenarios import shipped

INSTALLED = ("internetsim", *PACKAGES)


def wanting(names: set[str]) -> set[str]:
    """Which files a wheel with these names lacks: of each package all, and each scenario."""
    inside = [path for package in INSTALLED for path in (ROOT / package).rglob("*.*")]
    wanted = {str(path.relative_to(ROOT)) for path in inside if path.suffix != ".pyc"}
    wanted |= {f"{package}/py.typed" for package in INSTALLED}
    wanted |= {f"simulator/cli/scenarios/{path.name}" for path in shipped()}
    return wanted - names


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """The files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_templates_styles_types_and_scenarios_are_in_the_wheel(names: set[str]):
    """Nothing is left behind in the checkout."""
    assert wanting(names) == set()


@pytest.mark.parametrize(
    "lost",
    ["nodes/py.typed", "nodes/wbm/wbm.css", "simulator/cli/scenarios/cut-one-way.yaml"],
)
def test_a_wheel_without_one_of_them_is_found(names: set[str], lost: str):
    """Planted: a wheel that lacks a file."""
    assert wanting(names - {lost}) == {lost}


def test_the_wheel_takes_no_other_names(names: set[str]):
    """The packages, the metadata; no `tests`, `docs` or `scenarios`."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    expected = {*INSTALLED, f"internetsim-{version}.dist-info"}
    assert {name.split("/")[0] for name in names} == expected


def test_the_scenarios_are_listed_in_a_foreign_folder(environment: Environment, tmp_path: Path):
    """All that stand in the checkout, each with its title."""
    listed = done([environment.command, "scenarios"], tmp_path).splitlines()
    assert [line.split()[0] for line in listed] == [path.stem for path in shipped()]


def test_a_scenario_plays_in_a_foreign_folder(environment: Environment, tmp_path: Path):
    """By its bare name; nothing is left in the folder."""
    told = done([environment.command, "run", "slave-cut-off-31-days"], tmp_path)
    assert told.splitlines()[-1] == "holds: 6 expectations met in 35 days 4 h"
    assert list(tmp_path.iterdir()) == []


def test_the_schema_is_printed_in_a_foreign_folder(environment: Environment, tmp_path: Path):
    """For an editor, of every step."""
    schema = json.loads(done([environment.command, "schema"], tmp_path))
    assert "timeline" in schema["properties"]


@pytest.mark.parametrize("program", ["nodes", "master_cla", "license_server", "simulator"])
def test_each_program_starts(environment: Environment, tmp_path: Path, program: str):
    """As a module of the fresh environment."""
    assert "Usage" in done([environment.python, "-m", program, "--help"], tmp_path).title()
