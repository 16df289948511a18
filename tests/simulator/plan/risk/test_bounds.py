"""What is calculated of a site's end without a year: never less than it is, and 0 only by proof."""

import pytest
from msgspec.structs import replace
from planned_lines import lines, one_line, two_ways

from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk import bounds
from simulator.plan.risk.bounds import Bound, Bounds, bound_of
from simulator.plan.risk.emphases import sampler_for
from simulator.plan.risk.intervals import RowChances
from simulator.plan.risk.risk_table import NEVER_CUT_OFF, Estimate
from simulator.plan.risk.tallies import Batch, judged
from simulator.plan.years.sampler import Sampler
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.outages.distributions import Exponential, Fixed, Lognormal, Weibull

RESUME = Recovery(policy=RecoveryPolicy.RESUME)
SHORT = one_line(Exponential(HOUR_NS), period_ns=24 * HOUR_NS, recovery=RESUME)
HOURLY = one_line(Fixed(HOUR_NS), period_ns=5 * DAY_NS)


def drawn(network: PlannedNetwork, years: int = 200) -> Estimate:
    """The chance at north, of years as they happen."""
    sampler = Sampler(network.reliability, 3, network.horizon_ns)
    tally = judged(Batch(network, sampler, 0, years, detailed=False))
    return RowChances(tally).probability("north")


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


def in_a_row(mean: Exponential, up_ns: int, period_ns: int) -> PlannedNetwork:
    """North behind two links, one after the other."""
    both = [Component(ComponentKind.LINK, name) for name in ("hq-mpls", "mpls-north")]
    return replace(
        one_line(period_ns=period_ns),
        **lines("hq-mpls", "mpls-north"),
        reliability=tuple(Reliability(each, Exponential(up_ns), mean) for each in both),
    )


SEVERAL = in_a_row(Exponential(3 * DAY_NS), 60 * DAY_NS, 20 * DAY_NS)
"""A fifth of its ends have no repair that lasts for the period."""


def without_long(network: PlannedNetwork) -> tuple[float, float]:
    """The chance of an end without a long repair, as drawn and as calculated at most."""
    sampler = sampler_for(network, 3)
    tally = judged(Batch(network, sampler, 0, 6_000, detailed=False))
    share = tally.rows["north"].ends.weights[0] / tally.drawn.weights[0]
    return share * tally.probabilities[0], Bounds(network, sampler).in_stratum("north", 0)


def test_what_ends_without_a_long_repair_is_no_more_than_its_bound() -> None:
    """Several repairs, of which each begins before there was contact."""
    chance, bound = without_long(SEVERAL)
    assert 0 < chance < bound < 100 * chance


def test_one_line_hardly_ends_without_a_long_repair() -> None:
    """It would have to fail again in the hours that a node needs for its contact."""
    network = one_line(
        Lognormal(8 * HOUR_NS, 2.0), up=Exponential(60 * DAY_NS), period_ns=30 * DAY_NS
    )
    known = Bounds(network, sampler_for(network, 1))
    assert known.in_stratum("north", 0) < 1e-2 * known.of("north").high
    assert known.in_stratum("north", 1) == 1


def test_a_bound_that_forgets_what_lasts_between_contacts_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planted: of several repairs in a row none is believed to begin during the others."""
    monkeypatch.setattr(bounds, "_without_contact", lambda *_: 0.0)
    chance, bound = without_long(SEVERAL)
    assert chance > bound


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
    assert "too few and too short" in Bounds(regular).of("north").proof
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
