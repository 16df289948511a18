"""What fails less than once a year has years without a failure."""

import pytest

from licensing.policies import DAY_NS, HOUR_NS
from simulator.plan.years.sampler import YEAR_NS, ComponentYears
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.outages.distributions import Exponential

ROUTER = Component(ComponentKind.ROUTER, "hub")


def test_as_many_failures_as_its_mean_time_says() -> None:
    """Every 900 days: 0.4 a year, and none at all in two years of three."""
    seldom = Reliability(ROUTER, Exponential(900 * DAY_NS), Exponential(HOUR_NS))
    years = ComponentYears(seldom, 1, YEAR_NS)
    counts = [len(years.outages(number)) for number in range(4000)]
    assert sum(counts) / 4000 == pytest.approx(365 / 900, rel=0.08)
    assert counts.count(0) / 4000 == pytest.approx(2.718281828 ** -(365 / 900), rel=0.05)
