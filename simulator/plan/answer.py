"""The answer before a person at a terminal: the table, the causes, and what it rests on."""

from collections.abc import Iterator

from licensing.words import counted
from simulator.plan.causes import most_frequent
from simulator.plan.risk import RiskTable, SiteRisk
from simulator.plan.risk_words import (
    in_words,
    interval_in_words,
    percent,
    with_a_tenth_more,
)
from simulator.report.page import Row, Tone, aligned
from simulator.scenario import period_in_words

_MOST_CAUSES = 6
_MOST_PARAMETERS = 4
_SMALLEST_TOLD = 0.001
_HEAD = ("", "P(emergency)", "95 % interval", "outages a year", "failover", "emergency")
_CLOSED_FORM = ("closed form", "agrees")


def answer_rows(table: RiskTable) -> Iterator[Row]:
    """All of it: first `any`, then the sites in the order of the file."""
    checked = any(each.closed_form for each in table)
    head, *rows = aligned(
        [
            _HEAD + _CLOSED_FORM * checked,
            *(_cells(each, checked) for each in table),
        ]
    )
    yield Row(head, Tone.HEADING)
    yield from (Row(row) for row in rows)
    yield from _causes(table)
    yield Row()
    yield from _ideal(table)
    yield from rests_on(table)


def _cells(risk: SiteRisk, checked: bool) -> tuple[str, ...]:
    cells = (
        risk.site,
        in_words(risk.probability),
        interval_in_words(risk.probability) or "none seen",
        f"{risk.outages:.2f}",
        percent(risk.failover_share),
        percent(risk.emergency_share),
    )
    form = risk.closed_form
    if not checked:
        return cells
    if form is None:
        return (*cells, "", "")
    return (*cells, percent(form.value), "yes" if form.agrees else "NO")


def _ideal(table: RiskTable) -> Iterator[Row]:
    """The difference that age, redialing and floor make, as a figure of its own."""
    ideal = table.any.ideal
    if ideal is not None and ideal.value and table.any.probability.value:
        yield Row(
            f"without the age of answers, redialing and floor, any would have {in_words(ideal)}:"
            f" they make {_difference(table.any.probability.value / ideal.value - 1)}",
            Tone.QUIET,
        )


def _difference(share: float) -> str:
    return (
        f"{100 * share:+.2g} % of it" if abs(share) >= _SMALLEST_TOLD else "next to nothing of it"
    )


def _causes(table: RiskTable) -> Iterator[Row]:
    if causes := most_frequent(table.any.causes, _MOST_CAUSES):
        yield Row()
        yield Row("what the first emergencies are caused by", Tone.HEADING)
        yield from (Row(f"  {percent(each.share):>7}  {each.words}") for each in causes)
    if parameters := table.any.sensitivity[:_MOST_PARAMETERS]:
        yield Row()
        yield Row("what it is most sensitive to: 10 % more of it make it", Tone.HEADING)
        yield from (Row(f"  {with_a_tenth_more(each):>7}  {each.parameter}") for each in parameters)


def rests_on(table: RiskTable) -> Iterator[Row]:
    """How many years the numbers rest on, and whether they are as exact as was wanted."""
    horizon = period_in_words(table.horizon_ns)
    yield Row(
        f"at least one emergency that begins within {horizon}; {table.years:,} years drawn from"
        f" seed {table.settings.seed}",
        Tone.QUIET,
    )
    wanted = f"half the interval is {percent(table.settings.precision)} of the value"
    if table.reached:
        yield Row(f"{wanted}, or less, for any and for each site over 0.0001 %", Tone.QUIET)
    else:
        yield Row(f"not reached: that {wanted}; {_reached(table)}", Tone.FAILOVER)
    if table.refusing_days:
        days = f"{table.refusing_days:.2g} days of a year"
        yield Row(f"new demands are refused on {days}, while relicensing is required", Tone.QUIET)


def _reached(table: RiskTable) -> str:
    if not table.any.probability.value:
        return f"no emergency was seen in {counted(table.years, 'year')}, so there is a bound only"
    unseen = [each.site for each in table.sites if each.outages and not each.probability.value]
    sites = unseen[0] if len(unseen) == 1 else counted(len(unseen), "site")
    none_yet = f", and at {sites} none was seen yet" if unseen else ""
    return f"for any it is {percent(table.any.probability.relative_half_width)}{none_yet}"
