"""A run for other tools: what they read is what happened, and no text of a run becomes markup."""

import io
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from licensing import events
from licensing.events import Entry
from licensing.policies import DAY_NS, HOUR_NS, MICROSECOND_NS
from licensing.words import Condition, Role
from simulator.cli.app import main
from simulator.cli.options.exports import mermaid
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.report.exports.mermaid import MOST_CHARACTERS, MermaidSequence
from simulator.report.exports.perfetto import PerfettoTrace
from simulator.report.page import Calendar
from simulator.scenario import load_scenario

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SCENARIO = "slave-cut-off-31-days"
HOSTILE = 'a"; end\n%%{init}%% <b>#'


def began(*names: str) -> Entry:
    """Nodes whose names may be anything."""
    nodes = {name: events.NodeFacts(Role.SLAVE, f"10.0.0.{number}", {}, {}, "")
             for number, name in enumerate(names, 1)}  # fmt: skip
    return Entry(0, "world", events.RunBegan(title=HOSTILE, seed=1, start=START, nodes=nodes))


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The trace of a month, as a viewer reads it."""
    path = tmp_path_factory.mktemp("trace") / "trace.json"
    assert main(["run", SCENARIO, "--quiet", "--perfetto", str(path)]) == 0
    loaded: list[dict[str, Any]] = json.loads(path.read_text())
    return loaded


def test_a_trace_has_every_state_as_a_slice(trace: list[dict[str, Any]]) -> None:
    """On the track of each host, without gaps, from the start to the end."""
    hosts = {e["pid"]: e["args"]["name"] for e in trace if e["name"] == "process_name"}
    slices = [e for e in trace if e.get("cat") == "state"]
    north = [e for e in slices if hosts[e["pid"]] == "north"]
    names = ["activation-period", "regular", "failover", "emergency", "regular"]
    assert [e["name"] for e in north] == names
    ends = [e["ts"] + e["dur"] for e in north]
    assert ends[:-1] == pytest.approx([e["ts"] for e in north[1:]])
    assert 29.9 < north[2]["dur"] * MICROSECOND_NS / DAY_NS < 30


def test_each_request_is_a_flow_to_the_central_cla_and_back(trace: list[dict[str, Any]]) -> None:
    """Each has its beginning, a step and an end, and a slice on which it lies."""
    flows = Counter(e["id"] for e in trace if e["ph"] in ("s", "t", "f"))
    assert len(flows) > 1000
    assert set(flows.values()) == {3}
    assert sum(e.get("cat") == "requests" for e in trace) == len(flows)


def test_seats_are_counters(trace: list[dict[str, Any]]) -> None:
    """What is in use and reserved by the books of the CLA, each time that it changes."""
    tdm = [e["args"] for e in trace if e["ph"] == "C" and e["name"] == "seats: tdm"]
    assert {"in use": 10, "reserved": 0} in tdm
    assert {"in use": 0, "reserved": 10} in tdm
    assert all(one != two for one, two in pairwise(tdm))


def test_seats_of_a_central_cla_without_power_are_reserved() -> None:
    """Nobody is connected to it; until its power is back, that is how they are counted."""
    stream = io.BytesIO()
    trace = PerfettoTrace(stream)
    trace(began("hq", "north"))
    for at_ns, fact in (
        (1, events.SessionOpened("north", Condition.LICENSED, False)),
        (2, events.DemandDecided("north", "1", [], [], [], {"tdm": 5})),
        (3, events.HostCrashed(0)),
    ):
        trace(Entry(at_ns, "hq", fact))
    trace.end()
    counters = [each["args"] for each in json.loads(stream.getvalue()) if each["ph"] == "C"]
    assert counters == [{"in use": 5, "reserved": 0}, {"in use": 0, "reserved": 5}]


def test_seats_of_a_central_cla_that_all_have_left_are_none() -> None:
    """As in the report: what it has reserved for a node that was taken from it is nobody's."""
    stream = io.BytesIO()
    trace = PerfettoTrace(stream)
    trace(began("hq", "north", "new"))
    at_new = events.WizardCompleted(Role.SLAVE, "10.0.0.3:61740")
    for at_ns, host, fact in (
        (1, "north", events.WizardCompleted(Role.SLAVE, "10.0.0.1:61740")),
        (2, "hq", events.SessionOpened("north", Condition.LICENSED, False)),
        (3, "hq", events.DemandDecided("north", "1", [], [], [], {"tdm": 5})),
        (4, "north", at_new),
        (5, "hq", at_new),
    ):
        trace(Entry(at_ns, host, fact))
    trace.end()
    counters = [
        (each["ts"] * MICROSECOND_NS, each["args"])
        for each in json.loads(stream.getvalue())
        if each["ph"] == "C"
    ]
    assert counters == [(3, {"in use": 5, "reserved": 0}), (5, {"in use": 0, "reserved": 0})]


