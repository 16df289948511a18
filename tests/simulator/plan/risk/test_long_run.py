"""Closed forms of the long run are what an ideal node does in long histories."""

import pytest
from planned_lines import one_line

from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.plan.model import ideal
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk.closed_forms import forms_of
from simulator.plan.risk.long_run import long_run_forms
from simulator.plan.risk.risk_table import ClosedForm, FormOf
from simulator.scenario.outages.distributions import Exponential, Fixed, Lognormal, Weibull

RECHARGE = Recovery(policy=RecoveryPolicy.RECHARGE)
STABLE = Recovery(policy=RecoveryPolicy.AFTER_STABLE, stable_s=10 * 86_400)
DAYS = Exponential(40 * HOUR_NS)
CASES = {
    "rate, any repair": one_line(Weibull(12 * HOUR_NS, 0.6), period_ns=2 * DAY_NS),
    "recharge": one_line(DAYS, period_ns=6 * DAY_NS, recovery=RECHARGE),
    "after_stable": one_line(DAYS, period_ns=6 * DAY_NS, recovery=STABLE),
}


def checked(network: PlannedNetwork) -> ClosedForm:
    """The one form of the long run at north."""
    (form,) = long_run_forms(network, "north", seed=1)
    return form


@pytest.mark.parametrize("network", CASES.values(), ids=CASES)
def test_the_model_agrees(network: PlannedNetwork) -> None:
    """Within three standard errors, and these are no wide ones."""
    form = checked(network)
    assert form.agrees
    assert form.model
    assert form.model.relative_half_width < 0.4


@pytest.mark.parametrize("network", [CASES["recharge"], CASES["after_stable"]])
def test_another_policy_is_found(network: PlannedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: nothing is given back of what was used up."""
    monkeypatch.setattr(ideal, "_left_used_ns", lambda _, used_ns, __: used_ns)
    assert checked(network).agrees is False


def test_another_repair_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: repairs last half as long again as what the form is of."""
    forms = [*forms_of(CASES["rate, any repair"], "north")]
    monkeypatch.setattr("simulator.plan.risk.long_run.forms_of", lambda *_: forms)
    assert checked(one_line(Weibull(18 * HOUR_NS, 0.6), period_ns=2 * DAY_NS)).agrees is False


def test_what_is_too_rare_is_not_drawn() -> None:
    """It is said, with the form's own value; what never happens has no long run."""
    rare = one_line(Lognormal(8 * HOUR_NS, 1.0), period_ns=30 * DAY_NS)
    form = checked(rare)
    assert (form.of, form.model, form.agrees) == (FormOf.YEARLY, None, None)
    assert 0 < form.value < 1e-3
    assert not [*long_run_forms(one_line(Fixed(HOUR_NS)), "north", seed=1)]
