"""Backups of whole disks: what the programs of a host had on theirs at an instant, and its return.

A backup has the bytes of one instant, as a snapshot of a disk has, so that a database in it is
as after a power cut. What belongs to a running process is in none.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from simulator.scenario import Disk, Scenario
from simulator.worlds.known_names import known_name

_OF_ONE_PROCESS = shutil.ignore_patterns("*.sock", "*-shm")


def backups_of(scenario: Scenario) -> list[tuple[str, int]]:
    """Of which node, and when (ns since the start), a step needs a backup; each once."""
    disks = [step for step in scenario.timeline if isinstance(step, Disk)]
    needed = (
        (step.node, step.restored_from.after_ns(scenario.start))
        for step in disks
        if step.restored_from
    )
    return list(dict.fromkeys(needed))


class Backups:
    """Backups of the disks of all hosts, kept under `directory` by host and instant."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: dict[tuple[str, int], Path] = {}

    def make(self, host: str, at_ns: int, programs: Mapping[str, Path]) -> None:
        """Keep what is in the directories of a host's programs now."""
        place = self._directory / f"{host} {at_ns}"
        for program, directory in programs.items():
            shutil.copytree(directory, place / program, ignore=_OF_ONE_PROCESS)
        self._made[host, at_ns] = place

    def require(self, host: str, at_ns: int) -> None:
        """Raise `UnknownName` where no backup of this instant was made."""
        made = (str(instant_ns) for owner, instant_ns in self._made if owner == host)
        known_name(f"backup of {host} of the instant", str(at_ns), made)

    def put_back(self, host: str, at_ns: int, programs: Mapping[str, Path]) -> None:
        """Let the directories, which are empty, be as at an instant."""
        for program, directory in programs.items():
            shutil.copytree(self._made[host, at_ns] / program, directory, dirs_exist_ok=True)


def empty(programs: Mapping[str, Path]) -> None:
    """Take everything away from the directories."""
    for directory in programs.values():
        for path in directory.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
