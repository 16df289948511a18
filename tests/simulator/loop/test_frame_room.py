"""A run is as fast however deep in a program it is started."""

import resource
import sys
from collections.abc import Callable
from typing import TypeVar

import pytest

from simulator.loop import runner
from simulator.loop.runner import current_loop, run

T = TypeVar("T")

CALLBACKS = 200
DEPTHS = range(0, 200, 2)
"""A chunk of Python's frames ends within them, whatever pytest has called before."""

KEEPS_A_CHUNK = sys.version_info >= (3, 13)
"""Its later releases do, and need no room (python/cpython#142183)."""


async def many_callbacks() -> None:
    """Each is a call of its own, from the frame of the loop."""
    for _ in range(CALLBACKS):
        future = current_loop().create_future()
        current_loop().call_soon(lambda waiting=future: waiting.set_result(None))
        await future


def faults() -> int:
    """How often the kernel had to find memory for a short run."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    run(many_callbacks())
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def spread() -> int:
    """How many more faults the worst depth has than the best: each run has some of its own."""
    faults()  # what is made once is made now
    counts = [at_depth(depth, faults) for depth in DEPTHS]
    return max(counts) - min(counts)


def at_depth(depth: int, call: Callable[[], T]) -> T:
    """Call it below so many frames."""
    return at_depth(depth - 1, call) if depth else call()


def test_no_depth_asks_the_kernel_for_memory_at_each_callback() -> None:
    """Where a chunk of frames ends, callbacks would each begin another one, and give it back."""
    assert spread() < CALLBACKS


@pytest.mark.skipif(KEEPS_A_CHUNK, reason="this Python may keep a chunk")
def test_without_room_some_depth_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: a run plays in whatever frame it is called from."""
    monkeypatch.setattr(runner, "with_room", lambda call: call())
    assert spread() > CALLBACKS
