"""The page of a comparison: every variant on the same outages, and how far they are apart."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from licensing.policies import DAY_NS
from simulator.plan.pages.curves import curve_chart
from simulator.plan.pages.plan_page import RiskGrid
from simulator.plan.pages.risk_rows import RiskScale, Whiskers, scale_of, whiskers_of
from simulator.plan.risk.risk_table import ANY, Estimate
from simulator.plan.risk.words import bare, beside, between, in_percent, in_words, level
from simulator.plan.told.assumptions import Basis, assumptions, failing
from simulator.plan.variants.comparison import ComparedVariant, PlanComparison
from simulator.report.pages.frame import page
from simulator.report.pages.run_page import Provenance
from simulator.scenario import period_in_words

MOST_CURVES = 6
"""More lines than that nobody tells apart; the table has all."""

_SHORT_NAME = 24


class VariantRow(msgspec.Struct, frozen=True):
    """A row of the table; `apart` and its interval are "" for the first."""

    name: str
    risk: Estimate
    whiskers: Whiskers
    apart: str
    interval: str
    is_other: bool


def comparison_page(title: str, comparison: PlanComparison, provenance: Provenance) -> str:
    """The page as HTML: one file that can be mailed."""
    first, *_ = variants = comparison.variants
    scale = scale_of(each.risks[ANY].probability for each in variants)
    called = [*_called(variants)]
    drawn = zip(called, variants[:MOST_CURVES], strict=False)
    courses = {name: each.by_day for name, each in drawn if each.by_day}
    return page(
        "comparison.html",
        beside=Path(__file__).parent,
        title=title,
        comparison=comparison,
        rows=[_row(each, first, scale) for each in variants],
        scale=scale,
        chart=curve_chart(courses, comparison.horizon_ns / DAY_NS) if courses else None,
        left_out=len(variants) - len(courses),
        sites=_sites(comparison, called),
        horizon=period_in_words(comparison.horizon_ns),
        failing=failing(first.network),
        assumptions=[*assumptions(first.network, _basis(comparison))],
        provenance=provenance,
        level=level,
        in_words=in_words,
        bare=bare,
    )


def _basis(comparison: PlanComparison) -> Basis:
    return Basis(
        comparison.settings,
        comparison.years,
        comparison.reached,
        on_purpose=comparison.on_purpose,
    )


def _row(variant: ComparedVariant, first: ComparedVariant, scale: RiskScale) -> VariantRow:
    risk, difference = variant.risks[ANY], variant.differences[ANY]
    whiskers = replace(whiskers_of(risk.probability, scale), interval=beside(risk))
    if variant is first:
        return VariantRow(variant.name, risk.probability, whiskers, "", "", is_other=False)
    apart = f"{'+' if difference.value > 0 else ''}{in_percent(difference.value)}"
    interval = between(difference.low, difference.high)
    return VariantRow(variant.name, risk.probability, whiskers, apart, interval, variant.is_other)


def _called(variants: Sequence[ComparedVariant]) -> Iterator[str]:
    """What they are called where there is little room: as they are, or by their numbers."""
    short = all(len(each.name) <= _SHORT_NAME for each in variants)
    for number, each in enumerate(variants, start=1):
        yield each.name if short else f"variant {number}"


def _sites(comparison: PlanComparison, called: Sequence[str]) -> RiskGrid:
    variants = comparison.variants
    cells = [
        [each.risks[site].probability if site in each.risks else None for each in variants]
        for site in comparison.seen
    ]
    return RiskGrid(comparison.seen, called, cells)
