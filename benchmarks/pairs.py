"""What a person waits for, beside the same in another checkout: each figure as a ratio.

Works are done in turns, there, here, there, here; every side in processes of its own. Time of the
processor is what is judged, because machines are busy. What both sides play must have the same
digest.
"""

import json
import math
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time  # noqa: TID251 - real time is what is measured here
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from benchmarks.internetworks import random_day_written, star_written
from benchmarks.measurement import TableRow, in_turns, show
from benchmarks.sides import Side, SidePlayer, WorkCost
from benchmarks.traffic import simpy_processes

WorkName = Literal["exchange", "month", "cut", "first-day", "random-day", "help", "check", "run"]

_SLAVES = 4
_SHORT_DAYS, _LONG_DAYS = 5, 45
_BEATS = (_LONG_DAYS - _SHORT_DAYS) * 24
_FEWER_SLAVES, _FLEET_DAYS = 100, 30
_RANDOM_SEED = 7
_WIDTH = 110
_FLOORS = ("aiohttp", "pydantic", "cryptography")
_HERE = Path(__file__).parents[1]

_FILE = "more-assigned-than-bought"
"""It comes with the product, and takes one day."""
_RUN_QUIETLY = ("run", "--quiet", _FILE)

Plays = Callable[[str], WorkCost]
"""Plays the written scenario of that name."""


@dataclass(frozen=True)
class PairedWork:
    """What is done on a side; `wanted` is the ratio to the other side that it should reach."""

    name: WorkName
    label: str
    wanted: float | None
    do: Callable[[Side, Plays], WorkCost]


def _exchange(_: Side, plays: Plays) -> WorkCost:
    return plays("long").beyond(plays("short"))


WORKS = (
    PairedWork("exchange", f"{(_SLAVES + 1) * _BEATS} exchanges, whole stack", 0.6, _exchange),
    PairedWork("month", "30 days, a master and four slaves", 0.55, lambda _, plays: plays("month")),
    PairedWork("cut", "one slave cut off for 31 days", 0.55, lambda _, plays: plays("cut")),
    PairedWork("first-day", "first day of five nodes", 0.6, lambda _, plays: plays("first-day")),
    PairedWork(
        "random-day", "a random day of ten nodes", 0.5, lambda _, plays: plays("random-day")
    ),
    PairedWork("help", "internetsim --help", 1.0, lambda side, _: side.command("--help")),
    PairedWork(
        "check", "internetsim check FILE", None, lambda side, _: side.command("check", _FILE)
    ),
    PairedWork(
        "run", "internetsim run --quiet FILE", 0.6, lambda side, _: side.command(*_RUN_QUIETLY)
    ),
)


def written() -> Mapping[str, dict[str, Any]]:
    """The scenarios that both sides play, by name; `first` is for what is cached at first use."""
    return {
        "first": star_written(1, 1),
        "short": star_written(_SLAVES, _SHORT_DAYS),
        "long": star_written(_SLAVES, _LONG_DAYS),
        "month": star_written(_SLAVES, 30),
        "cut": star_written(_SLAVES, 32, cut_for_days=31),
        "first-day": star_written(_SLAVES, 1),
        "random-day": random_day_written(9, _RANDOM_SEED),
    }


@dataclass
class WorkPair:
    """The samples of a work, in the order of rounds: `there` and `here`."""

    there: list[WorkCost] = field(default_factory=list)
    here: list[WorkCost] = field(default_factory=list)

    def ratios(self) -> list[float]:
        """Here over there in time of the processor, round by round."""
        return [ours.cpu_s / theirs.cpu_s for theirs, ours in self._rounds()]

    def wall_ratio(self) -> float:
        """The same in time on the wall, the median."""
        return statistics.median(ours.wall_s / theirs.wall_s for theirs, ours in self._rounds())

    def _rounds(self) -> Iterator[tuple[WorkCost, WorkCost]]:
        return zip(self.there, self.here, strict=True)


def main(there: Path, rounds: int, names: tuple[WorkName, ...], most: float | None) -> int:
    """Measure and print; 1 where a history differs, or a work takes more than `most` times."""
    works = [work for work in WORKS if not names or work.name in names]
    sides = Side(there.resolve()), Side(_HERE)
    with tempfile.TemporaryDirectory(prefix="pairs-") as directory, ExitStack() as stack:
        files = _write(written(), Path(directory))
        plays = [_plays(stack.enter_context(side.player()), files) for side in sides]
        for play in plays:
            play("first")
        pairs = {work: WorkPair() for work in works}
        for _ in range(rounds):
            for work, pair in pairs.items():
                pair.there.append(work.do(sides[0], plays[0]))
                pair.here.append(work.do(sides[1], plays[1]))
    _show_pairs(pairs)
    _show_simpy(pairs, rounds)
    _show_commands(pairs, rounds)
    return judged(pairs, most)


def fleet(there: Path, rounds: int, slaves: int) -> int:
    """What a slave and a day cost among many, beside that among few; and the memory."""
    sides = Side(there.resolve()), Side(_HERE)
    costs: dict[tuple[int, int], list[WorkCost]] = {}
    with tempfile.TemporaryDirectory(prefix="pairs-") as directory:
        sizes = (_FEWER_SLAVES, slaves)
        files = _write(
            {f"{size}": star_written(size, _FLEET_DAYS) for size in sizes}, Path(directory)
        )
        for _ in range(rounds):
            for size in sizes:
                for place, side in enumerate(sides):
                    with side.player() as player:  # the largest size of a process never shrinks
                        cost = player.play(files[f"{size}"])
                    costs.setdefault((size, place), []).append(cost)
    _show_fleet(costs, slaves)
    return 0


