"""Spreading ordered work: over this process, several of this computer, or a Dask cluster.

    with workers(jobs=2) as spread:
        for result in spread(work, batches):
            ...

The one home of that for all rooms whose runs or draws do not depend on each other. Results come in
the order of their batches, whoever did them, so what is made of them is the same for any number of
jobs and on any cluster. Nothing here knows what a run is.
"""

from simulator.spread.workers import NoWorkers, Workforce, workers

__all__ = ["NoWorkers", "Workforce", "workers"]
