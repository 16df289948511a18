"""Whether the steps of a timeline fit the internetwork that they happen to."""

from collections.abc import Iterator

from simulator.scenario.diagnostics import Finding
from simulator.scenario.facts import Facts, FactsRule, unknown
from simulator.scenario.fault_steps import CutOneWay
from simulator.scenario.installation_rules import INSTALLATION_RULES
from simulator.scenario.model import possible_ends
from simulator.scenario.moments import Deadline, Instant
from simulator.scenario.step import EVERY_NODE
from simulator.scenario.subscriber_rules import SUBSCRIBER_RULES


def _steps_name_what_exists(facts: Facts) -> Iterator[Finding]:
    for path, step in facts.steps():
        node = getattr(step, "node", None)
        every = step.action in ("unlock", "expect")
        if node is not None and not (every and node == EVERY_NODE):
            yield from unknown((*path, "node"), "node", node, facts.nodes)
        if link := getattr(step, "link", None):
            known = facts.scenario.internetwork.link_named(link)
            yield from unknown((*path, "link"), "link", known or link, facts.links)
        if isinstance(step.at, Deadline):
            yield from unknown((*path[:2], "at"), "node", step.at.node, facts.nodes)


def _one_way_cuts_follow_a_link(facts: Facts) -> Iterator[Finding]:
    joined = {pair for name in facts.links for pair in possible_ends(name, facts.hosts)}
    for path, step in facts.steps():
        if not isinstance(step, CutOneWay):
            continue
        strangers = [host for host in (step.from_host, step.to_host) if host not in facts.hosts]
        for key, host in (("from", step.from_host), ("to", step.to_host)):
            yield from unknown((*path, key), "host", host, tuple(facts.hosts))
        ends = (step.from_host, step.to_host)
        if not strangers and not {ends, ends[::-1]} & joined:
            yield Finding(path, f"no link joins {ends[0]} and {ends[1]}", allowed=facts.links)


def _steps_follow_the_start(facts: Facts) -> Iterator[Finding]:
    start = facts.scenario.start
    for path, step in facts.steps():
        if isinstance(step.at, Instant) and step.at.after(start) < 0:
            message = f"{step.at} is before the start, {start:%Y-%m-%d %H:%M:%S} (that is day 0)"
            yield Finding((*path[:2], "at"), message, other=("start",))


STEP_RULES: tuple[FactsRule, ...] = (
    _steps_name_what_exists,
    _one_way_cuts_follow_a_link,
    _steps_follow_the_start,
    *SUBSCRIBER_RULES,
    *INSTALLATION_RULES,
)
