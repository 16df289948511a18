"""`explore` at the command line: what it says, what it writes, and what it refuses."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    assert (outcome["says"], outcome["asked"], outcome["interrupted"]) == (last, 5, False)
    assert main(["explore", "--runs", "1", "--seed", "4"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("holds: 1 run: 1 holds; digest ")


def test_who_is_interrupted_has_not_seen_all_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Both files and the last line say so: what came so far is no success."""

    def interrupted(batch: exploration.SeedBatch) -> list[PlayedRun]:
        if batch.seeds[0] > 5:
            raise KeyboardInterrupt
        return [PlayedRun(seed, RunFate.HOLDS) for seed in batch.seeds]

    monkeypatch.setattr(exploration, "play_batch", interrupted)
    result, report = tmp_path / "result.json", tmp_path / "report.xml"
    files = ["--json", str(result), "--junit", str(report)]
    assert main(["explore", "--runs", "90", "--seed", "2", *files]) == 130
    outcome = json.loads(result.read_text())
    assert capsys.readouterr().out.splitlines()[-1].startswith("interrupted: 4 runs: 4 holds")
    assert (outcome["holds"], outcome["interrupted"], outcome["runs"]) == (False, True, 4)
    [suite] = ET.parse(report).getroot()
    assert len([case for case in suite if list(case)]) == 1


@pytest.mark.usefixtures("quick")
def test_what_was_not_reached_fails_in_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CI system that reads one of them sees what the exit status says."""
    monkeypatch.setattr(exploration, "ROUND", 2)
    result, report = tmp_path / "result.json", tmp_path / "report.xml"
    files = ["--json", str(result), "--junit", str(report)]
    assert main(["explore", "--runs", "2", "--seed", "4", *files]) == 1
    assert json.loads(result.read_text())["never_reached"] == [*ENDS]
    [failure] = ET.parse(report).getroot().iter("failure")
    assert "no run reached emergency or restart" in str(failure.get("message"))


@pytest.mark.usefixtures("quick")
def test_what_is_read_is_not_overwritten(tmp_path: Path, capsys: Captured) -> None:
    """Not a client of one's own, nor what other nights have found; nor with nobody to work."""
    client, nights, kept = tmp_path / "my client.py", tmp_path / "nights", tmp_path / "kept.json"
    client.write_text("from nodes.service import serve\n")
    assert main(["explore", "--runs", "1", "--seed", "4", "--corpus", str(nights)]) == 0
    for asked in (
        ["--client", str(client), "--json", str(client)],
        ["hub-and-cloud", "--client", f"north={client}", "--junit", str(client)],
        ["--corpus", str(nights), "--json", str(nights / "seeds.txt")],
    ):
        assert main(["explore", "--runs", "1", *asked]) == 2
        assert "would overwrite" in capsys.readouterr().err
    kept.write_text("{}")
    nobody = ["--dask", "nowhere", "--json", str(kept)]
    assert main(["explore", "--runs", "1", *nobody]) == 2
    assert (client.read_text()[:4], kept.read_text()) == ("from", "{}")


@pytest.mark.usefixtures("quick")
def test_nobody_waits_for_work_while_a_failure_is_made_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has played the runs is gone by then: it takes minutes, and is done here."""
    happened: list[str] = []

    @contextmanager
    def crew(*_: object) -> Iterator[object]:
        yield map
        happened.append("workers are gone")

    def shrinks(*_: object) -> Callable[[PlayedRun], None]:
        return lambda _: happened.append("made small")

    monkeypatch.setattr(explore_command, "workers", crew)
    monkeypatch.setattr(explore_command, "shrinks", shrinks)
    call = ["explore", "--runs", "1", "--seed", "3", "--shrink", str(tmp_path)]
    assert main(call) == 1
    assert happened == ["workers are gone", "made small"]


@pytest.mark.usefixtures("quick")
def test_a_call_can_be_pasted(tmp_path: Path, capsys: Captured) -> None:
    """Names with blanks are quoted; of more than twenty failures the last line says how many."""
    client = tmp_path / "my client.py"
    client.write_text("from nodes.service import serve\n")
    assert main(["explore", "--runs", "2", "--seed", "3", "--client", str(client)]) == 1
    said = capsys.readouterr().out
    assert f"internetsim explore --client '{client}' --runs 1 --seed 3\n" in said
    assert "further" not in said


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
        (["--shrink", "/dev/null/small"], "cannot be written"),
        (["--shrink", "/proc"], "cannot be written"),
        (["--json", "/nonexistent/result.json"], "cannot be written"),
        (["--json", str(DIRECTORY / "hub-and-cloud.yaml"), "hub-and-cloud"], "would overwrite"),
        (["three-systems-combined"], "no node is the master"),
        (["relicensed-without-the-internet"], "before anything is drawn: hq state: activation-per"),
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
