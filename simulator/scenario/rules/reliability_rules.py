"""Whether what is to fail by chance is there, and is said once; then all of it by its own names."""

from collections.abc import Callable, Iterator, Sequence

from licensing.node_names import spelled
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.diagnostics import Finding, KeyPath
from simulator.scenario.model import Scenario
from simulator.scenario.reliability import THE_REST, part_of
from simulator.scenario.rules.facts import Facts, FactsRule, facts_of

RELIABILITY = "reliability"

_NAMES: dict[ComponentKind, Callable[[Facts], tuple[str, ...]]] = {
    ComponentKind.LINK: lambda facts: facts.links,
    ComponentKind.CLOUD: lambda facts: facts.clouds,
    ComponentKind.ROUTER: lambda facts: facts.routers,
    ComponentKind.HOST: lambda facts: facts.nodes,
}


def components_of(scenario: Scenario) -> list[Reliability]:
    """What fails by chance, by the names and in the order of the internetwork."""
    facts = facts_of(scenario)
    written = {
        Component(kind, called): each
        for kind, name, each in scenario.reliability.each()
        for called in (_called(facts, kind, name) or [name])
    }
    parts = [Component(kind, name) for kind in ComponentKind for name in _NAMES[kind](facts)]
    times = [
        (part, written.get(part) or written.get(Component(part.kind, THE_REST))) for part in parts
    ]
    return [Reliability(part, each.fails, each.repair) for part, each in times if each]


def _what_fails_is_there(facts: Facts) -> Iterator[Finding]:
    for kind, name, path in _written(facts):
        found = _called(facts, kind, name)
        if len(found) > 1:
            message = f"{name!r} may mean the links {' and '.join(found)}: say which by its name"
            yield Finding(path, message, at_key=True)
        elif not found:
            yield _stranger(facts, kind, name, path)


def _stranger(facts: Facts, kind: ComponentKind, name: str, path: KeyPath) -> Finding:
    others = [other for other in ComponentKind if other != kind and _called(facts, other, name)]
    if others:
        is_one = (
            "a node, whose host" if others[0] is ComponentKind.HOST else f"a {others[0]}, which"
        )
        message = f"{name!r} is {is_one} stands under `{part_of(others[0])}`"
        return Finding(path, message, at_key=True)
    known = _NAMES[kind](facts)
    what = "node" if kind is ComponentKind.HOST else kind
    return Finding(path, f"there is no {what} {name!r}", name, known, at_key=True)


def _what_fails_is_said_once(facts: Facts) -> Iterator[Finding]:
    first: dict[Component, KeyPath] = {}
    for kind, name, path in _written(facts):
        for called in _called(facts, kind, name):
            other = first.setdefault(Component(kind, called), path)
            if other != path:
                message = f"how the {kind} {called} fails is said twice"
                yield Finding(path, message, other=other, at_key=True)


def _written(facts: Facts) -> Iterator[tuple[ComponentKind, str, KeyPath]]:
    for kind, name, _ in facts.scenario.reliability.each():
        if name != THE_REST:
            yield kind, name, (RELIABILITY, part_of(kind), name)


def _called(facts: Facts, kind: ComponentKind, name: str) -> Sequence[str]:
    """What the name may mean among those of its kind, as it is spelled there."""
    if kind is ComponentKind.LINK:
        return facts.links_called(name)
    found = spelled(name, _NAMES[kind](facts))
    return [found] if found else []


RELIABILITY_RULES: tuple[FactsRule, ...] = (_what_fails_is_there, _what_fails_is_said_once)
