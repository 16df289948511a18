"""What `plan fit` says of a record of outages."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from licensing.policies import HOUR_NS
from simulator.plan.told.fit_text import fit_text
from simulator.plan.told.survival_plot import recorded_survival, survival_plot
from simulator.scenario import parse_scenario
from simulator.scenario.outages.distributions import Exponential
from simulator.scenario.outages.record import Observation
from simulator.scenario.outages.record_file import read_record

START = datetime(2026, 1, 1, tzinfo=UTC)


def record(**hours_by_name):
    """An outage every ten days, of so many hours each."""
    rows = [
        f"{name},{begin.isoformat()},{(begin + timedelta(hours=hours)).isoformat()}"
        for name, lasting in hours_by_name.items()
        for number, hours in enumerate(lasting)
        for begin in [START + timedelta(days=10 * number)]
    ]
    return read_record("\n".join(["what,from,to", *rows]), "outages.csv")


def test_each_thing_and_all_together():
    """The line for a scenario, the ranking and the plot; what has too few outages has no fit."""
    text, is_fitted = fit_text(record(hub=[1, 2, 4, 8, 3, 5, 1, 7, 2, 6], lte=[1, 2]))
    assert is_fitted
    assert "outages.csv: 12 outages of 2 things, up to 2026-04-01 06:00+00:00" in text
    assert "\nlte: no fit of 2 outages: at least 10 are needed for a distribution\n" in text
    assert "\nhub: 10 outages\n  hub: {fails: " in text
    assert "\nall: 12 outages\n  all: {fails: " in text
    assert re.search(r"repair +the likeliest of each kind +score\n", text)
    assert re.search(r"exponential\(mean 3.9 h\) +-[0-9]", text)


def test_the_line_is_one_of_a_scenario():
    """As it stands there, copied out of the text."""
    text, _ = fit_text(record(hub=[1, 2, 4, 8, 3, 5, 1, 7, 2, 6]))
    line = next(row for row in text.splitlines() if row.startswith("  hub: {"))
    with pytest.raises(Exception, match="there is no router 'hub'") as caught:
        parse_scenario(f"title: a\nreliability:\n  routers:\n  {line}\ninternetwork: {{}}\n")
    assert "distribution" not in str(caught.value)


def test_too_little_of_everything():
    """There is no fit at all."""
    assert not fit_text(record(hub=[1, 2]))[1]


def test_what_is_still_open_is_at_risk_until_its_end():
    """Kaplan and Meier: 3 of 4 outlast 1 h; of 2 that are seen longer, one outlasts 3 h."""
    hours = [(1, True), (2, False), (3, True), (4, True)]
    seen = [Observation(lasted * HOUR_NS, ended) for lasted, ended in hours]
    shares = [recorded_survival(seen, time * HOUR_NS) for time in (0, 1, 2, 3, 4)]
    assert shares == [1, 0.75, 0.75, 0.375, 0]


def test_the_plot_has_both_and_the_longest_period():
    """A row for the failover period, too, which nothing that was recorded has reached."""
    rows = list(survival_plot([Observation(HOUR_NS)] * 3, Exponential(HOUR_NS), 30 * 24 * HOUR_NS))
    assert rows[1].split() == ["1", "h", "0", "%", "|", "37", "%"]
    assert rows[-1].split()[:4] == ["30", "days", "0", "%"]
