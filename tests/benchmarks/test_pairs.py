"""Two versions beside each other: what a pair says, and when it fails."""

import json
from pathlib import Path

import pytest

from benchmarks.internetworks import star, star_written
from benchmarks.pairs import WORKS, WorkPair, judged
from benchmarks.sides import Side, WorkCost
from simulator import play

ROOT = Path(__file__).parents[2]


def pair(there_s: float, here_s: float, digest: str = "same") -> WorkPair:
    """Two rounds, in the second of which a busy machine took ten times as long."""
    return WorkPair(
        [WorkCost(there_s * busy, there_s, digest="same") for busy in (1, 10)],
        [WorkCost(here_s * busy, here_s, digest=digest) for busy in (1, 10)],
    )


def test_a_pair_is_judged_by_its_ratio_not_by_its_times(capsys: pytest.CaptureFixture[str]) -> None:
    """What became slower by more than is allowed fails, and says by how much."""
    assert judged({WORKS[0]: pair(1.0, 1.09)}, 1.1) == 0
    assert judged({WORKS[0]: pair(1.0, 1.2)}, None) == 0
    assert judged({WORKS[0]: pair(1.0, 1.2)}, 1.1) == 1
    assert "exchange: 1.20 times as long as there, more than 1.10" in capsys.readouterr().out


def test_another_history_fails_however_fast_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Speed counts only for the same facts."""
    assert judged({WORKS[0]: pair(1.0, 0.5, digest="other")}, None) == 1
    assert "different histories" in capsys.readouterr().out


def test_a_side_plays_what_its_own_process_is_given(tmp_path: Path) -> None:
    """It tells the history that the same scenario has in this process."""
    file = tmp_path / "star.json"
    file.write_text(json.dumps(star_written(1, 1)))
    with Side(ROOT).player() as player:
        cost = player.play(file)
    assert cost.digest == play(star(1, 1)).digest
    assert cost.cpu_s > 0 < cost.largest_mib
