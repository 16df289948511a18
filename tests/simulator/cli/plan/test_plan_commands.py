"""The commands of a plan as a planner calls them: answers, files, limits, and clear refusals."""

import json
import re
from pathlib import Path

import plan_tables as made_up
import pytest
from msgspec.structs import replace

from simulator.cli.app import main
from simulator.cli.plan import risk_command
from simulator.cli.plan.outputs import PlanOutputs
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.plan.pages import pictures
from simulator.plan.risk import estimation, usual_years
from simulator.plan.variants import common_years

MANUAL = (DIRECTORY / "slave-cut-off-31-days.yaml").read_text()
OFTEN = """\
reliability: {links: {hq-north: {fails: every 20 days, repair: "lognormal(mean 1 day, sigma 2)"}}}
policies: {failover_period: 2 days}
"""


@pytest.fixture(autouse=True)
def few_years(monkeypatch) -> None:
    """Fewer are drawn than a planner wants: these tests ask what is made of them."""
    monkeypatch.setattr(usual_years, "_SITE_YEARS", 1)
    monkeypatch.setattr(estimation, "_PLAYED_EACH", 8)
    monkeypatch.setattr(common_years, "YEARS_OF_A_BATCH", 64)
    monkeypatch.setattr(pictures, "SIGMAS", (2.0,))
    monkeypatch.setattr(pictures, "PERIODS_NS", ())


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """The manual's internetwork with a line that fails often, and a failover period of two days."""
    file = tmp_path / "net.yaml"
    text = re.sub(r"^policies:.*\n(?:  .*\n)*", "", MANUAL, flags=re.MULTILINE)
    file.write_text(text.replace("timeline:", f"{OFTEN}timeline:", 1))
    return file


def called(*arguments: object) -> int:
    """The exit status of a call."""
    return main(["plan", *map(str, arguments)])


def test_an_answer_with_all_its_files(network: Path, tmp_path: Path, capsys) -> None:
    """A table for a person; a form, a spreadsheet, a report for CI, and a page.

    A limit decides on the status, by the upper end of the interval: of any, or of a site.
    """
    files = {name: tmp_path / f"out.{name}" for name in ("json", "csv", "junit", "html")}
    options = [part for name, file in files.items() for part in (f"--{name}", file)]
    limits = ("--max-risk", "1%", "--max-risk", "south=0.0001%")
    assert called("risk", network, "--precision", "50%", *options, *limits) == 1
    table = capsys.readouterr().out
    assert re.search(r"^any +\d+\.\d %", table, re.MULTILINE)
    assert "any: at most 1.00 %: it may be" in table
    kept = "kept (there can be none: nothing that fails cuts it off)"
    assert f"south: at most 0.000100 %: {kept}" in table
    outcome = json.loads(files["json"].read_text())
    assert outcome["sites"]["north"]["probability"] == outcome["any"]["probability"] > 0.1
    south = outcome["sites"]["south"]
    assert (south["high"], south["basis"]) == (0.0, "proved")
    assert files["csv"].read_text().count("\n") == 5
    assert "<testsuites" in files["junit"].read_text()
    assert "What is assumed" in files["html"].read_text()


def test_the_same_seed_is_the_same_answer_on_any_number_of_jobs(network: Path, capsys) -> None:
    """To the last digit."""
    answers = []
    for jobs in (1, 2):
        assert called("risk", network, "--precision", "50%", "--jobs", jobs) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]


def test_the_worst_year_holds_on_the_real_programs(network: Path, tmp_path: Path, capsys) -> None:
    """By its number it is the same scenario, and it ends as the model said."""
    worst = tmp_path / "bad-year.yaml"
    assert called("risk", network, "--precision", "50%", "--worst-year", worst) == 0
    replay = re.search(r"internetsim plan (replay .*)", capsys.readouterr().out)[1]
    assert called(*replay.split()) == 0
    said = capsys.readouterr()
    assert said.out == worst.read_text()
    assert "1 site comes to emergency mode" in said.err
    assert main(["run", "--quiet", str(worst)]) == 0


