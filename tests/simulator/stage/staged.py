"""A stage without a browser: the run, its recorder and its page's values, on the virtual loop."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial

import msgspec

from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.loop.pace import FAST
from simulator.runs.internetwork import Internetwork
from simulator.scenario import Scenario, load_scenario
from simulator.stage.look import Looking
from simulator.stage.person_clock import PersonClock
from simulator.stage.shown import map_states, shown
from simulator.stage.stage import Recorder, Stage
from simulator.stage.traffic import LinkTraffic
from simulator.worlds.simulated import SimulatedWorld

SHIPPED = "slave-cut-off-31-days"

OF_THE_BROWSER = {"look", "is_live", "moment", "said", "displays_of", "paces", "drawing"}
"""What is shown of who looks, and what never changes."""
OF_THE_PRESENT = {
    "live_ns", "now_ms", "end_ms", "bar", "flags", "recorded", "rate", "pace", "hurry", "ended",
    "is_fast", "numbers", "steps_left", "steps_more", "to_set_up", "next_step", "port", "told",
    "is_problem",
}  # fmt: skip
"""What the page says of the run that goes on, whatever instant is shown."""


def shipped(name: str = SHIPPED) -> Scenario:
    """A scenario that comes with the product."""
    return load_scenario(DIRECTORY / f"{name}.yaml")


@asynccontextmanager
async def staged(scenario: Scenario) -> AsyncIterator[Stage]:
    """Its stage, at the fastest pace."""
    traffic = LinkTraffic()
    net = Internetwork(scenario, world=partial(SimulatedWorld, tap=traffic))
    recorder = Recorder(net)
    async with net:
        stage = Stage(net, PersonClock(FAST), recorder, traffic)
        try:
            yield stage
        finally:
            stage.close()


def plain(seen: dict[str, object]) -> dict[str, object]:
    """All that is shown of an instant, field by field, to be compared."""
    kept = {key: value for key, value in seen.items() if key not in OF_THE_BROWSER | OF_THE_PRESENT}
    flat = {path: value for key, value in kept.items() for path, value in _flat(key, value)}
    return {path: value for path, value in flat.items() if not path.endswith(".is_next")} | {
        "map": map_states(seen)
    }


def _flat(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _flat(f"{path}.{name}", getattr(value, name))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(f"{path}.{key}", each)
    elif isinstance(value, list):
        yield f"{path}.length", len(value)
        for number, each in enumerate(value):
            yield from _flat(f"{path}.{number}", each)
    else:
        yield path, value


def at(stage: Stage, at_ms: int | None = None, **look: str) -> dict[str, object]:
    """What the page shows of an instant, None for now."""
    return dict(shown(stage, Looking(at_ms, **look)))
