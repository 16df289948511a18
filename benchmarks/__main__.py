"""`python -m benchmarks` measures all, `python -m benchmarks NAME` one."""

from collections.abc import Callable
from typing import Literal

import cyclopts

from benchmarks import (
    decisions,
    exchange,
    fleet,
    guessing,
    outage,
    pages,
    routing,
    stations,
    timers,
)

BenchmarkName = Literal[
    "outage", "exchange", "timers", "fleet", "decisions", "pages", "guessing", "stations", "routing"
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
        "guessing": lambda: guessing.main(rounds),
        "stations": lambda: stations.main(min(rounds, 3)),
        "routing": lambda: routing.main(rounds),
    }
    for benchmark in [benchmarks[name]] if name else benchmarks.values():
        benchmark()


if __name__ == "__main__":
    app()
