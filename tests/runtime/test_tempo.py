"""A tempo: all who share it turn at the same instant, and sleepers wake up at their time."""

import asyncio
import time  # noqa: TID251 - what is accelerated is compared with real time
from pathlib import Path

import pytest

from licensing.policies import NS_PER_SECOND
from runtime.acceleration import AcceleratedLoop
from runtime.tempo import NOTICE_NS, Tempo
from simulator.live.processes import preferred

SECOND_NS = NS_PER_SECOND


def test_instants_go_both_ways_across_stretches() -> None:
    """Before, in and behind a slower stretch; a reader of the file knows the same."""
    tempo = Tempo(1000, 5 * SECOND_NS)
    tempo.announce(5 * SECOND_NS, 1000 * SECOND_NS, 10)
    tempo.announce(5 * SECOND_NS, 1020 * SECOND_NS, 1000)
    for simulated_s, real_s in ((-1000, 4), (0, 5), (1000, 6), (1010, 7), (1020, 8), (2020, 9)):
        assert tempo.real_ns(simulated_s * SECOND_NS) == real_s * SECOND_NS
        assert tempo.simulated_ns(real_s * SECOND_NS) == simulated_s * SECOND_NS


def test_a_stretch_never_begins_before_all_have_heard_of_it() -> None:
    """One that is announced too late begins late, and time does not jump."""
    tempo = Tempo(1000)
    stretch = tempo.announce(SECOND_NS, 0, 10)
    assert stretch == (SECOND_NS + NOTICE_NS, 1100 * SECOND_NS, 10)
    assert tempo.announce(SECOND_NS, 0, 1000).real_ns >= stretch.real_ns


def test_readers_of_the_file_follow(tmp_path: Path) -> None:
    """What was announced before and after the file was opened, and the fastest rate of all."""
    writer = Tempo(100, fastest=9000)
    writer.announce(0, 1000 * SECOND_NS, 10)
    writer.share(tmp_path / "tempo")
    reader = Tempo.shared(tmp_path / "tempo")
    assert (reader.last, reader.fastest, reader.is_shared) == (writer.last, 9000, True)
    writer.announce(0, 2000 * SECOND_NS, 9000)
    assert reader.last == writer.last
    assert reader.simulated_ns(10**12) == writer.simulated_ns(10**12)


def test_another_file_is_refused(tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "other").write_text("something else")
    with pytest.raises(ValueError, match="no file of a tempo"):
        Tempo.shared(tmp_path / "other")


@pytest.mark.parametrize(("first", "then"), [(100, 1000), (1000, 100)])
def test_a_sleeper_wakes_up_in_time_whatever_is_announced_while_it_sleeps(
    tmp_path: Path, first: float, then: float
) -> None:
    """300 simulated seconds, the tempo being turned at the 150th by somebody else."""
    began_ns = time.monotonic_ns()
    writer = Tempo(first, began_ns, fastest=1000)
    writer.share(tmp_path / "tempo")
    tempo = Tempo.shared(tmp_path / "tempo")

    async def sleep() -> float:
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: writer.announce(began_ns, 150 * SECOND_NS, then))
        await asyncio.sleep(300 - loop.time())
        return loop.time()

    with preferred(), asyncio.Runner(loop_factory=lambda: AcceleratedLoop(tempo)) as runner:
        assert 300 <= runner.run(sleep()) < 300 + 0.3 * then
    real_s = (time.monotonic_ns() - began_ns) / SECOND_NS
    assert 150 / first + 150 / then <= real_s < 150 / first + 150 / then + 0.5
