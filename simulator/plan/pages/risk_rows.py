"""The table of sites on the page: each with its interval on a scale of powers of ten."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log10

from simulator.plan.pages.curves import ScaleMark
from simulator.plan.risk import Estimate, RiskTable, SiteRisk
from simulator.plan.risk_words import interval_in_words, level

SCALE_WIDTH = 1000.0
_LEAST_DECADES = 3
_MOST_DECADES = 8


@dataclass(frozen=True, slots=True)
class RiskRow:
    """A row; `whisker` is an SVG path of the interval, `bound` of one without an estimate."""

    risk: SiteRisk
    level: int
    interval: str
    whisker: str
    bound: str


@dataclass(frozen=True, slots=True)
class RiskScale:
    """Powers of ten from `first`, the exponent on the left, up to 1 on the right."""

    first: int

    def x(self, probability: float) -> float:
        """Where it is drawn; what is less than the scale has stands at its edge."""
        share = 1 - log10(max(probability, 10.0**self.first)) / self.first
        return round(SCALE_WIDTH * min(share, 1.0), 1)

    @property
    def marks(self) -> list[ScaleMark]:
        """A label for each power, or for each second one where there are many."""
        step = 1 if self.first > -6 else 2
        return [
            ScaleMark(round((1 - power / self.first) * 100, 2), f"{100 * 10.0**power:g} %")
            for power in range(self.first, 1, step)
        ]

    @property
    def grid(self) -> str:
        """Lines at the marks, as one path."""
        return "".join(f"M{mark.at_percent * SCALE_WIDTH / 100:g} 0V24" for mark in self.marks)


def scale_of(estimates: Iterable[Estimate]) -> RiskScale:
    """A scale on which every interval has room."""
    least = min((each.low or each.high for each in estimates), default=1.0)
    decades = -log10(max(least, 10.0**-_MOST_DECADES))
    return RiskScale(-min(max(_LEAST_DECADES, int(decades) + 1), _MOST_DECADES))


def risk_rows(table: RiskTable, scale: RiskScale) -> Iterator[RiskRow]:
    """First `any`, then the sites, the most endangered first."""
    yield risk_row(table.any, scale)
    ordered = sorted(table.sites, key=lambda each: -(each.probability.value))
    yield from (risk_row(each, scale) for each in ordered)


def risk_row(risk: SiteRisk, scale: RiskScale) -> RiskRow:
    """One row, its interval on a scale."""
    estimate = risk.probability
    bound = "" if estimate.value else f"M0 12H{scale.x(estimate.high):g}v-4v8"
    return RiskRow(
        risk,
        level(estimate),
        interval_in_words(estimate),
        _whisker(estimate, scale) if estimate.value else "",
        bound,
    )


def _whisker(estimate: Estimate, scale: RiskScale) -> str:
    low, value, high = (scale.x(each) for each in (estimate.low, estimate.value, estimate.high))
    return f"M{low:g} 8v8M{low:g} 12H{high:g}M{high:g} 8v8M{value:g} 4v16"
