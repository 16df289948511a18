"""What a presenter says at a step stands in the scenario, and in a window of its own."""

from staged import at, staged
from star import star

NOTE = "Look at the telephones."


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


def test_a_note_is_said_to_nobody_else():
    """The step reads as without it, in the story and in transcripts."""
    assert [str(step) for step in noted().timeline] == ["cut hq-site-1", "heal hq-site-1"]
