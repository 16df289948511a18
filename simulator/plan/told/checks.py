"""What of an answer can be wrong: limits that were set, and closed forms. For people and for CI."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from simulator.plan.risk.risk_table import ClosedForm, KnownChance, RiskBasis, RiskTable
from simulator.plan.risk.words import apart, form_in_words, in_percent, in_words
from simulator.report.page import Row, Tone

if TYPE_CHECKING:
    from junitparser import TestCase


class RiskCheck(msgspec.Struct, frozen=True):
    """What was checked, and what is wrong with it in words; "" where nothing is.

    `why` says of what is kept on what it rests, where that is not what was drawn.
    """

    name: str
    wrong: str
    why: str = ""

    @property
    def row(self) -> Row:
        """The same before a person."""
        kept = f"kept ({self.why})" if self.why else "kept"
        return Row(
            f"{self.name}: {self.wrong or kept}", Tone.FAILED if self.wrong else Tone.REGULAR
        )


def limit_checks(table: RiskTable, limits: Mapping[str, float]) -> Iterator[RiskCheck]:
    """Whether the upper end of each interval is within its limit, by the name of a site or `any`.

    A bound of what was never seen counts like any upper end: more years make it lower.
    """
    rows = {each.site: each.known for each in table}
    for site, limit in limits.items():
        yield _limit_check(site, rows[site], limit)


def _limit_check(name: str, known: KnownChance, limit: float) -> RiskCheck:
    over = known.probability.high > limit
    return RiskCheck(
        f"{name}: at most {in_percent(limit)}",
        _over(known, limit) if over else "",
        why="" if over else _REASONS[known.basis].format(known.proof),
    )


_REASONS = {
    RiskBasis.DRAWN: "",
    RiskBasis.CALCULATED: "no year showed one, and how often and how long things fail proves it",
    RiskBasis.PROVED: "there can be none: {}",
}


def _over(known: KnownChance, limit: float) -> str:
    over = f"it may be {' %, which is over '.join(apart(known.probability.high, limit))} %"
    if known.is_unseen:
        return f"{over}; none was seen, and more years may prove that it is less"
    if not known.probability.value:
        return f"{over}; none was seen, and that is what can be calculated"
    return f"{over}; the estimate is {in_words(known.probability)}"


def variant_checks(
    variant: str, risks: Mapping[str, KnownChance], limits: Mapping[str, float]
) -> Iterator[RiskCheck]:
    """The same of a variant; of a site that it does not have nothing is asked."""
    for site, limit in limits.items():
        if site in risks:
            yield _limit_check(f"{variant}: {site}", risks[site], limit)


def form_checks(table: RiskTable) -> Iterator[RiskCheck]:
    """Whether the model agrees with each closed form, within 3 standard errors."""
    for row in table:
        for form in row.closed_forms:
            if form.agrees is not None:
                yield _form_check(row.site, form)


def _form_check(site: str, form: ClosedForm) -> RiskCheck:
    value, model = form_in_words(form)
    said = f"the form says {value} {form.of}, the model {model}"
    return RiskCheck(f"{site}: agrees with {form.name}", "" if form.agrees else said)


def checks_junit(file: str, repeat: str, checks: Iterable[RiskCheck]) -> bytes:
    """The checks as JUnit XML: a suite with a case for each."""
    from junitparser import JUnitXml, TestSuite  # noqa: PLC0415 - only where it is asked for

    suite = TestSuite(file)
    for check in checks:
        suite.add_testcase(_case(file, repeat, check))
    document = JUnitXml("internetsim")
    document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]  # the library's own
    text: bytes = document.tostring()  # type: ignore[no-untyped-call]  # the library's own
    return text


def _case(file: str, repeat: str, check: RiskCheck) -> "TestCase":
    from junitparser import Failure, TestCase  # noqa: PLC0415 - only where it is asked for

    case = TestCase(check.name, classname=file)
    if check.wrong:
        failure = Failure(check.wrong)
        failure.text = f"{check.wrong}\nto repeat it: {repeat}"
        case.result = [failure]
    return case
