"""Closed forms: against each other, against known limits, and against drawn processes."""

import math

import numpy as np
import pytest

from licensing.policies import DAY_NS, HOUR_NS, NS_PER_SECOND
from simulator.plan.risk.closed_forms import (
    PlannedSpan,
    both_of_two_lines,
    either_of_two,
    emergencies_a_year_under_full,
    mean_time_under_after_stable_ns,
    mean_time_under_full_ns,
    mean_time_under_recharge_ns,
    probability_under_full,
    probability_under_resume,
)
from simulator.plan.risk.phase_types import PhaseType
from simulator.scenario.outages.distributions import Exponential, Fixed, Lognormal, Weibull

YEAR_NS = 365 * DAY_NS
UP = Exponential(60 * DAY_NS)
TWO_DAYS = PlannedSpan(2 * DAY_NS, YEAR_NS)
CHAINS = 1_500
DRAWN = 8_000
"""Enough for three standard errors to tell two days from 44 hours."""


def drawn(dice, distribution, count):
    """So many times, by what equal shares outlast."""
    outlasted = np.vectorize(distribution.outlasted_ns)
    return outlasted(1 - dice.random(count))


def first_emergencies(up, repair, used_up, period_ns, horizon_ns=math.inf):
    """When the first emergency begins in each of many histories, drawn one outage at a time.

    `used_up` says what is left used of an outage's end, after a time up.
    """
    dice = np.random.default_rng(7)  # noqa: TID251 - seeded
    now, used, found = (np.zeros(DRAWN) for _ in range(3))
    found[:] = math.inf
    alive = np.arange(DRAWN)
    while alive.size:
        times_up, repairs = drawn(dice, up, alive.size), drawn(dice, repair, alive.size)
        used[alive] = used_up(used[alive], times_up)
        ends = used[alive] + repairs > period_ns
        found[alive[ends]] = (now[alive] + times_up + period_ns - used[alive])[ends]
        now[alive] += times_up + repairs
        used[alive] += repairs
        alive = alive[~ends & (now[alive] < horizon_ns)]
    return found


def agrees(form, times_ns, horizon_ns=YEAR_NS):
    """Within 3 standard errors."""
    share = np.mean(times_ns <= horizon_ns)
    return abs(share - form) <= 3 * math.sqrt(share * (1 - share) / DRAWN)


@pytest.mark.parametrize(
    ("up", "repair"),
    [
        (UP, Lognormal(8 * HOUR_NS, 2.0)),
        (UP, Lognormal(3 * DAY_NS, 1.0)),
        (Weibull(20 * DAY_NS, 0.6), Weibull(8 * HOUR_NS, 0.5)),
        (Exponential(3 * DAY_NS), Fixed(49 * HOUR_NS)),
    ],
    ids=str,
)
def test_full_is_what_is_drawn(up, repair):
    """Any time up, and any repair."""
    times_ns = first_emergencies(up, repair, lambda used, _: used * 0, *TWO_DAYS)
    assert agrees(probability_under_full(up, repair, TWO_DAYS), times_ns)


def test_another_period_is_found():
    """Planted: two hours less than what was drawn with."""
    repair = Lognormal(3 * DAY_NS, 1.0)
    times_ns = first_emergencies(UP, repair, lambda used, _: used * 0, *TWO_DAYS)
    other = PlannedSpan(44 * HOUR_NS, YEAR_NS)
    assert not agrees(probability_under_full(UP, repair, other), times_ns)


def test_many_short_repairs_use_up_nothing():
    """8,000 of 150 s are 14 days of 30, although the chance of no failure at all is no float."""
    span = PlannedSpan(30 * DAY_NS, 365 * DAY_NS)
    hourly, brief = Exponential(HOUR_NS), Exponential(150 * NS_PER_SECOND)
    assert probability_under_resume(hourly, brief, span) < 1e-12
    assert probability_under_resume(hourly, Exponential(HOUR_NS), span) > 1 - 1e-12


@pytest.mark.parametrize(
    "repair", [Exponential(8 * HOUR_NS), Lognormal(8 * HOUR_NS, 2.0), Fixed(8 * HOUR_NS)], ids=str
)
def test_resume_is_what_is_drawn(repair):
    """The sum of all repairs; six of 8 h are no more than two days. Under full it is less."""
    times_ns = first_emergencies(UP, repair, lambda used, _: used, *TWO_DAYS)
    assert agrees(probability_under_resume(UP, repair, TWO_DAYS), times_ns)
    assert not agrees(probability_under_full(UP, repair, TWO_DAYS), times_ns)


@pytest.mark.parametrize(("fails", "repairs"), [(3, 3), (2, 4), (4, 2)])
def test_mean_times_are_what_is_drawn(fails, repairs):
    """Under recharge, and whole again after three days of connection; days of both."""
    up, repair = Exponential(fails * DAY_NS), Exponential(repairs * DAY_NS)
    period_ns, stable_ns = 5 * DAY_NS, 3 * DAY_NS
    forms = {
        mean_time_under_recharge_ns(up, repair, period_ns=period_ns): (
            lambda used, up: np.maximum(0, used - up)
        ),
        mean_time_under_after_stable_ns(up, repair, period_ns=period_ns, stable_ns=stable_ns): (
            lambda used, up: np.where(up >= stable_ns, 0, used)
        ),
        mean_time_under_full_ns(up, repair, period_ns=period_ns): lambda used, _: used * 0,
    }
    for form_ns, used_up in forms.items():
        times_ns = first_emergencies(up, repair, used_up, period_ns)
        error_ns = times_ns.std() / math.sqrt(DRAWN)
        assert abs(times_ns.mean() - form_ns) < 3 * error_ns


