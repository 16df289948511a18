"""The dice of a run's lines."""

import gc

from star import SLAVES, star

from simulator import play
from simulator.worlds import simulated
from simulator.worlds.random_streams import LateStream, stream


def test_a_stream_that_is_made_late_is_the_same() -> None:
    """Its draws are those of the stream of that seed and label."""
    late, early = LateStream(7, "link a -> b"), stream(7, "link a -> b")
    assert [late.randint(0, 99) for _ in range(9)] == [early.randint(0, 99) for _ in range(9)]


def test_after_a_large_world_garbage_is_looked_for_as_before(monkeypatch) -> None:
    """While it runs, what is under way at all of its hosts is no reason to."""
    monkeypatch.setattr(simulated, "_OBJECTS_OF_A_HOST", 1000)
    before, within = gc.get_threshold(), []
    play(star(), readers=[lambda _: within.append(gc.get_threshold())])
    assert gc.get_threshold() == before
    assert within[1][0] == 1000 * (len(SLAVES) + 2)
