"""What is drawn of a plan: curves that keep their places, rows that keep each state."""

import itertools
import re

import plan_tables as made_up
import pytest

from licensing.policies import DAY_NS
from simulator.plan.pages.curves import CURVES_HEIGHT, CURVES_WIDTH, curve_chart
from simulator.plan.pages.risk_map import risk_map
from simulator.plan.pages.risk_rows import RiskScale, risk_rows, scale_of
from simulator.plan.pages.worst_year import year_rows
from simulator.plan.risk.risk_table import Estimate
from simulator.plan.years.sampler import YEAR_NS


def test_a_curve_begins_with_nothing_and_ends_at_its_value() -> None:
    """On a scale of round numbers that has room for the whole band."""
    chart = curve_chart({"full": [(365.0, Estimate(0.1, 0.08, 0.12))]}, 365)
    (curve,) = chart.curves
    assert [mark.label for mark in chart.up] == ["0 %", "5 %", "10 %", "15 %"]
    assert (
        curve.line == f"M0 {CURVES_HEIGHT:g}L{CURVES_WIDTH:g} {CURVES_HEIGHT * (1 - 0.1 / 0.15):g}"
    )
    assert curve.band.startswith(
        f"M0 {CURVES_HEIGHT:g}L{CURVES_WIDTH:g} {CURVES_HEIGHT * (1 - 0.12 / 0.15):g}L"
    )


def test_names_at_the_ends_of_curves_never_overlap() -> None:
    """Also where all lines end at the same value."""
    same = [(365.0, Estimate(0.0, 0.0, 0.01))]
    chart = curve_chart(dict.fromkeys("abcde", same), 365)
    places = sorted(curve.label_percent for curve in chart.curves)
    assert all(two - one >= 8.9 for one, two in itertools.pairwise(places))
    assert 0 <= places[0] <= places[-1] <= 100.1


def test_a_site_is_colored_and_named_by_its_risk() -> None:
    """The map has each site once; one that was never seen to end has its bound."""
    loaded = made_up.scenario()
    drawn = risk_map(
        loaded.internetwork, {each.site: each.probability for each in made_up.table().sites}
    )
    shown = {spot.name: (spot.state, spot.word) for spot in drawn.spots}
    assert shown["north"] == ("risk-5", "18 %")
    assert shown["hq"] == ("risk-0", "< 0.037 %")


def test_rows_are_ordered_by_risk_below_the_one_for_any() -> None:
    """An interval lies where the scale has it; what was never seen has a dashed bound."""
    table = made_up.table()
    scale = scale_of(each.probability for each in table)
    rows = [*risk_rows(table, scale)]
    assert [row.risk.site for row in rows] == ["any", "north", "south", "hq"]
    assert scale.x(1.0) == CURVES_WIDTH
    assert scale.x(10.0**scale.first) == 0
    assert rows[-1].whiskers.estimate == "" != rows[-1].whiskers.bound


@pytest.mark.parametrize("decades", [3, 4, 5, 6])
def test_labels_of_the_scale_have_room(decades: int) -> None:
    """A line for each power, its labels beside each other on nine rem, and 100 % at the right."""
    scale = RiskScale(-decades)
    marks = scale.marks
    assert [mark.at_percent for mark in marks] == [
        round(100 * power / decades, 2) for power in range(decades + 1)
    ]
    assert (marks[-1].label, marks[-1].at_percent) == ("100 %", 100.0)
    labels = [(mark.at_percent / 100 * 144, 6.5 * len(mark.label)) for mark in marks if mark.label]
    spans = [
        (at if not at else at - wide if at == 144 else at - wide / 2, wide) for at, wide in labels
    ]
    assert all(left + wide < right for (left, wide), (right, _) in itertools.pairwise(spans))


def test_a_year_shows_each_state_and_what_caused_its_emergencies() -> None:
    """A cut is shaded behind the states; the link that failed has a row of its own."""
    rows = year_rows(made_up.bad_year(), YEAR_NS)
    hq, north, south = rows.sites
    assert (set(hq.bands), set(south.bands)) == ({"regular"}, {"regular", "off"})
    assert set(north.bands) == {"regular", "failover", "emergency"}
    begins = float(re.match(r"M([\d.]+)", north.bands["emergency"])[1])
    assert begins == rows.axis.x(110 * DAY_NS)
    assert north.cuts
    assert [name for name, _ in rows.carriers] == ["link hq-north"]
