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
    than in the first variant; null where that does not have the site.
    """

    probability: EstimateOutcome
    more_than_first: EstimateOutcome | None


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
            probability=_estimate(risk.probability),
            more_than_first=_estimate(more) if (more := variant.differences.get(site)) else None,
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
            more = variant.differences.get(site)
            apart = _numbers(more) if more else ["", "", ""]
            lines.writerow((variant.name, site, *_numbers(risk.probability), *apart))
    return text.getvalue().encode()


def _numbers(estimate: Estimate) -> list[float]:
    return [rounded(each) for each in (estimate.value, estimate.low, estimate.high)]


def comparison_schema() -> dict[str, object]:
    """The JSON Schema of the form."""
    return schema_of(PlanComparisonOutcome)
