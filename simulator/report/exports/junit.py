"""The outcomes of runs as JUnit XML: a suite a run, a case an expectation, as CI systems show it.

What must hold in every run is a case of its own: that no step is refused, each invariant, and that
nothing bought once is used twice (O10). A comparison is one more case.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from licensing.policies import NS_PER_SECOND
from simulator.report.exports.outcome import RunOutcome, Unlike
from simulator.report.matching import Agreement
from simulator.report.phrases import TIED, period, quantities

if TYPE_CHECKING:
    from junitparser import TestCase

_CASE_OF_ALL = ("no step is refused", "invariants O1 to O9 hold", "nothing is over-used (O10)")


def junit_xml(outcomes: Iterable[RunOutcome]) -> bytes:
    """The document; characters that XML cannot have are left out."""
    from junitparser import JUnitXml, TestSuite  # noqa: PLC0415 - only where it is asked for

    document = JUnitXml("internetsim")
    for outcome in outcomes:
        suite = TestSuite(_plain(outcome.file))
        for case in chain(_cases(outcome), _compared(outcome)):
            suite.add_testcase(case)
        document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]  # the library's own
    text: bytes = document.tostring()  # type: ignore[no-untyped-call]  # the library's own
    return text


def _cases(outcome: RunOutcome) -> "Iterator[TestCase]":
    if outcome.verdict == "not-played":
        return
    for expected in outcome.expectations:
        at = period(expected.at_ns // NS_PER_SECOND * NS_PER_SECOND)
        wrong = "" if expected.met else f"wanted {expected.wanted}; got {expected.got}"
        where = f"{expected.place}: " if expected.place else ""
        yield _case(outcome, f"{where}{expected.step} (after {at})", wrong)
    refused = (f"{each.place}: {each.step}: {each.text}" for each in outcome.refused_steps)
    broken = outcome.violation
    beyond = outcome.over_used != outcome.over_use_said
    over_use = f"{quantities(outcome.over_used)} more than bought" if beyond else ""
    violated = (
        f"{broken.rule} broken by {broken.host}: {broken.says}; {broken.seen}" if broken else ""
    )
    for name, wrong in zip(_CASE_OF_ALL, ("\n".join(refused), violated, over_use), strict=True):
        yield _case(outcome, name, wrong)
    if outcome.verdict == "stopped":
        yield _case(outcome, "the run comes to its end", outcome.reason)
    elif outcome.reason:
        yield _case(outcome, "no program logs an error", outcome.reason)


def _compared(outcome: RunOutcome) -> "Iterator[TestCase]":
    if comparison := outcome.comparison:
        broken = (f"{world}: {rule} broken" for world, rule in comparison.broken.items())
        differ = (
            _difference(each) for each in comparison.unlike if each.agreement is Agreement.DIFFERENT
        )
        wrong = "\n".join([comparison.says, *broken, *differ])
        name = "the simulated and the live history are the same"
        yield _case(outcome, name, "" if comparison.agrees else wrong)


def _difference(unlike: Unlike) -> str:
    simulated, live = (
        f"{each.says} (after {period(each.at_ns // NS_PER_SECOND * NS_PER_SECOND)})"
        if each
        else "nothing of the kind"
        for each in (unlike.simulated, unlike.live)
    )
    return f"{unlike.host}: simulated {simulated}; live {live}"


def _case(outcome: RunOutcome, name: str, wrong: str) -> "TestCase":
    from junitparser import Failure, TestCase  # noqa: PLC0415 - only where it is asked for

    case = TestCase(_plain(name), classname=_plain(outcome.title))
    if wrong:
        failure = Failure(_plain(wrong))
        failure.text = _plain(f"{wrong}\nto repeat it: {outcome.repeat}")
        case.result = [failure]
    return case


def _plain(text: str) -> str:
    text = text.replace(TIED, " ")
    return "".join(char for char in text if char.isprintable() or char == "\n")
