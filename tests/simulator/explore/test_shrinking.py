"""What fails is made short, and still fails for the same rule; each planted bug can be planted."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from planted_bugs import PLANTED, planted

from simulator.explore import plainer, shrinking
from simulator.explore.draws import drawn_run
from simulator.explore.played_run import PlayedRun, RunFate, played
from simulator.explore.shrinking import finished, shrinking_of
from simulator.oracle.violation import RULES
from simulator.scenario import Scenario, load_scenario, parse_scenario, plain_text

TRIALS = 20


def test_a_failure_becomes_a_file_of_a_few_lines() -> None:
    """Played by itself, by its own seed, it breaks the same rule; sound programs hold."""
    with planted("restart_gives_a_new_period"):
        run = next(run for run in map(_played, range(1, 9)) if run.verdict.fails)
        smaller = shrinking_of(drawn_run(run.seed), run, lambda: smaller.trials >= TRIALS)
        smaller.run()
        text = plain_text(parse_scenario(finished(smaller, run.seed)))
        small = parse_scenario(text)
        again = played(small, mended=False)
    before = len(drawn_run(run.seed).written["timeline"])
    assert (again.failure, run.rule) == (run.failure, "O2")
    assert len(small.timeline) < before
    assert f"seed {run.seed}" in small.about
    assert RULES["O2"] in small.about
    assert not played(small, mended=False).verdict.fails


def test_nothing_is_refused_that_was_not_refused_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A master without a line to the license server is not regular either, and nobody's fault."""
    failed = PlayedRun(1, RunFate.VIOLATED, "O8", "state: restricted")

    def refusing(scenario: Scenario, *, mended: bool) -> PlayedRun:
        assert mended
        online = any("internet" in link.ends for link in scenario.internetwork.links.values())
        return failed if online else replace(failed, refused=frozenset({("activate", "failed")}))

    monkeypatch.setattr(shrinking, "played", refusing)
    small = shrinking.shrinking_of(drawn_run(1), failed, lambda: False).run()
    assert [*small["internetwork"]["links"]] == ["hq-internet"]
    assert small["timeline"] == []


def _played(seed: int) -> PlayedRun:
    return played(drawn_run(seed).scenario)


@pytest.mark.parametrize("which", [0, -1])
def test_times_become_plainer_and_never_go_back(which: int) -> None:
    """Whichever candidate fails, there is an end: what is drawn near is not made round again."""
    written, tried = {"timeline": [{"at": f"day {day} 10:2{day}"} for day in (0, 1, 3, 8, 9)]}, 0
    while candidates := [*plainer._plainer_times(written)]:
        written, tried = candidates[which], tried + 1
        assert tried <= 60
    assert written["timeline"][-1]["at"] == "day 0 08:05"


def test_subscribers_whose_numbers_are_several_ranges_are_made_fewer() -> None:
    """A list of ranges is left for its first number, and goes with its site; zeros stay."""
    node = {"subscribers": [{"numbers": ["0100-0103", "0120"], "type": "sip", "licenses": []}]}
    inter = {"nodes": {"hq": {"subscribers": []}, "north": node}, "links": {}, "purchase": {}}
    calls = [{"at": "day 1", "call": {"from": number, "to": "1"}} for number in ("0102", "0104")]
    written = {"internetwork": inter, "timeline": calls}
    (plain,) = plainer._plainer_subscribers(written)
    assert plain["internetwork"]["nodes"]["north"]["subscribers"][0]["numbers"] == "0100"
    without_north = next(plainer.fewer_sites(written))
    assert without_north["timeline"] == calls[1:]


def test_a_node_that_nobody_licensed_is_no_failure_to_come_back() -> None:
    """O8 goes on to be about the same thing: what the nodes are instead belongs to the failure."""
    says = "expect every node: regular: wanted s1 state: regular, got s1 state: {}"
    one, other = (
        PlayedRun(1, RunFate.VIOLATED, "O8", says.format(state)).failure
        for state in ("restricted", "activation-period")
    )
    assert (one, other) == ("violated O8 restricted", "violated O8 activation-period")


SHRUNK = sorted((Path(__file__).parent / "shrunk").glob("*.yaml"))
"""As `make mutants` has written them, each called after its bug."""


@pytest.mark.parametrize("path", SHRUNK, ids=lambda path: path.stem)
def test_a_short_scenario_fails_where_its_bug_is_planted_and_nowhere_else(path: Path) -> None:
    """Without a seed of its own, for the rule that its title names, years after it was found."""
    scenario = load_scenario(path)
    with planted(path.stem):
        failure = played(scenario, mended=False).failure
    assert scenario.title == f"Found by exploring: {failure}"
    assert not played(scenario, mended=False).verdict.fails


def test_there_is_a_planted_bug_for_every_rule() -> None:
    """One or more for each of O1 to O10, twenty in all, five of them later than the mix."""
    assert len(PLANTED) >= 20
    assert {rule for rule, _ in PLANTED.values()} == {f"O{number}" for number in range(1, 11)}
    for name in PLANTED:
        with planted(name):  # what it replaces is there
            pass
