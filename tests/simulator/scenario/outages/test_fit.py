"""Fits: known estimates, what was cut short, and which of the four is chosen."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.policies import HOUR_NS, MINUTE_NS, NS_PER_SECOND
from simulator.scenario.outages.distributions import Exponential, Fixed, Lognormal, Weibull
from simulator.scenario.outages.fit import TooFewOutages, log_likelihood
from simulator.scenario.outages.fit import fitted as fitted_of
from simulator.scenario.outages.record import Observation
from simulator.scenario.reliability import FailureAndRepair, distribution_in_words


def fitted(durations):
    """Of repairs."""
    return fitted_of(durations, "outage")


def drawn(distribution, count):
    """So many durations without chance: each is what an equal share outlasts."""
    return [distribution.outlasted_ns((number + 0.5) / count) for number in range(count)]


def recorded(times_ns, longest_ns=math.inf):
    """To the second; what is longer than the longest is cut short there."""
    seconds = [NS_PER_SECOND * max(1, round(min(each, longest_ns) / 1e9)) for each in times_ns]
    pairs = zip(seconds, times_ns, strict=True)
    return [Observation(lasted_ns, full_ns <= longest_ns) for lasted_ns, full_ns in pairs]


@pytest.mark.parametrize(
    "distribution",
    [
        Exponential(8 * HOUR_NS),
        Lognormal(8 * HOUR_NS, 2.0),
        Weibull(8 * HOUR_NS, 0.5),
        Weibull(8 * HOUR_NS, 3.0),
    ],
    ids=str,
)
@pytest.mark.parametrize("longest_ns", [math.inf, 10 * HOUR_NS], ids=["all", "cut-short"])
def test_what_was_drawn_is_found(distribution, longest_ns):
    """The kind, and its numbers to a few percent, also where up to a third is cut short."""
    fit = fitted(recorded(drawn(distribution, 500), longest_ns))
    assert type(fit.distribution) is type(distribution)
    assert fit.distribution.mean_ns == pytest.approx(distribution.mean_ns, rel=0.05)
    for name in ("sigma", "shape"):
        number = getattr(distribution, name, None)
        assert number is None or getattr(fit.distribution, name) == pytest.approx(number, rel=0.03)


def test_an_estimate_that_ignores_what_was_cut_short_would_be_found():
    """Planted: the same record, its open outages taken as ended."""
    durations = recorded(drawn(Exponential(8 * HOUR_NS), 500), 10 * HOUR_NS)
    wrong = [Observation(lasted_ns) for lasted_ns, _ in durations]
    assert fitted(wrong).distribution.mean_ns < 6 * HOUR_NS


@pytest.mark.parametrize("longest_ns", [math.inf, 5 * HOUR_NS])
@pytest.mark.parametrize("kind", [Exponential, Lognormal, Weibull])
def test_no_neighbour_is_likelier(kind, longest_ns):
    """Each candidate is a maximum, but for its four digits."""
    durations = recorded(drawn(Lognormal(4 * HOUR_NS, 1.0), 60), longest_ns)
    best = next(each for each in fitted(durations).candidates if type(each.distribution) is kind)
    mean_ns, *rest = (getattr(best.distribution, name) for name in kind.__match_args__)
    for mean, number in [(1.01, 1), (0.99, 1), (1, 1.01), (1, 0.99)]:
        other = kind(round(mean_ns * mean), *(each * number for each in rest))
        assert log_likelihood(other, durations) <= best.log_likelihood + 1e-3


def test_equal_repairs_are_fixed_and_one_that_differs_is_enough():
    """Any density is less likely than certainty; certainty is wrong once, and gone."""
    same = [Observation(4 * HOUR_NS)] * 12
    assert fitted(same).distribution == Fixed(4 * HOUR_NS)
    assert fitted([*same, Observation(5 * HOUR_NS, ended=False)]).distribution != Fixed(4 * HOUR_NS)
    assert fitted([*same, Observation(4 * HOUR_NS + MINUTE_NS)]).distribution != Fixed(4 * HOUR_NS)


def test_a_known_estimate_of_the_exponential():
    """All the time at risk by the number of ends, and its likelihood to the second."""
    durations = [Observation(hours * HOUR_NS) for hours in range(1, 11)] + [
        Observation(5 * HOUR_NS, ended=False)
    ]
    best = next(e for e in fitted(durations).candidates if isinstance(e.distribution, Exponential))
    assert best.distribution == Exponential(6 * HOUR_NS)
    assert best.log_likelihood == pytest.approx(-10 * math.log(6 * 3600) - 10)


DURATIONS = st.builds(
    Observation, st.integers(1, 9999 * 24 * 3600).map(NS_PER_SECOND.__mul__), st.booleans()
)


@given(st.lists(DURATIONS, min_size=9, max_size=14), st.integers(1, 9999 * 24 * 3600))
def test_whatever_is_recorded_there_is_a_fit_that_a_scenario_can_say(durations, lasted_s):
    """However far apart or alike they are; the best candidate comes first."""
    try:
        fit = fitted([*durations, Observation(lasted_s * NS_PER_SECOND)])
    except TooFewOutages:
        return
    words = distribution_in_words(fit.distribution)
    assert FailureAndRepair(fails="every 1 day", repair=words).repair == fit.distribution
    assert fit.candidates[0].score == max(each.score for each in fit.candidates)


def test_ends_that_are_too_few():
    """Ten that go on for decades, and one of a day: no mean that anybody would believe."""
    long = [Observation(9000 * 24 * HOUR_NS, ended=False)] * 10
    with pytest.raises(TooFewOutages, match="1 of 11 outages came to an end: too few"):
        fitted([*long, Observation(24 * HOUR_NS)])


def test_nine_are_too_few():
    """So are ten of which no end was seen."""
    with pytest.raises(TooFewOutages, match="9 outages: at least 10 are needed"):
        fitted([Observation(HOUR_NS)] * 9)
    with pytest.raises(TooFewOutages, match="of none of which the end was seen"):
        fitted([Observation(HOUR_NS, ended=False)] * 10)
