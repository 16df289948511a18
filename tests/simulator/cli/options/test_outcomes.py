"""Results for other tools: `--json`, `--junit`, and a folder of scenarios at once."""

import json
from io import BytesIO, TextIOWrapper
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import msgspec
import pytest

from simulator.cli.app import main
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.loop.failures import Deadlock
from simulator.report.exports.outcome import RunOutcome, outcome_schema

Captured = pytest.CaptureFixture[str]
HOSTILE = "<b>&amp; ]]> \x1b[31m\x07 \"'"
UNFIT = HOSTILE.replace("\x1b", "\\e").replace("\x07", "\\a").replace('"', '\\"')
ACTIVATED = DIRECTORY / "more-assigned-than-bought.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two short scenarios: one that holds, and one with a hostile title that does not."""
    folder = tmp_path / "plays"
    folder.mkdir()
    (folder / "holding.yaml").write_text(ACTIVATED.read_text())
    text = ACTIVATED.read_text().replace("all: regular", "all: failover")
    head, _, rest = text.partition("\n")
    assert head.startswith("title:")
    again = "  - {at: day 0 15:00, relicense: {node: hq}}\n"
    (folder / "failing.yaml").write_text(f'title: "{UNFIT}"\n{rest}{again}')
    return folder


def outcome(path: Path) -> RunOutcome:
    """What the file holds, which is as its schema says."""
    text = path.read_text()
    jsonschema_rs.validator_for(outcome_schema()).validate(json.loads(text))
    return msgspec.json.decode(text, type=RunOutcome)


def test_the_result_of_a_run(folder: Path, tmp_path: Path) -> None:
    """Verdict, expectations with their places, states with their instants, seats at the end."""
    out = tmp_path / "result.json"
    assert main(["run", "--quiet", str(folder / "holding.yaml"), "--json", str(out)]) == 0
    result = outcome(out)
    assert (result.version, result.verdict, result.violation) == (1, "holds", None)
    assert all(each.met for each in result.expectations)
    assert result.expectations[0].place.startswith(str(folder / "holding.yaml"))
    assert [each.state for each in result.nodes["hq"].states] == ["activation-period", "regular"]
    assert result.nodes["north"].seats["tdm"] == 8
    assert result.repeat == f"internetsim run {folder / 'holding.yaml'} --seed {result.seed}"


def test_what_the_result_cannot_tell_or_is_not_ours_is_named(folder: Path, tmp_path: Path) -> None:
    """A CLA that is down at the end tells of no seats; a client of somebody has a file."""
    file, client, out = folder / "down.yaml", tmp_path / "client.py", tmp_path / "result.json"
    file.write_text(ACTIVATED.read_text() + "  - {at: day 0 16:00, crash: hq}\n")
    client.write_text("from nodes.service import serve\n")
    call = ["run", "--quiet", str(file), "--client", f"north={client}", "--json", str(out)]
    assert main(call) == 0
    result = outcome(out)
    assert (result.unanswered, result.clients) == (["hq"], {"north": str(client)})
    assert result.repeat == f"internetsim run {file} --client north={client} --seed {result.seed}"
    assert main(["run", "--quiet", str(folder / "holding.yaml"), "--json", str(out)]) == 0
    assert not {"unanswered", "clients"} & json.loads(out.read_text()).keys()


def test_what_did_not_hold(folder: Path, tmp_path: Path) -> None:
    """Wanted and got, refused steps with their code; a title comes through as it is."""
    out = tmp_path / "result.json"
    assert main(["run", "--quiet", str(folder / "failing.yaml"), "--json", str(out)]) == 1
    result = outcome(out)
    (failed,) = [each for each in result.expectations if not each.met]
    assert (result.verdict, result.title) == ("fails", HOSTILE.strip())
    assert failed.wanted.startswith("hq state: failover")
    assert failed.got.startswith("hq state: regular")
    (refused,) = result.refused_steps
    assert refused.code == "relicensing-not-required"
    assert refused.way_out == "There is nothing to do: the license file in use is valid."


