"""Random days of faults by the second, beside another checkout: in one process, and in two.

The days are those of the other checkout's own tests (`tests/reliability/test_random_faults.py`), so
that what is asked of both sides was fixed before either was measured.
"""

import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor  # noqa: TID251 - runs at once
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from time import perf_counter  # noqa: TID251 - real time is what is measured here

from rich.console import Console
from rich.table import Table

from benchmarks.sides import Side, SidePlayer

FAULT_DAYS = 50
WANTED = 5.0
_HERE = Path(__file__).parents[1]
_WRITTEN = f"""
import json, sys
sys.path[:0] = ["tests/reliability", "tests"]
from test_random_faults import Faults, written_day
for seed in range({FAULT_DAYS}):
    print(json.dumps(written_day(seed, Faults(seed))))
"""


def main(there: Path, rounds: int) -> None:
    """Play them in turns, and print days a second and the ratios to one process there."""
    sides = {"there": Side(there.resolve()), "here": Side(_HERE)}
    rates: dict[tuple[str, int], list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="days-") as directory:
        days = list(_days(sides["there"], Path(directory)))
        for _ in range(rounds):
            for processes in (1, 2):
                for name, side in sides.items():
                    with _players(side, processes, days[0]) as players:
                        rate = _days_a_second(players, days)
                    rates.setdefault((name, processes), []).append(rate)
    _show(rates)


def _days(side: Side, directory: Path) -> Iterator[Path]:
    told = subprocess.run(
        [side.program("python"), "-c", _WRITTEN],
        cwd=side.root,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    for number, line in enumerate(told.splitlines()):
        path = directory / f"{number}.json"
        path.write_bytes(line)
        yield path


@contextmanager
def _players(side: Side, processes: int, first: Path) -> Iterator[list[SidePlayer]]:
    """So many processes that have played once, so that all they import is there."""
    with ExitStack() as stack:
        players = [stack.enter_context(side.player()) for _ in range(processes)]
        for player in players:
            player.play(first)
        yield players


def _days_a_second(players: list[SidePlayer], days: list[Path]) -> float:
    waiting: SimpleQueue[Path] = SimpleQueue()
    for day in days:
        waiting.put(day)

    def play(player: SidePlayer) -> None:
        with suppress(Empty):
            while True:
                player.play(waiting.get_nowait())

    began = perf_counter()
    with ThreadPoolExecutor(len(players)) as threads:
        list(threads.map(play, players))
    return len(days) / (perf_counter() - began)


def _show(rates: dict[tuple[str, int], list[float]]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "processes", "days a second", "over one process there", "from", "to"):
        table.add_column(heading, justify="right" if heading else "left")
    for (name, processes), found in rates.items():
        ratios = [ours / base for ours, base in zip(found, rates["there", 1], strict=True)]
        figures = (statistics.median(found), statistics.median(ratios), min(ratios), max(ratios))
        table.add_row(name, str(processes), *(f"{figure:.2f}" for figure in figures))
    Console().print(
        f"{FAULT_DAYS} random days of ten nodes (wanted: {WANTED:.0f} here in two)", table
    )
