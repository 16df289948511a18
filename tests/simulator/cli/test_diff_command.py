"""`internetsim diff`: two journals side by side, the first difference with what led there."""

import re
from pathlib import Path

import pytest
from live_scenarios import SHORT_OUTAGE

from licensing.events import Entry, RunEnded, StateChanged
from runtime.journal import encode_entry
from simulator.cli import diff_command
from simulator.cli.app import main
from simulator.runs.play import play
from simulator.scenario import parse_scenario

Captured = pytest.CaptureFixture[str]
LATER = SHORT_OUTAGE.replace("12:20, heal", "13:20, heal")


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    """All facts of the short outage."""
    read: list[Entry] = []
    play(parse_scenario(SHORT_OUTAGE, "short"), readers=[read.append])
    return read


def written(path: Path, entries: list[Entry]) -> str:
    """A journal with these facts."""
    path.write_bytes(b"".join(encode_entry(entry) + b"\n" for entry in entries))
    return str(path)


def test_equal_runs_have_no_difference(
    entries: list[Entry], tmp_path: Path, capsys: Captured
) -> None:
    """Status 0."""
    one = written(tmp_path / "a", entries)
    assert main(["diff", one, written(tmp_path / "b", entries), "--exact"]) == 0
    assert "   0  different" in capsys.readouterr().out


def test_two_versions_of_a_scenario_in_one_glance(
    entries: list[Entry], tmp_path: Path, capsys: Captured
) -> None:
    """The heal comes an hour later: the first difference, what led there, and all by node."""
    later: list[Entry] = []
    play(parse_scenario(LATER, "later"), readers=[later.append])
    names = [written(tmp_path / "a", entries), written(tmp_path / "b", later)]
    assert main(["diff", *names]) == 1
    told = capsys.readouterr().out
    first, _, rest = told.partition("  before it, in both:\n")
    assert f"{names[0]} day 0 12:20:00  world  healed hq-north" in first
    assert f"{names[1]} day 0 13:20:00  world  healed hq-north" in first
    leading, _, by_node = rest.partition("world: ")
    assert "call from 200 to 0891234567" in leading
    assert by_node.startswith("1 difference\n")
    assert f"healed hq-north: {names[1]} 1 h later" in by_node


@pytest.mark.parametrize("terms", ["valid_for: 90 days", "flexible: yes"])
def test_orders_on_other_terms_are_a_difference(
    terms: str, entries: list[Entry], tmp_path: Path, capsys: Captured
) -> None:
    """Also where nothing else comes of it in the time of the run."""
    licenses = re.search(r"LAC-1: ({.*})", SHORT_OUTAGE)
    assert licenses
    order = f"LAC-1: {{licenses: {licenses[1]}, {terms}}}"
    other: list[Entry] = []
    play(parse_scenario(SHORT_OUTAGE.replace(licenses[0], order), "x"), readers=[other.append])
    names = [written(tmp_path / "a", entries), written(tmp_path / "b", other)]
    assert main(["diff", *names]) == 1
    assert "hq: 1 difference\n" in capsys.readouterr().out


def test_what_chance_decides_counts_only_where_it_is_to_be_exact(
    entries: list[Entry], tmp_path: Path
) -> None:
    """A reconnection a few minutes later; a tolerance that covers it makes it the same again."""
    later = [
        Entry(at=entry.at + 10**11, host=entry.host, fact=entry.fact)
        if isinstance(entry.fact, StateChanged)
        else entry
        for entry in entries
    ]
    later.sort(key=lambda entry: entry.at)
    names = [written(tmp_path / "a", entries), written(tmp_path / "b", later)]
    assert main(["diff", *names]) == 0
    assert main(["diff", *names, "--exact"]) == 1
    assert main(["diff", *names, "--exact", "--tolerance", "100 s"]) == 0


def test_a_journal_that_is_cut_off_is_compared_as_far_as_it_goes(
    entries: list[Entry], tmp_path: Path, capsys: Captured
) -> None:
    """In the middle of a line it is status 2; without its end the run is another one, status 1."""
    whole, cut = written(tmp_path / "a", entries), tmp_path / "b"
    cut.write_bytes(Path(whole).read_bytes()[:-150])
    assert main(["diff", whole, str(cut)]) == 2
    told = capsys.readouterr()
    assert "only what stands before that line is compared" in told.err
    without_end = [entry for entry in entries if not isinstance(entry.fact, RunEnded)]
    assert main(["diff", whole, written(cut, without_end)]) == 1
    assert f"{cut} ends before its run does" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-", "-"], "the standard input is one journal"),
        (["{whole}", "{scenario}"], "this is no journal of a run"),
        (["{whole}", "nothing.jsonl"], "nothing.jsonl cannot be read"),
        (["{whole}", "{whole}", "--tolerance", "3"], "--tolerance: '3' is not a number with its"),
    ],
)
def test_a_wrong_call(
    arguments: list[str],
    complaint: str,
    entries: list[Entry],
    tmp_path: Path,
    capsys: Captured,
) -> None:
    """Status 2 and one line."""
    scenario = tmp_path / "short.yaml"
    scenario.write_text(SHORT_OUTAGE)
    names = {"whole": written(tmp_path / "a", entries), "scenario": str(scenario)}
    assert main(["diff", *(argument.format(**names) for argument in arguments)]) == 2
    assert complaint in capsys.readouterr().err


def test_a_comparison_holds_so_many_facts_and_no_more(
    entries: list[Entry], tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal of gigabytes is compared as far as there is room; the line says how far."""
    monkeypatch.setattr(diff_command, "_MOST_COMPARED", 5)
    one, other = (written(tmp_path / name, entries) for name in "ab")
    assert main(["diff", one, other]) == 2
    told = capsys.readouterr()
    assert "   5  same" in told.out
    for name in (one, other):
        assert f"{name}:11: a comparison holds 5 facts of a run\n" in told.err
