"""Where the time of an exchange goes, by layer: a look at what runs, two thousand times a second.

A look counts for the innermost Python function, C code for the function that calls it. Looks take
no time to speak of, unlike a profiler's hooks, which make small functions look expensive.
"""

import signal
from collections import Counter
from collections.abc import Callable
from time import process_time  # noqa: TID251 - real time is what is measured here
from types import FrameType

from rich.console import Console
from rich.table import Table

from benchmarks.internetworks import star
from simulator import play

_LOOK_S = 0.0005
_SLAVES = 4
_SHORT_DAYS, _LONG_DAYS = 5, 105
_EXCHANGES = (_SLAVES + 1) * (_LONG_DAYS - _SHORT_DAYS) * 24

_LAYERS = (
    ("SQLite and audit", ("worlds/full_disk", "runtime/database", "runtime/audit", "/nodes/store")),
    ("loop and handles", ("simulator/loop/",)),
    ("transport", ("simulator/network/",)),
    ("aiohttp", ("/aiohttp/",)),
    ("asyncio's sleeps, time-outs, futures", ("/asyncio/",)),
    ("nodes", ("/nodes/",)),
    ("central CLA", ("/master_cla/",)),
    ("oracle", ("simulator/oracle/",)),
    ("clocks, record, journal", ("simulator/worlds/", "runtime/journal", "runtime/host")),
    ("the rest of the seam", ("runtime/",)),
    ("messages and recovery", ("/licensing/",)),
)
"""A layer, and what its files have in their paths; the first that fits."""


def main(rounds: int, functions: int) -> None:
    """Measure and print: microseconds of an exchange by layer, and by `functions`."""
    short, long = star(_SLAVES, _SHORT_DAYS), star(_SLAVES, _LONG_DAYS)
    play(short)
    looks: Counter[tuple[str, str]] = Counter()
    spent_s = 0.0
    for _ in range(rounds):
        taken_s, taken = _looked_at(lambda: play(long))
        setting_up_s, setting_up = _looked_at(lambda: play(short))
        spent_s += taken_s - setting_up_s
        looks.update(taken)
        looks.subtract(setting_up)
    whole_us = spent_s / rounds / _EXCHANGES * 1e6
    total = sum(looks.values())
    by_layer: Counter[str] = Counter()
    for (path, _), count in looks.items():
        by_layer[_layer(path)] += count
    _show(f"an exchange: {whole_us:.1f} us", by_layer.most_common(), total, whole_us)
    named = Counter({f"{_short(path)} {name}": n for (path, name), n in looks.items()})
    _show("by function", named.most_common(functions), total, whole_us)


def _looked_at(work: Callable[[], object]) -> tuple[float, Counter[tuple[str, str]]]:
    """Seconds of the processor, and how often each function was seen, by its file and name."""
    seen: Counter[tuple[str, str]] = Counter()

    def look(_: int, frame: FrameType | None) -> None:
        if frame is not None:
            seen[frame.f_code.co_filename, frame.f_code.co_qualname] += 1

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_S, _LOOK_S)
    began = process_time()
    try:
        work()
    finally:
        spent_s = process_time() - began
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return spent_s, seen


def _layer(path: str) -> str:
    return next((name for name, parts in _LAYERS if any(part in path for part in parts)), "other")


def _short(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def _show(title: str, counts: list[tuple[str, int]], total: int, whole_us: float) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column(title, no_wrap=True)
    table.add_column("us", justify="right")
    table.add_column("share", justify="right")
    for name, count in counts:
        table.add_row(name, f"{count / total * whole_us:.1f}", f"{count / total:.0%}")
    Console(width=110).print(table)
    print()
