"""Figures measured in turns, their spread, and the tables in which they are shown."""

import gc
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter  # noqa: TID251 - real time is what is measured here

from rich.console import Console
from rich.table import Table

Figures = dict[str, float]


@dataclass
class Spread:
    """The samples of one figure."""

    samples: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """What is compared and judged."""
        return statistics.median(self.samples)

    def shown(self, factor: float, digits: int) -> tuple[str, str, str]:
        """Least, median and largest, in the unit that `factor` makes of them."""
        low, middle, high = min(self.samples), self.median, max(self.samples)
        return tuple(f"{value * factor:,.{digits}f}" for value in (low, middle, high))  # type: ignore[return-value]  # three


@dataclass(frozen=True)
class TableRow:
    """A line of a table: a figure, what it is compared with, and what it shall stay below."""

    label: str
    figure: Spread
    beside: Spread | None = None
    target: float | None = None


def seconds(work: Callable[[], object], *, tidy: bool = True) -> float:
    """How long `work` takes, without the garbage of what ran before where it is to be `tidy`."""
    if tidy:
        gc.collect()
    began = perf_counter()
    work()
    return perf_counter() - began


def in_turns(rounds: int, *measurements: Callable[[], Figures]) -> dict[str, Spread]:
    """All figures of all measurements, each taken once in every round."""
    spreads: dict[str, Spread] = {}
    for _ in range(rounds):
        for measure in measurements:
            for name, value in measure().items():
                spreads.setdefault(name, Spread()).samples.append(value)
    return spreads


def show(
    title: str, rows: Sequence[TableRow], *, unit: str, factor: float = 1, digits: int = 3
) -> None:
    """Print a table; `factor` turns figures into `unit`. Columns that nobody fills are left out."""
    table = Table(box=None, pad_edge=False)
    compared = any(row.beside for row in rows)
    judged = any(row.target is not None for row in rows)
    table.add_column("", no_wrap=True)
    for heading in ("min", f"median {unit}", "max", *["ratio"] * compared, *["target"] * judged):
        table.add_column(heading, justify="right")
    for row in rows:
        cells = [row.label, *row.figure.shown(factor, digits)]
        cells += [_ratio(row)] * compared + [_verdict(row, factor, digits)] * judged
        table.add_row(*cells)
    console = Console()
    console.print(title, style="bold", highlight=False)
    console.print(table)
    console.print()


def _ratio(row: TableRow) -> str:
    return f"{row.figure.median / row.beside.median:.2f}" if row.beside else ""


def _verdict(row: TableRow, factor: float, digits: int) -> str:
    if row.target is None:
        return ""
    verdict = "met" if row.figure.median < row.target else "missed"
    return f"< {row.target * factor:.{digits}f} {verdict}"
