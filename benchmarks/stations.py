"""What a large node costs: a whole `internetsim run` by the number of its subscribers, and its WBM.

Each subscriber is to get nine licenses in one check and unlock. The cost of one shall not rise by
more than a half from 1,000 subscribers to the largest node that is promised.
"""

import asyncio
import contextlib
import gc
import io
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path
from time import process_time  # noqa: TID251 - real time is what is measured here

from benchmarks import pages
from benchmarks.measurement import Figures, Spread, TableRow, in_turns, show
from licensing.sizes import MOST_SUBSCRIBERS
from simulator.cli.app import main as internetsim

COMPARED_SIZES = (1000, MOST_SUBSCRIBERS)
LARGEST_RISE = 1.5
LONGEST_WAIT_S = 1.0
NINE_LICENSES = (
    "ip",
    "voicemail",
    "uc-suite",
    "fax",
    "conference",
    "myattendant",
    "myagent",
    "application-launcher",
    "tapi",
)
_FIRST_NUMBER = 10_000
_LICENSES = f"[{', '.join(NINE_LICENSES)}]"
_SCENARIO = """\
title: Stations
about: To be measured.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq: {{model: S, role: master, subscribers: [{{numbers: 100, type: ip-hfa}}]}}
    far: {{model: X8, role: slave, subscribers: [{subscribers}]}}
  links:
    hq-internet: {{bandwidth: 1 Gbit/s, latency: 20 ms}}
    hq-far: {{bandwidth: 20 Mbit/s, latency: 15 ms}}
  purchase: {{LAC: {{base: 1, networking: 1, {bought}}}}}
timeline:
  - at: day 0 09:00
    activate:
      {{node: hq, lac: LAC, registration: {{company: Example Ltd, contact: it@example.com}}}}
  - {{at: day 0 10:00, unlock: far}}
  - {{at: day 3 08:00, expect: {{node: far, licensed: {{{licensed}}}}}}}
"""


def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="stations-") as directory:
        _measure_runs(Path(directory), rounds)
        asyncio.run(_measure_pages(Path(directory)))


def _measure_runs(directory: Path, rounds: int) -> None:
    runs = [_run(directory, *kind) for kind in product(_SHAPES, COMPARED_SIZES)]
    spreads = in_turns(rounds, *runs)
    rows = []
    for shape in _SHAPES:
        small, large = (spreads[_name(shape, size)] for size in COMPARED_SIZES)
        rows.append(TableRow(_name(shape, COMPARED_SIZES[0]), small))
        target = LARGEST_RISE * small.median
        rows.append(TableRow(_name(shape, COMPARED_SIZES[1]), large, beside=small, target=target))
    show(
        "stations: us of the processor that a run takes for each subscriber",
        rows,
        unit="us",
        factor=1e6,
        digits=0,
    )


def _run(directory: Path, shape: str, subscribers: int) -> Callable[[], Figures]:
    """Measures a run of a scenario file, as a person starts it."""
    path = directory / f"{shape}-{subscribers}.yaml".replace(" ", "-")
    path.write_text(_SHAPES[shape](subscribers))

    def play() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            assert internetsim(["run", str(path)]) == 0, path

    return lambda: {_name(shape, subscribers): _processor_seconds(play) / subscribers}


def _processor_seconds(work: Callable[[], None]) -> float:
    """What `work` costs, whatever else this computer does meanwhile."""
    gc.collect()
    began = process_time()
    work()
    return process_time() - began


def _name(shape: str, subscribers: int) -> str:
    return f"{shape}, {subscribers:,}"


def _one_group(subscribers: int) -> str:
    return _scenario(_group(_FIRST_NUMBER, subscribers), subscribers, subscribers)


def _each_listed(subscribers: int) -> str:
    groups = (_group(_FIRST_NUMBER + place, 1) for place in range(subscribers))
    return _scenario(",\n      ".join(groups), subscribers, subscribers)


def _too_few(subscribers: int) -> str:
    """Half of the licenses are refused, and shown in red."""
    return _scenario(_group(_FIRST_NUMBER, subscribers), subscribers // 2, subscribers // 2)


_SHAPES: dict[str, Callable[[int], str]] = {
    "one group": _one_group,
    "each listed": _each_listed,
    "too few licenses": _too_few,
}


def _group(first: int, count: int) -> str:
    return f"{{numbers: {first}-{first + count - 1}, type: ip-hfa, licenses: {_LICENSES}}}"


def _scenario(subscribers: str, bought: int, licensed: int) -> str:
    return _SCENARIO.format(
        subscribers=subscribers,
        bought=", ".join(f"{key}: {bought}" for key in NINE_LICENSES),
        licensed=", ".join(f"{key}: {licensed}" for key in NINE_LICENSES),
    )


async def _measure_pages(directory: Path) -> None:
    """Whether a person who administers the largest node waits for a page."""
    async with pages.signed_in(directory, MOST_SUBSCRIBERS) as wbm:
        waits = {
            name: await pages.repeated(wbm, path) for name, path in pages.PAGES_MEASURED.items()
        }
    rows = [TableRow(name, Spread(waits[name]), target=LONGEST_WAIT_S) for name in waits]
    title = f"stations: pages of a node with {MOST_SUBSCRIBERS:,} subscribers"
    show(title, rows, unit="ms", factor=1e3, digits=0)
