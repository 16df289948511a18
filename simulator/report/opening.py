"""What stands before the story: the scenario's title and its internetwork."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from licensing.catalogue import MODELS
from simulator.report.page import NARROWEST, Layout, Row, Tone
from simulator.report.phrases import failover_period, numbers, period
from simulator.scenario import INTERNET, Link, Node, Order, Scenario, bandwidth_in_words


def opening(scenario: Scenario, seed: int, page: Layout) -> Iterator[Row]:
    """Title, what the scenario is about, the nodes and the links between them."""
    yield Row(scenario.title, Tone.HEADING)
    for text in textwrap.wrap(scenario.about, max(page.width - 2, NARROWEST)):
        yield Row(f"  {text}", Tone.QUIET)
    yield Row()
    start = f"from {scenario.start:%Y-%m-%d %H:%M} UTC"
    policies = scenario.policies
    longest = failover_period(policies.failover_period, policies.recovery)
    framework = page.wrapped(f"{start}, seed {seed}, ", f"failover period {longest}", indent=0)
    yield from (Row(text) for text in framework)
    for name, order in scenario.internetwork.purchase.items():
        if words := _own_words(order, scenario):
            yield from (Row(text) for text in page.wrapped(f"{name}: ", words, indent=2))
    yield Row()
    nodes = [_node(name, node) for name, node in scenario.internetwork.nodes.items()]
    for head, rest in columns(nodes):
        yield from (Row(text) for text in page.wrapped(f"  {head}", rest, indent=4))
    links = scenario.internetwork.links.items()
    described = [
        (name, bandwidth_in_words(link.bandwidth), period(link.latency), _besides(link))
        for name, link in links
    ]
    for head, rest in columns(described):
        yield Row(f"  {head}{rest}".rstrip())
    yield Row()


def columns(table: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Each row's cells but the last, padded to equal widths, and the last cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    for row in table:
        padded = (f"{cell:{width}}" for cell, width in zip(row[:-1], widths[:-1], strict=True))
        yield "  ".join([*padded, ""]), row[-1]


def _own_words(order: Order, scenario: Scenario) -> str:
    """What an order says for itself of its period and its validity; "" where that is nothing."""
    words = []
    if order.failover_period or order.recovery:
        lasts = failover_period(scenario.failover_period_ns(order), scenario.recovery(order))
        words.append(f"failover period {lasts}")
    if order.valid_for:
        words.append(f"valid for {period(order.valid_for)}")
    return ", ".join(words)


def _node(name: str, node: Node) -> tuple[str, ...]:
    subscribers = (f"{numbers(group.numbers)} {group.type}" for group in node.subscribers)
    trunks = (f"{trunk.name} ({trunk.channels} x {trunk.kind})" for trunk in node.trunks)
    parts = [", ".join(subscribers), _listed("trunks", trunks)]
    return name, MODELS[node.model].name, str(node.role), "; ".join(parts)


def _listed(what: str, parts: Iterable[str]) -> str:
    joined = ", ".join(parts)
    return f"{what} {joined}" if joined else f"no {what}"


def _besides(link: Link) -> str:
    words = ["to the license server"] if INTERNET in link.ends else []
    if link.forgets_idle_after:
        words.append(f"forgets idle connections after {period(link.forgets_idle_after)}")
    return ", ".join(words)
