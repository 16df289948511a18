"""Call numbers as a person writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.errors import LicensingError
from nodes.telephony.number_ranges import numbers_in, written

KNOWN = ["200", "201", "202", "209", "1000", "99"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("200-209", ["200", "201", "202", "209"]),
        ("209, 99;1000", ["99", "209", "1000"]),
        (" 200 - 201\n201 ", ["200", "201"]),
        ("200\N{EN DASH}202", ["200", "201", "202"]),
        ("", []),
    ],
)
def test_ranges_mean_the_numbers_that_there_are(text: str, numbers: list[str]) -> None:
    """Of as many digits; each once, whatever the order and the signs between."""
    assert numbers_in(text, KNOWN) == numbers


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("200, 203", "subscriber-unknown"),
        ("203-208", "subscriber-unknown"),
        ("20x", "request-malformed"),
        ("209-200", "request-malformed"),
        ("99-200", "request-malformed"),
        ("200-201-202", "request-malformed"),
    ],
)
def test_what_means_nothing_is_refused(text: str, code: str) -> None:
    """A number that nobody has, a range without any, and what is neither."""
    with pytest.raises(LicensingError) as refused:
        numbers_in(text, KNOWN)
    assert refused.value.code == code
    assert refused.value.details["field"] == "numbers"


@pytest.mark.parametrize(
    ("text", "why"), [("209-200", "from a smaller number"), ("99-200", "as many digits")]
)
def test_a_range_that_is_none_says_why(text: str, why: str) -> None:
    """The reason is one of this range."""
    with pytest.raises(LicensingError, match=why):
        numbers_in(text, KNOWN)


@given(st.sets(st.from_regex("[0-9]{1,3}", fullmatch=True)), st.data())
def test_what_is_written_is_read_again(known: set[str], data: st.DataObject) -> None:
    """The shortest text, and the same numbers."""
    chosen = data.draw(st.sets(st.sampled_from(sorted(known))) if known else st.just(set()))
    assert set(numbers_in(written(chosen, known), known)) == chosen


def test_neighbors_are_one_range() -> None:
    """Also where a number between them does not exist."""
    assert written(["202", "200", "201", "209", "99", "1000"], KNOWN) == "99, 200-209, 1000"
    assert written(["200", "202"], KNOWN) == "200, 202"
