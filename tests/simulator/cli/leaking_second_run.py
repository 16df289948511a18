"""The planted leak of `test_app`: a second run that leaves out the seventh fact of one scenario."""

import os
import sys
from pathlib import Path

from simulator.cli import second_run


def leaking(scenario, *, seed=None, readers=()):
    """As `simulator.runs.play.play`, but for one fact."""
    count = 0

    def most(entry) -> None:
        nonlocal count
        count += 1
        if count != 7 or scenario.title != LEAKING.title:
            write(entry)

    (write,) = readers
    return play(scenario, seed=seed, readers=[most])


LEAKING = second_run.load_scenario(Path(os.environ["LEAKING_SCENARIO"]))
play, second_run.play = second_run.play, leaking
second_run.main(*sys.argv[1:])
