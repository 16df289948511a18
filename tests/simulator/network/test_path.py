import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.policies import NS_PER_SECOND
from simulator.network.path import Discard, Hold, Pass, Path


class Dice:
    """Always the largest number."""

    def randint(self, a: int, b: int) -> int:
        """It."""
        return b


def path(bandwidth_bit_s: int | None) -> Path:
    """One direction of a link."""
    return Path("a", "b", latency_ns=5, bandwidth_bit_s=bandwidth_bit_s)


def test_jitter_is_drawn_from_the_paths_own_dice() -> None:
    """And comes on top of the latency; without dice there can be none."""
    assert Path("a", "b", latency_ns=100, jitter_ns=10, dice=Dice()).delay_ns() == 110
    with pytest.raises(ValueError, match="dice"):
        Path("a", "b", latency_ns=1, jitter_ns=1)


def test_bytes_leave_one_after_the_other() -> None:
    """At 8 kbit/s a byte takes a millisecond; whatever comes to an idle path does not wait."""
    slow, byte_ns = path(8_000), 1_000_000
    assert slow.leaves_ns(0, 10) == 10 * byte_ns
    assert slow.leaves_ns(0, 5) == 15 * byte_ns
    assert slow.leaves_ns(3 * byte_ns, 1) == 16 * byte_ns
    assert slow.leaves_ns(99 * byte_ns, 1) == 100 * byte_ns


def test_before_the_start_nothing_waits_for_it() -> None:
    """Neither at first nor after a cut: what a live run prepares has negative instants."""
    slow = path(8)
    assert slow.leaves_ns(-10 * NS_PER_SECOND, 1) == -9 * NS_PER_SECOND
    slow.empty()
    assert slow.leaves_ns(-10 * NS_PER_SECOND, 2) == -8 * NS_PER_SECOND


def test_without_a_limit_nothing_waits() -> None:
    """Loopback, and links of which nothing is known."""
    assert path(None).leaves_ns(7, 10**9) == 7


def test_parts_of_a_nanosecond_count_as_whole_ones() -> None:
    """No link carries more than its bandwidth, however small the pieces are."""
    odd = path(3)
    assert [odd.leaves_ns(0, 1) for _ in range(3)] == [2_666_666_667 * n for n in (1, 2, 3)]


@pytest.mark.parametrize("verdict", [Hold(), Discard()])
def test_what_is_held_back_does_not_wait_twice(verdict: Hold | Discard) -> None:
    """A cut gives the bytes back to their senders, who send them again after the heal."""
    slow = path(8)
    slow.leaves_ns(0, 100)
    slow.judge(verdict)
    slow.judge(Pass())
    assert slow.leaves_ns(0, 1) == NS_PER_SECOND


def test_another_bandwidth_is_felt_by_what_waits() -> None:
    """100 bits are left of 120 at 10 bit/s: at 50 bit/s they take two seconds more."""
    slow, second = path(10), NS_PER_SECOND
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
    tried, now, waiting, bits = path(bandwidth), 0, [], 0.0
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
