"""The options `--json FILE` and `--junit FILE`: what came of runs, for other tools."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from simulator.cli.options.written_files import WrittenFile
from simulator.cli.show import Invocation, Player
from simulator.report.exports.junit import junit_xml
from simulator.report.exports.outcome import OutcomeReader, RunOutcome, comparison_outcome
from simulator.report.pages.comparison import Comparison
from simulator.runs.play import Result
from simulator.scenario import Scenario
from simulator.worlds.run_journal import Reader


class OutcomePlayer:
    """Plays as `play` does, and has the outcome then, however the run ended."""

    def __init__(self, play: Player, invocation: Invocation) -> None:
        self._play = play
        self._invocation = invocation
        self.outcome: RunOutcome | None = None

    def __call__(
        self, scenario: Scenario, *, seed: int | None = None, readers: Sequence[Reader] = ()
    ) -> Result:
        """Play it; may raise what `play` raises."""
        reader = OutcomeReader(scenario)
        try:
            result = self._play(scenario, seed=seed, readers=[*readers, reader])
        except BaseException as error:
            self.outcome = self._of(reader, None, str(error) or type(error).__name__)
            raise
        self.outcome = self._of(reader, result)
        return result

    def compared(self, scenario: Scenario, comparison: Comparison) -> None:
        """What came of laying the run beside another belongs to its outcome."""
        if self.outcome is None:
            self.outcome = self._of(OutcomeReader(scenario), None, comparison.says)
            self.outcome.verdict = "not-played"
        self.outcome.comparison = comparison_outcome(comparison)

    def _of(self, reader: OutcomeReader, result: Result | None, reason: str = "") -> RunOutcome:
        return reader.outcome(
            file=str(self._invocation.file),
            repeat=str(self._invocation),
            seed=self._invocation.seed,
            result=result,
            reason=reason,
        )


@contextmanager
def with_outcome(
    path: Path | None, kept: list[RunOutcome] | None, play: Player, invocation: Invocation
) -> Iterator[Player]:
    """What plays as `play` does; its outcome is in the file afterwards, and among those `kept`.

    Raises `WrongCall` where the file cannot be written, and that before anything is played.
    """
    if path is None and kept is None:
        yield play
        return
    player = OutcomePlayer(play, invocation)
    with result_file(path) as write:
        try:
            yield player
        finally:
            if player.outcome:
                write.append(msgspec.json.format(msgspec.json.encode(player.outcome)) + b"\n")
                if kept is not None:
                    kept.append(player.outcome)


@contextmanager
def with_junit(path: Path | None) -> Iterator[list[RunOutcome] | None]:
    """Where outcomes are to be kept; all that are kept are in the file afterwards."""
    if path is None:
        yield None
        return
    kept: list[RunOutcome] = []
    with result_file(path) as write:
        try:
            yield kept
        finally:
            write.append(junit_xml(kept))


@contextmanager
def result_file(path: Path | None) -> Iterator[list[bytes]]:
    """What is to be written to the file, which is opened at once; nowhere without one."""
    write: list[bytes] = []
    if path is None:
        yield write
        return
    with WrittenFile("the result", path) as stream:
        try:
            yield write
        finally:
            stream.write(b"".join(write))
