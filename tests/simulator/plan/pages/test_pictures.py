"""The pictures of a plan: what there is no time for is left out, and the page says so."""

import plan_tables as made_up
import pytest

from simulator.plan.pages import pictures
from simulator.plan.pages.pictures import pictured
from simulator.plan.pages.plan_page import plan_page
from simulator.plan.risk import estimation
from simulator.report.pages.run_page import Provenance


def test_pictures_end_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was drawn until then stays, and what the table has anyway; all of it was announced."""
    monkeypatch.setattr(estimation, "_PLAYED_EACH", 1)
    monkeypatch.setattr(pictures, "_BATCHES_OF_POLICIES", 1)
    monkeypatch.setattr(pictures, "_BATCHES_OF_GRID", 1)
    monkeypatch.setattr(pictures, "_FEWEST_SEEN", 0)
    loaded = made_up.scenario()
    told: list[str] = []
    plan = pictured(
        loaded,
        made_up.network(loaded),
        made_up.table(),
        map,
        show=told.append,
        is_over=lambda: len(told) == 5,
    )
    assert [*map(len, (told, plan.policies))] == [5, 4]
    assert told[2:4] == [
        "the page: policies, 3 of 3 batches",
        "the page: repairs and periods, 1 of 18 batches",
    ]
    drawn = [cell is not None for row in plan.grid.cells for cell in row]
    assert drawn == [True, True, True, *[False] * 15]
    assert "there was no time left" in plan_page(plan, Provenance("1.2.3", "again"))
