"""Commands in an environment that has nothing of the checkout, as people have installed it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes import PATIENCE_S

OURS = ("PYTHON", "COVERAGE", "INTERNETSIM", "VIRTUAL_ENV")
"""Variables that start so are of whoever runs the tests."""


def ended(
    command: Sequence[str | Path], folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What a command said that a person gave in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return subprocess.run(
        command,
        cwd=folder,
        env=kept | dict(variables or {}),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def done(command: Sequence[str | Path], folder: Path) -> str:
    """The same, of a command that must succeed."""
    end = ended(command, folder)
    assert end.returncode == 0, end.stderr
    return end.stdout


@dataclass(frozen=True)
class Environment:
    """A virtual environment, somewhere."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def command(self) -> Path:
        """What a person types."""
        return self.folder / "bin" / "internetsim"

    @property
    def packages(self) -> Path:
        """Where distributions are installed."""
        (folder,) = self.folder.glob("lib/python3*/site-packages")
        return folder


def installer(python: Path) -> list[str | Path]:
    """As `make setup` installs: uv where there is one, otherwise pip from outside."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--offline", "--python", python]
    pip = [Path(sys.base_prefix, "bin", "python3"), "-m", "pip", "--python", python]
    return [*pip, "install", "--quiet", "--no-index"]
