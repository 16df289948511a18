"""Several variants of a network on the same outages: their tables, and how far they are apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from simulator.plan.network import PlannedNetwork
from simulator.plan.risk import ANY, Estimate, RiskTable
from simulator.plan.risk_words import between, in_words, interval_in_words, percent
from simulator.report.page import Row, Tone, aligned

_HEAD = ("", "P(emergency)", "95 % interval", "more than 1", "95 % interval")


@dataclass(frozen=True, slots=True)
class ComparedVariant:
    """A network under a name that says what is other in it, and its table.

    `differences` are by `any` and site: how much more likely an emergency is than in the first
    variant, in the same years; that of the first itself is 0.
    """

    name: str
    network: PlannedNetwork
    table: RiskTable
    differences: Mapping[str, Estimate]

    @property
    def is_other(self) -> bool:
        """Whether it differs from the first: the interval has no 0 in it."""
        difference = self.differences[ANY]
        return not difference.low <= 0 <= difference.high


def comparison_rows(variants: Sequence[ComparedVariant]) -> Iterator[Row]:
    """One table: a row a variant, then the sites of each where there are few."""
    first, *others = variants
    apart = [("", ""), *map(_apart, others)]
    cells = [_cells(n, each, *apart[n - 1]) for n, each in enumerate(variants, start=1)]
    head, *told = aligned([_HEAD, *cells])
    yield Row(head, Tone.HEADING)
    yield from (Row(row) for row in told)
    yield Row()
    yield from _sites(variants)
    years = min(each.table.years for each in variants)
    seed = first.table.settings.seed
    yield Row(
        f"all on the same outages: {years:,} years drawn from seed {seed}; an interval of a"
        " difference that has 0 in it tells nothing apart",
        Tone.QUIET,
    )


def _cells(number: int, variant: ComparedVariant, apart: str, interval: str) -> tuple[str, ...]:
    risk = variant.table.any.probability
    return (
        f"{number}  {variant.name}",
        in_words(risk),
        interval_in_words(risk) or "none seen",
        apart,
        interval,
    )


def _apart(variant: ComparedVariant) -> tuple[str, str]:
    difference = variant.differences[ANY]
    return percent(difference.value), between(difference.low, difference.high)


def _sites(variants: Sequence[ComparedVariant]) -> Iterator[Row]:
    """What differs at each site; where no variant saw an emergency, nothing is said."""
    sites = [each.site for each in variants[0].table.sites]
    risks = {v.name: {each.site: each.probability for each in v.table.sites} for v in variants}
    seen = [site for site in sites if any(risks[v.name][site].value for v in variants)]
    if not seen:
        return
    table = [("", *(str(number + 1) for number in range(len(variants))))]
    table += [(site, *(in_words(risks[v.name][site]) for v in variants)) for site in seen]
    head, *told = aligned(table)
    yield Row(head, Tone.HEADING)
    yield from (Row(row) for row in told)
    yield Row()
