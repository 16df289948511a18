"""What is drawn: valid scenarios that follow from a number, with every step of the language."""

import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from processes import ROOT

from licensing.policies import DAY_NS
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.explore.draws import MIX, DrawnRun, drawn_run
from simulator.explore.draws.given_sites import NotExplorable, require_explorable
from simulator.scenario import ClockStep, Instant, load_scenario, parse_scenario, plain_text
from simulator.scenario.steps.timeline import ACTIONS

SEEDS = range(90)


@cache
def runs() -> list[DrawnRun]:
    """As many as it takes to see each kind."""
    return [drawn_run(seed) for seed in SEEDS]


def test_every_step_of_the_language_is_drawn_and_every_draw_is_a_scenario() -> None:
    """None is refused by a rule of the scenario language, and no step is left out."""
    drawn = {step.action for run in runs() for step in run.scenario.timeline}
    assert drawn == {*ACTIONS}


def test_a_seed_is_one_run() -> None:
    """Drawn twice it is the same; the next one is another."""
    assert drawn_run(7).written == runs()[7].written
    assert drawn_run(7).written["timeline"] != drawn_run(8).written["timeline"]


ANEW = """
from simulator.explore.draws import drawn_run
from simulator.explore.played_run import played
print(*(drawn_run(seed).written for seed in range(90)), sep="\\n")
print(*(played(drawn_run(seed).scenario).digest for seed in (7, 8)))
"""


def test_a_seed_is_one_run_in_every_process() -> None:
    """Nothing follows from the order of a set: with another PYTHONHASHSEED all is the same."""
    told = [
        subprocess.run(
            [sys.executable, "-c", ANEW],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert told[0].splitlines()[7] == str(drawn_run(7).written).encode()


def test_runs_differ_in_what_they_draw_from() -> None:
    """A swarm: each kind is missing somewhere and there somewhere."""
    for kind in MIX:
        with_it = sum(kind in run.kinds for run in runs())
        assert 0 < with_it < len(SEEDS), kind


def test_runs_are_as_long_as_was_promised() -> None:
    """20 node-days on average, 300 at most, before the technician comes."""
    node_days = [_node_days(run) for run in runs()]
    assert sum(node_days) / len(node_days) < 20
    assert max(node_days) < 300


def _node_days(run: DrawnRun) -> float:
    moments = [step.at for step in run.scenario.timeline]
    last_ns = max(at.since_midnight_ns for at in moments if isinstance(at, Instant))
    return len(run.sites.nodes) * last_ns / DAY_NS


def test_a_given_internetwork_is_kept() -> None:
    """DrawnSites, links, purchase and policies stay as they are written; what happens is drawn."""
    given = load_scenario(DIRECTORY / "hub-and-cloud.yaml")
    text = plain_text(given)
    for seed in range(5):
        run = drawn_run(seed, text)
        assert run.scenario.internetwork == given.internetwork
        assert run.scenario.policies == given.policies
    assert drawn_run(1, text).written["timeline"] != drawn_run(2, text).written["timeline"]


@pytest.mark.parametrize(
    ("name", "why"),
    [("standalone-from-lac-to-licensed-stations", "master"), ("three-systems-combined", "master")],
)
def test_what_has_no_central_cla_is_refused(name: str, why: str) -> None:
    """With the reason."""
    with pytest.raises(NotExplorable, match=why):
        require_explorable(load_scenario(DIRECTORY / f"{name}.yaml"))


VIRTUAL = (
    "model: S, virtual: {host_name: south, ip_address: 10.0.0.3, default_gateway: 10.0.0.254,"
    " dns_server: 10.0.0.53, time_zone: Europe/Berlin}"
)


def test_names_and_hosts_of_a_given_internetwork_stay_its_own() -> None:
    """What is drawn has no name of its orders, and no Locking ID of it; hosts stay virtual."""
    text = (DIRECTORY / "slave-cut-off-31-days.yaml").read_text().replace("LAC-1", "ORDER-1")
    text = text.replace("00-1A-E8-4C-00-01", "00-1A-E8-4C-FF-01")
    given = plain_text(parse_scenario(text.replace("south: {model: X3", f"south: {{{VIRTUAL}")))
    assert "virtual" in given
    for seed in range(60):
        assert drawn_run(seed, given).scenario, "its rules have been looked at"


def test_a_drawn_run_can_be_written_down(tmp_path: Path) -> None:
    """As a file that is read as the same scenario."""
    scenario = drawn_run(3).scenario
    again = parse_scenario(plain_text(scenario))
    assert again.internetwork == scenario.internetwork
    assert [str(step) for step in again.timeline] == [str(step) for step in scenario.timeline]


def test_clocks_are_right_at_the_end() -> None:
    """All that a run sets a clock by adds up to nothing."""
    for run in runs():
        wrong_ns: Counter[str] = Counter()
        for step in run.scenario.timeline:
            if isinstance(step, ClockStep):
                wrong_ns[step.node] += step.by
        assert not any(wrong_ns.values())
