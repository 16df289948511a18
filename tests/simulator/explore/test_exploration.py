"""Exploring: verdicts, digests, rounds, and what must be looked at."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from licensing import events
from licensing.entitlements import Entitlement
from licensing.events import Entry
from licensing.policies import HOUR_NS
from master_cla.pool import Pool
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.explore import played_run, ways_out
from simulator.explore.corpus import Corpus, NoCorpus
from simulator.explore.draws import drawn_run
from simulator.explore.excuses import OverUseExcuses
from simulator.explore.exploration import ROUND, RunTally, explored
from simulator.explore.guide import Guide
from simulator.explore.played_run import PlayedRun, RunFate, played
from simulator.explore.reached import ENDS, Reached, ends_in
from simulator.explore.summary import verdict
from simulator.explore.ways_out import Sight
from simulator.scenario import load_scenario, plain_text
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
    """Cut short by a number, and so everywhere at the same fact; no failure, and no success."""
    monkeypatch.setattr(played_run, "MOST_FACTS", 50)
    assert played(drawn_run(1).scenario).verdict is RunFate.UNDECIDED
    result = RunTally()
    result.add(played(drawn_run(1).scenario))
    assert not result.holds
    assert verdict(result).startswith("undecided: 1 run: 1 undecided")
    assert result.node_days > 0


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
    corpus.add(guide.found, 2)
    assert (corpus.seeds(), guide.found, corpus.runs()) == ([1], [1], 2)
    again = Guide(5, guided=True, corpus=corpus.seeds(), earlier=corpus.runs())
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


def test_no_night_is_like_the_one_before(tmp_path: Path) -> None:
    """What was kept comes first and once; then others, also after a night without anything new."""
    nights = [
        Guide(1, guided=True, corpus=[2, 7], earlier=earlier).seeds(6) for earlier in (0, 6, 12)
    ]
    assert nights[0] == [2, 7, 1, 3, 4, 5]
    assert nights[1][:2] == nights[2][:2] == [2, 7]
    assert len({*nights[0], *nights[1][2:], *nights[2][2:]}) == 6 + 4 + 4
    corpus = Corpus(tmp_path)
    (tmp_path / "seeds.txt").write_text("12\n34\n12")
    corpus.add([5], 6)
    corpus.add([], 6)
    assert (corpus.seeds(), corpus.runs()) == ([12, 34, 5], 12)


def test_the_technician_does_what_the_document_names() -> None:
    """Every refusal of the table has its row in docs/operating.md; states are the states'."""
    table = DOCS.read_text().partition("## Ways out")[2].partition("\n## ")[0]
    rows = {code for line in table.splitlines() for code in re.findall(r"`([a-z-]+)`", line[:90])}
    known = {*ways_out.NEW_KEY, *ways_out.COMES_BY_ITSELF, *ways_out.OF_REFUSALS}
    assert known - rows == set()


def test_a_technician_orders_for_all_slaves() -> None:
    """However many there are, and at once: he comes six times only."""
    slaves = [Sight(f"s{n}", "slave", "failover", "", "no-networking-license") for n in range(16)]
    sights = [Sight("hq", "master", "regular", "", ""), *slaves]
    order, *_ = ways_out.ways_out(sights, "LAC-1", relicensing_required=False, number=1) or []
    assert order == {"purchase": {"REPAIR-1": {"licenses": {"networking": "16"}}}}
    ended = [Sight("hq", "master", "restricted", "", "license-file-ended"), *slaves]
    order, *_ = ways_out.ways_out(ended, "LAC-1", relicensing_required=False, number=1) or []
    assert order["purchase"]["REPAIR-1"]["licenses"]["networking"] == "16"


MORE = events.OverUseChanged("ip", 1, 4, [])
OVER = events.OverUseChanged("ip", 0, 4, [])
SET_BACK, FROZEN = events.ClockStepped(-HOUR_NS, 0), events.HostFrozen()
LET_GO = events.HoldEnded("north", {"ip": 1})


def file(**terms: Any) -> events.LicenseFileAccepted:
    """A license file of four IP licenses."""
    return events.LicenseFileAccepted(
        serial=1, epoch=1, licenses={"ip": 4}, failover_period_ns=HOUR_NS, valid_until=None, **terms
    )


ENDING = file(
    entitlements=[Entitlement(seats={"ip": 4}, valid_until=datetime(2026, 3, 3, tzinfo=UTC))]
)
EXCUSES: dict[str, list[events.Fact]] = {
    "rehosted": [events.LicenseFileMoved("rehosted", ["a"], "b", 2)],
    "another disk": [events.DiskReplaced(None)],
    "destroyed, it was said": [events.NodeForgotten("north", True, {})],
    "another key, the old one destroyed": [events.NodeKeyChanged("north", True, {})],
    "seats are let go": [file(reserved_at_most_s=0), LET_GO],
    "an end is slept through": [ENDING, SET_BACK, FROZEN],
}


def unexcused(*facts: events.Fact) -> bool:
    """Whether nothing excuses over-use in this run of the facts of one host."""
    excuses = OverUseExcuses()
    for at_ns, fact in enumerate(facts):
        excuses(Entry(at_ns, "hq", fact))
    return excuses.unexcused


@pytest.mark.parametrize("name", EXCUSES)
def test_only_what_comes_before_it_excuses_over_use(name: str) -> None:
    """Of what it takes nothing may be missing, or come later; then the run fails (O10)."""
    facts = EXCUSES[name]
    assert not unexcused(*facts, MORE)
    assert unexcused(MORE, *facts)
    assert unexcused(*facts[:-1], MORE, OVER, facts[-1], MORE)


def test_the_end_of_a_hold_excuses_nothing_where_no_seats_are_let_go() -> None:
    """It is the end of what the node may use (F9)."""
    assert unexcused(file(), LET_GO, MORE)
    assert not unexcused(file(), LET_GO)


def test_of_an_internetwork_without_another_way_no_detour_is_expected() -> None:
    """A share of 0 is a failure only where there could be another one."""
    star, ring = (
        load_scenario(DIRECTORY / f"{name}.yaml")
        for name in ("slave-cut-off-31-days", "ring-survives-one-cut")
    )
    assert ends_in(star) == [end for end in ENDS if end != "a detour"]
    assert ends_in(ring) == [*ENDS]
    few = RunTally(ends_in(star))
    for number in range(ROUND):
        few.add(PlayedRun(number, RunFate.HOLDS, reached=Reached(ends=frozenset(ends_in(star)))))
    assert few.holds
