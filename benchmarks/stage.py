"""A recorded year of thirty sites: what it takes to keep it, and how long a look back takes.

Every slave is cut off once a week for half an hour, one of them for a month. The same year is
played without a recorder beside it.
"""

import gc
import tracemalloc
from copy import deepcopy
from functools import partial
from random import Random  # noqa: TID251 - a benchmark that draws
from time import process_time  # noqa: TID251 - the processor's time is what is measured here

from rich.console import Console

from benchmarks.clients import Burst
from benchmarks.internetworks import year_with_outages
from simulator.loop.pace import FAST
from simulator.loop.runner import run
from simulator.runs.internetwork import Internetwork
from simulator.runs.play import play_timeline
from simulator.scenario import Scenario
from simulator.stage.look import MILLISECOND_NS, Looking
from simulator.stage.person_clock import PersonClock
from simulator.stage.shown import map_states, shown
from simulator.stage.stage import Recorder, Stage
from simulator.stage.stage_page import rendered
from simulator.stage.traffic import LinkTraffic
from simulator.worlds.simulated import SimulatedWorld

SITES, DAYS = 30, 365
REQUIRED_S = 0.100
"""For a look at the past."""
_LOOKS = 200
_MIB = 1 << 20


def main() -> None:
    """Measure, and print."""
    scenario = year_with_outages(SITES - 1, DAYS, seed=20)
    console = Console()
    console.print(f"stage: a year of {SITES} sites", style="bold", highlight=False)
    recorded_s = run(_recorded(scenario, console))
    alone_s = _seconds(scenario)
    console.print(f"played {alone_s:.0f} s of processor time, recorded {recorded_s:.0f} s")


def _seconds(scenario: Scenario) -> float:
    """The year without anybody who records it."""

    async def alone() -> None:
        async with Internetwork(scenario) as net:
            await play_timeline(net)

    gc.collect()
    began = process_time()
    run(alone())
    return process_time() - began


async def _recorded(scenario: Scenario, console: Console) -> float:
    """The year with its recorder, at which it looks afterwards; how long the year took."""
    traffic = LinkTraffic()
    net = Internetwork(scenario, world=partial(SimulatedWorld, tap=traffic))
    recorder = Recorder(net)
    gc.collect()
    began = process_time()
    async with net:
        stage = Stage(net, PersonClock(FAST), recorder, traffic)
        await play_timeline(net)
        took_s = process_time() - began
        console.print(f"{recorder.in_words} Memory: {_copied_bytes(recorder) / _MIB:.1f} MiB")
        console.print(_looks(stage))
        stage.close()
    return took_s


def _copied_bytes(recorder: Recorder) -> int:
    """How much memory one more of what is kept takes."""
    kept = (recorder.fold.recording, recorder.reasons.recording, recorder.story, recorder.outages)
    tracemalloc.start()
    copies = deepcopy([vars(each) for each in kept[:2]]), deepcopy(kept[2:])
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del copies
    return used


def _looks(stage: Stage) -> str:
    dice, waits = Random(20), []
    for number in range(_LOOKS):
        at_ms = dice.randrange(stage.now_ns // MILLISECOND_NS)
        began = process_time()
        seen = shown(stage, Looking(at_ms, "node", f"slave-{1 + number % (SITES - 1)}"))
        map_states(seen)
        rendered(seen)
        waits.append(process_time() - began)
    burst = Burst(waits, sum(waits))
    verdict = "met" if burst.percentile(95) < REQUIRED_S else "missed"
    figures = ", ".join(f"p{p} {burst.percentile(p) * 1e3:.1f} ms" for p in (50, 95, 99))
    return f"a look at the past, with its page: {figures}; p95 < {REQUIRED_S * 1e3:.0f}: {verdict}"
