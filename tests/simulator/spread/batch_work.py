"""What the workers of a test do with a batch.

Each process that is started loads the module of its work: so this one needs nothing to be loaded.
"""

import contextlib
import os
import signal
import time  # noqa: TID251 - waits for a process
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE_S = 60


def sums(batch: range) -> tuple[int, int]:
    """What came of a batch, and in which process."""
    return sum(batch), os.getpid()


def sums_by_several(folder: Path, processes: int, batch: range) -> tuple[int, int]:
    """The same, once so many processes are at work; none does all before another has started."""
    (folder / str(os.getpid())).touch()
    for _ in range(PATIENCE_S * 100):
        if len(list(folder.iterdir())) >= processes:
            break
        time.sleep(0.01)
    return sums(batch)


def waits_for_interruptions(_: range) -> bool:
    """Whether this process was born so: it may not have heeded anything yet."""
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def killed_by_three(batch: range) -> int:
    """The process that has the batch of 3 is killed, as where memory is short."""
    if 3 in batch:
        os.kill(os.getpid(), signal.SIGKILL)
    return sum(batch)


def killed_when_told(mark: Path) -> str:
    """Once somebody has made the mark; without a mark there is nothing to do."""
    for _ in range(PATIENCE_S * 100 if mark.name else 0):
        if mark.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.01)
    return "done"


def refused(batch: range) -> int:
    """The planted failure."""
    raise LookupError(batch.start)


def heeds_nothing(task: tuple[Path, bool]) -> None:
    """One goes on whoever interrupts it; the other, once that is at work, fails."""
    mark, fails = task
    if not fails:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        mark.touch()
        time.sleep(PATIENCE_S)
    while not mark.exists():
        time.sleep(0.01)
    raise LookupError("the planted failure")


def killed_once(task: tuple[Path, int]) -> int:
    """The worker that is first to have the batch of 3 is killed, and nobody else."""
    folder, number = task
    if number == 3:
        with contextlib.suppress(FileExistsError):
            (folder / "killed").touch(exist_ok=False)
            os.kill(os.getpid(), signal.SIGKILL)
    return number


def by_who_survives(folder: Path, work: Callable[[Any], Any], batch: Any) -> Any:
    """The worker that is first to have the second batch is killed, and nobody else."""
    killed_once((folder, 3 if batch.first == batch.years else 0))
    return work(batch)


def counted(file: Path) -> None:
    """Work that leaves a mark each time that it is done."""
    with file.open("a") as marks:
        marks.write("x")
