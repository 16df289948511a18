"""The option `--jobs N`: several scenarios at once, each run in a process of its own.

Every run is what it would be alone; what it shows is shown in the order of the call.
"""

import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import StringIO
from multiprocessing import get_context
from pathlib import Path

from simulator.cli.named_scenarios import Called, load
from simulator.cli.outcome_options import OutcomePlayer
from simulator.cli.show import Extent, Invocation, Show
from simulator.report.exports.outcome import RunOutcome
from simulator.report.page import Row
from simulator.report.screen import Screen
from simulator.runs.play import play
from simulator.spread import interrupted_later


@dataclass(frozen=True, slots=True)
class Task:
    """One run; the scenario is read again by who plays it."""

    invocation: Invocation
    extent: Extent
    width: int


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one run: what is to be shown, whether it holds, and its outcome."""

    file: Path
    rows: Sequence[Row]
    holds: bool
    outcome: RunOutcome | None


class _Rows(Screen):
    """A screen that keeps its rows for another one of that width."""

    def __init__(self, width: int) -> None:
        super().__init__(StringIO())
        self.width = width
        self.rows: list[Row] = []

    def show(self, rows: Iterable[Row]) -> None:
        """Keep them."""
        self.rows += rows


def played_at_once(tasks: Sequence[Task], jobs: int) -> Iterator[Played]:
    """Play them, `jobs` at a time; in their order, each as soon as it is there."""
    executor = ProcessPoolExecutor(
        min(jobs, len(tasks)), get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN)
    )
    try:
        with interrupted_later():
            results = executor.map(_played, tasks)
        yield from results
    finally:
        executor.shutdown(cancel_futures=True)


def _played(task: Task) -> Played:
    call = task.invocation
    [(_, scenario)] = load(Called([call.file], call.include_from))
    screen = _Rows(task.width)
    player = OutcomePlayer(play, call)
    holds = Show(scenario, call, screen, task.extent, named=True).run(player)
    return Played(call.file, screen.rows, holds, player.outcome)
