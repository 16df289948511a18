"""The error registry, against the source text of all programs."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from internetsim.own_packages import OF_THE_PROGRAMS
from licensing.errors import (
    ERRORS,
    REFUSALS,
    ErrorKind,
    LicensingError,
    ProblemDetails,
    problem_details,
)
from licensing.messages import encode

ROOT = Path(__file__).parents[2]
CARRY_A_REFUSAL = {"RefusedSeat", "IncomingCallAnswer", "CallAnswered"}


def fields_of(kind: ErrorKind) -> set[str]:
    """The details that a row's message and hint speak of."""
    formatter = string.Formatter()
    pieces = [*formatter.parse(kind.message), *formatter.parse(kind.hint)]
    return {name for _, name, _, _ in pieces if name}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call of a plain name in the programs: place, name called, call."""
    for path in sorted(
        path for program in OF_THE_PROGRAMS for path in (ROOT / program).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.func.id, node


def literal(node: ast.expr | None) -> str:
    """The text of a string constant; "" for every other expression."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else ""


def faults_of_raising(place: str, call: ast.Call) -> Iterator[str]:
    """What is wrong with one `LicensingError(...)`."""
    code = literal(call.args[0])
    given = {keyword.arg for keyword in call.keywords}
    if code and code not in ERRORS:
        yield f"{place}: no error is called {code}"
    elif code and None not in given and fields_of(ERRORS[code]) - given:
        yield f"{place}: {code} lacks {sorted(fields_of(ERRORS[code]) - given)}"


def faults(found: Iterator[tuple[str, str, ast.Call]]) -> list[str]:
    """What is wrong with the codes that the programs name."""
    problems: list[str] = []
    for place, name, call in found:
        if name == "LicensingError":
            problems += faults_of_raising(place, call)
        for keyword in call.keywords:
            code = literal(keyword.value)
            if keyword.arg == "code" and code and code not in ERRORS:
                problems.append(f"{place}: no error is called {code}")
            if name in CARRY_A_REFUSAL and keyword.arg == "reason" and code:
                problems += [] if code in REFUSALS else [f"{place}: no refusal is called {code}"]
    return problems


def test_every_code_that_a_program_names_exists_and_gets_its_details():
    """No `KeyError` and no "?" in a message, anywhere in the programs."""
    assert faults(calls()) == []


@pytest.mark.parametrize(
    "line",
    [
        "LicensingError('lac-unknwon', lac='x')",
        "LicensingError('lac-unknown')",
        "IssueRefused(locking_id='x', code='lac-unknwon')",
        "RefusedSeat(reason='lac-unknown')",
    ],
)
def test_the_scan_finds_planted_faults(line):
    """A checker that was never seen failing is none."""
    call = ast.parse(line, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    assert faults(iter([("planted", call.func.id, call)]))


@pytest.mark.parametrize("kind", ERRORS.values(), ids=ERRORS.keys())
def test_every_row_reads_as_sentences_and_travels(kind):
    """Message and hint format, end as sentences, and come back whole from the wire."""
    error = LicensingError(kind.code, **dict.fromkeys(fields_of(kind), 7))
    assert "?" not in error.message
    assert error.message.endswith(".")
    assert error.hint.endswith(".")
    assert 400 <= kind.status < 600
    problem = problem_details(error)
    again = LicensingError.from_problem(problem)
    assert (again.code, again.message, again.hint) == (error.code, error.message, error.hint)
    assert str(again) == str(error) == error.message
    assert problem_details(again) == problem


def test_a_missing_detail_is_shown_as_a_question_mark():
    """A gap in a message is better than a failure while reporting one."""
    assert LicensingError("lac-unknown").message.endswith("code ?.")


def test_a_problem_has_the_fields_of_rfc_9457_and_ours():
    """`type`, `title`, `status`, `detail`, with `hint` and `definite` beside them."""
    problem = encode(problem_details(LicensingError("lac-used", lac="L")))
    assert problem == (
        b'{"type":"lac-used","title":"lac used","status":409,'
        b'"detail":"The license authorization code L is bound to another Locking ID.",'
        b'"hint":"A file for a new Locking ID is issued by rehosting.","definite":true}'
    )


def test_a_problem_of_an_unknown_code_is_not_made_up():
    """The caller decides what an answer of a newer program is worth."""
    problem = ProblemDetails(
        type="too-new", title="", status=500, detail="", hint="", definite=False
    )
    with pytest.raises(KeyError):
        LicensingError.from_problem(problem)
