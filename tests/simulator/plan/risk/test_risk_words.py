"""How probabilities are said: with three digits, and never as nothing."""

from simulator.plan.risk.risk_table import Estimate, Sensitivity
from simulator.plan.risk.words import (
    LEVELS,
    apart,
    bare,
    between,
    in_number,
    in_percent,
    in_words,
    interval_in_words,
    level,
    share_in_words,
    shortly,
    with_a_tenth_more,
)


def test_a_probability_has_three_digits_wherever_it_lies() -> None:
    """From certainty down to less than one in a million."""
    said = [in_percent(share) for share in (1.0, 0.5, 0.0324, 0.000123, 4.1e-6, 3e-9, -0.0032)]
    assert said == ["100 %", "50.0 %", "3.24 %", "0.0123 %", "0.000410 %", "3.0e-09", "-0.320 %"]
    assert between(0.0308, 0.0341) == "3.08 to 3.41 %"


def test_both_edges_of_an_interval_are_said_alike() -> None:
    """As percents, or both as powers of ten where both are less than one in a million."""
    assert between(5e-7, 2.5e-6) == "0.000050 to 0.000250 %"
    assert between(2.3e-8, 2.5e-8) == "2.3e-08 to 2.5e-08"
    assert between(-3e-9, 0) == "-3.0e-09 to 0"


def test_what_is_over_a_limit_looks_so() -> None:
    """With as many digits as it takes."""
    assert apart(0.010004, 0.01) == ("1.0004", "1.0000")
    assert apart(0.02, 0.01) == ("2.00", "1.00")
    assert apart(0.07000000000000002, 0.07) == ("7.000000000000002", "7.000000000000001")


def test_large_numbers_have_no_exponent() -> None:
    """Nor has what a tenth more makes of it."""
    assert in_number(1204.85) == "1,205"
    twice = Sensitivity("mean repair", Estimate(7.3, 7.0, 7.6))
    assert with_a_tenth_more(twice) == "+101 %"


def test_what_was_never_seen_is_a_bound_and_no_zero() -> None:
    """In every form."""
    unseen = Estimate(0.0, 0.0, 0.000369)
    assert in_words(unseen) == "under 0.0369 %"
    assert bare(unseen) == "< 0.037"
    assert LEVELS[level(unseen)] == "none seen"


def test_what_is_rarer_than_one_in_a_million_is_a_bound() -> None:
    """In one way, without an interval beside it."""
    rare = Estimate(2e-15, 1e-15, 4e-15)
    assert in_words(rare) == "under 0.000100 %"
    assert interval_in_words(rare) == ""
    assert shortly(rare) == "< 0.00010 %"


def test_what_cannot_be_is_no_bound() -> None:
    """A share of time that was not seen is at most as likely as an emergency."""
    none = Estimate(0.0, 0.0, 0.0)
    assert (in_words(none), bare(none), interval_in_words(none)) == ("cannot", "0", "")
    assert share_in_words(0.0, 0.0) == "0 %"
    assert share_in_words(0.0, 0.00012) == "< 0.0120 %"
    assert share_in_words(1.2e-17, 2e-15) == "< 0.000100 %"


def test_a_level_has_the_chances_that_its_word_says() -> None:
    """Each edge belongs to the darker one."""
    words = [
        LEVELS[level(Estimate(value, 0, 1))] for value in (1e-9, 1e-4, 0.00999, 0.01, 0.1, 1.0)
    ]
    assert words == [
        "under 0.01 %", "under 0.1 %", "under 1 %", "under 10 %", "10 % and more", "10 % and more",
    ]  # fmt: skip
