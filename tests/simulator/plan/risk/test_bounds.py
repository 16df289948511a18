"""What is calculated of a site's end without a year: never less than it is, and 0 only by proof."""

import pytest
from planned_lines import one_line, two_ways

from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk import bounds
from simulator.plan.risk.bounds import Bound, Bounds, bound_of
from simulator.plan.risk.intervals import probability_of
from simulator.plan.risk.risk_table import NEVER_CUT_OFF, Estimate
from simulator.plan.risk.tallies import Batch, judged
from simulator.plan.years.sampler import Sampler
from simulator.scenario.outages.distributions import Exponential, Fixed, Lognormal, Weibull

RESUME = Recovery(policy=RecoveryPolicy.RESUME)
SHORT = one_line(Exponential(HOUR_NS), period_ns=24 * HOUR_NS, recovery=RESUME)
HOURLY = one_line(Fixed(HOUR_NS), period_ns=5 * DAY_NS)


def drawn(network: PlannedNetwork, years: int = 200) -> Estimate:
    """The chance at north, of years as they happen."""
    sampler = Sampler(network.reliability, 3, network.horizon_ns)
    return probability_of(judged(Batch(network, sampler, 0, years, detailed=False)), "north")


@pytest.mark.parametrize(
    "network",
    [
        one_line(period_ns=5 * DAY_NS),
        one_line(period_ns=60 * DAY_NS, recovery=RESUME),
        two_ways(Exponential(4 * HOUR_NS), period_ns=8 * DAY_NS),
        SHORT,
    ],
)
def test_what_is_drawn_is_no_more_than_its_bound(network: PlannedNetwork) -> None:
    """Under each policy, of one way and of two, and with hosts; the bound tells something."""
    assert drawn(network).low < bound_of(network, "north").high < 1


def test_a_bound_without_the_age_of_answers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what is used up beyond the outages themselves is forgotten."""
    monkeypatch.setattr(bounds, "_overhead_ns", lambda *_: 0)
    assert drawn(SHORT).low > bound_of(SHORT, "north").high


def test_the_bound_of_a_single_long_repair_is_near_it() -> None:
    """Where one repair is nearly all that can be: within a quarter of how often it is so long."""
    repair = Lognormal(8 * HOUR_NS, 2.0)
    network = one_line(repair, up=Exponential(60 * DAY_NS), period_ns=30 * DAY_NS)
    rate = 365 / 60 * repair.survival(30 * DAY_NS)
    assert rate < bound_of(network, "north").high < 1.25 * rate


def test_who_is_never_cut_off_cannot_end() -> None:
    """The master, where no host fails; and everybody of whom that can be proved, together."""
    assert bound_of(HOURLY, "hq") == Bound(0.0, NEVER_CUT_OFF)
    regular = one_line(Fixed(HOUR_NS), up=Fixed(7 * DAY_NS), period_ns=10 * DAY_NS)
    assert not bound_of(regular, "north").high
    assert "too few and too short" in Bounds(regular).of(("hq", "north")).proof
    often = one_line(Fixed(HOUR_NS), up=Fixed(HOUR_NS), period_ns=10 * DAY_NS)
    assert bound_of(often, "north").high == 1


def test_no_period_ends_within_a_shorter_horizon() -> None:
    """But for the age of the last answer, and for what the start of a host charges."""
    week = {"period_ns": 30 * DAY_NS, "horizon_ns": 7 * DAY_NS}
    assert bound_of(one_line(**week), "north") == Bound(
        0.0, "its failover period is longer than the horizon"
    )
    assert bound_of(one_line(**week, hosts=True), "north").high
    assert bound_of(one_line(period_ns=7 * DAY_NS, horizon_ns=7 * DAY_NS), "north").high


def test_a_chance_is_never_proved_to_be_none() -> None:
    """A hundred repairs in a row are less likely than any number that is said.

    Of failures with a memory nothing is calculated.
    """
    assert bound_of(HOURLY, "north") == Bound(1e-9)
    worn = one_line(Fixed(HOUR_NS), up=Weibull(20 * DAY_NS, 2.0), period_ns=5 * DAY_NS)
    assert bound_of(worn, "north").high == 1
