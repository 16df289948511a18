"""The determinism check finds every kind of leak that we know, and nothing where there is none."""

import sys
from pathlib import Path

import pytest

from simulator.cli.determinism import Difference, first_differing_line, run_twice
from simulator.cli.run_failed import RunFailed

ROOT = Path(__file__).parents[3]
PLANTED = ROOT / "tests" / "planted"

FOUND_BY_COMPARISON = (
    "address_in_a_fact",
    "date_of_today",
    "hash_of_a_name",
    "order_of_a_set_of_names",
    "order_of_objects",
    "process_number",
    "processor_time",
)
FOUND_BY_THE_TRIPWIRE = {
    "own_random": "random.random",
    "running_clock": "time.perf_counter",
    "secret_token": "secrets.token_hex",
    "thread_pool": "Thread.start",
    "time_of_the_process": "time.process_time_ns",
    "urandom": "os.urandom",
    "uuid4": "uuid.uuid4",
    "wall_clock": "time.time",
}
NO_LEAKS = ("planting", "repeatable")


@pytest.fixture(autouse=True)
def _found_by_child_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def planted(name: str) -> list[str]:
    """The command that runs a planted program."""
    return [sys.executable, str(PLANTED / f"{name}.py")]


@pytest.mark.parametrize("name", FOUND_BY_COMPARISON)
def test_a_leak_shows_as_the_first_line_that_differs(name: str) -> None:
    """Two processes with different hash seeds and addresses do not agree on a leaked fact."""
    difference = run_twice(planted(name))
    assert difference is not None
    assert difference.first != difference.second


@pytest.mark.parametrize("name", FOUND_BY_THE_TRIPWIRE)
def test_a_leak_does_not_get_past_the_tripwire(name: str) -> None:
    """A forbidden source stops the first run already, and is named with its place."""
    with pytest.raises(RunFailed, match="NondeterminismError") as caught:
        run_twice(planted(name))
    assert FOUND_BY_THE_TRIPWIRE[name] in str(caught.value)


def test_a_task_that_fails_unseen_fails_the_run() -> None:
    """B5: a run does not succeed because nobody looked at the failure."""
    with pytest.raises(RunFailed, match="nobody looks at me"):
        run_twice(planted("unowned_task"))


def test_a_program_without_a_leak_is_the_same_twice() -> None:
    """The check does not cry wolf."""
    assert run_twice(planted("repeatable")) is None


def test_every_planted_program_is_checked() -> None:
    """A leak that is planted and not looked for would prove nothing."""
    known = {*FOUND_BY_COMPARISON, *FOUND_BY_THE_TRIPWIRE, *NO_LEAKS, "unowned_task"}
    assert known == {path.stem for path in PLANTED.glob("*.py")}


def test_the_first_difference_is_named_with_both_lines() -> None:
    """What a person needs to find a leak: the line, and what stood in it."""
    difference = first_differing_line([b"a\n", b"b\n", b"c\n"], [b"a\n", b"x\n", b"y\n"])
    assert difference == Difference(2, b"b\n", b"x\n")
    assert str(difference).splitlines() == [
        "not repeatable: the journals differ in line 2",
        "  first run   b",
        "  second run  x",
    ]


def test_a_journal_that_ends_early_differs() -> None:
    """A run that stopped in the middle is not the same run."""
    difference = first_differing_line([b"a\n", b"b\n"], [b"a\n"])
    assert difference == Difference(2, b"b\n", None)
    assert "(had ended)" in str(difference)


def test_the_message_of_a_run_that_says_nothing_is_its_status() -> None:
    """A failure is reported even where the process printed nothing."""
    with pytest.raises(RunFailed, match="status 3"):
        run_twice([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_status_can_be_accepted() -> None:
    """A run whose expectations fail still has a journal to compare."""
    assert run_twice([sys.executable, "-c", "raise SystemExit(1)"], accepted=(0, 1)) is None
