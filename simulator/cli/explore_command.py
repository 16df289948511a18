"""What `internetsim explore` does: runs in rounds, told as they come, and the files that stay."""

import sys
import time  # noqa: TID251 - how long a person waits is real time, and decides no run
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from simulator.cli.named_scenarios import Called, load, sources_of
from simulator.cli.options.journal import screen_beside
from simulator.cli.options.outcomes import result_file
from simulator.cli.options.shrink import shrinks
from simulator.cli.options.written_files import spare_all
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.explore.corpus import Corpus, NoCorpus
from simulator.explore.draws.given_sites import NotExplorable, require_explorable
from simulator.explore.exploration import RunTally, explored
from simulator.explore.guide import Guide
from simulator.explore.outcome import FailedRun, failed_run, junit_of, outcome_of
from simulator.explore.played_run import PlayedRun
from simulator.explore.summary import closing, failure, in_one_line, opening
from simulator.report.page import Row
from simulator.report.screen import Screen
from simulator.scenario import OwnClients, plain_text
from simulator.spread import NoWorkers, workers

_WATCHED_LOOK_S = 0.5
_LOGGED_LOOK_S = 60.0
_FAILURES_TOLD = 20
_SHRINK_MINUTES = 5.0


@dataclass(frozen=True)
class Exploration:
    """What was asked for, by the names of the options."""

    file: Path | None
    include_from: Sequence[Path]
    clients: OwnClients
    runs: int
    jobs: int
    seed: int
    minutes: float | None
    guided: bool
    corpus: Path | None
    shrink: Path | None
    shrink_minutes: float | None
    dask: str
    json: Path | None
    junit: Path | None

    def require_sense(self) -> None:
        """Raise `WrongCall` where it cannot be done."""
        if self.runs < 1:
            raise WrongCall("--runs is at least 1")
        if self.minutes is not None and not 0 < self.minutes < float("inf"):
            raise WrongCall("--minutes is more than 0")
        if self.shrink_minutes is not None and not 0 < self.shrink_minutes < float("inf"):
            raise WrongCall("--shrink-minutes is more than 0")
        if self.shrink_minutes is not None and not self.shrink:
            raise WrongCall("--shrink-minutes is about --shrink FOLDER: name a folder")
        if self.corpus and not self.guided:
            raise WrongCall("a corpus guides: leave --plain or --corpus out")
        if self.dask and self.jobs > 1:
            raise WrongCall("a cluster has its own workers: leave --jobs or --dask out")
        if self.clients.by_node and not self.file:
            said = self.clients.words[0]
            raise WrongCall(f"--client {said}: nodes are drawn; say the file alone, for all slaves")

    def repeat(self, seed: int) -> str:
        """The call that plays the run of a seed again."""
        folders = "".join(f" --include-from {folder}" for folder in self.include_from)
        given = f" {self.file}{folders}" if self.file else ""
        return f"internetsim explore{given}{self.clients.options} --runs 1 --seed {seed}"


def explore(wishes: Exploration) -> int:
    """Explore and tell; 1 where a run fails or nothing was looked at. Raises `WrongCall`."""
    wishes.require_sense()
    given = _given(wishes)
    corpus = _corpus(wishes)
    seeds = corpus.seeds() if corpus else ()
    guide = Guide(wishes.seed, guided=wishes.guided, corpus=seeds, given=given)
    shrink = shrinks(wishes.shrink, given, wishes.clients, wishes.shrink_minutes or _SHRINK_MINUTES)
    screen = screen_beside(wishes.json, wishes.junit)
    tally, failures = RunTally(), list[FailedRun]()
    with _outputs(wishes, tally, failures), _said_in_one_line():
        screen.show(opening(screen.width, seed=wishes.seed, guided=wishes.guided))
        if wishes.clients:
            screen.show([Row(f"played by clients of your own: {', '.join(wishes.clients.words)}")])
        clock = _Clock(wishes.minutes)
        try:
            with workers(wishes.jobs, wishes.dask) as spread, clock.told(tally):
                runs = explored(
                    guide,
                    spread,
                    wishes.runs,
                    given=given,
                    clients=wishes.clients,
                    enough=clock.is_over,
                )
                for run in runs:
                    tally.add(run)
                    clock.tell(tally)
                    _tell(run, tally, failures, wishes, screen)
            for failed, (_, run) in zip(failures, tally.failures, strict=True):
                if path := shrink(run):
                    failed.shrunk = str(path)
                    call = f"internetsim run {path}{wishes.clients.options}"
                    screen.show([Row(f"seed {run.seed} made small: {call}")])
        finally:
            if corpus:
                corpus.add(guide.found)
            screen.show(closing(tally) if clock.began else ())
    return 0 if tally.holds else 1


