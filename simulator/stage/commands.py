"""All that can be done on the page: a table by name; each is a step of the scenario language.

A command takes the fields of its form and returns what there is to say, "" where one sees it. It
raises `LicensingError` where a program refuses, `ValueError` for what is not there.
"""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from licensing.errors import LicensingError
from licensing.words import counted
from simulator.loop.pace import STANDING, Pace
from simulator.report.phrases import refusal_in_words
from simulator.runs.internetwork import Internetwork
from simulator.stage.hurry import Hurry
from simulator.stage.person_clock import RATES, STEPS_NS, PersonClock
from simulator.stage.scenario_steps import ScenarioSteps

Fields = Mapping[str, str]


class NoSuchCommand(ValueError):
    """Nothing on the page has this name."""


class Commanded(msgspec.Struct, frozen=True):
    """What commands work on; `hang_up` takes the host whose power fails."""

    net: Internetwork
    clock: PersonClock
    hurry: Hurry
    steps: ScenarioSteps
    hang_up: Callable[[str], None]


async def do(on: Commanded, name: str, fields: Fields) -> str:
    """Do what the command `name` says; raises as the module says."""
    if name in _TIME:
        return await _TIME[name](on, fields)
    if name not in _ACTS:
        raise NoSuchCommand(f"There is nothing like {name[:40]!r}.")
    with on.clock.answering():
        return await _ACTS[name](on, fields)


# What befalls links, routers, clouds and hosts.


async def _one_way(on: Commanded, fields: Fields) -> str:
    await on.net.cut_one_way(fields["from"], link=fields["what"])
    return ""


async def _latency(on: Commanded, fields: Fields) -> str:
    await on.net.latency(fields["what"], fields["to"])
    return ""


async def _bandwidth(on: Commanded, fields: Fields) -> str:
    await on.net.bandwidth(fields["what"], fields["to"])
    return ""


async def _loss(on: Commanded, fields: Fields) -> str:
    if not fields["to"].isdecimal():
        raise ValueError("The loss is a whole number of percent.")
    await on.net.loss(fields["what"], int(fields["to"]))
    return ""


async def _crash(on: Commanded, fields: Fields) -> str:
    await on.net.crash(fields["what"])
    on.hang_up(fields["what"])
    return ""


async def _clock(on: Commanded, fields: Fields) -> str:
    by = fields["by"].strip()
    await on.net.clock(fields["what"], by)
    way = "back" if by.startswith("-") else "forward"
    return f"The clock of {fields['what']} is set {way} by {by.lstrip('+-').strip()}."


async def _reset(on: Commanded, fields: Fields) -> str:
    await on.net.reset(fields["what"])
    return f"All connections over {fields['what']} are forgotten."


def _named(method: str) -> Callable[[Commanded, Fields], Awaitable[str]]:
    """A step that takes one name."""

    async def done(on: Commanded, fields: Fields) -> str:
        await getattr(on.net, method)(fields["what"])
        return ""

    return done


# What people do.


async def _call(on: Commanded, fields: Fields) -> str:
    source, destination = fields["from"].strip(), fields["to"].strip()
    answer = await on.net.call(source, destination)
    if answer is None:
        return f"{source} calls {destination}: no answer."
    why = f": {refusal_in_words(answer.reason)}" if answer.reason else ""
    over = f" over {answer.trunk}" if answer.trunk else ""
    return f"{source} calls {destination}: {answer.outcome}{over}{why}."


async def _relicense(on: Commanded, fields: Fields) -> str:
    await on.net.relicense(fields["what"])
    return "The internetwork is relicensed: nodes learn of it as they ask."


# Time.


async def _pass(on: Commanded, fields: Fields) -> str:
    what = fields.get("what", "")
    if what not in STEPS_NS:
        raise NoSuchCommand(f"There is nothing like {what[:40]!r}.")
    until_ns = on.net.world.now_ns() + STEPS_NS[what]
    return await _passing(on, on.hurry.pass_until(until_ns, f"{what} have passed"))


async def _pace(on: Commanded, fields: Fields) -> str:
    what = fields.get("what", "")
    if what not in RATES:
        raise NoSuchCommand(f"There is nothing like {what[:40]!r}.")
    on.hurry.stop()
    on.clock.chosen = Pace(RATES[what])
    return ""


async def _play(on: Commanded, fields: Fields) -> str:
    """On at the pace that was chosen last; while something hurries it is stopped by any press."""
    del fields
    is_hurrying = bool(on.hurry.what)
    on.hurry.stop()
    on.clock.chosen = STANDING if is_hurrying else on.clock.played
    return ""


async def _set_up(on: Commanded, fields: Fields) -> str:
    del fields
    number = on.steps.to_set_up
    told = await on.steps.set_up()
    return told or f"{counted(number, 'step')} of the scenario done: the internetwork is set up."


def _hurried(wait: Callable[[Commanded], Awaitable[str]]) -> Callable[..., Awaitable[str]]:
    async def done(on: Commanded, fields: Fields) -> str:
        del fields
        return await _passing(on, wait(on))

    return done


async def _passing(on: Commanded, wait: Awaitable[str]) -> str:
    """Nobody passes a step of the scenario by without hearing of it."""
    before = on.steps.due
    told, due = await wait, on.steps.due
    if due <= before:
        return told
    return f"{told} Still to be done: {counted(due, 'step')} of the scenario.".strip()


_ACTS: Mapping[str, Callable[[Commanded, Fields], Awaitable[str]]] = {
    **{
        name: _named(name)
        for name in ("cut", "heal", "drop", "refuse", "fail", "repair", "start", "freeze", "thaw")
    },
    "one-way": _one_way,
    "latency": _latency,
    "bandwidth": _bandwidth,
    "loss": _loss,
    "reset": _reset,
    "crash": _crash,
    "clock": _clock,
    "call": _call,
    "relicense": _relicense,
}  # fmt: skip
"""Done at once; where time stands, as much of it passes as the answer takes."""

_TIME: Mapping[str, Callable[[Commanded, Fields], Awaitable[str]]] = {
    "pass": _pass,
    "pace": _pace,
    "play": _play,
    "set-up": _set_up,
    "next-event": _hurried(lambda on: on.hurry.next_event()),
    "next-change": _hurried(lambda on: on.hurry.next_change()),
    "before-the-deadline": _hurried(lambda on: on.hurry.before_deadline()),
    "fast": _hurried(lambda on: on.hurry.without_rest()),
    "step": _hurried(lambda on: on.steps.one()),
    "next-expectation": _hurried(lambda on: on.steps.to_the_next_expectation()),
}

REFUSED = (LicensingError, ValueError, KeyError)
"""What a command is refused with."""
