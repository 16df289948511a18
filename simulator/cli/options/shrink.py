"""The option `--shrink FOLDER` of `explore`: a scenario of a few lines of each kind of failure."""

import sys
import time  # noqa: TID251 - how long a person waits is real time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

from simulator.cli.options.written_files import WrittenFile
from simulator.cli.wrong_call import WrongCall
from simulator.explore.draws import drawn_run
from simulator.explore.played_run import PlayedRun
from simulator.explore.shrinking import Shrinking, finished, shrinking_of
from simulator.scenario import OwnClients, parse_scenario, plain_text


class ShrinkOption:
    """Makes the first failure of each kind small, in `minutes` at most; Ctrl-C keeps the best.

    Raises `WrongCall` where the folder cannot be made.
    """

    def __init__(self, folder: Path, given: str, clients: OwnClients, minutes: float) -> None:
        self._folder = folder
        self._given = given
        self._clients = clients
        self._seconds = 60 * minutes
        self._kinds: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):
                pass  # runs take long, and a failure is made small after all of them
        except OSError as error:
            raise WrongCall(f"--shrink {folder}: cannot be written: {error.strerror}") from error

    def file_of(self, run: PlayedRun) -> Path | None:
        """Where the small scenario of a failure is; None where its kind has one already."""
        if run.failure in self._kinds:
            return None
        self._kinds.add(run.failure)
        ends_s = time.monotonic() + self._seconds
        shrinking = shrinking_of(
            drawn_run(run.seed, self._given),
            run,
            lambda: _look(shrinking, run, ends_s),
            self._clients,
        )
        try:
            shrinking.run()
        except KeyboardInterrupt:
            sys.stderr.write("\nshrinking is interrupted: the smallest so far is kept\n")
        _clear()
        path = self._folder / f"{run.failure.replace(' ', '-').lower()}-seed-{run.seed}.yaml"
        with WrittenFile("the scenario", path) as stream:
            stream.write(plain_text(parse_scenario(finished(shrinking, run.seed))).encode())
        return path


def _look(shrinking: Shrinking, run: PlayedRun, ends_s: float) -> bool:
    """Show how far it is, and say whether it is enough."""
    if sys.stderr.isatty():
        steps = len(shrinking.best["timeline"])
        tried = f"{shrinking.trials} tried, {steps} steps left, {ends_s - time.monotonic():.0f} s"
        sys.stderr.write(f"\r\033[Kmaking seed {run.seed} small: {tried}")
        sys.stderr.flush()
    return time.monotonic() >= ends_s


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


Made = Callable[[PlayedRun], Path | None]


def shrinks(folder: Path | None, given: str, clients: OwnClients, minutes: float) -> Made:
    """What makes a failure small, or does nothing where that was not asked for."""
    return ShrinkOption(folder, given, clients, minutes).file_of if folder else lambda _: None
