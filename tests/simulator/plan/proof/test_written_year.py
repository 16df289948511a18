"""A year as a scenario file, in the words of its internetwork."""

from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.plan.proof.timeline import TimelineEntry, licensed
from simulator.plan.proof.written_year import written_year
from simulator.scenario import load_scenario, parse_scenario

CUT: TimelineEntry = {"at": "day 1 05:00", "cut": "hq-hamburg", "for": "3 h 5 s"}


def written(name: str) -> str:
    """A shipped scenario, with one cut in its year."""
    scenario = load_scenario(DIRECTORY / f"{name}.yaml")
    link = next(iter(scenario.internetwork.links))
    timeline = [*licensed(scenario), CUT | {"cut": link}]
    return written_year(scenario, timeline, title="A year", about="One cut.")


def test_an_internetwork_stays_as_it_is_written() -> None:
    """With its short forms: a file of thirty sites is no longer than it was."""
    text = written("thirty-sites-to-plan")
    played = parse_scenario(text)
    assert "$trunk" in text
    assert "reliability" not in text
    assert len(played.internetwork.nodes) == 30
    assert [step.action for step in played.timeline] == ["activate", "unlock", "cut", "heal"]


def test_what_stands_in_another_file_is_written_out() -> None:
    """The text can be played in any folder."""
    text = written("thirty-branches-and-a-line-that-flaps")
    assert "include" not in text
    assert len(parse_scenario(text).internetwork.nodes) == 31
