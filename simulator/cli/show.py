"""One run before a person: how it opens, its story, how it ends, and the verdict."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeAlias

from simulator.cli.call_words import including, quoted
from simulator.cli.determinism import RunFailed
from simulator.report.closing import Evidence, closing, verdict
from simulator.report.folding import Folding
from simulator.report.groups import is_large
from simulator.report.opening import opening
from simulator.report.page import Calendar, Layout, Line, Row, Tone
from simulator.report.screen import Screen, progress
from simulator.report.story import Story
from simulator.runs.play import STOPPED, Result
from simulator.scenario import NO_CLIENTS, OwnClients, Scenario
from simulator.worlds.run_journal import Reader

Remarks: TypeAlias = Callable[[Row, Result], Iterable[Row]]
"""From the verdict: what is shown in its place, the verdict as its last row."""


class Player(Protocol):
    """What plays a scenario, such as `simulator.runs.play.play`."""

    def __call__(
        self, scenario: Scenario, *, seed: int | None = None, readers: Sequence[Reader] = ()
    ) -> Result:
        """Play it, and show every entry of its journal to `readers`; may raise `STOPPED`."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """The call that plays one scenario with one seed again."""

    command: str
    file: Path
    seed: int
    include_from: Sequence[Path] = ()
    clients: OwnClients = NO_CLIENTS

    def __str__(self) -> str:
        beside = f"{including(self.include_from)}{self.clients.options}"
        return f"internetsim {self.command} {quoted(self.file)}{beside} --seed {self.seed}"


def _none(verdict: Row, _: Result) -> Iterable[Row]:
    return [verdict]


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is shown: with `quiet` the verdict only, with `by_node` what each node holds."""

    quiet: bool = False
    by_node: bool = False


class Show:
    """Shows one run of `scenario`, which `invocation` repeats, on `screen`.

    The verdict has the scenario's name before it where it stands alone, or with `named`.
    """

    def __init__(
        self,
        scenario: Scenario,
        invocation: Invocation,
        screen: Screen,
        extent: Extent,
        *,
        named: bool = False,
    ) -> None:
        self._scenario = scenario
        self._invocation = invocation
        self._screen = screen
        self._extent = extent
        self._title = f"{invocation.file.stem}: " if named or extent.quiet else ""
        calendar = Calendar(scenario.start)
        self._layout = Layout(calendar, places=_longest_place(scenario), width=screen.width)
        self._evidence = Evidence(scenario)
        self._folding = Folding(scenario.internetwork, self._show_line)
        large = is_large(scenario.internetwork)
        self._story = Story(calendar, self._folding if large else self._show_line)

    def run(
        self, play: Player, readers: Sequence[Reader] = (), *, remarks: Remarks = _none
    ) -> bool:
        """Play and show it to its verdict, to which `remarks` may add; whether everything holds."""
        self._show_opening()
        try:
            result = self._play(play, readers)
        except (*STOPPED, RunFailed) as error:
            self._end_story()
            self._show_stop(error)
            return False
        self._show_end(result, remarks)
        return result.holds

    def _play(self, play: Player, readers: Sequence[Reader]) -> Result:
        story = [] if self._extent.quiet else [self._story]
        with progress(self._screen, self._scenario.last_dated_ns()) as bar:
            watching: list[Reader] = [self._evidence, *readers, *story, *bar]
            result = play(self._scenario, seed=self._invocation.seed, readers=watching)
            self._end_story()
        return result

    def _show_line(self, line: Line) -> None:
        self._screen.show(self._layout.rows(line))

    def _end_story(self) -> None:
        self._story.end()
        self._folding.end()

    def _show_opening(self) -> None:
        if not self._extent.quiet:
            self._screen.show(opening(self._scenario, self._invocation.seed, self._layout))

    def _show_stop(self, error: Exception) -> None:
        stopped = f"{self._title}stopped by {type(error).__name__}"
        repeat = Row(f"to repeat it: {self._invocation}")
        self._screen.show([Row(str(error)), repeat, Row(stopped, Tone.FAILED)])

    def _show_end(self, result: Result, remarks: Remarks) -> None:
        if not self._extent.quiet:
            repeat = str(self._invocation)
            by_node = self._extent.by_node
            self._screen.show(
                closing(self._evidence, result, self._layout, repeat, by_node=by_node)
            )
        *explained, last = remarks(verdict(self._evidence, result), result)
        self._screen.show([*explained, replace(last, text=self._title + last.text)])


def _longest_place(scenario: Scenario) -> int:
    internetwork = scenario.internetwork
    together = f"{len(internetwork.nodes)} slaves" if is_large(internetwork) else ""
    return max(map(len, (*internetwork.ends, *internetwork.links, together)))
