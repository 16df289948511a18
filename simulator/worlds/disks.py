"""Where a run keeps the disks of its machines, and the removal of what killed runs left behind.

A directory's name says whose it is: process number and start together belong to one process for
good, so that nothing of a run that still goes on is ever touched.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

DISK_PREFIX = "internetsim"
_OWNED = re.compile(rf"{DISK_PREFIX}-(\d+)-(\d+)-.+")


def new_directory() -> Path:
    """A fresh private directory for all disks of a run; removes those of runs that are no more."""
    parent = _fast_disk()
    for left_behind in stale(parent):
        shutil.rmtree(left_behind, ignore_errors=True)
    pid = os.getpid()
    return Path(tempfile.mkdtemp(prefix=f"{DISK_PREFIX}-{pid}-{started(pid)}-", dir=parent))


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
