"""What a person sees of a run that takes long."""

import pytest

from licensing.policies import DAY_NS
from simulator.report.screen import how_fast


@pytest.mark.parametrize(
    ("at_ns", "spent_s", "words"),
    [
        (-1, 3.0, "setting up"),
        (6 * DAY_NS, 0.5, "day 6 of 60, 12 days a second, 4 s left"),
        (3 * DAY_NS, 10.0, "day 3 of 60, 0.3 days a second, 3 min left"),
        (61 * DAY_NS, 10.0, "day 61 of 60, 6.1 days a second, 0 s left"),
    ],
)
def test_a_run_says_how_fast_it_is_and_what_is_left(at_ns: int, spent_s: float, words: str) -> None:
    """In simulated days for each real second, and in real time; before its start neither."""
    assert how_fast(at_ns, 60 * DAY_NS, spent_s) == words
