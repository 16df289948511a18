"""What contact gives back of a failover period (F3), policy by policy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.policies import DAY_NS, HOUR_NS, NS_PER_SECOND, SHORTEST_FAILOVER_PERIOD_NS
from licensing.recovery import FULL, LONGEST_STABLE_S, Recovery, RecoveryPolicy, strictest

PERIOD_NS = 30 * DAY_NS
RESUME = Recovery(policy=RecoveryPolicy.RESUME)
RECHARGE = Recovery(policy=RecoveryPolicy.RECHARGE)


def after_stable(stable_s: int) -> Recovery:
    """Whole again after so many seconds."""
    return Recovery(policy=RecoveryPolicy.AFTER_STABLE, stable_s=stable_s)


def used_ns(recovery: Recovery, used_ns: int, connected_ns: int = 0, stable_ns: int = 0) -> int:
    """Of a period of 30 days."""
    return recovery.used_ns(
        used_ns, connected_ns=connected_ns, stable_ns=stable_ns, period_ns=PERIOD_NS
    )


def test_full_gives_everything_back_with_any_answer():
    """The manual's own: the regular license status again, and the next outage has 30 days."""
    assert used_ns(FULL, 29 * DAY_NS) == 0


def test_resume_gives_nothing_back_however_long_the_connection_lasts():
    """Only what was left of it."""
    assert used_ns(RESUME, 3 * DAY_NS, HOUR_NS, 300 * DAY_NS) == 3 * DAY_NS


def test_recharge_gives_back_what_the_connection_lasted_and_never_more_than_was_used():
    """One to one."""
    assert used_ns(RECHARGE, 3 * DAY_NS) == 3 * DAY_NS
    assert used_ns(RECHARGE, 3 * DAY_NS, HOUR_NS) == 3 * DAY_NS - HOUR_NS
    assert used_ns(RECHARGE, HOUR_NS, 2 * HOUR_NS) == 0


def test_after_stable_gives_everything_back_at_its_time_and_nothing_before():
    """To the nanosecond."""
    stable_ns = 7 * NS_PER_SECOND
    assert used_ns(after_stable(7), DAY_NS, 0, stable_ns - 1) == DAY_NS
    assert used_ns(after_stable(7), DAY_NS, 0, stable_ns) == 0


@given(
    st.sampled_from([FULL, RESUME, RECHARGE, after_stable(3600)]),
    st.integers(0, 60 * DAY_NS),
    st.integers(0, 2 * HOUR_NS),
    st.integers(0, DAY_NS),
    st.integers(HOUR_NS, PERIOD_NS),
)
def test_an_answer_never_takes_away_and_leaves_enough_to_notice_an_outage(
    recovery, used, connected_ns, stable_ns, period_ns
):
    """No policy makes a period shorter than it was, and 75 minutes are always left of it."""
    rest = recovery.used_ns(
        used, connected_ns=connected_ns, stable_ns=stable_ns, period_ns=period_ns
    )
    assert 0 <= rest <= used
    assert rest == 0 or period_ns - rest >= SHORTEST_FAILOVER_PERIOD_NS


@pytest.mark.parametrize(
    "policies",
    [
        [FULL, RECHARGE],
        [after_stable(5), RECHARGE],
        [after_stable(5), after_stable(6)],
        [FULL, RECHARGE, after_stable(LONGEST_STABLE_S), RESUME],
    ],
)
def test_of_several_orders_the_strictest_counts(policies):
    """Whatever the order in which they were bought."""
    assert strictest(policies) == strictest(policies[::-1]) == policies[-1]


@pytest.mark.parametrize(
    ("recovery", "said"),
    [
        (after_stable(0), "within 1 second and 365 days"),
        (after_stable(LONGEST_STABLE_S + 1), "within 1 second and 365 days"),
        (Recovery(policy=RecoveryPolicy.RESUME, stable_s=1), "only after_stable has a stable_s"),
        (after_stable(1), ""),
        (FULL, ""),
    ],
)
def test_what_contradicts_itself_is_told(recovery, said):
    """A duration belongs to `after_stable`, and only there."""
    assert said in recovery.problem
    assert bool(said) == bool(recovery.problem)


def test_the_manual_s_own_needs_no_words_and_every_other_has_some():
    """What people read after "failover period of 30 days"."""
    assert FULL.in_words("") == ""
    assert after_stable(1).in_words("1 second") == ", whole again after 1 second of connection"
    assert all(Recovery(policy=policy).in_words("") for policy in list(RecoveryPolicy)[1:])
