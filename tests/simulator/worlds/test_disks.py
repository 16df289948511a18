"""Disks of runs: what a killed run left behind is removed, what another run has is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.worlds import disks


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
