"""The answer before a person at a terminal: the table, the causes, and what it rests on."""

from collections.abc import Iterator

from licensing.words import counted
from simulator.plan.risk.causes import most_frequent
from simulator.plan.risk.risk_table import (
    ClosedForm,
    FormOf,
    RiskBasis,
    RiskTable,
    SiteRisk,
)
from simulator.plan.risk.words import (
    SELDOM,
    beside,
    failover_in_words,
    form_in_words,
    in_number,
    in_percent,
    in_words,
    made_in_words,
    off_in_words,
    outages_in_words,
    share_in_words,
    with_a_tenth_more,
)
from simulator.report.page import Row, Tone, aligned
from simulator.scenario import period_in_words

_MOST_CAUSES = 6
_MOST_PARAMETERS = 4
_MOST_FORMS = 10
_HEAD = ("", "P(emergency)", "95 % interval", "outages a year", "failover", "emergency")
_OFF = ("off",)
_FORMS = ("", "form", "model", "agrees", "with these")
_WITHOUT = "without age of answers, redialing, floor, and relicensing for others"


def answer_rows(table: RiskTable) -> Iterator[Row]:
    """All of it: first `any`, then the sites in the order of the file."""
    with_off = any(each.off_share for each in table)
    head, *rows = aligned(
        [
            _HEAD + _OFF * with_off,
            *(_cells(each) + (off_in_words(each),) * with_off for each in table),
        ]
    )
    yield Row(head, Tone.HEADING)
    yield from (Row(row) for row in rows)
    yield from _proofs(table)
    yield from _causes(table)
    yield from _forms(table)
    yield Row()
    yield from _ideal(table)
    yield from rests_on(table)


def _cells(risk: SiteRisk) -> tuple[str, ...]:
    return (
        risk.site,
        in_words(risk.probability),
        beside(risk.known),
        outages_in_words(risk),
        failover_in_words(risk),
        share_in_words(risk.emergency_share, risk.probability.high),
    )


def _proofs(table: RiskTable) -> Iterator[Row]:
    """Who cannot come to an end, and why."""
    by_proof: dict[str, list[str]] = {}
    for risk in table.sites:
        if risk.basis is RiskBasis.PROVED:
            by_proof.setdefault(risk.proof, []).append(risk.site)
    if by_proof:
        yield Row()
    for proof, sites in by_proof.items():
        yield Row(f"{', '.join(sites)}: no emergency can be: {proof}", Tone.QUIET)


def _forms(table: RiskTable) -> Iterator[Row]:
    """Each closed form, and the model for the same: those that do not agree first."""
    found = [(risk, form) for risk in table.sites for form in risk.closed_forms]
    found.sort(key=lambda each: each[1].agrees is not False)
    if not found:
        return
    head, *rows = aligned([_FORMS, *(_form(*each) for each in found[:_MOST_FORMS])])
    yield Row()
    yield Row(f"checked by closed forms, {_WITHOUT}", Tone.HEADING)
    yield Row(head, Tone.QUIET)
    for row, (_, form) in zip(rows, found, strict=False):
        yield Row(row, Tone.FAILED if form.agrees is False else Tone.PLAIN)
    if more := found[_MOST_FORMS:]:
        wrong = sum(form.agrees is False for _, form in more)
        yield Row(f"and {len(more)} more, of which {wrong or 'none'} do not agree", Tone.QUIET)


def _form(risk: SiteRisk, form: ClosedForm) -> tuple[str, ...]:
    made = made_in_words(risk) if form.of is FormOf.PROBABILITY else ""
    agrees = {True: "yes", False: "NO", None: ""}[form.agrees]
    return (f"{risk.site}: {form.of}, {form.name}", *form_in_words(form), agrees, made)


def _ideal(table: RiskTable) -> Iterator[Row]:
    """The difference that age, redialing and floor make, as a figure of its own."""
    if table.any.ideal and (made := made_in_words(table.any)):
        yield Row(
            f"{_WITHOUT}, any would have {in_words(table.any.ideal)}: these make {made} of it",
            Tone.QUIET,
        )


def _causes(table: RiskTable) -> Iterator[Row]:
    if causes := most_frequent(table.any.causes, _MOST_CAUSES):
        yield Row()
        yield Row("what the first emergencies are caused by", Tone.HEADING)
        yield from (Row(f"  {in_percent(each.share):>7}  {each.words}") for each in causes)
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
    wanted = f"half the interval is {in_percent(table.settings.precision)} of the value"
    if table.reached:
        but = f", but for {_unseen(table)}" if _unseen(table) else ""
        each = f"for any and for each site over {in_percent(SELDOM)}{but}"
        yield Row(f"{wanted}, or less, {each}", Tone.QUIET)
    else:
        yield Row(f"not reached: that {wanted}; {_reached(table)}", Tone.FAILOVER)
    if table.refusing_days:
        days = f"{in_number(table.refusing_days, 2)} days of a year"
        yield Row(f"new demands are refused on {days}, while relicensing is required", Tone.QUIET)


def _reached(table: RiskTable) -> str:
    if not table.any.probability.value:
        return f"no emergency was seen in {counted(table.years, 'year')}, so there is a bound only"
    also = f"; {_unseen(table)}" if _unseen(table) else ""
    reached = in_percent(table.any.probability.relative_half_width)
    return f"for any it is {reached}{_worst(table)}{also}"


def _worst(table: RiskTable) -> str:
    """The site that is known least exactly, of those that are not too rare for it."""
    told = [each for each in table.sites if each.probability.value >= SELDOM]
    if not told:
        return ""
    worst = max(told, key=lambda each: each.probability.relative_half_width)
    return f", for {worst.site} {in_percent(worst.probability.relative_half_width)}"


def _unseen(table: RiskTable) -> str:
    """The sites at which more years may show one."""
    unseen = [each.site for each in table.sites if each.is_unseen]
    sites = unseen[0] if len(unseen) == 1 else counted(len(unseen), "site")
    return f"{sites}, where none was seen and there is a bound only" if unseen else ""