def _tell(
    run: PlayedRun, tally: RunTally, failures: list[FailedRun], wishes: Exploration, screen: Screen
) -> None:
    if not run.verdict.fails:
        return
    repeat = wishes.repeat(run.seed)
    failures.append(failed_run(tally.runs, run, repeat))
    if len(failures) <= _FAILURES_TOLD:
        screen.show(failure(run, repeat))


class _Clock:
    """The person's clock: when it is enough, and the line that tells how far it is."""

    def __init__(self, minutes: float | None) -> None:
        self.began = False
        """Whether somebody is there who works."""
        self._began_s = time.monotonic()
        self._ends_s = None if minutes is None else self._began_s + 60 * minutes
        self._watched = sys.stderr.isatty()
        self._look_s = _WATCHED_LOOK_S if self._watched else _LOGGED_LOOK_S
        self._next_look_s = self._began_s + self._look_s

    def is_over(self) -> bool:
        """Whether no run is to begin any more."""
        return self._ends_s is not None and time.monotonic() >= self._ends_s

    def tell(self, tally: RunTally) -> None:
        """Show the line where it is time: anew in a terminal, below the one before in a log."""
        now_s = time.monotonic()
        if now_s >= self._next_look_s:
            self._next_look_s = now_s + self._look_s
            line = in_one_line(tally, now_s - self._began_s)
            sys.stderr.write(f"\r\033[K{line}" if self._watched else f"{line}\n")
            sys.stderr.flush()

    @contextmanager
    def told(self, tally: RunTally) -> Iterator[None]:
        """The line is taken away at the end, and what it said last stays where it was watched."""
        self.began = True
        try:
            yield
        finally:
            if self._watched and tally.runs:
                elapsed_s = time.monotonic() - self._began_s
                sys.stderr.write(f"\r\033[K{in_one_line(tally, elapsed_s)}\n")


def _given(wishes: Exploration) -> str:
    """The scenario whose internetwork is kept, as plain text; "" where none is named."""
    outputs = [(f"--{name}", "the result", getattr(wishes, name)) for name in ("json", "junit")]
    if wishes.file is None:
        spare_all(outputs, [])
        return ""
    if wishes.file == STANDARD_INPUT and wishes.dask:
        raise WrongCall("the standard input cannot be repeated: name a file")
    loaded = load(Called([wishes.file], wishes.include_from, wishes.clients))
    spare_all(outputs, sources_of(loaded))
    [(_, scenario)] = loaded
    try:
        require_explorable(scenario)
    except NotExplorable as error:
        raise WrongCall(f"{wishes.file}: {error}") from error
    return plain_text(scenario)


def _corpus(wishes: Exploration) -> Corpus | None:
    if wishes.corpus is None:
        return None
    corpus = Corpus(wishes.corpus)
    try:
        corpus.seeds()
        corpus.require_writable()
    except NoCorpus as error:
        raise WrongCall(str(error)) from error
    return corpus


@contextmanager
def _said_in_one_line() -> Iterator[None]:
    try:
        yield
    except (NoWorkers, NoCorpus) as error:
        raise WrongCall(str(error)) from error


@contextmanager
def _outputs(wishes: Exploration, tally: RunTally, failures: list[FailedRun]) -> Iterator[None]:
    """The files of --json and --junit are opened at once, and written at the end."""
    with result_file(wishes.json) as json, result_file(wishes.junit) as junit:
        try:
            yield
        finally:
            outcome = outcome_of(tally, failures)
            json.append(msgspec.json.format(msgspec.json.encode(outcome)) + b"\n")
            junit.append(junit_of(outcome) if wishes.junit else b"")
