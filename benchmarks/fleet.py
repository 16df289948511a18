"""What a site costs as the internetwork grows: time for each site and day, and memory as days pass.

Every run has a process of its own, for the largest size of a process never shrinks.
"""

import gc
import multiprocessing  # noqa: TID251 - clients of their own
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor  # noqa: TID251 - the same
from time import process_time  # noqa: TID251 - real time is what is measured here

from benchmarks.internetworks import star
from benchmarks.measurement import Figures, TableRow, in_turns, show
from licensing.events import Entry
from licensing.policies import DAY_NS
from simulator import play

FLEET_DAYS = 40
SIZES = (30, 200)
_REFERENCE = 30
_LARGEST_JUDGED = 200
_TARGET_GROWTH = 1.3
_SETTLED_DAY = 5
"""Everything is licensed by then; what memory grows after it, it grows with time."""
_TARGET_MEMORY = 1.05
_KIB_PER_MIB = 1024


def main(rounds: int, sizes: tuple[int, ...] = SIZES) -> None:
    """Measure and print; `sizes` are numbers of sites."""
    sizes = tuple(sorted({_REFERENCE, *sizes}))
    with ProcessPoolExecutor(
        max_workers=1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1
    ) as processes:

        def elsewhere(sites: int) -> Callable[[], Figures]:
            return lambda: processes.submit(measure, sites).result()

        found = in_turns(rounds, *(elsewhere(sites) for sites in sizes))
    reference = found[f"time {_REFERENCE}"]
    target = reference.median * _TARGET_GROWTH
    show(
        f"fleet: {FLEET_DAYS} days; time of the processor for each site and day",
        [
            TableRow(
                f"{sites} sites",
                found[f"time {sites}"],
                beside=reference,
                target=target if _REFERENCE < sites <= _LARGEST_JUDGED else None,
            )
            for sites in sizes
        ],
        unit="ms",
        factor=1e3,
        digits=2,
    )
    show(
        f"fleet: memory at the end, beside that on day {_SETTLED_DAY}",
        [
            TableRow(
                f"{sites} sites",
                found[f"memory {sites}"],
                beside=found[f"settled {sites}"],
                target=found[f"settled {sites}"].median * _TARGET_MEMORY,
            )
            for sites in sizes
        ],
        unit="MiB",
        digits=0,
    )


def measure(sites: int) -> Figures:
    """Seconds for each site and day; the largest size of this process by then, in MiB."""
    play(star(1, 1))  # what Python caches at the first use is no part of a run
    scenario = star(sites - 1, FLEET_DAYS)
    settled_mib = 0.0

    def look(entry: Entry) -> None:
        nonlocal settled_mib
        if not settled_mib and entry.at >= _SETTLED_DAY * DAY_NS:
            settled_mib = _largest_mib()

    gc.collect()
    began = process_time()
    play(scenario, readers=[look])
    spent = process_time() - began
    return {
        f"time {sites}": spent / (sites * FLEET_DAYS),
        f"memory {sites}": _largest_mib(),
        f"settled {sites}": settled_mib,
    }


def _largest_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_MIB
