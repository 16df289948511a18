"""What the rules may ask: a scenario, or what could be read of a damaged one, and its names."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

import msgspec

from licensing.node_names import spelled
from simulator.scenario.diagnostics import Finding, KeyPath
from simulator.scenario.links import INTERNET, Ends, possible_ends
from simulator.scenario.model import Node, Scenario, SubscriberGroup
from simulator.scenario.moments import Instant
from simulator.scenario.steps.timeline import AnyStep

NODES: KeyPath = ("internetwork", "nodes")
ROUTERS: KeyPath = ("internetwork", "routers")
CLOUDS: KeyPath = ("internetwork", "clouds")
LINKS: KeyPath = ("internetwork", "links")
PURCHASE: KeyPath = ("internetwork", "purchase")


class Facts(msgspec.Struct, frozen=True, dict=True):
    """A scenario, or what could be read of one, with the names that its file declares.

    `damaged_nodes` are nodes that could not be read: their names are known, their numbers are not.
    `orders` are those that are there from the start, and those of steps that could not be read.
    `step_indexes` says where in the file's timeline the steps that could be read stand.
    """

    scenario: Scenario
    nodes: tuple[str, ...]
    routers: tuple[str, ...]
    clouds: tuple[str, ...]
    links: tuple[str, ...]
    orders: tuple[str, ...]
    step_indexes: tuple[int, ...]
    damaged_nodes: frozenset[str] = msgspec.field(default=frozenset())

    @property
    def ends(self) -> tuple[str, ...]:
        """Everything that a link may join."""
        return (*self.nodes, *self.routers, *self.clouds, INTERNET)

    @cached_property
    def joined(self) -> dict[str, list[Ends]]:
        """What each link may join; one where all is well."""
        read = self.scenario.internetwork.links
        return {name: possible_ends(name, read.get(name), self.ends) for name in self.links}

    def links_joining(self, one: str, other: str) -> tuple[str, ...]:
        """The links between two ends."""
        pairs = {(one, other), (other, one)}
        return tuple(name for name, found in self.joined.items() if pairs & set(found))

    def links_called(self, name: str) -> tuple[str, ...]:
        """The links that `name` may mean: their own name, or both ends in any order."""
        if link := spelled(name, self.links):
            return (link,)
        pairs = possible_ends(name, None, self.ends)
        found = (link for pair in pairs for link in self.links_joining(*pair))
        return tuple(dict.fromkeys(found))

    @property
    def sound_nodes(self) -> dict[str, Node]:
        """The nodes that could be read."""
        return self.scenario.internetwork.nodes

    @cached_property
    def types(self) -> dict[str, str]:
        """The subscriber type of each call number."""
        groups = (group for node in self.sound_nodes.values() for group in node.subscribers)
        return {number: group.type for group in groups for number in group.numbers}

    @cached_property
    def dialed_in_emergency(self) -> frozenset[str]:
        """All that is dialed for an emergency at some node: no subscriber may have it."""
        forms = [self.scenario.dial_plan(node).in_emergency for node in self.sound_nodes.values()]
        return frozenset(number for dialed in forms for number in dialed)

    def steps(self) -> Iterator[tuple[KeyPath, AnyStep]]:
        """Each step with its path to what the step does."""
        for index, step in zip(self.step_indexes, self.scenario.timeline, strict=True):
            yield ("timeline", index, step.action), step

    def steps_in_time(self) -> list[tuple[KeyPath, AnyStep]]:
        """The steps in the order in which they happen; one at a deadline follows its forerunner."""
        last_ns, ordered = 0, []
        for path, step in self.steps():
            if isinstance(step.at, Instant):
                last_ns = step.at.since_midnight_ns
            ordered.append((last_ns, path, step))
        return [(path, step) for _, path, step in sorted(ordered, key=lambda each: each[0])]

    def groups(self) -> Iterator[tuple[KeyPath, SubscriberGroup]]:
        """Each group of subscribers with its path."""
        for name, node in self.sound_nodes.items():
            for index, group in enumerate(node.subscribers):
                yield (*NODES, name, "subscribers", index), group


def facts_of(scenario: Scenario) -> Facts:
    """The facts of a scenario that could be read whole."""
    internetwork = scenario.internetwork
    return Facts(
        scenario,
        tuple(internetwork.nodes),
        tuple(internetwork.routers),
        tuple(internetwork.clouds),
        tuple(internetwork.links),
        tuple(internetwork.purchase),
        tuple(range(len(scenario.timeline))),
    )


FactsRule = Callable[[Facts], Iterable[Finding]]
"""A question to the facts; it reports every violation that it sees, not only the first."""


def repeated(words: Iterable[tuple[str | None, KeyPath]], message: str) -> Iterator[Finding]:
    """A finding for every word that stands at a second place; None is no word."""
    seen: dict[str, KeyPath] = {}
    for word, path in words:
        if word is None:
            continue
        if word in seen:
            yield Finding(path, message.format(word), other=seen[word])
        seen.setdefault(word, path)


def unknown(
    path: KeyPath, kind: str, word: str, known: tuple[str, ...], *, at_key: bool = False
) -> Iterator[Finding]:
    """A finding where `word` is not among the `known` names of its kind."""
    if word not in known:
        yield Finding(path, f"there is no {kind} {word!r}", word, known, at_key=at_key)
