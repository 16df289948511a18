"""How many runs it takes until each planted bug is caught, guided and plain; and how small it gets.

    make mutants            all of them, in two processes
    python tests/simulator/explore/mutants.py hold_by_the_wrong_lease ...

The exit status is 1 where one is not caught within 500 runs, or not made as small as 12 steps.
"""

import sys
import time  # noqa: TID251 - shrinking is bounded by what it computes, whoever else does
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parents[depth]) for depth in (0, 1, 2, 3)]

from planted_bugs import PLANTED, planted  # noqa: E402 - the path has to be known

from simulator.explore.draws import drawn_run  # noqa: E402
from simulator.explore.exploration import explored  # noqa: E402
from simulator.explore.guide import Guide  # noqa: E402
from simulator.explore.played_run import PlayedRun, played  # noqa: E402
from simulator.explore.shrinking import finished, shrinking_of  # noqa: E402
from simulator.scenario import parse_scenario, plain_text  # noqa: E402
from simulator.spread import workers  # noqa: E402

MOST_RUNS = 500
MOST_STEPS = 12
SHRINK_S = 60
SMALL = Path(".mutants")


class Caught(NamedTuple):
    """What came of a bug: runs until it was caught (0: never), and the steps that are left."""

    name: str
    rule: str
    guided: int
    plain: int
    seen: str
    steps: int


def hunt(name: str) -> Caught:
    """Explore with the bug in the programs, and make the first failure small."""
    rule, _ = PLANTED[name]
    with planted(name):
        guided, run = first_failure(guided=True)
        plain = guided if guided <= 200 else first_failure(guided=False)[0]
        steps = made_small(name, run) if run else 0
    return Caught(name, rule, guided, plain, run.failure if run else "", steps)


def first_failure(*, guided: bool) -> tuple[int, PlayedRun | None]:
    """After how many runs, and which; the first round of both is the same one."""
    guide = Guide(1, guided=guided)
    for number, run in enumerate(explored(guide, map, MOST_RUNS), 1):
        if run.verdict.fails:
            return number, run
    return 0, None


def made_small(name: str, run: PlayedRun) -> int:
    """The steps of the scenario that is left, which is kept."""
    ends = time.process_time() + SHRINK_S
    shrinking = shrinking_of(drawn_run(run.seed), run, lambda: time.process_time() > ends)
    shrinking.run()
    scenario = parse_scenario(finished(shrinking, run.seed))
    SMALL.mkdir(exist_ok=True)
    (SMALL / f"{name}.yaml").write_text(plain_text(scenario))
    assert played(scenario, mended=False).failure, "it fails without the technician as well"
    return len(scenario.timeline)


def main(names: list[str]) -> int:
    """Print the table as it grows."""
    print(f"{'planted bug':38} {'rule':4} {'guided':>6} {'plain':>6} {'steps':>5}  seen as")
    missed = []
    with workers(jobs=2) as spread:
        for one in spread(hunt, names or [*PLANTED]):
            runs = "".join(f"{count or 'never':>7}" for count in (one.guided, one.plain))
            print(f"{one.name:38} {one.rule:4}{runs} {one.steps:>5}  {one.seen}", flush=True)
            if not one.guided or one.steps > MOST_STEPS:
                missed.append(one.name)
    print(f"{len(names or PLANTED) - len(missed)} of {len(names or PLANTED)} caught and made small")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
