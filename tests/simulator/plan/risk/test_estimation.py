"""The table of risk: its intervals, what they rest on, and that it is the same everywhere."""

import pickle
from collections.abc import Callable, Iterable, Iterator
from itertools import count

import pytest
from msgspec.structs import replace
from planned_lines import LONG, OFTEN, lines, one_line, two_ways

from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk import usual_years
from simulator.plan.risk.closed_forms import forms_of
from simulator.plan.risk.emphases import sampler_for
from simulator.plan.risk.estimation import estimate
from simulator.plan.risk.intervals import RowChances, agrees
from simulator.plan.risk.risk_table import (
    ANY,
    NEVER_CUT_OFF,
    Estimate,
    FormOf,
    RiskBasis,
    RiskSettings,
    RiskTable,
)
from simulator.plan.risk.tallies import Batch, YearTally, judged
from simulator.plan.told.checks import form_checks
from simulator.plan.years import strata
from simulator.plan.years.sampler import Sampler
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.outages.distributions import Exponential, Fixed, Lognormal, Weibull

STAR = ("hq", "north", "south")
RESUME = Recovery(policy=RecoveryPolicy.RESUME)
RARE = one_line(Lognormal(8 * HOUR_NS, 1.2), up=Exponential(60 * DAY_NS), period_ns=30 * DAY_NS)


