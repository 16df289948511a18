"""`explore` at the command line: what it says, what it writes, and what it refuses."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from simulator.cli import explore_command
from simulator.cli.app import main
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.explore import exploration
from simulator.explore.played_run import PlayedRun, RunFate
from simulator.explore.reached import ENDS

Captured = pytest.CaptureFixture[str]


def some_fail(batch: exploration.SeedBatch) -> list[PlayedRun]:
    """Runs that come to an end at once; that of seed 3 breaks a rule."""
    says = "O1 broken at day 1 by hq\n  expected: <one>\n  seen: \x1b[31mtwo"
    return [
        PlayedRun(seed, RunFate.VIOLATED, "O1", says)
        if seed == 3
        else PlayedRun(seed, RunFate.HOLDS)
        for seed in batch.seeds
    ]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is played."""
    monkeypatch.setattr(exploration, "play_batch", some_fail)


@pytest.mark.usefixtures("quick")
def test_a_failure_is_a_command_line_and_an_exit_status(tmp_path: Path, capsys: Captured) -> None:
    """The mix first, the verdict with its digest last; both files have the same."""
    result, report = tmp_path / "result.json", tmp_path / "report.xml"
    files = ["--json", str(result), "--junit", str(report)]
    assert main(["explore", "--runs", "5", "--seed", "2", *files]) == 1
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("mix: cut 6, ")
    outcome = json.loads(result.read_text())
    assert last == f"fails: 5 runs: 4 holds, 1 violated; digest {outcome['digest'][:16]}"
    assert [*outcome["ends"]] == [*ENDS], "their order follows no set: the file is always the same"
    [failed] = outcome["failures"]
    assert (failed["seed"], failed["rule"]) == (3, "O1")
    assert failed["repeat"] == "internetsim explore --runs 1 --seed 3"
    [suite] = ET.parse(report).getroot()
    assert [case.get("name") for case in suite if list(case)] == ["seed 3"]
    assert main(["explore", "--runs", "1", "--seed", "4"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("holds: 1 run: 1 holds; digest ")


@pytest.mark.usefixtures("quick")
def test_a_log_of_a_night_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Where nobody watches a terminal there is a line a minute, each below the one before."""
    monkeypatch.setattr(explore_command, "_LOGGED_LOOK_S", 0)
    assert main(["explore", "--runs", "2", "--seed", "4"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == ["1 run", "2 runs"]


@pytest.mark.usefixtures("quick")
def test_a_corpus_is_a_folder(tmp_path: Path) -> None:
    """It is made, and read again."""
    for _ in range(2):
        assert (
            main(["explore", "--runs", "1", "--seed", "4", "--corpus", str(tmp_path / "nights")])
            == 0
        )
    assert (tmp_path / "nights" / "seeds.txt").read_text() == ""


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--runs", "0"], "--runs is at least 1"),
        (["--minutes", "0"], "--minutes is more than 0"),
        (["--minutes", "inf"], "--minutes is more than 0"),
        (["--shrink-minutes", "-1"], "--shrink-minutes is more than 0"),
        (["--shrink-minutes", "3"], "name a folder"),
        (["--json", "made", "--junit", "made"], "cannot both be written"),
        (["--jobs", "0"], "--jobs is at least 1"),
        (["--seed", "-1"], "a seed is a whole number from 0 to 1,000,000,000"),
        (["--jobs", "2", "--dask", "10.0.0.1:8786"], "a cluster has its own workers"),
        (["--dask", "nowhere"], "a scheduler has an address such as tcp://"),
        (["--plain", "--corpus", "nights"], "a corpus guides"),
        (["--corpus", "/dev/null"], "cannot be"),
        (["--shrink", "/dev/null/small"], "cannot be made"),
        (["--json", "/nonexistent/result.json"], "cannot be written"),
        (["--json", str(DIRECTORY / "hub-and-cloud.yaml"), "hub-and-cloud"], "would overwrite"),
        (["three-systems-combined"], "no node is the master"),
        (["nosuch.yaml"], "there is no such"),
    ],
)
def test_what_cannot_be_done_is_said_in_time(
    options: list[str], why: str, capsys: Captured
) -> None:
    """Status 2 and a sentence, before anything is played."""
    assert main(["explore", *options]) == 2
    said = capsys.readouterr()
    assert why in said.err
    assert "digest" not in said.out
