"""`internetsim compare`: what it says and returns of two histories, whatever they are.

The live run is another simulated one here, so that it differs exactly as a test wants it to.
"""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import msgspec
import pytest
from live_scenarios import SHORT_OUTAGE

from licensing.events import Entry, Fact, LinkHealed, StateChanged
from licensing.policies import DAY_NS
from simulator.cli import kept_results, live_commands
from simulator.cli.app import main
from simulator.live.live_setup import LiveSetup
from simulator.live.namespaces import NamespacesBackend, NamespacesOverIpv6
from simulator.live.stalls import Stall
from simulator.loop.failures import Deadlock, Livelock, ProgramDied
from simulator.oracle import Violation
from simulator.report.exports.outcome import outcome_schema
from simulator.runs.play import Result, play
from simulator.scenario import Scenario
from simulator.worlds.run_journal import Reader

Captured = pytest.CaptureFixture[str]

COMPARED = "the simulated and the live history are the same"
LATE_STEP = "- {at: deadline of north + 1 s, call: {from: 200, to: 112}}"
AT_THE_DEADLINE = "- {at: deadline of north, expect: {node: north, state: failover}}"


def live_run(
    change: Callable[[Entry], Entry | None] = lambda entry: entry,
    *,
    violation: Violation | None = None,
    stalls: Sequence[Stall] = (),
) -> Callable[..., Result]:
    """What stands in for `play_live`: its history is the simulated one, entry by entry changed."""

    def played(
        scenario: Scenario, *, setup: LiveSetup, seed: int | None, readers: Sequence[Reader]
    ) -> Result:
        def tell(entry: Entry) -> None:
            if changed := change(entry):
                for reader in readers:
                    reader(changed)

        setup.stalls.extend(stalls)
        result = play(scenario, seed=seed, readers=[tell])
        return msgspec.structs.replace(result, violation=violation)

    return played


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    """The file of a short outage."""
    path = tmp_path / "short.yaml"
    path.write_text(SHORT_OUTAGE)
    return str(path)


def without(kind: type[Fact]) -> Callable[[Entry], Entry | None]:
    """A history in which these facts are missing."""
    return lambda entry: None if isinstance(entry.fact, kind) else entry


def compared(play_live: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, *files: str) -> int:
    """The exit status of a comparison with such a live run."""
    monkeypatch.setattr(live_commands, "play_live", play_live)
    return main(["compare", "--network", "proxy", *files])


