"""The option `--html FILE`: the page of a run in one file, written when the run has ended."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.options.written_files import WrittenFile
from simulator.cli.show import Invocation, Player
from simulator.oracle import Violation
from simulator.runs.play import Result
from simulator.scenario import Scenario
from simulator.worlds.run_journal import Reader

if TYPE_CHECKING:
    from simulator.report.pages.comparison import Comparison
    from simulator.report.pages.run_page import Provenance, RunPage

_LIVE = "live, with real processes, so that instants are as exact as its pace allows"


@contextmanager
def with_page(path: Path | None, play: Player, invocation: Invocation) -> Iterator[Player]:
    """What plays as `play` does; its page is in the file afterwards, however the run ended.

    Raises `WrongCall` where the file cannot be written, and that before anything is played.
    """
    if path is None:
        yield play
        return
    player = _PagedPlayer(play)
    with WrittenFile("the page", path) as stream:
        try:
            yield player
        finally:
            played = _LIVE if invocation.command == "live" else ""
            stream.write(player.text(provenance(str(invocation), played)).encode())


def provenance(repeat: str, played: str = "", story: str = "") -> "Provenance":
    """The product's version, beside what is said of the run's origin."""
    from simulator.report.pages.run_page import Provenance  # noqa: PLC0415 - only for a page

    return Provenance(version("internetsim"), repeat, played, story)


class ComparedPage:
    """The page of the simulated run with what came of comparing; nothing where none was played."""

    def __init__(self, page: "RunPage", comparison: "Comparison") -> None:
        self.reader = page
        self.comparison = comparison

    def text(self, provenance: "Provenance") -> str:
        """As HTML."""
        if not self.reader.has_begun:
            return ""
        violation = self.comparison.broken.get("simulated")
        return self.reader.text(provenance, violation, self.comparison)


@contextmanager
def with_compared_page(
    path: Path | None, start: datetime, repeat: Invocation
) -> Iterator[ComparedPage | None]:
    """What keeps the comparison; its page is in the file afterwards.

    Raises `WrongCall` where the file cannot be written, and that before anything is played.
    """
    if path is None:
        yield None
        return
    from simulator.report.pages.comparison import Comparison  # noqa: PLC0415 - only for a page
    from simulator.report.pages.run_page import RunPage  # noqa: PLC0415 - only for a page

    stopped = "not compared, because one of the runs was stopped"
    page = ComparedPage(RunPage(start), Comparison(("simulated", "live"), (), stopped, False))
    with WrittenFile("the page", path) as stream:
        try:
            yield page
        finally:
            stream.write(page.text(provenance(str(repeat))).encode())


class _PagedPlayer:
    """Plays, and keeps what the page tells."""

    def __init__(self, play: Player) -> None:
        self._play = play
        self._page: RunPage | None = None
        self._violation: Violation | None = None

    def __call__(
        self, scenario: Scenario, *, seed: int | None = None, readers: Sequence[Reader] = ()
    ) -> Result:
        from simulator.report.pages.run_page import RunPage  # noqa: PLC0415 - only for a page

        self._page = RunPage(scenario.start)
        result = self._play(scenario, seed=seed, readers=[*readers, self._page])
        self._violation = result.violation
        return result

    def text(self, provenance: "Provenance") -> str:
        """The page; nothing where nothing was played."""
        return self._page.text(provenance, self._violation) if self._page else ""