@pytest.fixture(autouse=True)
def few_usual_years(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests ask for chances, and not for what a site's usual year is like."""
    monkeypatch.setattr(usual_years, "_SITE_YEARS", 1)


def table_of(network: PlannedNetwork, precision: float = 0.05, seed: int = 1) -> RiskTable:
    """Judged in this process, however long it takes."""
    settings = RiskSettings(seed=seed, precision=precision)
    return estimate(network, settings, map, now_s=lambda: 0.0)


def alone(network: PlannedNetwork, *names: str) -> PlannedNetwork:
    """Nothing else fails in it."""
    fail = tuple(each for each in network.reliability if each.component.name in names)
    return replace(network, reliability=fail)


@pytest.mark.parametrize(
    "network",
    [
        one_line(period_ns=5 * DAY_NS),
        one_line(period_ns=12 * DAY_NS, recovery=RESUME),
        RARE,
    ],
)
def test_the_closed_form_agrees(network: PlannedNetwork) -> None:
    """Within three standard errors: often, seldom, and once in 26,000 years."""
    row = table_of(network, precision=0.15).sites[1]
    assert row.closed_form
    assert row.closed_form.agrees
    assert row.probability.relative_half_width <= 0.15


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (
            alone(
                one_line(Exponential(DAY_NS), period_ns=6 * DAY_NS, hosts=True), "hq-north", "hq"
            ),
            "either down",
        ),
        (
            alone(two_ways(Exponential(2 * DAY_NS), period_ns=4 * DAY_NS), "hq-mpls", "lte-north"),
            "two lines",
        ),
    ],
)
def test_the_form_of_two_components_agrees(network: PlannedNetwork, name: str) -> None:
    """A line or the master down, and two equal lines in parallel."""
    batch = Batch(network, sampler_for(network, 1), 0, 400, detailed=False)
    form = next(each for each in forms_of(network, "north") if each.of is FormOf.PROBABILITY)
    assert form.name.endswith(name)
    assert agrees(form.value, RowChances(judged(batch)).ideal("north"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_lines_in_a_row_end_a_period_together(seed: int) -> None:
    """A third of the ends have no long repair: they are waited for, or the interval has room."""
    both = [Component(ComponentKind.LINK, name) for name in ("hq-mpls", "mpls-north")]
    network = replace(
        one_line(period_ns=30 * DAY_NS),
        **lines("hq-mpls", "mpls-north"),
        reliability=tuple(
            Reliability(each, Exponential(60 * DAY_NS), Exponential(3 * DAY_NS)) for each in both
        ),
    )
    settings = RiskSettings(seed=seed, minutes=0.2)
    row = estimate(network, settings, map, now_s=count().__next__).sites[1]
    assert row.closed_form
    assert row.closed_form.agrees
    assert row.probability.low < row.closed_form.value < row.probability.high


def test_each_site_of_several_has_its_forms() -> None:
    """Of `any` there is none then; sites that are alike share the histories of the long run."""
    star = replace(one_line(period_ns=5 * DAY_NS), **lines("hq-north", "hq-south", sites=STAR))
    fail = [
        Reliability(Component(ComponentKind.LINK, f"hq-{each}"), OFTEN, LONG) for each in STAR[1:]
    ]
    table = table_of(replace(star, reliability=tuple(fail)), precision=0.3)
    assert not table.any.closed_forms
    north, south = (site.closed_forms for site in table.sites[1:])
    assert [form.of for form in north] == [FormOf.PROBABILITY, FormOf.YEARLY]
    assert north[1] == south[1] != north[0]
    assert all(form.agrees for form in (*north, *south))
    assert {check.wrong for check in form_checks(table)} == {""}


def test_an_event_of_one_in_26_000_years_takes_thousands_of_them() -> None:
    """Years with a long repair are drawn on purpose, and count for as much as they are likely."""
    table = table_of(RARE)
    assert table.years < 10_000
    assert 3e-5 < table.any.probability.low < table.any.probability.high < 5e-5


@pytest.mark.parametrize("planted", ["strata as drawn", "repairs too long"])
def test_a_wrong_model_is_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: drawn years count as they are drawn; and repairs that last half as long again."""
    if planted == "strata as drawn":
        monkeypatch.setattr(strata, "_probabilities", lambda *_: [0.5, 0.5])
        row = table_of(RARE).any
    else:
        longer = one_line(Lognormal(36 * HOUR_NS, 1.5), period_ns=5 * DAY_NS)
        sampler = sampler_for(longer, 1)
        settings = RiskSettings(precision=0.1)
        network = one_line(period_ns=5 * DAY_NS)
        row = estimate(network, settings, map, sampler=sampler, now_s=lambda: 0.0).any
    assert row.closed_form
    assert not row.closed_form.agrees


def test_what_was_never_seen_has_a_bound() -> None:
    """A repair of an hour hardly ends five days: nobody draws years for what can be calculated."""
    table = table_of(one_line(Fixed(HOUR_NS), period_ns=5 * DAY_NS))
    assert table.any.probability == Estimate(0.0, 0.0, 1e-9)
    assert table.any.basis is RiskBasis.CALCULATED
    assert table.reached
    assert (table.sites[0].basis, table.sites[0].proof) == (RiskBasis.PROVED, NEVER_CUT_OFF)
    assert table.worst is None


def test_what_cannot_be_calculated_has_the_bound_of_its_years() -> None:
    """Failures with a memory: none of 20,000 years says nothing of the next."""
    worn = one_line(Fixed(HOUR_NS), up=Weibull(20 * DAY_NS, 2.0), period_ns=5 * DAY_NS)
    row = estimate(worn, RiskSettings(minutes=0.001), map, now_s=count().__next__).any
    assert row.is_unseen
    assert 0 == row.probability.value < row.probability.high < 1e-3


@pytest.mark.parametrize(
    "network",
    [
        one_line(period_ns=5 * DAY_NS, hosts=True),
        one_line(period_ns=20 * DAY_NS, recovery=RESUME),
        two_ways(Lognormal(12 * HOUR_NS, 1.5), period_ns=4 * DAY_NS),
    ],
)
def test_who_comes_to_an_end_is_the_same_whether_it_is_played_or_not(
    network: PlannedNetwork,
) -> None:
    """A batch without details plays only what is uncertain, and counts the same years."""
    batch = Batch(network, sampler_for(network, 2), 0, 48)
    played, counted = judged(batch), judged(replace(batch, detailed=False))
    assert played.rows[ANY].ends.seen
    for name in (ANY, *network.sites):
        assert counted.rows[name].ends == played.rows[name].ends
        assert counted.rows[name].ideal == played.rows[name].ideal


def test_the_table_is_the_same_wherever_batches_are_judged() -> None:
    """As from other processes, and more of them than are needed."""

    def elsewhere(
        work: Callable[[Batch], YearTally], batches: Iterable[Batch]
    ) -> Iterator[YearTally]:
        for batch in batches:
            yield pickle.loads(pickle.dumps(work(pickle.loads(pickle.dumps(batch)))))

    settings = RiskSettings(seed=4, precision=0.3)
    here = estimate(RARE, settings, map, now_s=lambda: 0.0)
    assert here == estimate(RARE, settings, elsewhere, now_s=lambda: 0.0)
    assert here.any != table_of(RARE, precision=0.3, seed=5).any


def test_the_same_years_end_with_every_numpy_on_every_processor() -> None:
    """Counted with numpy 1.26.4, 2.0.2 and 2.4.6."""
    network = one_line(period_ns=5 * DAY_NS)
    plain = Sampler(network.reliability, 1, network.horizon_ns)
    tally = judged(Batch(network, plain, 0, 20_000, detailed=False))
    assert tally.rows[ANY].ends.seen == 9_079
