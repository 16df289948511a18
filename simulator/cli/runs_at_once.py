"""The option `--jobs N`: several scenarios at once, each run in a process of its own.

Every run is what it would be alone; what it shows is shown in the order of the call.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path

import msgspec

from simulator.cli.named_scenarios import Called, load
from simulator.cli.options.outcomes import OutcomePlayer
from simulator.cli.show import Extent, Invocation, Show
from simulator.cli.wrong_call import WrongCall
from simulator.report.exports.outcome import RunOutcome
from simulator.report.page import Row
from simulator.report.screen import Screen
from simulator.runs.play import play
from simulator.spread import NoWorkers, workers


class Task(msgspec.Struct, frozen=True):
    """One run; the scenario is read again by who plays it."""

    invocation: Invocation
    extent: Extent
    width: int


class Played(msgspec.Struct, frozen=True):
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
    """Play them, `jobs` at a time; in their order, each as soon as it is there.

    Raises `WrongCall` where a process is killed.
    """
    try:
        with workers(min(jobs, len(tasks))) as spread:
            yield from spread(_played, tasks)
    except NoWorkers as error:
        raise WrongCall(str(error)) from error


def _played(task: Task) -> Played:
    call = task.invocation
    [(_, scenario)] = load(Called([call.file], call.include_from, call.clients))
    screen = _Rows(task.width)
    player = OutcomePlayer(play, call)
    holds = Show(scenario, call, screen, task.extent, named=True).run(player)
    return Played(call.file, screen.rows, holds, player.outcome)
