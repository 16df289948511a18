"""Disks of runs: what killed runs left behind, and what this computer has no room for."""

import errno
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from simulator import load_scenario, play
from simulator.worlds import disks
from simulator.worlds.disks import ComputerExhausted
from simulator.worlds.simulated import SimulatedWorld

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def test_only_what_belongs_to_nobody_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead process's directory goes; a living one's, and one of another make, stay."""
    monkeypatch.setattr(disks, "_fast_disk", lambda: tmp_path)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    started = disks.started(dead.pid)
    dead.wait()
    left_behind = tmp_path / f"internetsim-{dead.pid}-{started}-abc"
    reused = tmp_path / f"internetsim-{os.getpid()}-1-abc"
    foreign = tmp_path / "internetsim-abcdefgh"
    for directory in (left_behind, reused, foreign):
        directory.mkdir()
        (directory / "cla.db").touch()
    own = disks.new_directory()
    assert sorted(tmp_path.iterdir()) == sorted([foreign, own])
    assert own.stat().st_mode & 0o777 == 0o700
    assert disks.new_directory() != own
    assert own.exists()


def run_with_files(limit: str) -> subprocess.CompletedProcess[str]:
    """Thirty nodes, in a process that may open a few files only."""
    command = [sys.executable, "-m", "simulator", "run", "thirty-sites-to-plan", "--quiet"]
    limited = ["sh", "-c", f'ulimit {limit}; exec "$@"', "sh", *command]
    return subprocess.run(limited, capture_output=True, text=True, check=False)


def test_a_run_opens_as_many_files_as_it_can() -> None:
    """The limit that a shell gives is no limit of the simulation."""
    ended = run_with_files("-Sn 40")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_too_few_open_files_are_no_verdict_on_the_programs() -> None:
    """The limit is named, and the way out."""
    ended = run_with_files("-n 40")
    assert ended.returncode == 2
    assert "this process may open 40; raise its hard limit" in ended.stderr
    assert ended.stdout == ""


def test_a_disk_of_this_computer_that_is_full_is_no_verdict_on_the_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A simulated disk that is full is: nobody looks at this computer then."""
    monkeypatch.setattr(disks, "_room_bytes", lambda _: 4096)
    full = load_scenario(SCENARIOS / "disks-are-full.yaml")
    assert play(full).holds
    monkeypatch.setattr(SimulatedWorld, "is_disk_full", lambda *_: False)
    with pytest.raises(ComputerExhausted, match="4 KiB are left") as caught:
        play(full)
    assert caught.value.errno == errno.ENOSPC, "which the command line knows"


def test_disks_are_where_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory, unless that is too small for so many programs and another place is larger."""
    memory, other = tmp_path / "memory", tmp_path / "other"
    memory.mkdir()
    other.mkdir()
    room_bytes = {memory: 64 * 2**20, other: 2**40}
    monkeypatch.setattr(disks, "_fast_disk", lambda: memory)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(other))
    monkeypatch.setattr(disks, "_room_bytes", room_bytes.__getitem__)
    assert disks.new_directory(100).parent == memory
    assert disks.new_directory(3000).parent == other
    room_bytes[other] = 2**20
    assert disks.new_directory(3000).parent == memory


def test_opened_files_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the limit is far away, or there is none, nothing is lacking."""
    assert disks.exhausted(Path()) is None
    limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    assert disks.exhausted(Path()) is None
