"""Where a run keeps the disks of its machines, and the removal of what killed runs left behind.

And whether this computer has room for them: what it lacks is no matter of the simulated programs.
A directory's name says whose it is: process number and start together belong to one process for
good, so that nothing of a run that still goes on is ever touched.
"""

import errno
import os
import re
import resource
import shutil
import tempfile
from pathlib import Path

DISK_PREFIX = "internetsim"
_OWNED = re.compile(rf"{DISK_PREFIX}-(\d+)-(\d+)-.+")


_PROGRAM_BYTES = 256 * 1024
"""A program's state takes less; a node of a thousand takes 84 KiB with all that runs on it."""
_LAST_BYTES = 1024 * 1024
_LAST_FILES = 64
"""With no more room than this, what cannot be written is the fault of this computer."""


class ComputerExhausted(OSError):
    """The computer that simulates, no simulated one, has no room left for the disks of a run."""


def new_directory(programs: int = 0) -> Path:
    """A fresh private directory for all disks of a run; removes those of runs that are no more.

    It is in memory where that has room for so many `programs`.
    """
    parent = _with_room(_fast_disk(), programs * _PROGRAM_BYTES)
    pid = os.getpid()
    return Path(tempfile.mkdtemp(prefix=f"{DISK_PREFIX}-{pid}-{started(pid)}-", dir=parent))


def _with_room(parent: Path, needed_bytes: int) -> Path:
    _remove_stale(parent)
    if _room_bytes(parent) >= needed_bytes:
        return parent
    elsewhere = Path(tempfile.gettempdir())
    _remove_stale(elsewhere)
    return max(parent, elsewhere, key=_room_bytes)


def _room_bytes(directory: Path) -> int:
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def allow_open_files() -> None:
    """Let this process open as many files as the system lets it: each database is some."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def exhausted(directory: Path) -> ComputerExhausted | None:
    """What this computer lacks for the disks in `directory`, and the way out; None for nothing."""
    room_bytes = _room_bytes(directory)
    if room_bytes < _LAST_BYTES:
        why = (
            f"the simulated machines' disks are there, and {room_bytes // 1024} KiB are left; "
            "make room, or enlarge it (a container's /dev/shm with --shm-size)"
        )
        return ComputerExhausted(errno.ENOSPC, why, str(directory))
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        opened = len([*Path("/dev/fd").iterdir()])
    except OSError:  # one more is needed to count them
        opened = most
    if most != resource.RLIM_INFINITY and opened + _LAST_FILES > most:
        why = (
            f"{opened} files are open for the simulated machines, and this process may open {most};"
            " raise its hard limit (ulimit -Hn), or simulate fewer nodes"
        )
        return ComputerExhausted(errno.ENOSPC, why, str(directory))
    return None


def _remove_stale(parent: Path) -> None:
    for left_behind in stale(parent):
        shutil.rmtree(left_behind, ignore_errors=True)


def stale(parent: Path) -> list[Path]:
    """The directories of runs whose process is gone."""
    named = (
        (path, _OWNED.fullmatch(path.name)) for path in sorted(parent.glob(f"{DISK_PREFIX}-*"))
    )
    return [path for path, owner in named if owner and started(owner[1]) != owner[2]]


def started(pid: int | str) -> str | None:
    """When a process started, in the kernel's ticks; None where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]


def _fast_disk() -> Path:
    """Memory where there is some: a simulated disk need not survive the run (design.md)."""
    memory = Path("/dev/shm")  # noqa: S108 - a fresh private directory is made in it
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    return memory if usable else Path(tempfile.gettempdir())
