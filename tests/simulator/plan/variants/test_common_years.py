"""Variants on the same years: differences are of pairs, and none is ever certain."""

from dataclasses import replace
from itertools import repeat

import plan_tables as made_up
import pytest

from licensing.policies import DAY_NS, HOUR_NS
from simulator.plan.risk.closed_forms import forms_of
from simulator.plan.risk.drawn_years import PLAIN_YEAR
from simulator.plan.risk.risk_table import ANY, RiskSettings
from simulator.plan.risk.tallies import YearTally
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


def tally(ended: int, years: int) -> YearTally:
    """Years as they happen, in some of which north ended."""
    found = YearTally()
    found.drawn.count(PLAIN_YEAR, years)
    for name in ("any", "north"):
        found.rows[name].ends.count(PLAIN_YEAR, ended)
    return found


def test_a_year_in_which_both_end_makes_no_difference() -> None:
    """Only years in which one of them ends count, each for its side."""
    first = {1: (1.0, frozenset({"any", "north"})), 2: (1.0, frozenset({"any", "south"}))}
    here = {1: (1.0, frozenset({"any", "north"})), 3: (1.0, frozenset({"any", "north"}))}
    variant = VariantTally(made_up.network(made_up.scenario()))
    variant.take(tally(2, 100), here, first)
    assert variant.difference("any").value == 0
    assert variant.difference("north").value == 0.01
    assert variant.difference("south").value == -0.01


def test_a_difference_is_never_certain() -> None:
    """Where no year differs the interval has a width; of 25 years against 5 it excludes 0."""
    network = made_up.network(made_up.scenario())
    same, other = VariantTally(network), VariantTally(network)
    same.take(tally(0, 1000), {}, {})
    assert same.difference("any").low < 0 < same.difference("any").high < 0.003
    ends = (1.0, frozenset({"any"}))
    first = dict.fromkeys(range(50, 55), ends)
    other.take(tally(25, 100), dict.fromkeys(range(25), ends), first)
    assert other.difference("any").value == 0.2
    assert 0.09 < other.difference("any").low < other.difference("any").high < 0.31


def test_what_is_likelier_to_be_drawn_counts_for_less() -> None:
    """In a difference, too."""
    variant = VariantTally(made_up.network(made_up.scenario()))
    variant.take(tally(1, 100), {1: (0.01, frozenset({"any"}))}, {})
    assert variant.difference("any").value == pytest.approx(0.0001)


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
    assert full.risks["hq"].high == resume.risks["hq"].high == 0


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
        assert tally.tally.years == 2 * YEARS_OF_A_BATCH


def test_time_over_is_said() -> None:
    """With what was reached."""
    clock = iter([0.0, 1e9])
    settings = RiskSettings(seed=3, precision=0.001)
    with workers() as workforce:
        *_, tallies = compared(networks()[:1], settings, workforce, lambda: next(clock))
    comparison = comparison_of(["full"], tallies, settings)
    assert not comparison.reached
    assert any("not reached" in row.text for row in comparison_rows(comparison))
