"""`internetsim import` and `export`: what goes where, and what is said of a call that is wrong."""

import io
import sys
from pathlib import Path

import pytest

from simulator.cli.app import main
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.scenario import load_scenario

Captured = pytest.CaptureFixture[str]
LIST = "site;model;ip-hfa;channels;line\nhq;X8;20;4;100 Mbit/s\nkiosk;;;;2 Mbit/s\n"


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    """A list of two sites."""
    path = tmp_path / "sites.csv"
    path.write_text(LIST)
    return path


def test_the_scenario_is_printed_and_what_was_assumed_is_said(
    sites: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirected output is the scenario alone, and holds; the standard input is a source, too."""
    assert main(["import", str(sites), "--like", "hq"]) == 0
    said = capsys.readouterr()
    assert f"{sites}: no latency of any line: 5 ms" in said.err.splitlines()
    net = sites.with_name("net.yaml")
    net.write_text(said.out)
    assert len(load_scenario(net).internetwork.nodes["kiosk"].numbers()) == 20
    assert main(["run", "--quiet", str(net)]) == 0
    capsys.readouterr()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LIST.encode())))
    assert main(["import", "-", "--like", "hq"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == said.out.splitlines()[1:]


def test_there_and_back(tmp_path: Path, capsys: Captured) -> None:
    """What `export` prints, `import` reads."""
    scenario = DIRECTORY / "slave-cut-off-31-days.yaml"
    assert main(["export", scenario.stem, "--graphml"]) == 0
    drawn = tmp_path / "net.graphml"
    drawn.write_text(capsys.readouterr().out)
    assert main(["import", str(drawn)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    (tmp_path / "net.yaml").write_text(said.out)
    assert load_scenario(tmp_path / "net.yaml").internetwork == load_scenario(scenario).internetwork
    assert main(["export", scenario.stem, "--mermaid"]) == 0
    assert "flowchart LR" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "nowhere.csv"], "nowhere.csv: it cannot be read: No such file or"),
        (["import", str(DIRECTORY)], "it cannot be read"),
        (["import", str(DIRECTORY / "slave-cut-off-31-days.yaml")], "it is a scenario already"),
        (["export", "slave-cut-off-31-days"], "export takes one of --graphml and --mermaid"),
        (["export", "slave-cut-off-31-days", "--graphml", "--mermaid"], "takes one of"),
        (["export", "nothing-like-it", "--graphml"], "there is no such file or scenario"),
    ],
)
def test_a_wrong_call(arguments: list[str], words: str, capsys: Captured) -> None:
    """Status 2, and what is wrong; nothing is printed."""
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err


def test_a_model_that_lacks_the_ports(sites: Path, capsys: Captured) -> None:
    """What no scenario can have is said with the site's name."""
    sites.write_text("site;model;up0\nhq;S;4\n")
    assert main(["import", str(sites)]) == 2
    assert "internetwork.nodes.hq.subscribers" in capsys.readouterr().err
