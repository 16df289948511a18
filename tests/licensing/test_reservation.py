"""For how long seats of a cut-off node stay reserved for it (F9), policy by policy."""

import msgspec
import pytest

from licensing.license_file import LicenseFile
from licensing.policies import DAY_NS, NS_PER_SECOND, TIMING
from licensing.reservation import (
    HOLD,
    RECLAIM,
    in_words,
    longest,
    reserved_ns,
    seats_bound_problem,
)

PERIOD_NS = 30 * DAY_NS
DAY_S = DAY_NS // NS_PER_SECOND


def test_under_hold_seats_are_reserved_for_as_long_as_the_node_may_use_them():
    """Nothing in use is ever given away."""
    assert reserved_ns(HOLD, PERIOD_NS) == PERIOD_NS


@pytest.mark.parametrize(
    ("bound_s", "lasts_ns"),
    [
        (DAY_S, DAY_NS),
        (40 * DAY_S, PERIOD_NS),
        (60, TIMING.silence_ns),
        (RECLAIM, TIMING.silence_ns),
    ],
)
def test_a_bound_is_never_under_a_silence_nor_over_the_period(bound_s, lasts_ns):
    """A node that is well is not heard for so long; nothing is reserved beyond its use."""
    assert reserved_ns(bound_s, PERIOD_NS) == lasts_ns


@pytest.mark.parametrize("bound_s", [HOLD, RECLAIM, 75 * 60, 30 * DAY_S])
def test_what_an_order_may_say(bound_s):
    """The limits themselves are allowed."""
    assert seats_bound_problem(bound_s) == ""


@pytest.mark.parametrize("bound_s", [-1, 1, 75 * 60 - 1, 30 * DAY_S + 1])
def test_what_it_may_not_say(bound_s):
    """What would be another word for `reclaim` or `hold` is not sold."""
    assert "75 min to 30 days" in seats_bound_problem(bound_s)


def test_of_several_orders_the_one_by_which_the_fewest_seats_are_used_twice_counts():
    """`hold` before any bound, a longer bound before a shorter one."""
    assert longest([RECLAIM, DAY_S]) == DAY_S
    assert longest([DAY_S, HOLD, RECLAIM]) is HOLD
    assert longest([RECLAIM]) == RECLAIM


def test_what_is_said_of_it():
    """Nothing of `hold`, which is the usual one."""
    assert in_words(HOLD, "") == ""
    assert in_words(RECLAIM, "0 s") == ", licenses of a node that is cut off are free at once"
    assert in_words(DAY_S, "1 day") == ", licenses of a node that is cut off are free after 1 day"


def test_a_license_file_without_a_word_is_what_it_was_before():
    """To the byte: an older central CLA reads it, and so does one of the next version."""
    fields = msgspec.structs.fields(LicenseFile)
    policies = {field.encode_name for field in fields if field.default is msgspec.UNSET}
    assert policies == {"reserved_at_most_s", "expiry_scope"}
