import pytest

from licensing.policies import HOUR_NS, MINUTE_NS, TIMING, Timing


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"heartbeat_ns": 2 * MINUTE_NS - 1}, "heartbeat_ns is under 2 minutes"),
        ({"answer_ns": 0}, "answer_ns is under 2 minutes"),
        ({"redial_grace_ns": MINUTE_NS}, "redial_grace_ns is under 2 minutes"),
        ({"dial_ns": MINUTE_NS}, "dial_ns is under 2 minutes"),
        ({"shortest_backoff_ns": MINUTE_NS}, "shortest_backoff_ns is under 2 minutes"),
        ({"longest_backoff_ns": MINUTE_NS}, "longest_backoff_ns is under"),
        ({"heartbeat_ns": 2 * HOUR_NS}, "recovery_window_ns must cover"),
    ],
)
def test_timings_that_contradict_each_other_are_refused_by_name(changes, said):
    """Domain 5: no protocol delay under 2 minutes, a recovery window that covers a heartbeat."""
    with pytest.raises(ValueError, match=said):
        Timing(**changes)


def test_the_defaults_are_the_rules_of_the_domain():
    """The table of domain 5, and silence = heartbeat + answer."""
    assert TIMING.silence_ns == 65 * MINUTE_NS
    assert Timing(heartbeat_ns=2 * MINUTE_NS, answer_ns=2 * MINUTE_NS).silence_ns == 4 * MINUTE_NS
