"""What a presenter says at a step stands in the scenario, and in a window of its own."""

from pathlib import Path

from staged import SHIPPED, at, staged
from star import star

from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.scenario import load_scenario
from simulator.stage.stage_page import rendered

NOTE = "Look at the telephones."
WRONG = """timeline:
  - {at: day 0 08:10, expect: {node: north, state: emergency}}
"""


def noted():
    """A scenario with a note at its first step."""
    return star(
        {"at": "day 1 08:00", "cut": "hq-site-1", "note": NOTE},
        {"at": "day 2 08:00", "heal": "hq-site-1"},
        slaves=["site-1"],
    )


async def test_the_note_of_the_next_step_and_of_the_last_one():
    """Before the step it is what comes next, afterwards what has just been done."""
    async with staged(noted()) as stage:
        seen = at(stage)
        assert (seen["next_step"].note, seen["last_step"]) == (NOTE, None)
        assert await stage.steps.one() == ""
        seen = at(stage)
        assert (seen["next_step"].note, seen["next_step"].text) == ("", "heal hq-site-1")


async def test_the_notes_say_that_a_step_failed(tmp_path: Path):
    """And why: a presenter who has only the notes in sight does not praise what went wrong."""
    text = (DIRECTORY / f"{SHIPPED}.yaml").read_text()
    file = tmp_path / "wrong.yaml"
    file.write_text(text.partition("timeline:")[0] + WRONG)
    async with staged(load_scenario(file)) as stage:
        await stage.steps.one()
        note = rendered(at(stage), ["note"])["note"]
        why = at(stage)["last_step"].why
    assert "Just failed" in note
    assert "Just done" not in note
    assert why in note


def test_a_note_is_said_to_nobody_else():
    """The step reads as without it, in the story and in transcripts."""
    assert [str(step) for step in noted().timeline] == ["cut hq-site-1", "heal hq-site-1"]
