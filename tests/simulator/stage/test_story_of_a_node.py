"""The sentences of the page: whose story each is."""

import pytest
from staged import at, shipped, staged

from simulator.report.page import Line
from simulator.stage.stage import Stage
from simulator.stage.story_lines import around, is_about


def told(stage: Stage, node: str) -> list[Line]:
    """The story of a node."""
    return [each.line for each in at(stage, story_of=node)["story"]]


async def test_the_story_of_a_node_has_what_befell_its_lines():
    """Its link, and the cloud behind it; not the link of somebody else."""
    async with staged(shipped("hub-and-cloud")) as stage:
        links = stage.scenario.internetwork.links
        elsewhere = next(name for name, link in links.items() if "north" not in link.ends)
        for name in ("lte", elsewhere):
            await stage.net.cut(name)
        await stage.net.fail("mpls")
        where = {line.where for line in told(stage, "north")}
        assert {"mpls", "lte"} <= where
        assert elsewhere not in where


@pytest.mark.parametrize(
    ("text", "is_its_own"),
    [
        ("central CLA: no longer reserved for north: 1 x networking", True),
        ("its neighbors are south, north", True),
        ("its neighbors are south, north-2", False),
    ],
)
def test_a_name_is_found_beside_any_stop(text: str, is_its_own: bool):
    """Before a colon or a comma, too, and never as a part of another name."""
    names = around(shipped().internetwork, "north")
    assert is_about(Line(0, "hq", text), names) is is_its_own
