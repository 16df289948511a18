"""The table of sites on the page: each with its interval on a scale of powers of ten."""

from collections.abc import Iterable, Iterator
from math import log10

import msgspec
from msgspec.structs import replace

from simulator.plan.pages.curves import ScaleMark
from simulator.plan.risk.risk_table import Estimate, RiskTable, SiteRisk
from simulator.plan.risk.words import beside, interval_in_words, level

SCALE_WIDTH = 1000.0
_LEAST_DECADES = 3
_MOST_DECADES = 6
_LABEL_EACH = {3: 1, 4: 2, 5: 2, 6: 3}
"""By decades: so many powers apart four labels or fewer stand side by side, the longest too."""


class Whiskers(msgspec.Struct, frozen=True):
    """An interval as SVG paths, as words and as a level; `bound` is that of what was not seen."""

    level: int
    interval: str
    estimate: str
    bound: str


class RiskRow(msgspec.Struct, frozen=True):
    """A row of the table."""

    risk: SiteRisk
    whiskers: Whiskers


class RiskScale(msgspec.Struct, frozen=True):
    """Powers of ten from `first`, the exponent on the left, up to 1 on the right."""

    first: int

    def x(self, probability: float) -> float:
        """Where it is drawn; what is less than the scale has stands at its edge."""
        share = 1 - log10(max(probability, 10.0**self.first)) / self.first
        return round(SCALE_WIDTH * min(share, 1.0), 1)

    @property
    def marks(self) -> list[ScaleMark]:
        """One for each power; where there are many, some have no label, for want of room."""
        step = _LABEL_EACH[-self.first]
        return [
            ScaleMark(
                round((1 - power / self.first) * 100, 2),
                "" if power % step else f"{100 * 10.0**power:g} %",
            )
            for power in range(self.first, 1)
        ]

    @property
    def grid(self) -> str:
        """Lines at the marks, as one path."""
        return "".join(f"M{mark.at_percent * SCALE_WIDTH / 100:g} 0V24" for mark in self.marks)


def scale_of(estimates: Iterable[Estimate]) -> RiskScale:
    """A scale on which every interval has room."""
    least = min((edge for each in estimates if (edge := each.low or each.high)), default=1.0)
    decades = -log10(max(least, 10.0**-_MOST_DECADES))
    return RiskScale(-min(max(_LEAST_DECADES, int(decades) + 1), _MOST_DECADES))


def risk_rows(table: RiskTable, scale: RiskScale) -> Iterator[RiskRow]:
    """First `any`, then the sites, the most endangered first."""
    ordered = sorted(table.sites, key=lambda each: -each.probability.value)
    for risk in (table.any, *ordered):
        yield RiskRow(
            risk, replace(whiskers_of(risk.probability, scale), interval=beside(risk.known))
        )


def whiskers_of(risk: Estimate, scale: RiskScale) -> Whiskers:
    """An estimate and its interval on a scale."""
    low, value, high = (scale.x(each) for each in (risk.low, risk.value, risk.high))
    seen = f"M{low:g} 8v8M{low:g} 12H{high:g}M{high:g} 8v8M{value:g} 4v16"
    return Whiskers(
        level(risk),
        interval_in_words(risk),
        seen if risk.value else "",
        "" if risk.value or not risk.high else f"M0 12H{high:g}v-4v8",
    )
