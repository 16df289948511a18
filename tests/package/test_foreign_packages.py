"""A package that is not ours alone is named before any import: its path, the way out, status 2."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fresh_environment import Environment, ended
from processes import PATIENCE_S

from internetsim.own_packages import PACKAGES

INTERNETSIM = Path(sys.executable).with_name("internetsim")
PROGRAMS = {
    "license_server": "licensing",
    "master_cla": "runtime",
    "nodes": "licensing",
    "simulator": "nodes",
}
"""Each, and a package that it needs. Whoever takes a program's own name is what Python starts."""


def refusal(command: list[str | Path], folder: Path, **variables: str) -> str:
    """The one line with which a program declines to start."""
    end = ended(command, folder, variables)
    assert (end.returncode, end.stdout) == (2, "")
    (line,) = end.stderr.splitlines()
    assert line.startswith("internetsim: ")
    return line


def package(folder: Path, name: str) -> Path:
    """A package of somebody else; to import it is an error."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text("raise AssertionError('imported')")
    return folder / name / "__init__.py"


def distribution(folder: Path, file: str) -> None:
    """What an installer notes of a distribution that has `file`."""
    notes = folder / "graph_nodes-1.2.dist-info"
    notes.mkdir(parents=True)
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: graph-nodes\nVersion: 1.2\n")
    (notes / "RECORD").write_text(f"{file},sha256=x,0\n{notes.name}/RECORD,,\n")


@pytest.mark.parametrize(("program", "name"), PROGRAMS.items())
def test_a_module_in_the_working_directory(tmp_path: Path, program: str, name: str):
    """Somebody's script with a common name, where a program is started with `python -m`."""
    script = tmp_path / f"{name}.py"
    script.write_text("raise AssertionError('imported')")
    line = refusal([sys.executable, "-m", program], tmp_path)
    assert f"{script} hides our package {name}" in line
    assert f"start where {tmp_path} is not searched" in line


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_that_comes_first(tmp_path: Path, name: str):
    """Any of the six, also the one that has the command line."""
    foreign = package(tmp_path / "first", name)
    line = refusal([INTERNETSIM, "scenarios"], tmp_path, PYTHONPATH=str(tmp_path / "first"))
    assert f"{foreign} hides our package {name}" in line
    assert "another PYTHONPATH" in line


def test_a_distribution_that_comes_first(tmp_path: Path):
    """The line names it, and the way out is an environment of our own."""
    package(tmp_path, "nodes")
    distribution(tmp_path, "nodes/__init__.py")
    line = refusal([INTERNETSIM, "scenarios"], tmp_path, PYTHONPATH=str(tmp_path))
    assert f"graph-nodes 1.2 has a package nodes, too, in {tmp_path / 'nodes'}" in line
    assert "as a tool of its own (`uv tool install`, `pipx install`)" in line


def test_a_distribution_that_is_installed_for_editing(tmp_path: Path):
    """Its package is found by a finder, after ours: only its notes say that there is one."""
    distribution(tmp_path, "__editable___graph_nodes_finder.py")
    (tmp_path / "graph_nodes-1.2.dist-info" / "top_level.txt").write_text("nodes\n")
    line = refusal([INTERNETSIM, "scenarios"], tmp_path, PYTHONPATH=str(tmp_path))
    assert "graph-nodes 1.2 has a package nodes, too" in line


def test_a_distribution_whose_notes_lack_its_name(tmp_path: Path):
    """An installer, or a copy, left the list of its files alone; its folder has the name."""
    package(tmp_path, "nodes")
    distribution(tmp_path, "nodes/__init__.py")
    (tmp_path / "graph_nodes-1.2.dist-info" / "METADATA").unlink()
    line = refusal([INTERNETSIM, "scenarios"], tmp_path, PYTHONPATH=str(tmp_path))
    assert "graph-nodes 1.2 has a package nodes, too" in line


