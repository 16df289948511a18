"""Exploring: verdicts, digests, rounds, and what must be looked at."""

import re
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from master_cla.pool import Pool
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.explore import played_run, ways_out
from simulator.explore.corpus import Corpus, NoCorpus
from simulator.explore.draws import drawn_run
from simulator.explore.exploration import ROUND, RunTally, explored
from simulator.explore.guide import Guide
from simulator.explore.played_run import PlayedRun, RunFate, may_outlive, played
from simulator.explore.reached import ENDS, Reached
from simulator.scenario import load_scenario, parse_scenario, plain_text
from simulator.spread import workers

DOCS = Path(__file__).parents[3] / "docs" / "operating.md"
RUNS = 4


def tally(*, jobs: int = 1, guided: bool = False) -> RunTally:
    """Of a few runs."""
    result = RunTally()
    with workers(jobs) as spread:
        for run in explored(Guide(1, guided=guided), spread, RUNS):
            result.add(run)
    return result


def test_the_digest_does_not_depend_on_the_number_of_jobs() -> None:
    """Number, seed and verdict of each run, in their order; and all of these runs hold."""
    one, two = tally(), tally(jobs=2, guided=True)
    assert (one.digest, one.runs, one.failures) == (two.digest, RUNS, [])
    assert one.reached == two.reached


def test_a_run_with_very_many_facts_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut short by a number, and so everywhere at the same fact; it is no failure."""
    monkeypatch.setattr(played_run, "MOST_FACTS", 50)
    assert played(drawn_run(1).scenario).verdict is RunFate.UNDECIDED


def test_a_program_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a pool that cannot count."""

    def held(*_: object) -> dict[str, int]:
        raise ZeroDivisionError

    monkeypatch.setattr(Pool, "held", held)
    run = played(drawn_run(1).scenario)
    assert (run.verdict, run.failure) == (RunFate.ERROR, "error ZeroDivisionError")


def test_what_no_run_reached_fails() -> None:
    """After a round; of fewer runs nothing is expected."""
    held = PlayedRun(1, RunFate.HOLDS, reached=Reached(ends=frozenset(ENDS[1:])))
    few, many = RunTally(), RunTally()
    for _ in range(ROUND):
        many.add(held)
    few.add(held)
    assert (few.holds, many.holds, many.never_reached) == (True, False, [ENDS[0]])
    many.add(replace(held, reached=Reached(ends=frozenset(ENDS))))
    assert many.holds


def seeds_of(guide: Guide, rounds: int) -> list[list[int]]:
    """Of rounds whose runs all reach the same."""
    found = []
    for _ in range(rounds):
        found.append(guide.seeds(10))
        for seed in found[-1]:
            guide.note(PlayedRun(seed, RunFate.HOLDS, reached=Reached(states=frozenset({"x"}))))
    return found


def test_a_guided_round_depends_on_the_rounds_before_it_and_on_nothing_else() -> None:
    """Twice the same; another first seed or another corpus leads elsewhere; each can be played."""
    first = seeds_of(Guide(1, guided=True), 3)
    assert first == seeds_of(Guide(1, guided=True), 3)
    assert first[0] == [*range(1, 11)]
    assert all(drawn_run(seed).scenario.seed == seed for seed in first[2])
    assert Guide(10**9, guided=False).seeds(2) == [10**9, 0]
    assert first[2] != seeds_of(Guide(2, guided=True), 3)[2]
    assert seeds_of(Guide(1, guided=True, corpus=[77, 78]), 1)[0][:3] == [77, 78, 1]


def test_the_guide_knows_runs_as_they_are_played() -> None:
    """In the internetwork that is given: none promises what is not drawn there."""
    given = plain_text(load_scenario(DIRECTORY / "slave-cut-off-31-days.yaml"))
    guide = Guide(1, guided=True, given=given)
    seeds_of(guide, 2)
    assert {feature for feature in guide._news if feature.endswith("nodes")} == {"3 nodes"}


def test_a_corpus_goes_on_from_night_to_night(tmp_path: Path) -> None:
    """Seeds that reached something new are kept once; what is no corpus is said with its line."""
    corpus, guide = Corpus(tmp_path / "corpus"), Guide(1, guided=True)
    corpus.require_writable()
    seeds_of(guide, 2)
    corpus.add(guide.found)
    assert corpus.seeds() == guide.found == [1]
    again = Guide(5, guided=True, corpus=corpus.seeds())
    seeds_of(again, 1)
    assert again.found == []
    (tmp_path / "corpus" / "seeds.txt").write_text("1\nnight\n")
    with pytest.raises(NoCorpus, match=r"seeds\.txt:2"):
        corpus.seeds()
    for no_seed in ("2000000000\n", "9" * 5000):
        (tmp_path / "corpus" / "seeds.txt").write_text(no_seed)
        with pytest.raises(NoCorpus, match=r"seeds\.txt:1"):
            corpus.seeds()
    (tmp_path / "corpus" / "seeds.txt").write_bytes(b"\xff")
    with pytest.raises(NoCorpus, match="this is no text"):
        corpus.seeds()


def test_the_technician_does_what_the_document_names() -> None:
    """Every refusal of the table has its row in docs/operating.md; states are the states'."""
    table = DOCS.read_text().partition("## Ways out")[2].partition("\n## ")[0]
    rows = {code for line in table.splitlines() for code in re.findall(r"`([a-z-]+)`", line[:90])}
    known = {*ways_out.NEW_KEY, *ways_out.COMES_BY_ITSELF, *ways_out.OF_REFUSALS}
    assert known - rows == set()


def test_an_end_is_slept_through_only_with_all_that_it_takes() -> None:
    """An order that ends, a host that stands still, its clock set back: two excuse nothing."""
    written = deepcopy(drawn_run(1).written)
    [order, *_] = written["internetwork"]["purchase"].values()
    order["valid_for"] = "1 day"
    steps = [
        {"at": "day 0 10:00", "clock": {"node": "hq", "by": "-1 h"}},
        {"at": "day 0 11:00", "freeze": "hq"},
    ]
    assert may_outlive(parse_scenario(written | {"timeline": steps}))
    for step in steps:
        assert not may_outlive(parse_scenario(written | {"timeline": [step]}))
    for each in written["internetwork"]["purchase"].values():
        each.pop("valid_for", None)
    assert not may_outlive(parse_scenario(written | {"timeline": steps}))