def test_a_run_that_is_stopped(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Says so, in both files."""

    def stopped(*_: object, **__: object) -> None:
        raise Deadlock(0, ["hq awaits nothing"])

    monkeypatch.setattr("simulator.cli.options.outputs.play", stopped)
    out, report = tmp_path / "result.json", tmp_path / "report.xml"
    files = ["--json", str(out), "--junit", str(report)]
    assert main(["run", "--quiet", str(folder / "holding.yaml"), *files]) == 1
    assert outcome(out).verdict == "stopped"
    assert "hq awaits nothing" in outcome(out).reason
    assert "the run comes to its end" in report.read_text()


def test_a_folder_and_its_report(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    """One line each, one verdict, one file; hostile words are words there, too."""
    report = tmp_path / "report.xml"
    assert main(["run", str(folder), "--junit", str(report)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines[:-1]] == ["failing", "holding"]
    assert lines[-1] == "1 of 2 scenarios do not hold: failing"
    root = ET.fromstring(report.read_bytes())
    failing, holding = root.findall("testsuite")
    assert failing.get("name") == str(folder / "failing.yaml")
    assert (failing.get("failures"), holding.get("failures")) == ("2", "0")
    wrong = [
        case.get("name") for case in failing.findall("testcase") if case.find("failure") is not None
    ]
    assert wrong[1] == "no step is refused"
    assert failing.find("testcase").get("classname") == HOSTILE.replace("\x1b", "").replace(
        "\x07", ""
    )
    text = failing.find("testcase/failure").text
    assert f"to repeat it: internetsim run {folder / 'failing.yaml'} --seed" in text


def test_what_cannot_be_done_is_one_line(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    """Before anything is played, with status 2."""
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments, words in (
        ([str(empty)], "there is no scenario in this folder"),
        ([str(folder), "--json", str(tmp_path / "x")], "one result holds one run"),
        ([str(folder), "--junit", str(tmp_path / "no" / "x")], "cannot be written"),
        ([str(folder), "--junit", str(folder / "holding.yaml")], "would overwrite the scenario"),
        (
            [str(ACTIVATED), "--json", str(tmp_path / "x"), "--html", f"{tmp_path}/plays/../x"],
            "--html and --json cannot both be written to",
        ),
        (
            [str(ACTIVATED), "--mermaid", str(tmp_path / "x"), "--between", "day 99", "day 100"],
            "--between day 99 is after the last step, on day 0 14:00:00",
        ),
    ):
        assert main(["run", *arguments]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert words in said.err
        assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ["--pcap", "{}/new", "--pcap-of", "nobody"],
        ["--mermaid", "{}/new", "--between", "day 0 10:00", "day 0 09:00"],
        ["--html", "{}/no/page"],
        ["--verify-determinism", "-"],
        ["--pcap-of", "hq"],
    ],
    ids=" ".join,
)
def test_a_refused_call_leaves_every_file_as_it_was(
    wrong: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above all no report that a CI system would read as passed; none is made either."""
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(ACTIVATED.read_bytes())))
    kept = [tmp_path / name for name in ("report", "result", "journal", "trace")]
    for path in kept:
        path.write_text("as it was")
    report, result, journal, trace = map(str, kept)
    files = ["--junit", report, "--json", result, "--journal", journal, "--perfetto", trace]
    given = [] if wrong[-1] == "-" else [str(ACTIVATED)]
    words = [word.format(tmp_path) for word in wrong]
    assert main(["run", "--quiet", *given, *files, *words]) == 2
    assert {path.read_text() for path in kept} == {"as it was"}
    assert {*tmp_path.iterdir()} == {*kept}


def test_a_result_goes_to_the_standard_output(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As `-`, by itself, so that it can be piped; all else is on the standard error."""
    assert main(["run", str(folder / "holding.yaml"), "--json", "-"]) == 0
    said = capfd.readouterr()
    assert json.loads(said.out)["verdict"] == "holds"
    assert "holds: 7 expectations met" in said.err
    assert main(["run", str(folder / "holding.yaml"), "--json", "-", "--html", "-"]) == 2


def test_the_schema_of_results(capsys: Captured) -> None:
    """What `schema result` prints is that of the form."""
    assert main(["schema", "result"]) == 0
    assert json.loads(capsys.readouterr().out) == outcome_schema()


def test_several_at_once_are_what_they_are_one_after_the_other(
    folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    """The same lines in the same order, the same report; what no other process can play is said."""
    told, reports = [], []
    for jobs in ("1", "2"):
        report = tmp_path / f"{jobs}.xml"
        assert main(["run", "--jobs", jobs, "--junit", str(report), str(folder)]) == 1
        told.append(capsys.readouterr().out)
        reports.append(report.read_bytes())
    assert told[0] == told[1]
    assert told[0].count("\n") == 3
    assert reports[0] == reports[1]
    for wrong in (["--jobs", "0"], ["--jobs", "2", "--verify-determinism"], ["--jobs", "2", "-"]):
        assert main(["run", *wrong, str(folder)]) == 2
