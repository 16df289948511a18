import pytest

from licensing.policies import NS_PER_SECOND
from simulator.network.path import Discard, Hold, Pass, Path


class Dice:
    """Always the largest number."""

    def randint(self, a: int, b: int) -> int:
        """It."""
        return b


def test_jitter_is_drawn_from_the_paths_own_dice() -> None:
    """And comes on top of the latency; without dice there can be none."""
    assert Path("a", "b", latency_ns=100, jitter_ns=10, dice=Dice()).delay_ns() == 110
    with pytest.raises(ValueError, match="dice"):
        Path("a", "b", latency_ns=1, jitter_ns=1)


@pytest.mark.parametrize("verdict", [Hold(), Discard()])
def test_what_is_held_back_does_not_wait_twice(verdict: Hold | Discard) -> None:
    """A cut gives the bytes back to their senders, who send them again after the heal."""
    slow = Path("a", "b", latency_ns=5, bandwidth_bit_s=8)
    slow.queue.leaves_ns(0, 100)
    slow.judge(verdict)
    slow.judge(Pass())
    assert slow.queue.leaves_ns(0, 1) == NS_PER_SECOND
