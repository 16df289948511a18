"""Distributions: known values, and what holds of each between its parts."""

import math

import pytest

from licensing.policies import DAY_NS, HOUR_NS
from simulator.scenario.outages.distributions import Exponential, Fixed, Lognormal, Weibull
from simulator.scenario.outages.incomplete_gamma import upper_gamma

MEAN_NS = 8 * HOUR_NS
SMOOTH = [
    Exponential(MEAN_NS),
    Lognormal(MEAN_NS, 2.0),
    Lognormal(MEAN_NS, 0.3),
    Weibull(MEAN_NS, 0.5),
    Weibull(MEAN_NS, 3.0),
]
ALL = [*SMOOTH, Fixed(MEAN_NS)]


@pytest.mark.parametrize(
    ("distribution", "time_ns", "survival"),
    [
        (Exponential(MEAN_NS), 30 * DAY_NS, 8.194012623990515e-40),
        (Lognormal(MEAN_NS, 2.0), 30 * DAY_NS, 5.7721816627748e-4),
        (Lognormal(MEAN_NS, 0.1), 30 * DAY_NS, 0.0),
        (Weibull(MEAN_NS, 0.5), 30 * DAY_NS, math.exp(-math.sqrt(180))),
        (Fixed(MEAN_NS), MEAN_NS - 1, 1.0),
        (Fixed(MEAN_NS), MEAN_NS, 0.0),
    ],
)
def test_the_same_mean_against_the_same_period_is_harmless_or_not(distribution, time_ns, survival):
    """A mean repair of 8 h, 30 days of period: between 1e-39 and 6e-4."""
    assert distribution.survival(time_ns) == pytest.approx(survival, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("distribution", ALL, ids=str)
def test_the_whole_is_one_and_the_mean(distribution):
    """What lasts longer than no time is everything."""
    assert distribution.survival(0) == 1.0
    assert distribution.cdf(0) == 0.0
    assert distribution.mean_beyond_ns(0) == pytest.approx(MEAN_NS)


@pytest.mark.parametrize("distribution", SMOOTH, ids=str)
@pytest.mark.parametrize("hours", [0.5, 8.0, 30.0])
def test_density_survival_and_partial_mean_agree(distribution, hours):
    """Integrals by Simpson's rule over the density, against the closed forms."""
    begin_ns, end_ns, steps = hours * HOUR_NS, hours * HOUR_NS * 1.2, 200
    width_ns = (end_ns - begin_ns) / steps
    times_ns = [begin_ns + step * width_ns for step in range(steps + 1)]
    weights = [1, *([4, 2] * (steps // 2))[:-1], 1]
    densities = [math.exp(distribution.log_density(time_ns)) for time_ns in times_ns]
    within = math.fsum(map(math.prod, zip(weights, densities, strict=True))) * width_ns / 3
    part_ns = math.fsum(map(math.prod, zip(weights, densities, times_ns, strict=True)))
    expected_ns = distribution.mean_beyond_ns(begin_ns) - distribution.mean_beyond_ns(end_ns)
    assert within == pytest.approx(
        distribution.survival(begin_ns) - distribution.survival(end_ns), rel=1e-7, abs=1e-14
    )
    assert within == pytest.approx(
        distribution.cdf(end_ns) - distribution.cdf(begin_ns), rel=1e-7, abs=1e-14
    )
    assert part_ns * width_ns / 3 == pytest.approx(expected_ns, rel=1e-6, abs=1e-14 * MEAN_NS)


@pytest.mark.parametrize("distribution", SMOOTH, ids=str)
@pytest.mark.parametrize("share", [1.0, 0.9, 0.5, 1e-6, 1e-30])
def test_the_time_that_a_share_outlasts_is_the_inverse(distribution, share):
    """To far tails."""
    outlasted_ns = distribution.outlasted_ns(share)
    assert distribution.survival(outlasted_ns) == pytest.approx(share, rel=1e-9)
    assert distribution.log_survival(outlasted_ns) == pytest.approx(math.log(share), abs=1e-9)


def test_the_logarithm_of_a_tail_that_no_float_holds():
    """Goes on where the tail is 0, without a step where the series begins."""
    narrow = Lognormal(HOUR_NS, 0.01)
    times_ns = [math.exp(narrow.mu + 0.01 * standard) for standard in (29.999999, 30.000001)]
    before, after = map(narrow.log_survival, times_ns)
    assert before - after == pytest.approx(30.03 * 2e-6, rel=1e-3)
    assert narrow.log_survival(30 * DAY_NS) < -200_000


@pytest.mark.parametrize(
    ("order", "begin", "value"),
    [
        (1.0, 2.0, math.exp(-2)),
        (3.0, 0.0, 2.0),
        (3.0, 1.0, 5 * math.exp(-1)),
        (3.0, 13.0, 197 * math.exp(-13)),
        (0.5, 1.0, math.sqrt(math.pi) * math.erfc(1)),
        (0.5, 4.0, math.sqrt(math.pi) * math.erfc(2)),
    ],
)
def test_the_upper_gamma_function_has_its_known_values(order, begin, value):
    """Where it is an exponential, a factorial, a polynomial or an error function."""
    assert upper_gamma(order, begin) == pytest.approx(value, rel=1e-13)
