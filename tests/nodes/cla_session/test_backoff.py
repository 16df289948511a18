"""How long a node waits between dialings: bounds, and a heal just before the deadline."""

from hypothesis import example, given
from hypothesis import strategies as st

from licensing.policies import DAY_NS, MINUTE_NS, TIMING
from nodes.cla_session.backoff import backoff_ns

SHORTEST_NS, LONGEST_NS = 2 * MINUTE_NS, 30 * MINUTE_NS
HEAL_BEFORE_NS = 5 * MINUTE_NS

failures = st.integers(1, 10_000)
rests = st.none() | st.integers(-DAY_NS, 30 * DAY_NS)
chances = st.floats(0, 1)


@given(failures, rests, chances)
def test_a_pause_keeps_its_bounds(count, rest_ns, chance):
    """2 to 30 minutes, and no more than 1/8 of the rest unless that is under 2 minutes."""
    pause_ns = backoff_ns(count, rest_ns, chance)
    assert SHORTEST_NS <= pause_ns <= LONGEST_NS
    if rest_ns is not None:
        assert pause_ns <= max(rest_ns // 8, SHORTEST_NS)


def test_pauses_double_and_chance_shortens_them():
    """2, 4, 8, 16, 30 minutes; chance takes off at most a quarter, so nodes fall out of step."""
    pauses = [backoff_ns(count, None, 0) // MINUTE_NS for count in range(1, 8)]
    assert pauses == [2, 4, 8, 16, 30, 30, 30]
    assert backoff_ns(9, None, 1) == LONGEST_NS * 3 // 4


@given(
    st.integers(SHORTEST_NS, 12 * 60 * MINUTE_NS),
    st.lists(st.tuples(chances, st.integers(0, TIMING.dial_ns)), min_size=1),
)
@example(7 * MINUTE_NS, [(0.0, TIMING.dial_ns)])
@example(HEAL_BEFORE_NS + TIMING.dial_ns, [(0.0, TIMING.dial_ns)])
def test_a_heal_5_minutes_before_the_deadline_is_dialed_in_time(rest_ns, draws):
    """Whatever the draws and however long the dialings take, one begins between heal and end."""
    count = 0
    while rest_ns > HEAL_BEFORE_NS:
        chance, dialing_ns = draws[count % len(draws)]
        count += 1
        rest_ns -= dialing_ns
        rest_ns -= backoff_ns(count, rest_ns, chance)
    assert rest_ns > 0
