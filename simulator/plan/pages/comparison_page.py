"""The page of a comparison: every variant on the same outages, and how far they are apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from licensing.policies import DAY_NS
from simulator.plan.assumptions import assumptions, failing
from simulator.plan.comparison import ComparedVariant
from simulator.plan.pages.curves import curve_chart
from simulator.plan.pages.plan_page import RiskGrid
from simulator.plan.pages.risk_rows import RiskRow, risk_row, scale_of
from simulator.plan.risk import ANY
from simulator.plan.risk_words import bare, between, in_words, level, percent
from simulator.report.pages.frame import page
from simulator.report.pages.run_page import Provenance
from simulator.scenario import period_in_words

MOST_CURVES = 6
"""More lines than that nobody tells apart; the table has all."""


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A row of the table; `apart` and its interval are "" for the first."""

    name: str
    row: RiskRow
    apart: str
    interval: str
    is_other: bool


def comparison_page(title: str, variants: Sequence[ComparedVariant], provenance: Provenance) -> str:
    """The page as HTML: one file that can be mailed."""
    first = variants[0]
    scale = scale_of(each.table.any.probability for each in variants)
    drawn = variants[:MOST_CURVES]
    courses = {each.name: each.table.any.by_day for each in drawn if each.table.any.by_day}
    return page(
        "comparison.html",
        beside=Path(__file__).parent,
        title=title,
        first=first,
        rows=[VariantRow(each.name, risk_row(each.table.any, scale), *_apart(each, first))
              for each in variants],
        scale=scale,
        chart=curve_chart(courses, first.table.horizon_ns / DAY_NS) if courses else None,
        left_out=len(variants) - len(drawn),
        sites=_sites(variants),
        horizon=period_in_words(first.table.horizon_ns),
        years=min(each.table.years for each in variants),
        failing=failing(first.network),
        assumptions=[*assumptions(first.network, first.table)],
        provenance=provenance,
        level=level,
        in_words=in_words,
        bare=bare,
    )  # fmt: skip


def _apart(variant: ComparedVariant, first: ComparedVariant) -> tuple[str, str, bool]:
    if variant is first:
        return "", "", False
    difference = variant.differences[ANY]
    more = "+" if difference.value > 0 else ""
    apart = f"{more}{percent(difference.value)}"
    return apart, between(difference.low, difference.high), variant.is_other


def _sites(variants: Sequence[ComparedVariant]) -> RiskGrid:
    rows = [*_seen(variants)]
    cells = [[each.table.sites[index].probability for each in variants] for index, _ in rows]
    return RiskGrid([name for _, name in rows], [each.name for each in variants], cells)


def _seen(variants: Sequence[ComparedVariant]) -> Iterator[tuple[int, str]]:
    """The sites, by their places in the tables, at which some variant saw an emergency."""
    for index, risk in enumerate(variants[0].table.sites):
        if any(each.table.sites[index].probability.value for each in variants):
            yield index, risk.site
