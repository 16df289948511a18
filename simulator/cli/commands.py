"""What the commands of the command line do. Only `cli` imports this, when a command runs.

Results go to the standard output, and complaints about scenarios that cannot be played to the
standard error.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Protocol

from licensing.events import Entry
from licensing.words import counted
from runtime.journal import encode_entry
from simulator.cli.api_documents import api_document
from simulator.cli.determinism import (
    Comparison,
    Difference,
    FreshRun,
    RunFailed,
)
from simulator.cli.second_run import second_run
from simulator.cli.shipped_scenarios import NoSuchScenario, scenario_file, shipped
from simulator.cli.wrong_call import STANDARD_OUTPUT, WrongCall
from simulator.loop.failures import Deadlock, Livelock, ProgramDied
from simulator.loop.tripwire import NondeterminismError
from simulator.report.closing import Evidence, closing, verdict
from simulator.report.opening import opening
from simulator.report.page import Calendar, Page, Row, Tone
from simulator.report.screen import ProgressBar, Screen, watched
from simulator.report.story import Story
from simulator.runs.play import Result, play
from simulator.scenario import (
    INTERNET,
    Instant,
    Scenario,
    ScenarioError,
    load_scenario,
    warnings_of,
)
from simulator.worlds.run_journal import Reader

STOPPED = (Deadlock, Livelock, NondeterminismError, ProgramDied, RunFailed)
"""What ends a run before its time; anything else is a bug, with its traceback."""


def run(
    files: Sequence[Path], journal: Path | None, *, seed: int | None, quiet: bool, verify: bool
) -> int:
    """Play scenarios one after the other; 1 where one of them does not hold."""
    if journal is not None and len(files) > 1:
        raise WrongCall("one journal holds one run: name one scenario with --journal")
    loaded = load(files)
    spare(journal, [path for path, _ in loaded])
    screen = Screen(sys.stderr if journal == STANDARD_OUTPUT else sys.stdout)
    failing = []
    with second_run([path for path, _ in loaded], seed) if verify else nullcontext() as second:
        for path, scenario in loaded:
            with journal_file(journal) as stream:
                named = quiet or len(loaded) > 1
                show = Show(path, scenario, screen, seed, quiet=quiet, named=named)
                if not show.play(stream, second):
                    failing.append(path.stem)
    if len(loaded) > 1:
        screen.show([_overall(len(loaded), failing)])
    return 1 if failing else 0


def check(files: Sequence[Path]) -> int:
    """Print the warnings of all scenarios that can be played; 2 where one cannot."""
    count = 0
    loaded = load(files)
    for _, scenario in loaded:
        for warning in warnings_of(scenario):
            count += 1
            sys.stdout.write(f"{warning}\n    this is a warning: the scenario can be played\n")
    scenarios = f"{counted(len(loaded), 'scenario')} can be played"
    sys.stdout.write(f"{scenarios}, {counted(count, 'warning')}\n")
    return 0


def schema() -> int:
    """Print the JSON Schema of the scenario language."""
    form = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    sys.stdout.write(json.dumps(form | Scenario.model_json_schema(), indent=2) + "\n")
    return 0


def openapi(api: str) -> int:
    """Print the OpenAPI document of an API."""
    sys.stdout.write(json.dumps(json.loads(api_document(api)), indent=2) + "\n")
    return 0


def scenarios() -> int:
    """Print the names and titles of the scenarios that come with the product."""
    loaded = load(shipped())
    width = max((len(path.stem) for path, _ in loaded), default=0)
    for path, scenario in loaded:
        sys.stdout.write(f"{path.stem:{width}}  {scenario.title}\n")
    return 0


class Player(Protocol):
    """What plays a scenario, such as `simulator.runs.play.play`."""

    def __call__(
        self, scenario: Scenario, *, seed: int | None = None, readers: Sequence[Reader] = ()
    ) -> Result:
        """Play it; see there."""


class Show:
    """One scenario, played before an audience by `player`."""

    def __init__(
        self,
        path: Path,
        scenario: Scenario,
        screen: Screen,
        seed: int | None,
        *,
        quiet: bool,
        named: bool,
        player: Player | None = None,
        command: Sequence[str] = ("run",),
    ) -> None:
        self._player = player or play
        self._command = command
        self._path = path
        self._scenario = scenario
        self._screen = screen
        self._seed = scenario.seed if seed is None else seed
        self._quiet = quiet
        self._title = f"{path.stem}: " if named else ""
        calendar = Calendar(scenario.start)
        self._page = Page(calendar, places=_longest_place(scenario), width=screen.width)
        self._evidence = Evidence(scenario)
        self._story = Story(calendar, lambda line: screen.show(self._page.rows(line)))

    def play(self, stream: IO[bytes] | None, second: FreshRun | None = None) -> bool:
        """Play and show it, compared with a second run if there is one; whether all holds."""
        if not self._quiet:
            self._screen.show(opening(self._scenario, self._seed, self._page))
        difference = None
        comparison = None if second is None else Comparison(second.journal())
        try:
            result = self._play(stream, comparison)
            if second and comparison:
                difference = comparison.end()
                second.require_success()
        except STOPPED as error:
            if comparison:
                comparison.end()
            self._story.end()
            kind = type(error).__name__
            stopped = Row(f"{self._title}stopped by {kind}", Tone.FAILED)
            self._screen.show([Row(str(error)), Row(f"to repeat it: {self._repeat()}"), stopped])
            return False
        self._show_end(result, difference, verified=second is not None)
        return result.holds and difference is None

    def _play(self, stream: IO[bytes] | None, comparison: Comparison | None) -> Result:
        readers: list[Reader] = [self._evidence]
        if stream is not None:
            readers.append(_writer(stream))
        if comparison is not None:
            readers.append(lambda entry: comparison(encode_entry(entry) + b"\n"))
        if not self._quiet:
            readers.append(self._story)
        with ExitStack() as stack:
            if watched():
                bar = ProgressBar(self._screen, _last_step_ns(self._scenario))
                readers.append(stack.enter_context(bar))
            result = self._player(self._scenario, seed=self._seed, readers=readers)
            self._story.end()
        return result

    def _show_end(self, result: Result, difference: Difference | None, *, verified: bool) -> None:
        if not self._quiet:
            self._screen.show(closing(self._evidence, result, self._page, self._repeat()))
        if difference:
            self._screen.show([Row(str(difference), Tone.FAILED)])
        row = verdict(self._evidence, result)
        same = f"; same: {result.entries} facts, digest {result.digest[:16]}" if verified else ""
        text, tone = (
            (f"{row.text}; not repeatable", Tone.FAILED)
            if difference
            else (row.text + same, row.tone)
        )
        self._screen.show([Row(self._title + text, tone)])

    def _repeat(self) -> str:
        return " ".join(["internetsim", *self._command, str(self._path), "--seed", str(self._seed)])


def load(files: Sequence[Path]) -> list[tuple[Path, Scenario]]:
    """Read all files, or raise `WrongCall` with the problems of all of them."""
    loaded, problems = [], []
    for named in files:
        try:
            path = scenario_file(named)
            loaded.append((path, load_scenario(path)))
        except (ScenarioError, NoSuchScenario) as error:
            problems.append(str(error))
    if problems:
        raise WrongCall("\n".join(problems))
    return loaded


def spare(journal: Path | None, scenarios: Sequence[Path]) -> None:
    """Raise `WrongCall` where the journal would overwrite a scenario, by whatever name.

    Also where it cannot even be looked for, because then it cannot be written either.
    """
    if journal is None or journal == STANDARD_OUTPUT:
        return
    with _complaining(journal):
        overwritten = journal.exists() and any(journal.samefile(path) for path in scenarios)
    if overwritten:
        raise WrongCall(f"--journal {journal} would overwrite the scenario")


@contextmanager
def journal_file(path: Path | None) -> Iterator[IO[bytes] | None]:
    """The journal that was asked for; raises `WrongCall` where it cannot be written."""
    if path is None:
        yield None
    elif path == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with _complaining(path):
            stream = path.open("wb")
        try:
            yield stream
        finally:
            with _complaining(path):
                stream.close()


@contextmanager
def _complaining(name: object) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise WrongCall(f"the journal {name} cannot be written: {error.strerror}") from error


def _writer(stream: IO[bytes]) -> Reader:
    def write(entry: Entry) -> None:
        with _complaining(stream.name):
            stream.write(encode_entry(entry) + b"\n")

    return write


def _longest_place(scenario: Scenario) -> int:
    internetwork = scenario.internetwork
    return max(map(len, (*internetwork.nodes, *internetwork.links, INTERNET)))


def _last_step_ns(scenario: Scenario) -> int:
    instants = [step.at for step in scenario.timeline if isinstance(step.at, Instant)]
    return max((instant.after(scenario.start) for instant in instants), default=0)


def _overall(number: int, failing: list[str]) -> Row:
    if not failing:
        return Row(f"all {number} scenarios hold", Tone.REGULAR)
    return Row(
        f"{len(failing)} of {number} scenarios do not hold: {', '.join(failing)}", Tone.FAILED
    )
