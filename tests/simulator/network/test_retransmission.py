"""When TCP repeats what was not acknowledged: the figures of a real kernel (Linux 6.18)."""

from itertools import pairwise

import pytest

from licensing.policies import NS_PER_SECOND
from simulator.network.retransmission import LONGEST_RETRANSMISSION_NS, next_repetition_ns


@pytest.mark.parametrize(("cut_s", "measured_s"), [(20, 6.5), (60, 46)])
def test_after_a_cut_on_the_way_it_is_the_next_of_the_doubling_pauses(
    cut_s: int, measured_s: float
) -> None:
    """A byte sent right at the cut, and seconds from the heal to its arrival."""
    heals_ns = cut_s * NS_PER_SECOND
    waits_ns = next_repetition_ns(0, heals_ns, round_trip_ns=8_000_000) - heals_ns
    assert waits_ns / NS_PER_SECOND == pytest.approx(measured_s, abs=0.5)


def test_pauses_double_up_to_two_minutes() -> None:
    """The first after 0.2 s, one that is due now is now, and none lasts longer than 120 s."""
    instants_ns = [0]
    while len(instants_ns) < 16:
        later_ns = instants_ns[-1] + 1
        instants_ns.append(next_repetition_ns(0, later_ns, round_trip_ns=0))
        assert next_repetition_ns(0, instants_ns[-1], round_trip_ns=0) == instants_ns[-1]
    pauses_ns = [b - a for a, b in pairwise(instants_ns)]
    doubling = [NS_PER_SECOND // 5 << number for number in range(10)]
    assert pauses_ns == doubling + [LONGEST_RETRANSMISSION_NS] * 5


def test_a_kernel_without_carrier_asks_every_half_second() -> None:
    """So that the return of the carrier is felt at once, however long it was gone."""
    for gone_s in (20, 60, 3600):
        heals_ns = gone_s * NS_PER_SECOND + 1
        waits_ns = next_repetition_ns(0, heals_ns, round_trip_ns=0, carrier_lost=True) - heals_ns
        assert 0 <= waits_ns <= NS_PER_SECOND // 2
