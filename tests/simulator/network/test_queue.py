"""Queues: who leaves when, and what another bandwidth does to those who wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.policies import NS_PER_SECOND
from simulator.network.queue import Queue


def test_bytes_leave_one_after_the_other() -> None:
    """At 8 kbit/s a byte takes a millisecond; whatever comes to an idle line does not wait."""
    slow, byte_ns = Queue(8_000), 1_000_000
    assert slow.leaves_ns(0, 10) == 10 * byte_ns
    assert slow.leaves_ns(0, 5) == 15 * byte_ns
    assert slow.leaves_ns(3 * byte_ns, 1) == 16 * byte_ns
    assert slow.leaves_ns(99 * byte_ns, 1) == 100 * byte_ns


def test_before_the_start_nothing_waits_for_it() -> None:
    """Neither at first nor after a cut: what a live run prepares has negative instants."""
    slow = Queue(8)
    assert slow.leaves_ns(-10 * NS_PER_SECOND, 1) == -9 * NS_PER_SECOND
    slow.empty()
    assert slow.leaves_ns(-10 * NS_PER_SECOND, 2) == -8 * NS_PER_SECOND


def test_without_a_limit_nothing_waits() -> None:
    """Loopback, and links of which nothing is known."""
    assert Queue(None).leaves_ns(7, 10**9) == 7


def test_parts_of_a_nanosecond_count_as_whole_ones() -> None:
    """No link carries more than its bandwidth, however small the pieces are."""
    odd = Queue(3)
    assert [odd.leaves_ns(0, 1) for _ in range(3)] == [2_666_666_667 * n for n in (1, 2, 3)]


def test_another_bandwidth_is_felt_by_what_waits() -> None:
    """100 bits are left of 120 at 10 bit/s: at 50 bit/s they take two seconds more."""
    slow, second = Queue(10), NS_PER_SECOND
    leaves = slow.leaves_ns(0, 15)
    assert leaves == 12 * second
    assert slow.instead_ns(leaves, 2 * second, 50) == 4 * second
    assert slow.instead_ns(leaves, 2 * second, None) == 2 * second
    assert slow.instead_ns(second, 2 * second, 50) == second, "it has left already"
    slow.set_bandwidth(50, 2 * second)
    assert slow.leaves_ns(2 * second, 0) == 4 * second


happenings = st.tuples(
    st.integers(0, 5 * NS_PER_SECOND),
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 2_000)),
        st.tuples(st.just("change"), st.one_of(st.none(), st.integers(1, 100_000))),
    ),
)


@given(st.integers(1, 100_000), st.lists(happenings, max_size=20))
def test_nobody_overtakes_and_nothing_is_carried_twice(
    bandwidth: int, happens: list[tuple[int, tuple[str, int | None]]]
) -> None:
    """Whatever is sent and changed: the order stays, and so does the sum of bits over time."""
    tried, now, waiting, bits = Queue(bandwidth), 0, [], 0.0
    rate: float = bandwidth
    for pause_ns, (what, number) in happens:
        bits = max(0.0, bits - rate * pause_ns / NS_PER_SECOND)
        now += pause_ns
        if what == "send":
            assert number is not None
            waiting.append(tried.leaves_ns(now, number))
            bits += 8 * number if rate != float("inf") else 0
        else:
            waiting = [tried.instead_ns(leaves, now, number) for leaves in waiting]
            tried.set_bandwidth(number, now)
            rate = float("inf") if number is None else number
            bits = 0.0 if number is None else bits
        assert waiting == sorted(waiting)
        if rate != float("inf"):
            busy_s = (tried.leaves_ns(now, 0) - now) / NS_PER_SECOND
            assert busy_s == pytest.approx(bits / rate, abs=1e-3)
