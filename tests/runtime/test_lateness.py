"""What a process in simulated time notes of its own delays."""

import asyncio
import time  # noqa: TID251 - a loop is held up for real
from pathlib import Path

from licensing.policies import NS_PER_SECOND
from runtime.acceleration import AcceleratedLoop
from runtime.lateness import NOTED_NS, Delay, DelayFile, read_delays
from runtime.tempo import Tempo
from simulator.live.processes import preferred

HELD_UP_NS = NS_PER_SECOND // 2


def delays_of(main, tempo: Tempo) -> list[Delay]:
    """What the loop of `main` notes, which comes before other processes."""
    noted: list[Delay] = []
    loop = AcceleratedLoop(tempo, noted.append)
    with preferred(), asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main())
    return noted


async def hold_up() -> None:
    """Half a second in which the loop does not turn, and what is due has to wait."""
    await asyncio.sleep(10)
    time.sleep(HELD_UP_NS / NS_PER_SECOND)  # noqa: ASYNC251 - that is what is wrong with it
    await asyncio.sleep(10)


def test_a_loop_that_was_held_up_notes_it() -> None:
    """By how much, and until when."""
    began_ns = time.monotonic_ns()
    worst = max(delays_of(hold_up, Tempo(1000)), key=lambda delay: delay.late_ns)
    assert HELD_UP_NS <= worst.late_ns < 3 * HELD_UP_NS
    assert began_ns + HELD_UP_NS < worst.until_ns < time.monotonic_ns()


def test_who_sleeps_is_not_late() -> None:
    """However long: with nothing due there is nothing to miss."""
    began_ns = time.monotonic_ns()
    noted = delays_of(lambda: asyncio.sleep(1000), Tempo(1000))
    assert time.monotonic_ns() - began_ns >= NS_PER_SECOND
    assert max(delay.late_ns for delay in noted) < HELD_UP_NS


def test_a_loop_whose_tempo_may_change_looks_often(tmp_path: Path) -> None:
    """So that a process that only waits sees that it was stopped."""
    tempo = Tempo(1000, time.monotonic_ns())
    tempo.share(tmp_path / "tempo")
    assert len(delays_of(lambda: asyncio.sleep(500), tempo)) >= 20


def test_only_what_is_long_enough_is_written(tmp_path: Path) -> None:
    """Each in a line; a process that is started again goes on in the same file."""
    path = tmp_path / "delays"
    assert read_delays(path) == []
    long, short = (Delay(until_ns=7, late_ns=late) for late in (NOTED_NS, NOTED_NS - 1))
    for _ in range(2):
        file = DelayFile(path)
        file.note(long)
        file.note(short)
    assert read_delays(path) == [long, long]
    assert path.stat().st_mode & 0o077 == 0
