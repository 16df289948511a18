"""However long a journal is, what reads it needs no more memory, be it gigabytes."""

import tracemalloc
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from licensing.events import Entry, HeartbeatAnswered, RunBegan, RunEnded
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.report.account import course, run_account
from simulator.report.explain.causes import Causes
from simulator.report.pages import folded_story
from simulator.report.pages.run_page import RunPage
from simulator.runs.play import play
from simulator.scenario import load_scenario
from simulator.worlds.run_journal import Reader

FEW, MANY = 4, 16
"""How often the facts of a run are repeated."""

GROWTH = 120_000
"""In bytes, between the two: what newer facts replace counts, too."""


@pytest.fixture(scope="module")
def facts() -> list[Entry]:
    """Of four days of thirty branches with a line that flaps; of the heartbeats a tenth."""
    entries: list[Entry] = []
    play(
        load_scenario(DIRECTORY / "thirty-branches-and-a-line-that-flaps.yaml"),
        readers=[entries.append],
    )
    routine = (entry for entry in entries if isinstance(entry.fact, HeartbeatAnswered))
    left_out = {id(entry) for number, entry in enumerate(routine) if number % 10}
    return [entry for entry in entries if id(entry) not in left_out]


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page holds is full long before the facts are repeated for the first time."""
    for module, limit in (
        (course, "MOST_CHANGES"),
        (run_account, "MOST_KEPT"),
        (folded_story, "FIRST_LINES"),
        (folded_story, "LAST_LINES"),
        (folded_story, "_MOST_KINDS"),
    ):
        monkeypatch.setattr(module, limit, 64)


def repeated(facts: Sequence[Entry], first: int, last: int) -> Iterator[Entry]:
    """As one long run, whose instants grow."""
    lasts_ns = facts[-1].at + 1
    body = [entry for entry in facts if not isinstance(entry.fact, RunBegan | RunEnded)]
    for number in range(first, last):
        for entry in body:
            yield msgspec.structs.replace(entry, at=entry.at + number * lasts_ns)


def growth(reader: Reader, facts: Sequence[Entry]) -> int:
    """Bytes that `reader` holds more after many repetitions than after few."""
    reader(facts[0])
    for entry in repeated(facts, 0, FEW):
        reader(entry)
    tracemalloc.start()
    try:
        for entry in repeated(facts, FEW, MANY):
            reader(entry)
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_reading_needs_the_same_memory_for_any_length(
    facts: list[Entry], small_limits: None
) -> None:
    """What `report` and `explain` read with; and a reader that keeps each fact is found."""
    [began] = [entry.fact for entry in facts if isinstance(entry.fact, RunBegan)]
    assert growth(RunPage(began.start), facts) < GROWTH
    assert growth(Causes(), facts) < GROWTH
    assert growth([].append, facts) > 5 * GROWTH
