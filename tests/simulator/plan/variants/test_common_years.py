"""Variants on the same years: differences are of pairs, and none is ever certain."""

from itertools import repeat

import plan_tables as made_up
import pytest
from msgspec.structs import replace

from licensing.policies import DAY_NS, HOUR_NS
from simulator.plan.risk.closed_forms import forms_of
from simulator.plan.risk.drawn_years import PLAIN_YEAR
from simulator.plan.risk.risk_table import ANY, RiskBasis, RiskSettings
from simulator.plan.risk.tallies import YearTally
from simulator.plan.told.comparison_outcome import comparison_csv
from simulator.plan.variants.common_years import (
    YEARS_OF_A_BATCH,
    VariantTally,
    are_exact,
    compared,
    comparison_of,
)
from simulator.plan.variants.comparison import comparison_rows
from simulator.scenario.outages.distributions import Lognormal
from simulator.spread import workers

ENDS = (1.0, frozenset({"any"}))


def pair() -> tuple[VariantTally, VariantTally]:
    """Of two networks that are alike."""
    network = made_up.network(made_up.scenario())
    return VariantTally(network), VariantTally(network)


def tally(ended: int, years: int, *further: str) -> YearTally:
    """Years as they happen, in some of which north ended, and in as many these others."""
    found = YearTally()
    found.drawn.count(PLAIN_YEAR, years)
    for name in ("any", "north", *further):
        found.rows[name].ends.count(PLAIN_YEAR, ended)
    return found


def test_a_year_in_which_both_end_makes_no_difference() -> None:
    """Only years in which one of them ends count, each for its side."""
    there = {1: (1.0, frozenset({"any", "north"})), 2: (1.0, frozenset({"any", "south"}))}
    here = {1: (1.0, frozenset({"any", "north"})), 3: (1.0, frozenset({"any", "north"}))}
    first, variant = pair()
    first.take(tally(2, 100, "south"), there, there)
    variant.take(tally(2, 100), here, there)
    assert variant.difference("any", first).value == 0
    assert variant.difference("north", first).value == 0.01
    assert variant.difference("south", first).value == -0.01


def test_a_difference_is_never_certain() -> None:
    """Where no year differs the interval has a width; of 25 years against 5 it excludes 0."""
    same, _ = pair()
    same.take(tally(0, 1000), {}, {})
    difference = same.difference("any", same)
    assert difference.low < 0 < difference.high < 0.003
    first, other = pair()
    there = dict.fromkeys(range(50, 55), ENDS)
    first.take(tally(5, 100), there, there)
    other.take(tally(25, 100), dict.fromkeys(range(25), ENDS), there)
    difference = other.difference("any", first)
    assert difference.value == 0.2
    assert 0.09 < difference.low < difference.high < 0.31


def test_a_difference_is_none_that_both_chances_rule_out() -> None:
    """Where almost every year has an emergency in one network it is over -100 %."""
    first, variant = pair()
    there = dict.fromkeys(range(90), ENDS)
    first.take(tally(90, 100), there, there)
    variant.take(tally(0, 100), {}, there)
    one, other = first.probability("any"), variant.probability("any")
    difference = variant.difference("any", first)
    assert one.high < 1
    assert other.low - one.high <= difference.low < difference.value == -0.9
    assert difference.value < difference.high <= other.high - one.low


def test_what_is_likelier_to_be_drawn_counts_for_less() -> None:
    """In a difference, too."""
    first, variant = pair()
    first.take(tally(0, 100), {}, {})
    variant.take(tally(1, 100), {1: (0.01, frozenset({"any"}))}, {})
    assert variant.difference("any", first).value == pytest.approx(0.0001)


def networks() -> list:
    """Under `full` and `resume`, with a failover period of five days."""
    network = made_up.network(made_up.scenario()).under(failover_period_ns=5 * DAY_NS)
    return [network, network.under(recovery=made_up.RESUME), network]


def test_the_same_network_twice_is_no_difference_and_a_stricter_one_is() -> None:
    """All on the same years; under `resume` several short outages end a period, too.

    Whoever nothing cuts off has no risk in any of them.
    """
    clock = iter(range(1000))
    settings = RiskSettings(seed=3, precision=0.2)
    with workers() as workforce:
        *_, tallies = compared(networks(), settings, workforce, lambda: next(clock))
    full, resume, same = comparison_of(["full", "resume", "same"], tallies, settings).variants
    assert are_exact(tallies, 0.2)
    assert resume.is_other
    assert resume.differences[ANY].low > 0
    assert same.differences[ANY].value == 0
    assert not same.is_other
    assert full.risks == same.risks
    assert full.risks["hq"].basis is resume.risks["hq"].basis is RiskBasis.PROVED


def test_a_site_that_the_first_does_not_have_is_no_more_likely_than_there() -> None:
    """There is no difference to tell, in a network whose hosts fail, too."""
    network = made_up.network(made_up.scenario())
    fewer = replace(network, sites=tuple(each for each in network.sites if each != "south"))
    with workers() as workforce:
        *_, tallies = compared(
            [fewer, network], RiskSettings(precision=0.5), workforce, repeat(0).__next__
        )
    comparison = comparison_of(["fewer", "all"], tallies, RiskSettings())
    _, second = comparison.variants
    assert "south" in second.risks
    assert "south" not in second.differences
    assert b"\nall,south," in comparison_csv(comparison)
    assert any("south" in row.text for row in comparison_rows(comparison))


def test_a_variant_of_which_other_repairs_are_long_is_known_as_well_as_the_first() -> None:
    """Repairs that spread more end a period by shorter ones than those of the first variant.

    With years drawn on purpose for the first alone it takes 200,000 of them, or none of the few
    that are seen ends, and the chance comes out at a two-thousandth.
    """
    network = made_up.network(made_up.scenario())
    line = replace(network.reliability[0], component=made_up.NORTH)
    spreads = [replace(line, repair=Lognormal(8 * HOUR_NS, sigma)) for sigma in (1.0, 2.0)]
    variants = [replace(network, reliability=(each,)) for each in spreads]
    with workers() as workforce:
        *_, tallies = compared(variants, RiskSettings(precision=0.1), workforce, repeat(0).__next__)
    for variant, tally in zip(variants, tallies, strict=True):
        form = next(forms_of(variant, "north")).value
        assert tally.probability("north").value == pytest.approx(form, rel=0.1)
        assert tally.tally.years <= 2 * YEARS_OF_A_BATCH


def test_time_over_is_said() -> None:
    """With what was reached."""
    clock = iter([0.0, 1e9])
    settings = RiskSettings(seed=3, precision=0.001)
    with workers() as workforce:
        *_, tallies = compared(networks()[:1], settings, workforce, lambda: next(clock))
    comparison = comparison_of(["full"], tallies, settings)
    assert not comparison.reached
    assert any("not reached" in row.text for row in comparison_rows(comparison))
