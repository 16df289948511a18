"""`make flaky-check`: every run leaves a line, and what was stopped goes on where it was."""

import sys
from pathlib import Path

import flaky_check
import pytest

PASSES = [sys.executable, "-c", "pass"]
FAILS = [sys.executable, "-c", "raise SystemExit('somebody was late')"]
COMMIT_OF = flaky_check._commit


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the lines are kept; nothing is busy meanwhile."""
    monkeypatch.setattr(flaky_check, "KEPT", tmp_path)
    monkeypatch.setattr(flaky_check, "BUSY_LOOPS", 0)
    monkeypatch.setattr(flaky_check, "_commit", lambda: "abc1234")
    return tmp_path


def test_each_run_leaves_a_line(kept: Path) -> None:
    """Commit, number, outcome and time; what a run said that passed is of no use."""
    assert flaky_check.main("2", *PASSES) == 0
    lines = (kept / "runs").read_text().splitlines()
    assert [line.rsplit(maxsplit=2)[0] for line in lines] == [
        "abc1234 run 1 passed",
        "abc1234 run 2 passed",
    ]
    assert list(kept.iterdir()) == [kept / "runs"]


def test_a_failed_run_fails_the_check_whatever_the_others_do(kept: Path) -> None:
    """It is kept with what it said, and counts again when the check goes on later."""
    assert flaky_check.main("1", *FAILS) == 1
    assert flaky_check.main("3", *PASSES) == 1
    outcomes = [line.split()[3] for line in (kept / "runs").read_text().splitlines()]
    assert outcomes == ["failed", "passed", "passed"]
    assert (kept / "abc1234-1").read_text() == "somebody was late\n"


def test_every_second_run_begins_with_the_last_test(kept: Path) -> None:
    """So a test that needs what another one has left behind fails in one of two runs."""
    tests = "import sys, pytest; pytest.main(['--collect-only', '-q', *sys.argv[1:]]); sys.exit(1)"
    flaky_check.main("2", sys.executable, "-c", tests, __file__)
    there, back = (
        [line for line in (kept / f"abc1234-{number}").read_text().splitlines() if "::" in line]
        for number in (1, 2)
    )
    assert there != back == there[::-1]


def test_without_a_repository_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in the unpacked source archive: runs are counted by commit."""
    monkeypatch.setattr(flaky_check, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="Git knows none here"):
        COMMIT_OF()


def test_what_differs_from_a_commit_is_no_run_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each difference has runs of its own: a changed file, and a new one."""
    monkeypatch.setattr(flaky_check, "ROOT", tmp_path)
    who = ["-c", "user.name=Example", "-c", "user.email=it@example.com"]
    (tmp_path / "file").write_text("one")
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "One"]):
        flaky_check._git(*command)
    states = [COMMIT_OF()]
    for name, content in (("file", "two"), ("file", "three"), ("new", "one"), ("new", "two")):
        (tmp_path / name).write_text(content)
        states.append(COMMIT_OF())
    (tmp_path / "new").unlink()
    (tmp_path / "file").write_text("one")
    assert COMMIT_OF() == states[0]
    assert len(set(states)) == len(states)


def test_another_commit_begins_anew(kept: Path) -> None:
    """Runs of one commit say nothing of another."""
    (kept / "runs").write_text("fff0000 run 1 failed 300 s\nabc1234 run 1 passed 301 s\n")
    assert flaky_check.main("2", *PASSES) == 0
    assert "abc1234 run 2 passed" in (kept / "runs").read_text()


def test_a_stopped_run_is_no_run(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C is one line, and the same command begins that run again."""
    with monkeypatch.context() as patch:
        patch.setattr(flaky_check.subprocess, "run", _interrupted)
        assert flaky_check.main("1", *PASSES) == flaky_check.STOPPED
    assert capsys.readouterr().out.startswith("stopped; ")
    assert flaky_check.main("1", *PASSES) == 0
    assert len((kept / "runs").read_text().splitlines()) == 1


def _interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_the_busy_loops_end_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is kept busy any longer."""
    monkeypatch.setattr(flaky_check, "BUSY_LOOPS", 2)
    with flaky_check._busy() as loops:
        assert [loop.poll() for loop in loops] == [None, None]
    assert all(loop.returncode for loop in loops)