def test_a_run_that_breaks_off_leaves_a_trace_that_can_be_read() -> None:
    """What lasted is closed where the run ended, also before anything happened."""
    for entries in ([], [began(HOSTILE)], [began("hq"), Entry(9, "hq", events.HostCrashed(0))]):
        stream = io.BytesIO()
        trace = PerfettoTrace(stream)
        for entry in entries:
            trace(entry)
        trace.end()
        json.loads(stream.getvalue())


def diagram(*entries: Entry) -> str:
    """The sequence diagram of a journal that is made up."""
    sequence = MermaidSequence(Calendar(START), 0, DAY_NS)
    for entry in entries:
        sequence(entry)
    stream = io.StringIO()
    sequence.write(stream)
    return stream.getvalue()


def test_a_diagram_has_what_passed_between_two_instants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Requests, answers, cuts and states, each under its moment."""
    path = tmp_path / "diagram.mmd"
    between = ["--between", "day 3 07:30", "day 3 08:30"]
    assert main(["run", SCENARIO, "--quiet", "--mermaid", str(path), *between]) == 0
    lines = [line.strip() for line in path.read_text().splitlines()]
    assert "is empty" not in capsys.readouterr().err
    assert lines[0] == "sequenceDiagram"
    numbered = enumerate(("hq", "north", "south"), 1)
    assert lines[1:4] == [f"participant h{number} as {name}" for number, name in numbered]
    cut = lines.index("Note over h1,h2: hq-north: link cut")
    assert "h3->>h1: heartbeat" in lines[cut:]
    assert "h2->>h1: heartbeat" not in lines
    assert "Note over h2: regular -#62; failover: connection to the central CLA lost" in lines[cut:]


def test_what_befalls_the_network_is_told_with_its_name() -> None:
    """Of a link, a cloud, and a host that has no lane: in a trace and in a diagram."""
    start = began("hq", "north")
    assert isinstance(start.fact, events.RunBegan)
    start.fact.network.links["line-1"] = ("hq", "north")
    entries = [
        Entry(1, "world", events.TransitFailed("mpls")),
        Entry(2, "world", events.TransitRepaired("mpls")),
        Entry(3, "world", events.LinkCut("line-1", ["hq->north", "north->hq"])),
        Entry(4, "world", events.LinkHealed("line-1")),
    ]
    stream = io.BytesIO()
    trace = PerfettoTrace(stream)
    for entry in (start, *entries):
        trace(entry)
    trace.end()
    named = [
        "mpls: failed: nothing gets through it", "mpls: repaired",
        "line-1: link cut", "line-1: link healed",
    ]  # fmt: skip
    assert [each["name"] for each in json.loads(stream.getvalue()) if each["ph"] == "i"] == named
    power = Entry(5, "internet", events.HostCrashed(0)), Entry(6, "north", events.HostCrashed(0))
    told = diagram(start, *entries, *power)
    notes = [line.partition(": ")[2] for line in told.splitlines() if "Note over" in line]
    assert notes[1:] == [*named, "internet: power cut", "power cut"]


def test_a_diagram_of_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Its time is after the end of a run, which only playing tells."""
    waiting = load_scenario(DIRECTORY / "healed-5-minutes-before-the-deadline.yaml")
    with mermaid(Path("-"), ("day 99 00:00", "day 100 00:00"), waiting):
        pass
    assert "the diagram - is empty: nothing passed" in capsys.readouterr().err


def test_no_text_becomes_markup_of_a_diagram() -> None:
    """Not the name of a host either."""
    refused = events.RelicensingRequired(HOSTILE, reported_by_node=True)
    told = diagram(began(HOSTILE), Entry(HOUR_NS, HOSTILE, refused))
    assert len(told.splitlines()) == 4
    assert not set('"<>%') & set(told)


def test_a_diagram_that_would_be_too_large_says_what_is_left_out() -> None:
    """It stays below what Mermaid draws."""
    beats = [Entry(number, "hq", events.HeartbeatAnswered(1)) for number in range(5000)]
    told = diagram(began("hq", "north"), *beats)
    assert len(told) < MOST_CHARACTERS + 1000
    assert "more lines have no room here: ask for a shorter time" in told.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--between", "day 1 08:00", "day 2 08:00"], "name the file, too"),
        (["--mermaid", "m.mmd", "--between", "day 2 08:00", "day 1 08:00"], "after the second"),
        (["--mermaid", "m.mmd", "--between", "noon", "day 1 08:00"], "noon"),
        (["--mermaid", "nowhere/m.mmd"], "the diagram nowhere/m.mmd cannot be written"),
        (["--perfetto", "nowhere/p.json"], "the trace nowhere/p.json cannot be written"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_played(
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line, status 2, and no output."""
    monkeypatch.chdir(tmp_path)
    assert main(["run", SCENARIO, *arguments]) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.out == ""
