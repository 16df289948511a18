"""What a slave costs as the internetwork grows: time for each slave and day, and memory.

Every run has a process of its own, for the largest size of a process never shrinks.
"""

import multiprocessing
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from benchmarks.internetworks import star
from benchmarks.measuring import Figures, TableRow, in_turns, seconds, show
from simulator import play

FLEET_DAYS = 7
SIZES = (1, 10, 100)
_REFERENCE = 10
_LARGEST_JUDGED = 100
_TARGET_GROWTH = 1.5
_KIB_PER_MIB = 1024


def main(rounds: int, sizes: tuple[int, ...] = SIZES) -> None:
    """Measure and print; `sizes` are numbers of slaves."""
    sizes = tuple(sorted({_REFERENCE, *sizes}))
    with ProcessPoolExecutor(
        max_workers=1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1
    ) as processes:

        def elsewhere(slaves: int) -> Callable[[], Figures]:
            return lambda: processes.submit(measure, slaves).result()

        found = in_turns(rounds, *(elsewhere(slaves) for slaves in sizes))
    reference = found[f"time {_REFERENCE}"]
    target = reference.median * _TARGET_GROWTH
    show(
        f"fleet: {FLEET_DAYS} days; for each slave and day",
        [
            TableRow(
                _slaves(slaves),
                found[f"time {slaves}"],
                beside=reference,
                target=target if _REFERENCE < slaves <= _LARGEST_JUDGED else None,
            )
            for slaves in sizes
        ],
        unit="ms",
        factor=1e3,
        digits=2,
    )
    show(
        "fleet: memory of the process at its largest",
        [TableRow(_slaves(slaves), found[f"memory {slaves}"]) for slaves in sizes],
        unit="MiB",
        digits=0,
    )


def measure(slaves: int) -> Figures:
    """Seconds for each slave and day, and the largest size of this process in MiB."""
    play(star(1, 1))  # what Python caches at the first use is no part of a run
    scenario = star(slaves, FLEET_DAYS)
    spent = seconds(lambda: play(scenario))
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_MIB
    return {f"time {slaves}": spent / (slaves * FLEET_DAYS), f"memory {slaves}": largest}


def _slaves(number: int) -> str:
    return "1 slave" if number == 1 else f"{number} slaves"
