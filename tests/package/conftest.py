"""A wheel as it would be released, and a fresh environment with it."""

import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from fresh_environment import Environment, done, installer
from processes import ROOT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this very tree."""
    folder = tmp_path_factory.mktemp("dist")
    done([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], ROOT)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """It borrows what the wheel depends on, so that nothing is downloaded."""
    fresh = Environment(tmp_path_factory.mktemp("environment"))
    venv.create(fresh.folder, symlinks=True)
    done([*installer(fresh.python), "--no-deps", wheel], fresh.folder)
    (fresh.packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return fresh
