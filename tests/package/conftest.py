"""A wheel as it would be released, and a fresh environment with it."""

import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from fresh_environment import Environment, done, installer
from processes import ROOT


def built(kind: str, folder: Path) -> Path:
    """A wheel or source archive of this very tree."""
    done([sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", folder], ROOT)
    (archive,) = folder.iterdir()
    return archive


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is installed."""
    return built("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def source_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is built from, and tested, where there is no repository."""
    return built("sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """It borrows what the wheel depends on, so that nothing is downloaded."""
    fresh = Environment(tmp_path_factory.mktemp("environment"))
    venv.create(fresh.folder, symlinks=True)
    done([*installer(fresh.python), "--no-deps", wheel], fresh.folder)
    (fresh.packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return fresh
