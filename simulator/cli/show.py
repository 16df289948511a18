"""One run before a person: how it opens, its story, how it ends, and the verdict."""

import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

from simulator.cli.call_words import including, quoted
from simulator.cli.run_failed import RunFailed
from simulator.cli.wrong_call import WrongCall
from simulator.report.page import Row, Tone
from simulator.report.screen import Screen, progress
from simulator.report.verdict import verdict
from simulator.runs.play import STOPPED, Result
from simulator.scenario import NO_CLIENTS, OwnClients, Scenario
from simulator.worlds.run_journal import Reader

if TYPE_CHECKING:
    from simulator.cli.told_run import ToldRun

Remarks: TypeAlias = Callable[[Row, Result], Iterable[Row]]
"""From the verdict: what is shown in its place, the verdict as its last row."""


class Player(Protocol):
    """What plays a scenario, such as `simulator.runs.play.play`."""

    def __call__(
        self, scenario: Scenario, *, seed: int | None = None, readers: Sequence[Reader] = ()
    ) -> Result:
        """Play it, and show every entry of its journal to `readers`; may raise `STOPPED`."""


class Invocation(msgspec.Struct, frozen=True):
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


class Extent(msgspec.Struct, frozen=True):
    """How much is shown: with `quiet` the verdict only, with `by_node` what each node holds."""

    quiet: bool = False
    by_node: bool = False


class Show:
    """Shows one run of `scenario`, which `invocation` repeats, on `screen`.

    The verdict has the scenario's name before it where it stands alone, or with `named`: one of
    several, which a bug that stops this run does not keep from theirs.
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
        self._among_others = named
        self._title = f"{invocation.file.stem}: " if named or extent.quiet else ""
        self._told = None if extent.quiet else _told(scenario, screen, extent)

    def run(
        self, play: Player, readers: Sequence[Reader] = (), *, remarks: Remarks = _none
    ) -> bool:
        """Play and show it to its verdict, to which `remarks` may add; whether everything holds."""
        if self._told:
            self._told.open(self._invocation.seed)
        try:
            result = self._play(play, readers)
        except (*STOPPED, RunFailed) as error:
            self._show_stop(error, str(error))
            return False
        except (WrongCall, OSError):
            raise
        except Exception as error:
            if not self._among_others:
                raise
            self._show_stop(error, "".join(traceback.format_exception(error)).rstrip())
            return False
        if self._told:
            self._told.close(result, str(self._invocation))
        *explained, last = remarks(verdict(result), result)
        self._screen.show([*explained, replace(last, text=self._title + last.text)])
        return result.holds

    def _play(self, play: Player, readers: Sequence[Reader]) -> Result:
        told = self._told.readers if self._told else ()
        with progress(self._screen, self._scenario.last_dated_ns()) as bar:
            watching = [*readers, *told, *bar]
            result = play(self._scenario, seed=self._invocation.seed, readers=watching)
            self._end_story()
        return result

    def _end_story(self) -> None:
        if self._told:
            self._told.end_story()

    def _show_stop(self, error: Exception, says: str) -> None:
        self._end_story()
        stopped = f"{self._title}stopped by {type(error).__name__}"
        repeat = Row(f"to repeat it: {self._invocation}")
        self._screen.show([Row(says), repeat, Row(stopped, Tone.FAILED)])


def _told(scenario: Scenario, screen: Screen, extent: Extent) -> "ToldRun":
    from simulator.cli.told_run import ToldRun  # noqa: PLC0415 - a verdict alone needs none of it

    return ToldRun(scenario, screen, by_node=extent.by_node)
