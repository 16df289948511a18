"""A comparison for other tools: as JSON in one form with a version, and as CSV."""

import csv
from io import StringIO

import msgspec

from simulator.plan.risk.risk_table import ANY, Estimate
from simulator.plan.told.document_head import AskedPlan, PlanDocument, head_of, rounded, schema_of
from simulator.plan.variants.comparison import ComparedVariant, PlanComparison


class EstimateOutcome(msgspec.Struct, kw_only=True):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class ComparedRisk(msgspec.Struct, kw_only=True):
    """A site in a variant; a probability of 0 was not seen, and its `high` is a bound.

    That is 0 where there can be no emergency. `more_than_first` is how much more likely one is
    than in the first variant.
    """

    probability: EstimateOutcome
    more_than_first: EstimateOutcome


class VariantOutcome(msgspec.Struct, kw_only=True):
    """One variant: for any site, and by site."""

    name: str
    any: ComparedRisk
    sites: dict[str, ComparedRisk]


class PlanComparisonOutcome(PlanDocument, kw_only=True):
    """All variants on the same years, the first one first."""

    variants: list[VariantOutcome]


def plan_comparison_outcome(comparison: PlanComparison, asked: AskedPlan) -> PlanComparisonOutcome:
    """The comparison as data."""
    return PlanComparisonOutcome(
        **head_of(comparison, asked),
        variants=[_variant(each) for each in comparison.variants],
    )


def _variant(variant: ComparedVariant) -> VariantOutcome:
    rows = {
        site: ComparedRisk(
            probability=_estimate(risk), more_than_first=_estimate(variant.differences[site])
        )
        for site, risk in variant.risks.items()
    }
    return VariantOutcome(name=variant.name, any=rows.pop(ANY), sites=rows)


def _estimate(estimate: Estimate) -> EstimateOutcome:
    return EstimateOutcome(
        value=rounded(estimate.value), low=rounded(estimate.low), high=rounded(estimate.high)
    )


_COLUMNS = (
    "variant", "site", "probability", "low", "high", "more_than_first", "more_low", "more_high",
)  # fmt: skip


def comparison_csv(comparison: PlanComparison) -> bytes:
    """A row for `any` and for each site of each variant."""
    text = StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(_COLUMNS)
    for variant in comparison.variants:
        for site, risk in variant.risks.items():
            pair = (risk, variant.differences[site])
            numbers = [rounded(each) for e in pair for each in (e.value, e.low, e.high)]
            lines.writerow((variant.name, site, *numbers))
    return text.getvalue().encode()


def comparison_schema() -> dict[str, object]:
    """The JSON Schema of the form."""
    return schema_of(PlanComparisonOutcome)
