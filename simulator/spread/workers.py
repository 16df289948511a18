"""The door: who does the work, by the options `--jobs` and `--dask`."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from simulator.spread.dask_cluster import dask_cluster
from simulator.spread.in_order import Batch, Result
from simulator.spread.local_processes import local_processes
from simulator.spread.no_workers import NoWorkers

__all__ = ["NoWorkers", "Workforce", "workers"]


class Workforce(Protocol):
    """Does batches of work: `spread(work, batches)`.

    `work` is a function of a module, batches and results are values that can be pickled. What
    `work` raises is raised where the result of its batch would have come. Batches are read a little
    ahead of the results: what depends on earlier results goes into another call.
    """

    def __call__(
        self, work: Callable[[Batch], Result], batches: Iterable[Batch], /
    ) -> Iterator[Result]:
        """The result of each batch, in the order of the batches; may raise `NoWorkers`."""


def workers(jobs: int = 1, dask: str = "") -> AbstractContextManager[Workforce]:
    """Who works for the time of the block: this process, `jobs` others, or the cluster at `dask`.

    Where the block ends early, by Ctrl-C for instance, the processes of `jobs` tidy up and end.
    Entering it raises `NoWorkers` where the cluster cannot be reached.
    """
    if dask:
        return dask_cluster(dask)
    return local_processes(jobs) if jobs > 1 else _this_process()


@contextmanager
def _this_process() -> Iterator[Workforce]:
    yield map
