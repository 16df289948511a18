"""Which delays of a process are the computer's fault, and which the run cannot bear."""

import pytest

from licensing.policies import NS_PER_SECOND
from runtime.lateness import Delay
from runtime.tempo import Tempo
from simulator.live.computer import STALL_S
from simulator.live.rate_plan import JITTER_S, RatePlan, SlowPart
from simulator.live.stalls import RunningTime, stall

SECOND = NS_PER_SECOND


def delay(began_s: float, until_s: float) -> Delay:
    """Between two instants, in seconds."""
    return Delay(until_ns=round(until_s * SECOND), late_ns=round((until_s - began_s) * SECOND))


@pytest.mark.parametrize(
    ("began_s", "until_s", "missed_s"),
    [
        (1, 9, 0),  # while it started
        (5, 12, 2),  # only since it had started
        (12, 14, 2),
        (19, 41, 2),  # frozen in between, and a little longer
        (20, 40, 0),
        (25, 30, 0),
        (45, 46, 1),
        (49, 60, 1),  # while it ended
        (70, 71, 0),
    ],
)
def test_only_who_is_to_keep_up_can_be_late(
    began_s: float, until_s: float, missed_s: float
) -> None:
    """On running_time from 10 to 50 s, frozen from 20 to 40 s."""
    running_time = RunningTime()
    running_time.begin(10 * SECOND)
    running_time.end(20 * SECOND)
    running_time.begin(40 * SECOND)
    running_time.begin(45 * SECOND)  # thawed without having been frozen
    running_time.end(50 * SECOND)
    running_time.end(60 * SECOND)
    assert running_time.missed_ns(delay(began_s, until_s)) == missed_s * SECOND


def test_who_is_on_duty_still_can_be_late() -> None:
    """Nobody has ended it."""
    running_time = RunningTime()
    assert running_time.missed_ns(delay(1, 2)) == 0
    running_time.begin(10 * SECOND)
    assert running_time.missed_ns(delay(9, 12)) == 2 * SECOND


def test_the_pace_decides_what_can_be_borne() -> None:
    """A quarter of a second next to a step, little elsewhere, all before the scenario begins."""
    rate_plan = RatePlan(7500, "", [SlowPart(0, 10_000 * SECOND, 100, "a step")])
    tempo = Tempo(100, origin_ns=10 * SECOND, fastest=7500)
    tempo.announce(0, 10_000 * SECOND, 7500)
    assert stall(rate_plan, tempo, delay(5, 9)) is None
    assert stall(rate_plan, tempo, delay(15, 15 + JITTER_S - 0.001)) is None
    slow = stall(rate_plan, tempo, delay(15, 15 + JITTER_S + 0.001), "node of north")
    assert slow is not None
    assert (slow.who, slow.rate, slow.bearable_s) == ("node of north", 100, JITTER_S)
    assert stall(rate_plan, tempo, delay(120, 120 + STALL_S - 0.001)) is None
    fast = stall(rate_plan, tempo, delay(120, 120 + JITTER_S))
    assert fast is not None
    assert str(fast) == (
        "this computer stood still for 0.25 s, which is 1875 s of simulated time; 0.04 s could be "
        "borne there"
    )
