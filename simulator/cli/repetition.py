"""What `--verify-determinism` adds to a run: each fact is compared with that of a second run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from runtime.journal import encode_entry
from simulator.cli.determinism import Difference, FreshRun, JournalComparison
from simulator.cli.second_run import second_run
from simulator.cli.show import Player
from simulator.report.page import Row, Tone
from simulator.runs.play import Result
from simulator.scenario import OwnClients, Scenario
from simulator.worlds.run_journal import Reader


@contextmanager
def repetitions(
    files: Sequence[Path], seed: int | None, include_from: Sequence[Path], clients: OwnClients
) -> "Iterator[Callable[[Player], Repetition]]":
    """What repeats the runs of these scenarios one after the other, each once, in their order.

    Raises `WrongCall` where one can be read but once.
    """
    with second_run(files, seed, include_from, clients) as other:
        yield lambda play: Repetition(other, play)


class Repetition:
    """Plays as `play` does one run of the process `other`; afterwards it knows the difference."""

    def __init__(self, other: FreshRun, play: Player) -> None:
        self._other = other
        self._play = play
        self.difference: Difference | None = None

    def __call__(
        self, scenario: Scenario, *, seed: int | None = None, readers: Sequence[Reader] = ()
    ) -> Result:
        """Play it as `play` does; also raises `RunFailed` where the other process did."""
        comparison = JournalComparison(self._other.journal())
        compare: Reader = lambda entry: comparison(encode_entry(entry) + b"\n")  # noqa: E731
        try:
            result = self._play(scenario, seed=seed, readers=[*readers, compare])
        except Exception:
            comparison.end()  # so that the other process goes on to its next journal
            raise
        self.difference = comparison.end()
        self._other.require_success()
        return result

    def rows(self, verdict: Row, result: Result) -> Iterator[Row]:
        """The first difference, if there is one, then the verdict and what is to be added to it."""
        if self.difference:
            yield Row(str(self.difference), Tone.FAILED)
            yield Row(f"{verdict.text}; not repeatable", Tone.FAILED)
        else:
            same = f"; same: {result.entries} facts, digest {result.digest[:16]}"
            yield replace(verdict, text=verdict.text + same)
