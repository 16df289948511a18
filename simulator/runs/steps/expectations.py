"""What must hold: asked of the programs, each through its own administration address."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from licensing.errors import LicensingError
from licensing.policies import NS_PER_SECOND
from licensing.words import NODE_PROGRAM, OUTSIDE
from nodes.administration import Calls, Displays, State
from simulator.runs.steps.judgments import Judgment, judge, not_asked, same
from simulator.runs.steps.license_counts import counted
from simulator.runs.steps.run_state import RunState
from simulator.scenario import OVER, UP, CallUp, Expect, Rest, Step, period_in_words

_OFF = {"state": "down", "display": "dark"}
"""What there is to see of a node without power; nothing else of it can be asked."""

_NO_DISPLAY = "no system telephone"


async def _expect(running: RunState, step: Expect) -> None:
    if step.call is not None:
        judgments = [await _of_call(running, step.call)]
    elif step.number is not None:
        judgments = [await _of_telephone(running, step.number, step.display or "")]
    else:
        everyone = list(running.scenario.internetwork.nodes)
        nodes = everyone if step.everywhere else [running.host(step.node or "")]
        judgments = [each for node in nodes for each in await _of_node(running, node, step)]
        judgments += await _of_counts(running, nodes, step)
    judge(running.world, step, judgments)


async def _of_node(running: RunState, node: str, step: Expect) -> list[Judgment]:
    wanted = {
        "state": step.wanted_state,
        "cause": step.cause,
        "rest": step.rest,
        "demand": step.demand,
        "display": step.display,
    }
    given = {key: value for key, value in wanted.items() if value is not None}
    return [await _aspect(running, node, key, value) for key, value in given.items()]


async def _aspect(running: RunState, node: str, key: str, wanted: str | Rest) -> Judgment:
    about = f"{node} {key}"
    try:
        seen = await _seen(running, node, key)
    except LicensingError as error:
        return not_asked(about, str(wanted), error)
    if isinstance(wanted, Rest):
        return _rest(about, wanted, seen)
    return same(about, wanted, str(seen))


async def _seen(running: RunState, node: str, key: str) -> object:
    """What a node says under a key of the language, that of its `State` or its displays."""
    if key in _OFF and not running.world.is_up(node):
        return _OFF[key]
    if key == "display":
        return _shown((await _displays(running, node)).values())
    state = await running.admin.ask(node, NODE_PROGRAM, "/v1/state", State)
    return state.rest_s if key == "rest" else getattr(state, key)


def _rest(about: str, wanted: Rest, rest_s: object) -> Judgment:
    if not isinstance(rest_s, int):
        return Judgment(about, str(wanted), "no period runs", holds=False)
    got = period_in_words(rest_s * NS_PER_SECOND)
    return Judgment(about, str(wanted), got, wanted.covers(rest_s))


async def _of_telephone(running: RunState, number: str, wanted: str) -> Judgment:
    node = running.node_with(number)
    about = f"display of {number}"
    if not running.world.is_up(node):
        return same(about, wanted, _OFF["display"])
    try:
        displays = await _displays(running, node)
    except LicensingError as error:
        return not_asked(about, wanted, error)
    return same(about, wanted, _shown([displays[number]] if number in displays else []))


async def _displays(running: RunState, node: str) -> Mapping[str, str]:
    return (await running.admin.ask(node, NODE_PROGRAM, "/v1/displays", Displays)).displays


def _shown(texts: Iterable[str]) -> str:
    return " and ".join(text or "idle" for text in sorted(set(texts))) or _NO_DISPLAY


async def _of_call(running: RunState, call: CallUp) -> Judgment:
    """A call is kept by the node of its caller, one from outside by that of the called."""
    node = running.node_with(call.to if call.caller == OUTSIDE else call.caller)
    about = f"call from {call.caller} to {call.to}"
    try:
        calls = (await running.admin.ask(node, NODE_PROGRAM, "/v1/calls", Calls)).calls
    except LicensingError as error:
        return not_asked(about, call.state, error)
    up = any((each.source, each.destination) == (call.caller, call.to) for each in calls)
    return same(about, call.state, UP if up else OVER)


async def _of_counts(running: RunState, nodes: list[str], step: Expect) -> list[Judgment]:
    judgments = []
    for key, wanted in step.counts.items():
        about = {license_key: f"{key.replace('_', ' ')} {license_key}" for license_key in wanted}
        try:
            got = await counted(running, key, nodes, everywhere=step.everywhere)
        except LicensingError as error:
            judgments += [not_asked(about[each], str(wanted[each]), error) for each in wanted]
        else:
            judgments += [same(about[each], str(wanted[each]), str(got[each])) for each in wanted]
    return judgments


EXPECTATION_DOERS: Mapping[type[Step], Callable[[RunState, Any], Awaitable[object]]] = {
    Expect: _expect
}
