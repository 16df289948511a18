"""What `internetsim explore` does: runs in rounds, told as they come, and the files that stay."""

import sys
import time  # noqa: TID251 - how long a person waits is real time, and decides no run
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from licensing.words import counted
from simulator.cli.call_words import including, quoted
from simulator.cli.named_scenarios import Called, load, sources_of
from simulator.cli.options.journal import screen_beside
from simulator.cli.options.outcomes import result_file
from simulator.cli.options.shrink import shrinks
from simulator.cli.options.written_files import spare_all
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.explore.corpus import Corpus, NoCorpus
from simulator.explore.draws.given_sites import NotExplorable, require_explorable
from simulator.explore.exploration import RunTally, explored
from simulator.explore.given import expected_ends, require_licensed
from simulator.explore.guide import Guide
from simulator.explore.outcome import FailedRun, failed_run, junit_of, outcome_of
from simulator.explore.played_run import PlayedRun
from simulator.explore.summary import closing, failure, in_one_line, opening
from simulator.report.page import Row, Tone
from simulator.report.screen import Screen
from simulator.scenario import OwnClients, load_scenario, plain_text
from simulator.scenario.values import LARGEST_COUNT
from simulator.spread import NoWorkers, workers

_WATCHED_LOOK_S = 0.5
_LOGGED_LOOK_S = 60.0
_FAILURES_TOLD = 20
_SHRINK_MINUTES = 5.0
_RUNS = 1000


class Exploration(msgspec.Struct, frozen=True):
    """What was asked for, by the names of the options."""

    file: Path | None
    include_from: Sequence[Path]
    clients: OwnClients
    runs: int | None
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
        if self.runs is not None and self.runs < 1:
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

    @property
    def asked(self) -> int | None:
        """How many runs; None for as many as there is time for."""
        return self.runs or (None if self.minutes else _RUNS)

    @property
    def read(self) -> list[Path]:
        """Files that are read, or written for other nights: no result may take their place."""
        return [*self.clients.files, *(Corpus(self.corpus).files if self.corpus else ())]

    def repeat(self, seed: int) -> str:
        """The call that plays the run of a seed again."""
        given = f" {quoted(self.file)}{including(self.include_from)}" if self.file else ""
        return f"internetsim explore{given}{self.clients.options} --runs 1 --seed {seed}"

    def played_again(self, small: Path) -> str:
        """The call that plays a small scenario: of the clients those whose nodes are left."""
        clients = self.clients.among(load_scenario(small).internetwork.nodes)
        return f"internetsim run {quoted(small)}{clients.options}"


def explore(wishes: Exploration) -> int:
    """Explore and tell; 1 where a run fails or nothing was looked at. Raises `WrongCall`."""
    wishes.require_sense()
    given = _given(wishes)
    corpus = _corpus(wishes)
    guide = Guide(
        wishes.seed,
        guided=wishes.guided,
        corpus=corpus.seeds() if corpus else (),
        earlier=corpus.runs() if corpus else 0,
        given=given,
    )
    shrink = shrinks(wishes.shrink, given, wishes.clients, wishes.shrink_minutes or _SHRINK_MINUTES)
    screen = screen_beside(wishes.json, wishes.junit)
    tally, failures = RunTally(expected_ends(given)), list[FailedRun]()
    with _said_in_one_line(), ExitStack() as working, ExitStack() as files:
        # Before a file is opened, which loses what stands in it: nobody may be there to work.
        spread = working.enter_context(workers(wishes.jobs, wishes.dask))
        files.enter_context(_outputs(wishes, tally, failures))
        screen.show(opening(screen.width, seed=wishes.seed, guided=wishes.guided))
        if wishes.clients:
            screen.show([Row(f"played by clients of your own: {', '.join(wishes.clients.words)}")])
        clock = _Clock(wishes.minutes)
        try:
            with working, clock.told(tally), _until_all_have_come(tally):
                runs = explored(
                    guide,
                    spread,
                    wishes.asked or LARGEST_COUNT,
                    given=given,
                    clients=wishes.clients,
                    enough=clock.is_over,
                )
                for run in runs:
                    tally.add(run)
                    clock.tell(tally)
                    _tell(run, tally, failures, wishes, screen)
            if len(failures) > _FAILURES_TOLD:
                others = counted(len(failures) - _FAILURES_TOLD, "further run")
                screen.show([Row(f"{others} failed; --json FILE has them all", Tone.FAILED)])
            for failed, (_, run) in zip(failures, tally.failures, strict=True):
                if path := shrink(run):
                    failed.shrunk = str(path)
                    screen.show([Row(f"seed {run.seed} made small: {wishes.played_again(path)}")])
        finally:
            if corpus:
                corpus.add(guide.found, tally.runs)
            screen.show(closing(tally))
    return 0 if tally.holds else 1


@contextmanager
def _until_all_have_come(tally: RunTally) -> Iterator[None]:
    """Whoever is interrupted, by whatever it is, has not seen all runs."""
    tally.interrupted = True
    yield
    tally.interrupted = False


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
        spare_all(outputs, wishes.read)
        return ""
    if wishes.file == STANDARD_INPUT and wishes.dask:
        raise WrongCall("the standard input cannot be repeated: name a file")
    loaded = load(Called([wishes.file], wishes.include_from, wishes.clients))
    spare_all(outputs, [*sources_of(loaded), *wishes.read])
    [(_, scenario)] = loaded
    given = plain_text(scenario)
    try:
        require_explorable(scenario)
        require_licensed(given)
    except NotExplorable as error:
        raise WrongCall(f"{wishes.file}: {error}") from error
    return given


def _corpus(wishes: Exploration) -> Corpus | None:
    if wishes.corpus is None:
        return None
    corpus = Corpus(wishes.corpus)
    try:
        corpus.seeds()
        corpus.runs()
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
            outcome = outcome_of(tally, failures, wishes.asked)
            json.append(msgspec.json.format(msgspec.json.encode(outcome)) + b"\n")
            junit.append(junit_of(outcome) if wishes.junit else b"")
