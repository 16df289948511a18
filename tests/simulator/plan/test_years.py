"""Years follow from a seed and a number; what is drawn more often counts for less."""

import math

from planned_lines import LINE, LONG, OFTEN, one_line

from licensing.policies import DAY_NS
from simulator.plan.years import YEAR_NS, ComponentYears, Emphasis, Sampler
from simulator.scenario.components import Component, ComponentKind, Reliability


def test_a_year_is_the_same_whoever_else_is_in_it() -> None:
    """Its own number and seed say what a component does: no other component, and no other year."""
    other = Reliability(Component(ComponentKind.ROUTER, "hub"), OFTEN, LONG)
    alone = one_line().reliability
    year = Sampler(alone, 7).year(11)
    assert Sampler((other, *alone), 7).year(11, {LINE}).outages == year.outages != ()
    assert Sampler(alone, 8).year(11).outages != year.outages != Sampler(alone, 7).year(12).outages


def test_failures_and_repairs_are_as_often_and_as_long_as_they_are_said_to_be() -> None:
    """Within four standard errors: the number of failures, and repairs over a day and a week."""
    years = ComponentYears(one_line().reliability[0], 1, 50 * YEAR_NS)
    outages = [outage for number in range(40) for outage in years.outages(number)]
    ups = 40 * 50 * YEAR_NS / (OFTEN.mean_ns + LONG.mean_ns)
    assert abs(len(outages) - ups) < 4 * math.sqrt(ups)
    for days in (1, 7):
        share = LONG.survival(days * DAY_NS)
        over = sum(ended - began > days * DAY_NS for _, began, ended in outages)
        assert abs(over - share * len(outages)) < 4 * math.sqrt(share * len(outages))


def test_weights_make_good_what_an_emphasis_draws_too_often() -> None:
    """They add up to the years, and those with a long repair to as many as there would be."""
    rare = Emphasis(LINE, LONG.survival(20 * DAY_NS))
    sampler = Sampler(one_line().reliability, 1, emphases=((), (rare,)))
    years, weights, long = 4000, 0.0, 0.0
    for number in range(years):
        key = sampler.components[0].key_of_year(number)
        weight = sampler.weight(number)
        _, longest = sampler.components[0].failures(key, sampler.emphasis(number).get(LINE, 1.0))
        weights += weight
        long += weight * (longest < rare.share)
    assert abs(weights / years - 1) < 0.02
    expected = sampler.components[0].any_outlasted(rare.share)
    assert abs(long / years / expected - 1) < 0.02
