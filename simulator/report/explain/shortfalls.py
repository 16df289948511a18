"""Why a step did not come out as expected, or a rule is broken: the chains of what it is about."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from licensing.errors import ERRORS
from licensing.events import ExpectationFailed, StepRefused
from simulator.oracle import Violation
from simulator.report.explain.absence import why_state
from simulator.report.explain.answers import NothingToExplain, Question, answer
from simulator.report.explain.cause_book import CauseBook
from simulator.report.explain.reason import Reason

_MOST = 3
"""More chains than these nobody reads."""

_CALL = re.compile(r"(?:expect )?call from (\S+) to ")
_TELEPHONE = re.compile(r"expect telephone (\S+): ")
_RED = re.compile(r"\blicensed \d")
_COUNTED_LICENSE = re.compile(r"\d+ x ([a-z0-9-]+)")
_COUNTED = re.compile(r"\b(?:in use|reserved|free) \d+ x ([a-z0-9-]+)")


def why_short(
    book: CauseBook, fact: ExpectationFailed | StepRefused, nodes: Sequence[str], at_ns: int
) -> list[Reason]:
    """Those of the call, display or licenses that an expectation is about, of each license one.

    Of a step that a program has refused, that of the refusal. Where nothing of that is known, those
    of the states of `nodes`.
    """
    if isinstance(fact, StepRefused) and fact.code in ERRORS:
        return _why_refused(book, fact, nodes, at_ns)
    found = [*_about(book, fact.step, nodes, at_ns)]
    return found[:_MOST] or _states_of(book, nodes)


def _why_refused(
    book: CauseBook, fact: StepRefused, nodes: Sequence[str], at_ns: int
) -> list[Reason]:
    """The cause of the refusal; who is off or frozen gives no answer. Most need no chain."""
    refusal = book.refusal_of(fact, at_ns)
    if refusal and refusal.because:
        return [refusal]
    return [book.halted[node] for node in nodes if node in book.halted]


def why_broken(book: CauseBook, violation: Violation) -> list[Reason]:
    """The chains of the licenses that are in use beyond what is free (O1), or of the state."""
    counted = _COUNTED_LICENSE.findall(violation.expected) if violation.rule == "O1" else []
    of_licenses = (_answers(book, Question(free=key), violation.at_ns) for key in counted)
    return [*chain.from_iterable(of_licenses)] or _states_of(book, [violation.host])


def _states_of(book: CauseBook, nodes: Sequence[str]) -> list[Reason]:
    """Why they are in their states; [] of more nodes than anybody reads about."""
    if len(nodes) > _MOST:
        return []
    return [state for node in nodes if (state := why_state(book, node))]


def _about(book: CauseBook, step: str, nodes: Sequence[str], at_ns: int) -> Iterator[Reason]:
    if call := _CALL.match(step):
        yield from _answers(book, Question(call=call[1]), at_ns)
    elif telephone := _TELEPHONE.match(step):
        yield from _answers(book, Question(display=telephone[1]), at_ns)
    elif _RED.search(step):
        red = {key: why for (node, _, key), why in book.licenses.items() if node in nodes}
        yield from red.values()
    for license_key in _COUNTED.findall(step):
        yield from _answers(book, Question(free=license_key), at_ns)


def _answers(book: CauseBook, question: Question, at_ns: int) -> list[Reason]:
    try:
        return answer(book, question, at_ns)
    except NothingToExplain:
        return []
