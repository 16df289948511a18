"""What stands before the story: the scenario's title and its internetwork."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from licensing.catalogue import MODELS
from simulator.report.groups import Groups, is_large
from simulator.report.page import NARROWEST, Layout, Row, Tone
from simulator.report.phrases import TIED, failover_period, number_ranges, period
from simulator.scenario import (
    INTERNET,
    Internetwork,
    Link,
    Node,
    Order,
    Scenario,
    bandwidth_in_words,
)
from simulator.scenario.values import exact_duration


def opening(scenario: Scenario, seed: int, page: Layout) -> Iterator[Row]:
    """Title, what the scenario is about, the nodes and the links between them."""
    yield Row(scenario.title, Tone.HEADING)
    for text in textwrap.wrap(scenario.about, max(page.width - 2, NARROWEST)):
        yield Row(f"  {text}", Tone.QUIET)
    yield Row()
    start = f"from {scenario.start:%Y-%m-%d %H:%M} UTC"
    longest = failover_period(*scenario.policies.terms)
    framework = page.wrapped(f"{start}, seed {seed}, ", f"failover period {longest}", indent=0)
    yield from (Row(text) for text in framework)
    for name, order in scenario.internetwork.purchase.items():
        if words := _own_words(order, scenario):
            yield from (Row(text) for text in page.wrapped(f"{name}: ", words, indent=2))
    yield Row()
    internetwork = scenario.internetwork
    for head, rest in columns(_nodes(internetwork)):
        yield from (Row(text) for text in page.wrapped(f"  {head}", rest, indent=4))
    for words in chain(_transit(internetwork), _own_clients(scenario)):
        yield from (Row(text) for text in page.wrapped("  ", words, indent=4))
    for head, rest in columns(_links(internetwork)):
        yield Row(f"  {head}{rest}".rstrip())
    yield Row()


def _own_clients(scenario: Scenario) -> Iterator[str]:
    """Which nodes somebody's own programs play, together those of one."""
    played: dict[str, list[str]] = {}
    for name, client in scenario.clients.items():
        played.setdefault(client.path, []).append(name)
    for path, names in played.items():
        yield f"{', '.join(names)} played by {path}"


def _transit(internetwork: Internetwork) -> Iterator[str]:
    """What stands between the sites, and how soon routes follow where that takes time."""
    for kind, names in (("routers", internetwork.routers), ("clouds", internetwork.clouds)):
        if names:
            yield f"{kind}: {', '.join(names)}"
    if internetwork.convergence:
        yield f"routes follow a change after {exact_duration(internetwork.convergence)}"


def _nodes(internetwork: Internetwork) -> list[tuple[str, ...]]:
    """Name, model, role and equipment of each; of a large internetwork those alike together."""
    nodes = internetwork.nodes.items()
    if not is_large(internetwork):
        return [(name, *_model(node), _equipment(node)) for name, node in nodes]
    groups = Groups(internetwork)
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, node in nodes:
        alike.setdefault((*_model(node), _amounts(node)), []).append(name)
    return [
        (groups.called(names), *row[:-1], _with(_with_lines(row[-1], names, internetwork), which))
        for row, names in alike.items()
        for which in [groups.which(names)]
    ]


def _links(internetwork: Internetwork) -> list[tuple[str, ...]]:
    """Name, bandwidth, latency and what else there is to say; alike together, as nodes are."""
    links = internetwork.links.items()
    if not is_large(internetwork):
        return [
            (name, bandwidth_in_words(link.bandwidth), exact_duration(link.latency), _besides(link))
            for name, link in links
        ]
    groups = Groups(internetwork)
    alike: dict[str, list[str]] = {}
    for name, link in links:
        alike.setdefault(_besides(link), []).append(name)
    return [
        (
            groups.called(names),
            _range((internetwork.links[name].bandwidth for name in names), bandwidth_in_words),
            _range((internetwork.links[name].latency for name in names), exact_duration),
            besides,
        )
        for besides, names in alike.items()
    ]


def columns(table: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Each row's cells but the last, padded to equal widths, and the last cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    for row in table:
        padded = (f"{cell:{width}}" for cell, width in zip(row[:-1], widths[:-1], strict=True))
        yield "  ".join([*padded, ""]), row[-1]


def _own_words(order: Order, scenario: Scenario) -> str:
    """What an order says for itself of its period and its validity; "" where that is nothing."""
    words = []
    if order.has_terms:
        words.append(f"failover period {failover_period(*order.terms(scenario.policies))}")
    if order.valid_for:
        words.append(f"valid for {period(order.valid_for)}")
    return ", ".join(words)


def _model(node: Node) -> tuple[str, str]:
    return MODELS[node.model].name, str(node.role)


def _equipment(node: Node) -> str:
    subscribers = (f"{number_ranges(group.numbers)} {group.type}" for group in node.subscribers)
    trunks = (f"{trunk.name} ({trunk.channels} x {trunk.kind})" for trunk in node.trunks)
    return "; ".join([", ".join(subscribers), _listed("trunks", trunks), *_line(node)])


def _line(node: Node) -> list[str]:
    words = [f"line {bandwidth_in_words(node.line)}"] if node.line else []
    return words if node.forwards else [*words, "forwards nothing"]


def _amounts(node: Node) -> str:
    """As `_equipment`, without what is a node's own: numbers, line, names of trunks."""
    subscribers = (f"{len(group.numbers)}{TIED}x{TIED}{group.type}" for group in node.subscribers)
    trunks = (f"{trunk.channels}{TIED}x{TIED}{trunk.kind}" for trunk in node.trunks)
    forwards = [] if node.forwards else ["forwards nothing"]
    return "; ".join([", ".join(subscribers), _listed("trunks", trunks), *forwards])


def _with_lines(text: str, names: list[str], internetwork: Internetwork) -> str:
    """With the access lines of those that have one, from the narrowest to the widest."""
    nodes = (internetwork.nodes[name] for name in names)
    lines = [node.line for node in nodes if node.line]
    return f"{text}; line {_range(lines, bandwidth_in_words)}" if lines else text


def _with(text: str, note: str) -> str:
    return f"{text} ({note})" if note else text


def _range(values: Iterable[int], in_words: Callable[[int], str]) -> str:
    """The smallest and the largest; one of them where they are the same."""
    ordered = sorted(values)
    return " to ".join(dict.fromkeys(in_words(value) for value in (ordered[0], ordered[-1])))


def _listed(what: str, parts: Iterable[str]) -> str:
    joined = ", ".join(parts)
    return f"{what} {joined}" if joined else f"no {what}"


def _besides(link: Link) -> str:
    words = [" to ".join(link.joins)] if link.joins else []
    if INTERNET in link.ends:
        words.append("to the license server")
    if link.forgets_idle_after:
        words.append(f"forgets idle connections after {period(link.forgets_idle_after)}")
    return ", ".join(words)
