"""Work that is spread: the same results in the same order, whoever does it."""

import logging
import os
import signal
import subprocess
import sys
import time  # noqa: TID251 - how long a process was waited for
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import plan_tables as made_up
import pytest
from batch_work import (
    PATIENCE_S,
    by_who_survives,
    counted,
    heeds_nothing,
    killed_by_three,
    killed_once,
    killed_when_told,
    refused,
    sums,
    sums_by_several,
    waits_for_interruptions,
)
from distributed import LocalCluster
from processes import ROOT

from licensing.policies import DAY_NS
from simulator.plan.proof.verification import verified
from simulator.plan.risk.estimation import estimate
from simulator.plan.risk.risk_table import RiskSettings
from simulator.plan.risk.tallies import judged
from simulator.spread import NoWorkers, dask_cluster, local_processes, workers

BATCHES = [range(start, start + 3) for start in range(0, 60, 3)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_their_batches(jobs: int, tmp_path: Path) -> None:
    """In this process, or in as many others as there are jobs."""
    with workers(jobs) as spread:
        found = list(spread(partial(sums_by_several, tmp_path, jobs), BATCHES))
    assert [total for total, _ in found] == list(map(sum, BATCHES))
    assert len({process for _, process in found} - {os.getpid()}) == (jobs if jobs > 1 else 0)


def test_a_process_that_is_only_starting_says_nothing_of_an_interruption() -> None:
    """Ctrl-C reaches it before it can heed anything; here nothing waits afterwards."""
    with workers(2) as spread:
        assert list(spread(waits_for_interruptions, BATCHES[:1])) == [True]
    assert not waits_for_interruptions(BATCHES[0])


@pytest.mark.parametrize("jobs", [1, 2])
def test_batches_are_read_only_a_little_ahead(jobs: int) -> None:
    """So that a stream without end can be cut off by who reads the results."""

    def without_end() -> Iterator[range]:
        while True:
            yield range(read.append(None) or len(read))

    read: list[None] = []
    with workers(jobs) as spread:
        results = spread(sums, without_end())
        assert [next(results)[0] for _ in range(3)] == [0, 1, 3]
    assert len(read) < 10


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_the_work_raises_is_raised_here(jobs: int) -> None:
    """With the message of where it happened."""
    with workers(jobs) as spread, pytest.raises(LookupError, match="0"):
        list(spread(refused, BATCHES))


def test_a_process_that_heeds_nothing_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that waits for a lock which another has held that is gone."""
    monkeypatch.setattr(local_processes, "_PATIENCE_S", 1)
    began_s = time.monotonic()
    with pytest.raises(LookupError, match="planted"), workers(2) as spread:
        list(spread(heeds_nothing, [(tmp_path / "mark", True), (tmp_path / "mark", False)]))
    assert time.monotonic() - began_s < PATIENCE_S / 2


def test_a_process_that_is_killed_is_said() -> None:
    """And not waited for."""
    with workers(2) as spread, pytest.raises(NoWorkers, match="killed"):
        list(spread(killed_by_three, BATCHES))


def test_a_process_that_is_killed_is_said_while_another_has_nothing_to_do(tmp_path: Path) -> None:
    """That one is not waited for: nobody gives it anything any more."""
    folder, mark = tmp_path / "at-work", tmp_path / "mark"
    folder.mkdir()
    with workers(2) as spread:
        list(spread(partial(sums_by_several, folder, 2), BATCHES[:2]))
        results = spread(killed_when_told, [Path(), mark])
        assert next(results) == "done"
        mark.touch()
        with pytest.raises(NoWorkers, match="killed"):
            next(results)


INTERRUPTED = """
import os, sys, time
from contextlib import suppress
from pathlib import Path
from simulator.spread import workers

def waits(folder):
    mark = Path(folder) / str(os.getpid())
    try:
        mark.touch()
        time.sleep(60)
    finally:
        time.sleep(0.2)
        mark.unlink()

if __name__ == "__main__":
    with workers(2) as spread:
        list(spread(waits, [sys.argv[1]] * 8))
"""


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGKILL])
def test_an_interruption_ends_the_processes_and_lets_them_tidy_up(
    ended_by: signal.Signals, tmp_path: Path
) -> None:
    """What is at work unwinds, unless the first process is killed; no process is left.

    Neither where somebody is impatient and interrupts several times.
    """
    script, folder = tmp_path / "interrupted.py", tmp_path / "at-work"
    script.write_text(INTERRUPTED)
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, script, folder],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    ) as process:
        while len(at_work := list(folder.iterdir())) < 2:
            assert process.poll() is None
        for _ in range(4):
            process.send_signal(ended_by)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        process.communicate(timeout=10)  # which ends when nobody has its standard error any more
    assert list(folder.iterdir()) == ([] if ended_by is signal.SIGINT else at_work)
    assert not any(_runs(mark.name) for mark in at_work)


def _runs(process: str) -> bool:
    """Whether it is more than the rest of a process for which nobody has waited."""
    status = Path("/proc", process, "stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two workers with two threads each."""
    quiet = {"silence_logs": logging.CRITICAL, "dashboard_address": None}
    with LocalCluster(n_workers=2, threads_per_worker=2, **quiet) as two:
        yield two.scheduler_address


def test_a_cluster_whose_worker_is_killed_loses_nothing(cluster: str, tmp_path: Path) -> None:
    """Another one does its batches."""
    tasks = [(tmp_path, number // 2) for number in range(30)]
    with workers(dask=cluster) as spread:
        assert list(spread(killed_once, tasks)) == [number for _, number in tasks]
    assert (tmp_path / "killed").exists()


def test_a_plan_on_a_cluster_is_the_same_table_whoever_is_killed(
    cluster: str, tmp_path: Path
) -> None:
    """As drawn in this process, to the last digit."""
    network = made_up.network(made_up.scenario()).under(failover_period_ns=2 * DAY_NS)
    settings = RiskSettings(seed=3, precision=0.1)
    alone = estimate(network, settings, map, now_s=lambda: 0.0)
    with workers(dask=cluster) as spread:

        def spread_to_the_living(_, batches):
            return spread(partial(by_who_survives, tmp_path, judged), batches)

        assert estimate(network, settings, spread_to_the_living, now_s=lambda: 0.0) == alone
    assert (tmp_path / "killed").exists()


def test_a_proof_on_a_cluster_has_the_same_verdicts(cluster: str) -> None:
    """The real programs play in a worker, beside its own event loop."""
    scenario = made_up.scenario()
    verdicts = partial(verified, scenario, seed=3, verdicts=1)
    with workers(dask=cluster) as spread:
        assert list(verdicts(spread=spread)) == list(verdicts())


def test_equal_batches_are_work_each(cluster: str, tmp_path: Path) -> None:
    """A cluster takes equal tasks for one unless told otherwise."""
    with workers(dask=cluster) as spread:
        assert list(spread(counted, [tmp_path / "marks"] * 5)) == [None] * 5
    assert (tmp_path / "marks").read_text() == "xxxxx"


def test_a_worker_with_other_programs_does_nothing(
    cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its results would be those of other programs."""
    monkeypatch.setattr(dask_cluster, "programs", lambda: "other ones")
    with workers(dask=cluster) as spread, pytest.raises(NoWorkers, match="version"):
        list(spread(sums, BATCHES))


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "nowhere.invalid:8786", "not an address", "x://y"]
)
def test_an_address_without_a_scheduler_is_said(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, and soon."""
    monkeypatch.setattr(dask_cluster, "_ANSWER_S", 1)
    with pytest.raises(NoWorkers, match=address), workers(dask=address):
        pass