def _write(scenarios: Mapping[str, dict[str, Any]], directory: Path) -> dict[str, Path]:
    files = {name: directory / f"{name}.json" for name in scenarios}
    for name, scenario in scenarios.items():
        files[name].write_text(json.dumps(scenario))
    return files


def _plays(player: SidePlayer, files: Mapping[str, Path]) -> Plays:
    return lambda name: player.play(files[name])


def judged(pairs: Mapping[PairedWork, WorkPair], most: float | None) -> int:
    """The exit status: 1 where a history differs, or a work takes more than `most` times as long.

    Prints which.
    """
    status = 0
    for work, pair in pairs.items():
        if {cost.digest for cost in pair.there} != {cost.digest for cost in pair.here}:
            print(f"{work.name}: the two sides tell different histories")
            status = 1
        ratio = statistics.median(pair.ratios())
        if most is not None and ratio > most:
            print(f"{work.name}: {ratio:.2f} times as long as there, more than {most:.2f}")
            status = 1
    return status


# Showing.


def _show_pairs(pairs: Mapping[PairedWork, WorkPair]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in ("there ms", "here ms", "ratio", "from", "to", "wall", "wanted"):
        table.add_column(heading, justify="right")
    for work, pair in pairs.items():
        ratios = pair.ratios()
        ratio = statistics.median(ratios)
        table.add_row(
            work.label,
            *(f"{_median_s(costs) * 1e3:,.0f}" for costs in (pair.there, pair.here)),
            *(f"{value:.2f}" for value in (ratio, min(ratios), max(ratios), pair.wall_ratio())),
            "" if work.wanted is None else _judged(ratio, work.wanted),
        )
    _print("pairs: time of the processor, here over there", table)


def _median_s(costs: list[WorkCost]) -> float:
    return statistics.median(cost.cpu_s for cost in costs)


def _judged(value: float, wanted: float) -> str:
    return f"{wanted:.2f} {'met' if value <= wanted else 'missed'}"


def _show_simpy(pairs: Mapping[PairedWork, WorkPair], rounds: int) -> None:
    """An exchange as so many of SimPy's, which is a carrier without programs."""
    for work, pair in pairs.items():
        if work.name == "exchange":
            simpy = statistics.median(_simpy_s() for _ in range(rounds))
            theirs, ours = (_median_s(costs) / simpy for costs in (pair.there, pair.here))
            print(f"exchange, times SimPy: there {theirs:.1f}, here {ours:.1f} (wanted: 3.2)\n")


def _simpy_s() -> float:
    began = process_time()
    simpy_processes(_SLAVES + 1, _BEATS)
    return process_time() - began


def _show_commands(pairs: Mapping[PairedWork, WorkPair], rounds: int) -> None:
    """A command beside `--help`, and the imports that are the floor of what plays."""
    found = {work.name: pair for work, pair in pairs.items()}
    if "check" in found and "help" in found:
        theirs, ours = (
            _median_s(getattr(found["check"], side)) / _median_s(getattr(found["help"], side))
            for side in ("there", "here")
        )
        print(f"check, times --help: there {theirs:.1f}, here {ours:.1f} (wanted: 2.0)\n")
    if "run" in found:
        side = Side(_HERE)
        floors = in_turns(
            rounds, *(lambda name=name: {name: side.imports(name).cpu_s} for name in _FLOORS)
        )
        rows = [TableRow(f"import {name}", floors[name]) for name in _FLOORS]
        show(
            "floors: an interpreter that imports this alone", rows, unit="ms", factor=1e3, digits=0
        )


def _show_fleet(costs: Mapping[tuple[int, int], list[WorkCost]], slaves: int) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column(f"{_FLEET_DAYS} days, hourly", no_wrap=True)
    for heading in ("there", "here", "ratio"):
        table.add_column(heading, justify="right")
    each: dict[tuple[int, int], float] = {}
    for size in (_FEWER_SLAVES, slaves):
        for place in (0, 1):
            each[size, place] = _median_s(costs[size, place]) / (size * _FLEET_DAYS)
        theirs, ours = each[size, 0], each[size, 1]
        table.add_row(
            f"{size} slaves, ms for each and day",
            f"{theirs * 1e3:.2f}",
            f"{ours * 1e3:.2f}",
            f"{ours / theirs:.2f}",
        )
    growth = [each[slaves, place] / each[_FEWER_SLAVES, place] for place in (0, 1)]
    table.add_row("  growth (wanted: 1.1)", *(f"{value:.2f}" for value in growth))
    exponents = [1 + math.log(value) / math.log(slaves / _FEWER_SLAVES) for value in growth]
    table.add_row("  exponent of the whole", *(f"{value:.2f}" for value in exponents))
    memory = [max(cost.largest_mib for cost in costs[slaves, place]) for place in (0, 1)]
    table.add_row(f"memory with {slaves}, MiB (wanted: 300)", *(f"{value:.0f}" for value in memory))
    _print("fleet: time of the processor", table)


def _print(title: str, table: Table) -> None:
    console = Console(width=_WIDTH)
    console.print(title, style="bold", highlight=False)
    console.print(table)
    console.print()