@pytest.fixture
def behind(environment: Environment, tmp_path: Path) -> Iterator[Path]:
    """A folder that is searched after the fresh environment's own."""
    path = environment.packages / "behind.pth"
    path.write_text(str(tmp_path))
    yield tmp_path
    path.unlink()


def test_a_distribution_that_ours_would_hide(environment: Environment, behind: Path):
    """Not we would fail, but whoever needs it."""
    package(behind, "runtime")
    distribution(behind, "runtime/__init__.py")
    line = refusal([environment.command, "scenarios"], behind)
    assert f"has a package runtime, too, in {behind / 'runtime'}" in line


def test_a_folder_that_ours_would_hide(environment: Environment, behind: Path):
    """Of nobody's distribution: it was added to the path, or installed for editing."""
    foreign = package(behind, "runtime")
    line = refusal([environment.command, "scenarios"], behind)
    assert f"our package runtime hides {foreign}: install internetsim as a tool" in line


@pytest.fixture
def merged(environment: Environment) -> Iterator[Path]:
    """Notes of a distribution that was installed into the same folders as ours."""
    distribution(environment.packages, "simulator/engine.py")
    notes = environment.packages / "graph_nodes-1.2.dist-info"
    yield environment.packages / "simulator"
    for note in notes.iterdir():
        note.unlink()
    notes.rmdir()


@pytest.mark.usefixtures("merged")
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_distribution_that_shares_our_folder(environment: Environment, program: str):
    """An installer that lays one package over the other does not ask."""
    line = refusal([environment.python, "-m", program], environment.folder)
    assert "graph-nodes 1.2 has a package simulator, too" in line


def test_a_package_that_is_missing(environment: Environment, tmp_path: Path):
    """Whoever uninstalls such a distribution takes our files along."""
    kept = (environment.packages / "nodes").rename(tmp_path / "nodes")
    try:
        line = refusal([environment.command, "scenarios"], environment.folder)
    finally:
        kept.rename(environment.packages / "nodes")
    assert f"the package nodes is missing from {environment.packages}" in line


def test_a_folder_of_that_name_is_no_package(tmp_path: Path):
    """Somebody may keep results in a folder `nodes`: without `__init__.py` it hides nothing."""
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "results.py").touch()
    assert ended([sys.executable, "-m", "simulator", "scenarios"], tmp_path).returncode == 0


def test_processes_that_a_run_starts_do_not_search_the_working_directory(tmp_path: Path):
    """The command does not, and neither does what it starts in the same folder."""
    (tmp_path / "nodes.py").touch()
    command = [INTERNETSIM, "run", "--quiet", "--verify-determinism", "cut-one-way"]
    end = ended([*command], tmp_path)
    assert end.returncode == 0, end.stderr


def opened_with(fifo: Path, reader: subprocess.Popen[str]) -> int:
    """A descriptor to write to `fifo`, once `reader` reads from it."""
    while reader.poll() is None:
        with contextlib.suppress(OSError):  # nobody reads yet
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    raise AssertionError(reader.communicate())


def test_ctrl_c_during_the_look_is_one_word(tmp_path: Path):
    """The notes of a distribution may lie on a disk that takes its time."""
    distribution(tmp_path, "graphs/__init__.py")
    record = tmp_path / "graph_nodes-1.2.dist-info" / "RECORD"
    record.unlink()
    os.mkfifo(record)
    look = subprocess.Popen(
        [INTERNETSIM], env={"PYTHONPATH": str(tmp_path)}, stderr=subprocess.PIPE, text=True
    )
    with look:
        waiting = opened_with(record, look)
        look.send_signal(signal.SIGINT)
        os.close(waiting)  # a handler in Python waits for a read that began just before the signal
        try:
            assert look.communicate(timeout=PATIENCE_S) == (None, "interrupted\n")
        finally:
            look.kill()
    assert look.returncode == 130
