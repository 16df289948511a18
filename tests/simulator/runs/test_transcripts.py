"""Every shipped scenario holds, plays exactly as its transcript says, and does so twice."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from simulator.cli.app import main
from simulator.cli.shipped_scenarios import DIRECTORY

SCENARIOS = sorted(DIRECTORY.glob("*.yaml"))
PARTS = 6
"""Each is played at once, and a second time in one fresh process with another hash seed."""


@pytest.mark.parametrize("part", range(PARTS))
def test_scenarios_play_as_their_transcripts_say_and_twice_the_same(
    part: int,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
    subtests: pytest.Subtests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a person reads is a contract; `make transcripts` writes it anew, for review."""
    # The second run reaches what the first one does, and coverage need not watch it.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    paths = SCENARIOS[part::PARTS]
    status = main(["run", "--verify-determinism", *map(str, paths)])
    for path, played in _each_alone(capsys.readouterr().out, paths):
        transcript = path.with_suffix(".transcript")
        if pytestconfig.getoption("regenerate_transcripts"):
            transcript.write_text(played)
        with subtests.test(path.stem):
            assert transcript.read_text() == played
    assert status == 0


def _each_alone(printed: str, paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """What each run prints that is played alone and once.

    Among several the verdict has a name before it, with a repetition what was the same after it.
    """
    for path in paths:
        verdict = re.search(rf"^{path.stem}: (.*?)(; same: .*)?\n", printed, re.MULTILINE)
        assert verdict, printed
        yield path, f"{printed[: verdict.start()]}{verdict[1]}\n"
        printed = printed[verdict.end() :]


def test_every_transcript_has_its_scenario() -> None:
    """A transcript that is left behind proves nothing."""
    assert {path.stem for path in DIRECTORY.glob("*.transcript")} == {
        path.stem for path in SCENARIOS
    }
