import pytest

from licensing.policies import MINUTE_NS, SHORTEST_FAILOVER_PERIOD_NS, TIMING, Timing


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"heartbeat_ns": 2 * MINUTE_NS - 1}, "heartbeat_ns is under 2 minutes"),
        ({"answer_ns": 0}, "answer_ns is under 2 minutes"),
        ({"redial_grace_ns": MINUTE_NS}, "redial_grace_ns is under 2 minutes"),
        ({"dial_ns": MINUTE_NS}, "dial_ns is under 2 minutes"),
        ({"shortest_backoff_ns": MINUTE_NS}, "shortest_backoff_ns is under 2 minutes"),
        ({"longest_backoff_ns": MINUTE_NS}, "longest_backoff_ns is under"),
    ],
)
def test_timings_that_contradict_each_other_are_refused_by_name(changes, said):
    """Domain 5: no protocol delay under 2 minutes."""
    with pytest.raises(ValueError, match=said):
        Timing(**changes)


def test_what_follows_from_the_table_is_derived_from_it():
    """F17: overdue, noticed, silence, and a recovery window that is longer than a silence."""
    assert TIMING.overdue_ns == 65 * MINUTE_NS
    assert TIMING.noticed_ns == 70 * MINUTE_NS
    assert TIMING.silence_ns == 72 * MINUTE_NS
    assert TIMING.recovery_window_ns == 77 * MINUTE_NS
    assert SHORTEST_FAILOVER_PERIOD_NS == 75 * MINUTE_NS
    shorter = Timing(heartbeat_ns=2 * MINUTE_NS, answer_ns=2 * MINUTE_NS)
    assert shorter.silence_ns == 11 * MINUTE_NS
    assert shorter.recovery_window_ns > shorter.silence_ns
