"""Years follow from a seed and a number; what is drawn more often counts for less."""

import math

import pytest
from planned_lines import LINE, LONG, OFTEN, one_line

from licensing.policies import DAY_NS
from simulator.plan.risk.drawn_years import drawn_years
from simulator.plan.risk.screen import YearScreen
from simulator.plan.years.sampler import YEAR_NS, ComponentYears, Emphasis, Sampler
from simulator.plan.years.strata import strata_of
from simulator.scenario.components import Component, ComponentKind, Reliability

HOST = Component(ComponentKind.HOST, "north")


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
    drawn = drawn_years(sampler, YearScreen(one_line(), sampler), 0, 4000)
    assert abs(drawn.weights.mean() - 1) < 0.02
    expected = sampler.components[0].any_outlasted(rare.share)
    assert strata_of(sampler).probabilities == pytest.approx((1 - expected, expected, 0))
    assert drawn.weights @ (drawn.strata == 1) / 4000 == pytest.approx(expected, rel=0.02)


def test_a_stratum_has_the_years_of_its_long_repairs() -> None:
    """Under each threshold of a component, on a pair, and on all else; arrays say it as numbers."""
    network = one_line(hosts=True)
    seldom, often = (LONG.survival(days * DAY_NS) for days in (20, 8))
    line, host = ({share: Emphasis(of, share) for share in (seldom, often)} for of in (LINE, HOST))
    emphases = ((), (line[often],), (line[seldom],), (line[often], host[often]))
    sampler = Sampler(network.reliability, 1, emphases=emphases)
    drawn = drawn_years(sampler, YearScreen(network, sampler), 0, 400)
    for number, stratum in enumerate(drawn.strata.tolist()):
        longest = [_longest(sampler, number, each) for each in (LINE, HOST)]
        own = ((longest[0] < often) + (longest[0] < seldom), int(longest[1] < often))
        assert stratum == {(0, 0): 0, (1, 0): 1, (2, 0): 2, (1, 1): 3}.get(own, 4)
    assert {*drawn.strata.tolist()} == {0, 1, 2, 3, 4}


def _longest(sampler: Sampler, number: int, component: Component) -> float:
    years, emphasis = sampler.of(component), sampler.emphasis(number).get(component, 1.0)
    return years.failures(years.key_of_year(number), emphasis)[1]
