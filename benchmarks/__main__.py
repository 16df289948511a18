"""`python -m benchmarks` measures all, `python -m benchmarks NAME` one.

`python -m benchmarks pairs --against CHECKOUT` compares with another version.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import cyclopts

from benchmarks import (
    decisions,
    exchange,
    fault_days,
    fleet,
    frames,
    guessing,
    layers,
    outage,
    pages,
    pairs,
    planning,
    routing,
    stage,
    stations,
    timers,
)

BenchmarkName = Literal[
    "outage",
    "exchange",
    "timers",
    "fleet",
    "decisions",
    "pages",
    "guessing",
    "stations",
    "routing",
    "planning",
    "stage",
    "frames",
]

app = cyclopts.App(name="python -m benchmarks", help=__doc__, version_flags=[])


@app.default
def measure(
    name: BenchmarkName | None = None, /, *, rounds: int = 5, sites: int | None = None
) -> None:
    """Measure, and print what was found.

    Parameters
    ----------
    name
        What to measure; everything where it is missing.
    rounds
        How often each figure is taken.
    sites
        Another size of the fleet, such as 1000.

    """
    sizes = fleet.SIZES if sites is None else (sites,)
    benchmarks: dict[str, Callable[[], None]] = {
        "outage": lambda: outage.main(rounds),
        "exchange": lambda: exchange.main(rounds),
        "timers": lambda: timers.main(rounds),
        "fleet": lambda: fleet.main(min(rounds, 2), sizes),
        "decisions": lambda: decisions.main(min(rounds, 3)),
        "pages": lambda: pages.main(rounds),
        "guessing": lambda: guessing.main(min(rounds, 3)),
        "stations": lambda: stations.main(min(rounds, 3)),
        "routing": lambda: routing.main(rounds),
        "planning": lambda: planning.main(min(rounds, 3)),
        "stage": stage.main,
        "frames": frames.main,
    }
    for benchmark in [benchmarks[name]] if name else benchmarks.values():
        benchmark()


@app.command(name="pairs")
def compare(
    *works: pairs.WorkName,
    against: Path,
    rounds: int = 5,
    slaves: int | None = None,
    most: float | None = None,
) -> int:
    """Measure what a person waits for beside another checkout, in turns, and print the ratios.

    Parameters
    ----------
    works
        What to compare; everything where none is named.
    against
        The other checkout; `make setup` has run there.
    rounds
        How often each figure is taken on each side.
    slaves
        Compare instead what so many slaves cost, such as 1000 (minutes), and their memory.
    most
        The exit status is 1 where a work takes more than so many times as long as there.

    """
    if slaves is not None:
        return pairs.fleet(against, rounds, slaves)
    return pairs.main(against, rounds, works, most)


@app.command(name="days")
def compare_days(*, against: Path, rounds: int = 3) -> None:
    """Play random days of faults beside another checkout, in one process and in two.

    Parameters
    ----------
    against
        The other checkout, whose days they are; `make setup` has run there.
    rounds
        How often all are played.

    """
    fault_days.main(against, rounds)


@app.command(name="layers")
def look(*, rounds: int = 3, functions: int = 20) -> None:
    """Print where the time of an exchange goes, by layer and by function.

    Parameters
    ----------
    rounds
        How many runs are looked at.
    functions
        How many functions are shown, those that take most.

    """
    layers.main(rounds, functions)


if __name__ == "__main__":
    app()
