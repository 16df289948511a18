"""Every shipped scenario holds, and plays exactly as its transcript says."""

from pathlib import Path

import pytest

from simulator.cli.app import main
from simulator.cli.shipped_scenarios import DIRECTORY

SCENARIOS = sorted(DIRECTORY.glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_plays_as_its_transcript_says(
    path: Path, capsys: pytest.CaptureFixture[str], pytestconfig: pytest.Config
) -> None:
    """What a person reads is a contract; `make transcripts` writes it anew, for review."""
    status = main(["run", str(path)])
    played = capsys.readouterr().out
    transcript = path.with_suffix(".transcript")
    if pytestconfig.getoption("regenerate_transcripts"):
        transcript.write_text(played)
    assert transcript.read_text() == played
    assert status == 0


def test_every_transcript_has_its_scenario() -> None:
    """A transcript that is left behind proves nothing."""
    assert {path.stem for path in DIRECTORY.glob("*.transcript")} == {
        path.stem for path in SCENARIOS
    }
