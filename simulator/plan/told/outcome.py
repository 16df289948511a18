"""The answer for other tools: as JSON in one form with a version, and as CSV.

Probabilities and shares are from 0 to 1.
"""

import csv
from collections.abc import Iterable, Mapping
from io import StringIO

import msgspec

from simulator.plan.risk.risk_table import (
    ClosedForm,
    Estimate,
    FormOf,
    RiskBasis,
    RiskTable,
    SiteRisk,
)
from simulator.plan.told.document_head import AskedPlan, PlanDocument, head_of, rounded, schema_of


class ShareOfCause(msgspec.Struct, kw_only=True):
    """What share of the first emergencies has this cause."""

    cause: str
    share: float


class ChangeWith(msgspec.Struct, kw_only=True):
    """By how many percent the probability changes with each percent by which a mean is longer."""

    parameter: str
    percent: float
    low: float
    high: float


class CheckedForm(msgspec.Struct, kw_only=True):
    """A closed form, and the model with age, redialing and floor switched off, with its interval.

    All null where the model would take too long to tell.
    """

    of: FormOf
    name: str
    value: float
    model: float | None
    low: float | None
    high: float | None
    agrees: bool | None


class DrawnDifference(msgspec.Struct, kw_only=True):
    """Between two probabilities in the same years, with its interval."""

    value: float
    low: float
    high: float


class RiskOutcome(msgspec.Struct, kw_only=True):
    """A site, or any of them; a probability of 0 was not seen, and `high` is its bound.

    `basis` is what that rests on: `drawn` years, what was `calculated` of outages, or `proved`
    (then `high` is 0, and `proof` says why there can be no emergency). `ideal` is the probability
    without age of answers, redialing and floor, and without relicensing that others cause; `made`
    is by how much the real one is larger.
    """

    probability: float
    low: float
    high: float
    basis: RiskBasis
    proof: str
    closed_form: float | None
    closed_form_name: str | None
    agrees: bool | None
    closed_forms: list[CheckedForm]
    ideal: float | None
    made: DrawnDifference | None
    outages_a_year: float
    failover_share: float
    emergency_share: float
    off_share: float
    causes: list[ShareOfCause]
    sensitivity: list[ChangeWith]


class PlanOutcome(PlanDocument, kw_only=True):
    """One table. `worst_year` is the number of the drawn year with most emergency mode."""

    refusing_days: float
    worst_year: int | None
    any: RiskOutcome
    sites: dict[str, RiskOutcome]


def plan_outcome(table: RiskTable, asked: AskedPlan) -> PlanOutcome:
    """The table as data."""
    return PlanOutcome(
        **head_of(table, asked),
        refusing_days=rounded(table.refusing_days),
        worst_year=table.worst,
        any=_risk(table.any),
        sites={each.site: _risk(each) for each in table.sites},
    )


def _risk(risk: SiteRisk) -> RiskOutcome:
    form = risk.closed_form
    return RiskOutcome(
        probability=rounded(risk.probability.value),
        low=rounded(risk.probability.low),
        high=rounded(risk.probability.high),
        basis=risk.basis,
        proof=risk.proof,
        closed_form=rounded(form.value) if form else None,
        closed_form_name=form.name if form else None,
        agrees=form.agrees if form else None,
        closed_forms=[_form(each) for each in risk.closed_forms],
        ideal=rounded(risk.ideal.value) if risk.ideal else None,
        made=_difference(risk.made) if risk.made else None,
        outages_a_year=rounded(risk.outages),
        failover_share=rounded(risk.failover_share),
        emergency_share=rounded(risk.emergency_share),
        off_share=rounded(risk.off_share),
        causes=[ShareOfCause(cause=c.words, share=rounded(c.share)) for c in risk.causes],
        sensitivity=[
            ChangeWith(
                parameter=each.parameter,
                percent=rounded(each.percent.value),
                low=rounded(each.percent.low),
                high=rounded(each.percent.high),
            )
            for each in risk.sensitivity
        ],
    )


def _form(form: ClosedForm) -> CheckedForm:
    model = form.model
    return CheckedForm(
        of=form.of,
        name=form.name,
        value=rounded(form.value),
        model=rounded(model.value) if model else None,
        low=rounded(model.low) if model else None,
        high=rounded(model.high) if model else None,
        agrees=form.agrees,
    )


def _difference(made: Estimate) -> DrawnDifference:
    return DrawnDifference(
        value=rounded(made.value), low=rounded(made.low), high=rounded(made.high)
    )


_COLUMNS = (
    "probability", "low", "high", "basis", "closed_form", "agrees", "outages_a_year",
    "failover_share", "emergency_share", "off_share",
)  # fmt: skip


def plan_csv(tables: Mapping[str, PlanOutcome]) -> bytes:
    """A row for `any` and for each site of each table, by the tables' names."""
    text = StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("variant", "site", *_COLUMNS))
    for name, outcome in tables.items():
        for site, risk in (("any", outcome.any), *outcome.sites.items()):
            lines.writerow((name, site, *_cells(risk)))
    return text.getvalue().encode()


def _cells(risk: RiskOutcome) -> Iterable[object]:
    for column in _COLUMNS:
        value = getattr(risk, column)
        if value is None:
            yield ""
        else:
            yield str(value).lower() if isinstance(value, bool) else value


def plan_schema() -> dict[str, object]:
    """The JSON Schema of the form."""
    return schema_of(PlanOutcome)
