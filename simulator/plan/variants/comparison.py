"""Several variants of a network on the same outages: each one's chances, and how they differ."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk.risk_table import ANY, Estimate, KnownChance, RiskSettings
from simulator.plan.risk.words import beside, between, in_percent, in_words
from simulator.report.page import Row, Tone, aligned
from simulator.scenario import period_in_words

_HEAD = ("", "P(emergency)", "95 % interval", "more than 1", "95 % interval")


class ComparedVariant(msgspec.Struct, frozen=True):
    """A network under a name that says what is other in it.

    `risks` and `differences` are by `any` and site; a difference is how much more likely an
    emergency is than in the first variant, in the same years. Of the first itself it is 0; of a
    site that the first does not have there is none.
    """

    name: str
    network: PlannedNetwork
    risks: Mapping[str, KnownChance]
    differences: Mapping[str, Estimate]
    by_day: Sequence[tuple[float, Estimate]]

    @property
    def is_other(self) -> bool:
        """Whether it differs from the first: the interval has no 0 in it."""
        difference = self.differences[ANY]
        return not difference.low <= 0 <= difference.high


class PlanComparison(msgspec.Struct, frozen=True):
    """All variants, the first one first, on `years` years of the seed of `settings`.

    `on_purpose`: some of them have a long repair that was asked for.
    """

    variants: Sequence[ComparedVariant]
    settings: RiskSettings
    years: int
    reached: bool
    on_purpose: bool = False

    @property
    def horizon_ns(self) -> int:
        """Within which an emergency has to begin."""
        return self.variants[0].network.horizon_ns

    @property
    def seen(self) -> Sequence[str]:
        """The sites at which some variant saw an emergency, in the order of the files."""
        sites = dict.fromkeys(site for each in self.variants for site in each.network.sites)
        return [
            site
            for site in sites
            if any(site in v.risks and v.risks[site].probability.value for v in self.variants)
        ]


def comparison_rows(comparison: PlanComparison) -> Iterator[Row]:
    """One table: a row a variant, then the sites at which one of them saw an emergency."""
    cells = [_cells(number, each) for number, each in enumerate(comparison.variants, start=1)]
    head, *rows = aligned([_HEAD, *cells])
    yield Row(head, Tone.HEADING)
    yield from (Row(row) for row in rows)
    yield Row()
    yield from _sites(comparison)
    yield from _rests_on(comparison)


def _cells(number: int, variant: ComparedVariant) -> tuple[str, ...]:
    risk, difference = variant.risks[ANY], variant.differences[ANY]
    apart = (in_percent(difference.value), between(difference.low, difference.high))
    return (
        f"{number}  {variant.name}",
        in_words(risk.probability),
        beside(risk),
        *(apart if number > 1 else ("", "")),
    )


def _sites(comparison: PlanComparison) -> Iterator[Row]:
    if not comparison.seen:
        return
    numbers = [str(number + 1) for number in range(len(comparison.variants))]
    table = [("", *numbers)]
    for site in comparison.seen:
        risks = (each.risks.get(site) for each in comparison.variants)
        table.append((site, *(in_words(risk.probability) if risk else "-" for risk in risks)))
    head, *rows = aligned(table)
    yield Row(head, Tone.HEADING)
    yield from (Row(row) for row in rows)
    yield Row()


def _rests_on(comparison: PlanComparison) -> Iterator[Row]:
    settings = comparison.settings
    yield Row(
        f"all on the same outages: {comparison.years:,} years of"
        f" {period_in_words(comparison.horizon_ns)} drawn from seed {settings.seed}; an interval of"
        " a difference that has 0 in it tells nothing apart",
        Tone.QUIET,
    )
    if not comparison.reached:
        wanted = f"half the interval is {in_percent(settings.precision)} of each value"
        yield Row(f"not reached: that {wanted}", Tone.FAILOVER)
