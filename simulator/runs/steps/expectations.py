"""What must hold: asked of the nodes, judged, and stated in the journal."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from licensing.catalogue import LICENSES
from licensing.events import ExpectationFailed, ExpectationMet
from licensing.words import NODE_PROGRAM
from nodes.administration import Displays, Licenses, State
from simulator.runs.steps.run_state import RunState, place_of
from simulator.scenario import Expect, Scenario, Step
from simulator.worlds.world import World


class Unexpected(AssertionError):
    """An expectation that does not hold: what was `wanted`, and what was `got`."""

    def __init__(self, step: Step, wanted: str, got: str) -> None:
        super().__init__(f"{step}: wanted {wanted}, got {got}")
        self.wanted = wanted
        self.got = got


def judge(
    running: RunState, step: Step, wanted: Mapping[str, str], got: Mapping[str, str], holds: bool
) -> None:
    """State what was expected as a fact; raises `Unexpected` where it does not hold."""
    record = running.world.record
    if holds:
        record("world", ExpectationMet(step=str(step), place=place_of(step)))
        return
    differ = [key for key in wanted if wanted[key] != got[key]]
    wanted_words = ", ".join(f"{key}: {wanted[key]}" for key in differ)
    got_words = ", ".join(f"{key}: {got[key]}" for key in differ)
    failed = ExpectationFailed(
        step=str(step), place=place_of(step), wanted=wanted_words, got=got_words
    )
    record("world", failed)
    raise Unexpected(step, wanted_words, got_words)


def judge_over_use(world: World, scenario: Scenario, over_used: Mapping[str, int]) -> None:
    """State at the end of a run whether `over_use` says what was over-used, no more, no less."""
    wanted, got = (_seats_in_words(seats) for seats in (scenario.over_use, over_used))
    step, place = f"over-use in the whole run: {wanted}", scenario.place_of(("over_use",))
    if wanted == got:
        world.record("world", ExpectationMet(step=step, place=place))
    else:
        failed = ExpectationFailed(step=step, place=place, wanted=wanted, got=got)
        world.record("world", failed)


def _seats_in_words(seats: Mapping[str, int]) -> str:
    return ", ".join(f"{seats[key]} x {key}" for key in LICENSES if key in seats) or "none"


async def _expect(running: RunState, step: Expect) -> None:
    everyone = list(running.scenario.internetwork.nodes)
    nodes = everyone if step.everywhere else [running.host(step.node or "")]
    wanted: dict[str, str] = {}
    got: dict[str, str] = {}
    for name in nodes:
        if step.wanted_state is not None:
            wanted[f"{name} state"] = step.wanted_state
            got[f"{name} state"] = await _state_word(running, name)
        if step.display is not None:
            wanted[f"{name} display"] = step.display
            got[f"{name} display"] = await _display_word(running, name)
    if step.licensed is not None:
        counts = await _licensed(running, nodes)
        wanted |= {key: str(number) for key, number in step.licensed.items()}
        got |= {key: str(counts.get(key, 0)) for key in step.licensed}
    judge(running, step, wanted, got, wanted == got)


async def _state_word(running: RunState, name: str) -> str:
    if not running.world.is_up(name):
        return "down"
    return (await running.admin.ask(name, NODE_PROGRAM, "/v1/state", State)).state.value


async def _display_word(running: RunState, name: str) -> str:
    if not running.world.is_up(name):
        return "dark"
    shown = await running.admin.ask(name, NODE_PROGRAM, "/v1/displays", Displays)
    texts = sorted(set(shown.displays.values()))
    return " and ".join(text or "idle" for text in texts) or "no system telephone"


async def _licensed(running: RunState, nodes: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in nodes:
        if running.world.is_up(name):
            overview = await running.admin.ask(name, NODE_PROGRAM, "/v1/licenses", Licenses)
            for key, number in overview.in_use.items():
                counts[key] = counts.get(key, 0) + number
    return counts


EXPECTATION_DOERS: Mapping[type[Step], Callable[[RunState, Any], Awaitable[object]]] = {
    Expect: _expect
}