def test_variants_stand_side_by_side(network: Path, tmp_path: Path, capsys) -> None:
    """With their differences on the same years, on the page, too; a limit is for each of them."""
    page, form, report = (tmp_path / f"out.{name}" for name in ("html", "json", "xml"))
    call = ("compare", network, "--vary", "recovery=full,resume", "--precision", "50%")
    files = ("--html", page, "--json", form, "--junit", report)
    assert called(*call, *files, "--max-risk", "1%", "--max-risk", "south=99%") == 1
    table = capsys.readouterr().out
    assert "2  recovery resume" in table
    assert "recovery resume: any: at most 1.00 %: it may be" in table
    assert 'tests="4" failures="2"' in report.read_text()
    assert "recovery resume" in page.read_text()
    _, resume = json.loads(form.read_text())["variants"]
    assert resume["any"]["more_than_first"]["low"] > 0


def test_files_are_written_where_nobody_reads_the_screen_to_its_end(tmp_path: Path) -> None:
    """As with `| head`: the answer is known, and its files have it."""
    table = tmp_path / "risk.json"
    with pytest.raises(BrokenPipeError), PlanOutputs(json=table).written({"json": lambda: b"{}"}):
        raise BrokenPipeError
    assert table.read_bytes() == b"{}"


def test_an_interrupted_plan_prints_and_writes_what_is_known(
    network: Path, tmp_path: Path, capsys, monkeypatch
) -> None:
    """With the status of Ctrl-C, and the page without what was not drawn."""

    def interrupted(*_, progress, **__):
        progress(replace(made_up.table(), reached=False), 1000.0)
        raise KeyboardInterrupt

    monkeypatch.setattr(risk_command, "estimate", interrupted)
    page, form = tmp_path / "out.html", tmp_path / "out.json"
    assert called("risk", network, "--html", page, "--json", form) == 130
    assert "interrupted: that is what is known so far" in capsys.readouterr().out
    assert "18.4 %" in page.read_text()
    assert not json.loads(form.read_text())["reached"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("risk", "slave-cut-off-31-days"), "it does not say what fails how often"),
        (("risk", "standalone-from-lac-to-licensed-stations"), "there is no master"),
        (("compare", "thirty-sites-to-plan"), "one network alone is no comparison"),
        (("compare", "thirty-sites-to-plan", "--vary", "recovery=none"), "allowed: full, recharge"),
        (
            ("compare", "thirty-sites-to-plan", "--vary", "seed=1,2"),
            "seed 2 are the same to a plan",
        ),
        (("replay", "thirty-sites-to-plan"), "takes one of --year N and --worst"),
        (("replay", "thirty-sites-to-plan", "--year", "-1"), "years have numbers from 0 to"),
        (("verify", "standalone-from-lac-to-licensed-stations"), "there is no master"),
        (("verify", "thirty-sites-to-plan", "--verdicts", "some"), "a whole number from 1"),
        (("risk", "thirty-sites-to-plan", "--precision", "5"), "with its sign, such as 5%"),
    ],
)
def test_what_cannot_be_answered_is_said_with_the_way_out(options, words: str, capsys) -> None:
    """Status 2, and nothing on the standard output."""
    assert called(*options) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""


def test_a_site_that_nothing_reaches_is_named_with_its_line(tmp_path: Path, capsys) -> None:
    """With line and column."""
    file = tmp_path / "net.yaml"
    text = "\n".join(line for line in MANUAL.splitlines() if not re.match(r" +hq-south:", line))
    file.write_text(text)
    assert called("risk", file) == 2
    assert re.search(r"net\.yaml:\d+:\d+: .*south: no way leads", capsys.readouterr().err)


def test_a_site_that_is_called_like_a_row_is_refused(network: Path, capsys) -> None:
    """Rather than that one row is taken for the other."""
    network.write_text(re.sub(r"\bnorth\b", "any", network.read_text()))
    assert called("risk", network) == 2
    assert "a row of the table is called any" in capsys.readouterr().err


def test_more_failures_than_years_can_be_drawn_of_are_refused(network: Path, capsys) -> None:
    """Rather than that a limit of minutes is passed by the first year."""
    network.write_text(network.read_text().replace("every 20 days", "every 15 min"))
    assert called("risk", network) == 2
    assert "35,040 failures a year: 30,000 are the most" in capsys.readouterr().err


def test_verdicts_are_counted_and_told_to_ci(network: Path, tmp_path: Path, capsys) -> None:
    """Of one trial, in which model and programs agree."""
    report = tmp_path / "out.xml"
    assert called("verify", network, "--verdicts", 3, "--junit", report) == 0
    assert "3 verdicts: model and programs agree" in capsys.readouterr().out
    assert 'tests="3" failures="0"' in report.read_text()
