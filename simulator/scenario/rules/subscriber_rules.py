"""Who has which number when: subscribers come, go and become another type in the timeline."""

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from licensing.catalogue import MODELS, SUBSCRIBER_TYPES
from licensing.sizes import MOST_SUBSCRIBERS
from licensing.words import OUTSIDE
from simulator.scenario.diagnostics import Finding, KeyPath, nearest
from simulator.scenario.rules.facts import Facts, FactsRule
from simulator.scenario.rules.license_rules import unsuitable
from simulator.scenario.step import Request, Step
from simulator.scenario.steps.call_steps import Call
from simulator.scenario.steps.expectations import CallUp, Expect
from simulator.scenario.steps.license_steps import Assign, Unassign
from simulator.scenario.steps.system_steps import AddSubscriber, DeleteSubscriber, RetypeSubscriber


class Situation(msgspec.Struct, frozen=True):
    """A step, and the type of each subscriber just before it; `gone` says who deleted whom.

    Both are true until the next situation is asked for: a copy for each of thousands of steps, each
    of thousands of subscribers, would take longer than the run.
    """

    path: KeyPath
    step: Step
    types: Mapping[str, str]
    gone: Mapping[str, KeyPath]


def situations(facts: Facts) -> Iterator[Situation]:
    """The steps in the order in which they happen, each with the subscribers that it meets."""
    types, gone = dict(facts.types), dict[str, KeyPath]()
    for path, step in facts.steps_in_time():
        yield Situation(path, step, types, gone)
        if getattr(step, "refused", None):
            continue
        match step:
            case AddSubscriber(number=number, type=kind):
                types[number] = kind
                gone.pop(number, None)
            case DeleteSubscriber(number=number):
                types.pop(number, None)
                gone[number] = path
            case RetypeSubscriber(number=number, to=kind) if number in types:
                types[number] = kind


def _numbers_of_steps_exist(facts: Facts) -> Iterator[Finding]:
    if facts.damaged_nodes:
        return
    for here in situations(facts):
        for key, number in _needed(here.step):
            if number in here.gone and not (isinstance(here.step, Request) and here.step.refused):
                message = f"the subscriber {number} was deleted before"
                yield Finding((*here.path, key), message, other=here.gone[number])
            elif number not in here.types and number not in here.gone:
                yield _unknown_number((*here.path, key), number, facts, here.types)


def _needed(step: Step) -> Iterator[tuple[str, str]]:
    """Keys of a step, and the numbers under them that must have a subscriber."""
    match step:
        case Call(incoming=True, to=number):
            yield "to", number
        case Call(caller=number):
            yield "from", number
        case Expect(number=str(number)):
            yield "number", number
        case Expect(call=CallUp() as call):
            yield "call", call.to if call.caller == OUTSIDE else call.caller
        case Assign(number=str(number)) | Unassign(number=str(number)):
            yield "number", number
        case DeleteSubscriber(number=number) | RetypeSubscriber(number=number):
            yield "number", number


def _unknown_number(path: KeyPath, number: str, facts: Facts, types: Mapping[str, str]) -> Finding:
    ranges = tuple(f"{group.numbers[0]}-{group.numbers[-1]}" for _path, group in facts.groups())
    message = f"the number {number} belongs to no subscriber"
    guess = nearest(number, tuple(types))
    return Finding(path, message + (f"; {guess} does" if guess else ""), allowed=ranges)


def _assigned_licenses_suit(facts: Facts) -> Iterator[Finding]:
    for here in situations(facts):
        step = here.step
        if isinstance(step, Assign | Unassign) and step.license and not step.refused:
            kind = here.types.get(step.number or "")
            message = kind and unsuitable(step.license, kind)
            if message:
                yield Finding((*here.path, "license"), message)


def _added_numbers_are_free(facts: Facts) -> Iterator[Finding]:
    for here in situations(facts):
        step = here.step
        if not isinstance(step, AddSubscriber) or step.refused:
            continue
        path = (*here.path, "number")
        if step.number in here.types:
            yield Finding(path, f"the number {step.number} has a subscriber already")
        if step.number in facts.dialed_in_emergency:
            message = f"{step.number} is an emergency number: no subscriber may have it"
            yield Finding(path, message)


def _nodes_do_not_grow_too_large(facts: Facts) -> Iterator[Finding]:
    sizes = Counter({name: len(node.numbers()) for name, node in facts.sound_nodes.items()})
    homes = {number: name for name, node in facts.sound_nodes.items() for number in node.numbers()}
    for here in situations(facts):
        match here.step:
            case AddSubscriber(refused=None, node=node, number=number):
                sizes[node] += 1
                homes[number] = node
                if sizes[node] > MOST_SUBSCRIBERS:
                    message = f"{node} has {MOST_SUBSCRIBERS:,} subscribers, and may have no more"
                    yield Finding((*here.path, "number"), message)
            case DeleteSubscriber(refused=None, number=number) if number in homes:
                sizes[homes[number]] -= 1


def _models_have_the_ports(facts: Facts) -> Iterator[Finding]:
    homes = {number: name for name, node in facts.sound_nodes.items() for number in node.numbers()}
    for here in situations(facts):
        match here.step:
            case AddSubscriber(refused=None, node=node, number=number, type=kind):
                homes[number] = node
                yield from _port(facts, node, kind, (*here.path, "type"))
            case RetypeSubscriber(refused=None, number=number, to=kind) if number in homes:
                yield from _port(facts, homes[number], kind, (*here.path, "to"))


def _port(facts: Facts, node: str, kind: str, path: KeyPath) -> Iterator[Finding]:
    if node not in facts.sound_nodes:
        return
    model = MODELS[facts.sound_nodes[node].model]
    if kind in model.lacks_subscriber_types:
        message = f"{model.name} has no port for {SUBSCRIBER_TYPES[kind].name}s"
        allowed = tuple(key for key in SUBSCRIBER_TYPES if key not in model.lacks_subscriber_types)
        yield Finding(path, message, allowed=allowed)


SUBSCRIBER_RULES: tuple[FactsRule, ...] = (
    _numbers_of_steps_exist,
    _assigned_licenses_suit,
    _added_numbers_are_free,
    _nodes_do_not_grow_too_large,
    _models_have_the_ports,
)
