"""Whether the parts of the network fit each other: names, routers and clouds, what links join."""

from collections.abc import Iterator

from licensing.node_names import same_name, spelled
from simulator.scenario.diagnostics import Finding, KeyPath
from simulator.scenario.links import INTERNET, possible_ends, splits
from simulator.scenario.rules.facts import CLOUDS, LINKS, NODES, ROUTERS, Facts, FactsRule, repeated
from simulator.scenario.step import EVERY_NODE

_KINDS = {NODES: "node", ROUTERS: "router", CLOUDS: "cloud", LINKS: "link"}


def _named_parts(facts: Facts) -> Iterator[tuple[str, KeyPath]]:
    """Nodes, routers and clouds with the places of their names."""
    parts = ((NODES, facts.nodes), (ROUTERS, facts.routers), (CLOUDS, facts.clouds))
    return ((name, (*path, name)) for path, names in parts for name in names)


def _reserved_names(facts: Facts) -> Iterator[Finding]:
    for name, path in _named_parts(facts):
        if spelled(name, (INTERNET, EVERY_NODE)):
            message = f"no {_KINDS[path[:-1]]} may be called {name!r}: the language needs the word"
            yield Finding(path, message, at_key=True)


def _names_differ(facts: Facts) -> Iterator[Finding]:
    """In more than case; a transcript says in one column where something happens."""
    first: dict[str, tuple[str, KeyPath]] = {}
    for name, path in (*_named_parts(facts), *((link, (*LINKS, link)) for link in facts.links)):
        earlier, other = first.setdefault(name.casefold(), (name, path))
        if other == path:
            continue
        kinds = [_KINDS[other[:-1]], _KINDS[path[:-1]]]
        message = f"the {kinds[0]}s {earlier!r} and {name!r} differ in capital letters only"
        if kinds[0] != kinds[1]:
            message = f"a {kinds[0]} and a {kinds[1]} are both called {name!r}"
        yield Finding(path, message, other=other, at_key=True)


def _links_join_known_ends(facts: Facts) -> Iterator[Finding]:
    for name, found in facts.joined.items():
        link = facts.scenario.internetwork.links.get(name)
        if link is not None and link.joins:
            yield from _what_it_joins(facts, name, link.joins)
        elif len(found) > 1:
            choices = " or ".join(f"{a} to {b}" for a, b in found)
            message = f"the link {name!r} may mean {choices}: say what it `joins`"
            yield Finding((*LINKS, name), message, at_key=True)
        elif not found and link is not None:
            yield _link_to_nowhere(name, facts)
        elif found and found[0][0] == found[0][1]:
            yield Finding((*LINKS, name), f"{name!r} joins {found[0][0]} to itself", at_key=True)


def _what_it_joins(facts: Facts, name: str, joins: tuple[str, str]) -> Iterator[Finding]:
    path = (*LINKS, name, "joins")
    for place, end in enumerate(joins):
        if spelled(end, facts.ends) is None:
            message = f"the link {name!r} leads to {end!r}, which is no node, router or cloud"
            yield Finding((*path, place), message, end, facts.ends)
    if same_name(*joins):
        yield Finding(path, f"{name!r} joins {joins[0]} to itself: name two ends")
    for one, other in possible_ends(name, None, facts.ends):
        if {one, other} != set(facts.joined[name][0]):
            message = f"its name says that it joins {one} and {other}: give it another one"
            yield Finding((*LINKS, name), message, at_key=True)


def _link_to_nowhere(name: str, facts: Facts) -> Finding:
    stranger = next((b for a, b in splits(name) if a in facts.ends), None)
    stranger = stranger or next((a for a, b in splits(name) if b in facts.ends), name)
    message = f"the link {name!r} leads to {stranger!r}, which is no node, router or cloud"
    if stranger == name:
        message = (
            f"the link {name!r} does not say what it joins: call it A-B by its two ends, or say"
            " `joins: [A, B]`"
        )
    return Finding((*LINKS, name), message, stranger, facts.ends, at_key=True)


def _links_are_told_apart(facts: Facts) -> Iterator[Finding]:
    """Two may join the same ends, but one of them has a name of its own."""
    read = facts.scenario.internetwork.links
    named = (
        ("-".join(sorted(found[0])), (*LINKS, name))
        for name, found in facts.joined.items()
        if len(found) == 1 and not (name in read and read[name].joins)
    )
    message = "a second link is named after the same two ends ({}): give it a name of its own"
    yield from repeated(named, f"{message}, such as `lte: {{{{joins: [A, B], ...}}}}`")


def _transit_has_links(facts: Facts) -> Iterator[Finding]:
    linked = {end for found in facts.joined.values() for pair in found for end in pair}
    for name, path in _named_parts(facts):
        if path[:-1] != NODES and name not in linked:
            message = (
                f"no link leads to the {_KINDS[path[:-1]]} {name}: add one under `links`, such as"
                f" {facts.nodes[0] if facts.nodes else 'NODE'}-{name}, or leave it out"
            )
            yield Finding(path, message, at_key=True)


NETWORK_RULES: tuple[FactsRule, ...] = (
    _reserved_names,
    _names_differ,
    _links_join_known_ends,
    _links_are_told_apart,
    _transit_has_links,
)