def test_equal_histories_are_the_same(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Status 0, and no milestone is different."""
    assert compared(live_run(), monkeypatch, scenario) == 0
    told = capsys.readouterr().out
    assert "   0  different" in told
    assert told.endswith("the two histories are the same\n")


def test_all_differences_are_told_and_the_first_is_explained(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Status 1; the earliest milestone that only one has, what led there, and the others."""
    assert compared(live_run(without(StateChanged)), monkeypatch, scenario) == 1
    told = capsys.readouterr().out
    assert "the first difference:\n  simulated day 0 08:3" in told
    first, _, others = told.partition("  live      nothing of the kind\n")
    leading, _, others = others.partition("the other differences:\n")
    assert "before it, in both:" in leading
    assert "hq  accepted file 1" in leading
    assert len(others.splitlines()) == int(first.split("  different")[0].split()[-1]) - 1
    assert all(line.endswith(": only simulated") for line in others.splitlines())
    assert "the same\n" not in told


def test_the_page_of_a_comparison_has_the_simulated_run_and_all_that_differs(
    scenario: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Captured
) -> None:
    """Verdict, how many facts differ, both sides of each; and no `--html` of several scenarios."""
    page = tmp_path / "both.html"
    monkeypatch.setattr(live_commands, "play_live", live_run(without(StateChanged)))
    called = ["compare", "--network", "proxy", "--html", str(page)]
    assert main([*called, scenario]) == 1
    told = page.read_text()
    assert "Simulated and live: not the same" in told
    assert "accepted file 1" in told
    number = re.search(r"(\d+)  different", capsys.readouterr().out)
    assert number
    assert told.count("<td>nothing of the kind</td>") == int(number[1]) > 0
    assert f"internetsim compare {scenario} --seed" in told
    assert main([*called, scenario, scenario]) == 2
    assert main([*called[:-1], scenario, scenario]) == 2
    assert "would overwrite the scenario" in capsys.readouterr().err


def test_the_result_of_a_comparison_has_all_that_differs(
    scenario: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Captured
) -> None:
    """That of the simulated run, as its schema says, and both sides of each fact."""
    result = tmp_path / "both.json"
    monkeypatch.setattr(live_commands, "play_live", live_run(without(StateChanged)))
    assert main(["compare", "--network", "proxy", "--json", str(result), scenario]) == 1
    outcome = json.loads(result.read_text())
    jsonschema_rs.validate(outcome_schema(), outcome)
    assert outcome["verdict"] == "holds"
    comparison = outcome["comparison"]
    assert not comparison["agrees"]
    number = re.search(r"(\d+)  different", capsys.readouterr().out)
    assert number
    different = [each for each in comparison["unlike"] if each["agreement"] == "different"]
    assert len(different) == int(number[1]) == comparison["counts"]["different"] > 0
    assert all("live" not in each and each["simulated"]["says"] for each in different)
    assert main(["compare", "--network", "proxy", "--json", str(result), scenario, scenario]) == 2


def test_the_report_of_comparisons_has_a_case_for_each(
    scenario: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A suite a scenario, as of a run; all that differs stands in the failure, or why nothing does.

    What is the same already, by a file of results, is played for it.
    """
    hasty, report = Path(scenario).with_name("hasty.yaml"), tmp_path / "both.xml"
    hasty.write_text(f"{SHORT_OUTAGE}  {LATE_STEP}\n")
    called = ["--junit", str(report), "--results", str(tmp_path / "r.jsonl"), scenario, str(hasty)]
    assert compared(live_run(), monkeypatch, *called) == 2
    same, not_compared = ET.fromstring(report.read_bytes()).findall("testsuite")
    assert same.get("failures") == "0"
    assert same.findall("testcase")[-1].get("name") == COMPARED
    (why,) = not_compared.findall("testcase/failure")
    assert "not compared: a step is only 1 s from a deadline" in why.text
    assert compared(live_run(without(StateChanged)), monkeypatch, *called) == 1
    differs, _ = ET.fromstring(report.read_bytes()).findall("testsuite")
    (difference,) = differs.findall("testcase/failure")
    assert difference.text.startswith("not the same\nhq: simulated activation-period -> regular")
    assert "; live nothing of the kind\n" in difference.text


def test_a_comparison_that_is_not_played_has_a_result_that_says_so(
    scenario: str, tmp_path: Path
) -> None:
    """It is in the form of all results."""
    hasty, result = Path(scenario).with_name("hasty.yaml"), tmp_path / "both.json"
    hasty.write_text(f"{SHORT_OUTAGE}  {LATE_STEP}\n")
    assert main(["compare", "--network", "proxy", "--json", str(result), str(hasty)]) == 2
    outcome = json.loads(result.read_text())
    jsonschema_rs.validate(outcome_schema(), outcome)
    assert outcome["verdict"] == "not-played"
    assert outcome["reason"].startswith("not compared: a step is only 1 s from a deadline")


def test_a_broken_rule_is_a_difference_though_all_milestones_are_the_same(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """What the oracle saw in either run is printed, and the status is 1."""
    violation = Violation("O1", "hq", at_ns=DAY_NS, expected="at most 1 x ip", seen="2 in use")
    assert compared(live_run(violation=violation), monkeypatch, scenario) == 1
    told = capsys.readouterr().out
    assert "live: O1 broken at day 1" in told
    assert "the two histories are the same" not in told


def test_a_difference_on_a_computer_that_stood_still_proves_nothing(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Status 2, and the way out."""
    stalls = [Stall(DAY_NS, 0.5, 0.25, 1000, "node of north")]
    assert compared(live_run(without(LinkHealed), stalls=stalls), monkeypatch, scenario) == 2
    assert "node of north stood still for 0.50 s" in capsys.readouterr().out


@pytest.mark.parametrize(
    "failure",
    [ProgramDied("node of north died"), Deadlock(1, []), Livelock(1, 2, [])],
    ids=["died", "deadlock", "livelock"],
)
def test_a_run_that_cannot_go_on_is_a_difference(
    failure: Exception, scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Status 1, with its last words; the other scenarios are compared all the same."""
    alive = live_run()

    def dies_once(*args: object, **options: object) -> Result:
        monkeypatch.setattr(live_commands, "play_live", alive)
        raise failure

    assert compared(dies_once, monkeypatch, scenario, scenario) == 1
    told = capsys.readouterr().out
    assert str(failure) in told
    assert told.endswith("the same: short\nnot the same: short\n")


def test_what_cannot_be_compared_is_not_the_same(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Status 2 with the reason, and it is named apart in the summary."""
    hasty = Path(scenario).with_name("hasty.yaml")
    hasty.write_text(f"{SHORT_OUTAGE}  {LATE_STEP}\n")
    assert compared(live_run(), monkeypatch, scenario, str(hasty)) == 2
    told = capsys.readouterr().out
    assert "not compared: a step is only 1 s from a deadline" in told
    assert told.endswith("the same: short\nnot compared: hasty\n")


def test_what_is_expected_at_a_deadline_is_not_compared(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """A live run may find the node on either side of it; it is named, and is no difference."""
    exact = Path(scenario).with_name("exact.yaml")
    exact.write_text(f"{SHORT_OUTAGE}  {AT_THE_DEADLINE}\n")
    assert compared(live_run(), monkeypatch, str(exact)) == 0
    assert "1  asked at the end of a period, which only a simulated" in capsys.readouterr().out


def test_a_series_goes_on_where_it_was_interrupted(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """What was the same is not played again, what was different is; `--list` shows the rest."""
    results = tmp_path / "results.jsonl"
    with_results = ["--results", str(results), scenario]
    assert compared(live_run(without(StateChanged)), monkeypatch, *with_results) == 1
    assert compared(live_run(), monkeypatch, *with_results) == 0
    assert len(results.read_text().splitlines()) == 2
    capsys.readouterr()
    played = pytest.fail
    assert compared(played, monkeypatch, *with_results) == 0
    assert "the same on proxy" in capsys.readouterr().out
    assert main(["compare", "--list", *with_results]) == 0
    told = capsys.readouterr().out
    assert "namespaces: missing; proxy: the same" in told


def test_ipv6_has_results_of_its_own(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """What was the same with IPv4 addresses is missing over IPv6, and the other way round."""
    monkeypatch.setattr(NamespacesBackend, "probe", lambda: None)
    monkeypatch.setattr(NamespacesOverIpv6, "probe", lambda: None)
    monkeypatch.setattr(live_commands, "play_live", live_run())
    with_results = ["--results", str(tmp_path / "results.jsonl"), scenario]
    assert main(["compare", "--ipv6", *with_results]) == 0
    assert "network: namespaces over IPv6" in capsys.readouterr().out
    assert main(["compare", "--list", "--ipv6", *with_results]) == 0
    assert "namespaces over IPv6: the same" in capsys.readouterr().out
    assert main(["compare", "--list", *with_results]) == 0
    assert "namespaces: missing; proxy: missing" in capsys.readouterr().out


def test_ipv6_between_proxies_is_refused(scenario: str, capsys: Captured) -> None:
    """Before anything is played, with the way out; so does `live`."""
    for command in ("compare", "live"):
        assert main([command, "--network", "proxy", "--ipv6", scenario]) == 2
        assert "leave --network out" in capsys.readouterr().err


def test_a_result_counts_for_the_scenario_and_the_programs_that_were_played(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where either has changed since, it is played again."""
    results = tmp_path / "results.jsonl"
    with_results = ["--results", str(results), scenario]
    assert compared(live_run(), monkeypatch, *with_results) == 0
    Path(scenario).write_text(Path(scenario).read_text() + "# another one\n")
    assert compared(live_run(), monkeypatch, *with_results) == 0
    monkeypatch.setattr(kept_results, "OF_THE_PROGRAMS", ("licensing",))
    assert compared(live_run(), monkeypatch, *with_results) == 0
    assert len(results.read_text().splitlines()) == 3


def test_a_file_of_something_else_is_no_file_of_results(
    scenario: str, tmp_path: Path, capsys: Captured
) -> None:
    """It is named, and left as it is."""
    other = tmp_path / "other.jsonl"
    other.write_text("{}\n")
    assert main(["compare", "--results", str(other), "--network", "proxy", scenario]) == 2
    assert "these are no results of comparisons" in capsys.readouterr().err
    assert other.read_text() == "{}\n"