def test_whole_at_once_is_full():
    """A connection that is stable from its first moment on, or soon after it."""
    repair = Exponential(DAY_NS)
    stable = mean_time_under_after_stable_ns(UP, repair, period_ns=5 * DAY_NS, stable_ns=0)
    assert stable == pytest.approx(mean_time_under_full_ns(UP, repair, period_ns=5 * DAY_NS))


def test_what_is_rare_is_its_rate():
    """Failures in the time in which one can still become an emergency, by how seldom it does."""
    repair, period_ns = Lognormal(8 * HOUR_NS, 1.0), 30 * DAY_NS
    form = probability_under_full(UP, repair, PlannedSpan(period_ns, YEAR_NS))
    cycles = (YEAR_NS - period_ns) / (60 * DAY_NS + 8 * HOUR_NS)
    assert 1e-7 < form < 1e-4
    assert form == pytest.approx(cycles * repair.survival(period_ns), rel=2e-3)
    a_year = emergencies_a_year_under_full(UP, repair, period_ns=period_ns)
    assert form == pytest.approx(a_year * 335 / 365, rel=2e-3)


def test_nothing_begins_before_the_period_is_over():
    """A horizon that is no longer than the period has no emergency."""
    for form in (probability_under_full, probability_under_resume):
        assert form(UP, Exponential(DAY_NS), PlannedSpan(DAY_NS, DAY_NS)) == 0


def chain(rates, cut_off, period_ns, horizon_ns):
    """P by a chain whose first states are the whole, drawn with its own clock.

    `rates[state]` are pairs of another state and the mean time until it; `cut_off` are states.
    """
    dice, seen = np.random.default_rng(3), 0  # noqa: TID251 - seeded
    for _ in range(CHAINS):
        state, now, since = 0, 0.0, None
        while now < horizon_ns:
            times = [(dice.exponential(mean_ns), to) for to, mean_ns in rates[state]]
            lasts, following = min(times)
            if state in cut_off:
                since = now if since is None else since
                if min(now + lasts, horizon_ns) - since >= period_ns:
                    seen += 1
                    break
            else:
                since = None
            now, state = now + lasts, following
    return seen / CHAINS


def test_two_equal_lines_in_parallel():
    """Cut off while both are down; from the start on it takes longer than from a repair on."""
    fails, repairs = 20 * DAY_NS, 4 * DAY_NS
    first, further, both = both_of_two_lines(Exponential(fails), Exponential(repairs))
    form = probability_under_full(further, both, TWO_DAYS, first_up=first)
    rates = {0: [(1, fails / 2)], 1: [(2, fails), (0, repairs)], 2: [(1, repairs / 2)]}
    share = chain(rates, {2}, *TWO_DAYS)
    assert abs(share - form) < 3 * math.sqrt(form * (1 - form) / CHAINS)
    assert form < probability_under_full(further, both, TWO_DAYS)


def test_a_line_or_the_master_down():
    """Cut off while one of them is down: longer than each repair alone."""
    line, master = (60 * DAY_NS, 20 * HOUR_NS), (90 * DAY_NS, 30 * HOUR_NS)
    up, cut_off = either_of_two(*map(Exponential, (*line, *master)))
    form = probability_under_full(up, cut_off, TWO_DAYS)
    rates = {
        0: [(1, line[0]), (2, master[0])],
        1: [(0, line[1]), (3, master[0])],
        2: [(0, master[1]), (3, line[0])],
        3: [(2, line[1]), (1, master[1])],
    }
    share = chain(rates, {1, 2, 3}, *TWO_DAYS)
    assert abs(share - form) < 3 * math.sqrt(form * (1 - form) / CHAINS)
    assert cut_off.mean_ns > 24 * HOUR_NS


def test_a_phase_type_of_one_phase_is_exponential():
    """And of two in a row it has the known survival and partial mean."""
    one = PhaseType((1.0,), ((0.0,),), (1 / HOUR_NS,))
    plain = Exponential(HOUR_NS)
    for hours in (0, 0.3, 2, 20):
        time_ns = hours * HOUR_NS
        assert one.survival(time_ns) == pytest.approx(plain.survival(time_ns), rel=1e-12)
        assert one.mean_beyond_ns(time_ns) == pytest.approx(plain.mean_beyond_ns(time_ns))
    rate = 1 / HOUR_NS
    two = PhaseType((1.0, 0.0), ((0.0, rate), (0.0, 0.0)), (0.0, rate))
    assert two.mean_ns == pytest.approx(2 * HOUR_NS)
    assert two.survival(3 * HOUR_NS) == pytest.approx(4 * math.exp(-3))
