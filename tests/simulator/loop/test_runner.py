"""What a run leaves behind in its process."""

import asyncio
import gc
import weakref
from pathlib import Path

from simulator import load_scenario, play

SCENARIO = Path(__file__).parents[3] / "scenarios" / "more-assigned-than-bought.yaml"


def test_a_world_does_not_outlive_its_run() -> None:
    """Many runs need no more memory than a few: no library's cache keeps worlds.

    But for the first one: what is set up at the first use of something may refer to it.
    """
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    def watch(_: object) -> None:
        loop = asyncio.get_running_loop()
        if not any(known() is loop for known in loops):
            loops.append(weakref.ref(loop))

    for _ in range(3):
        play(load_scenario(SCENARIO), readers=[watch])
    gc.collect()
    assert [loop() for loop in loops[1:]] == [None, None]
