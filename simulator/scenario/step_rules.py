"""Whether the steps of a timeline fit the internetwork that they happen to."""

from collections.abc import Iterator

from simulator.scenario.call_steps import Call
from simulator.scenario.diagnostics import Finding, KeyPath, nearest
from simulator.scenario.facts import Facts, Rule, unknown
from simulator.scenario.fault_steps import CutOneWay
from simulator.scenario.license_rules import unsuitable
from simulator.scenario.model import possible_ends
from simulator.scenario.moments import Deadline, Instant
from simulator.scenario.step import EVERY_NODE


def _steps_name_what_exists(facts: Facts) -> Iterator[Finding]:
    for path, step in facts.steps():
        node = getattr(step, "node", None)
        every = step.action in ("unlock", "expect")
        if node is not None and not (every and node == EVERY_NODE):
            yield from unknown((*path, "node"), "node", node, facts.nodes)
        if link := getattr(step, "link", None):
            known = facts.scenario.internetwork.link_named(link)
            yield from unknown((*path, "link"), "link", known or link, facts.links)
        if lac := getattr(step, "lac", None):
            yield from unknown((*path, "lac"), "order", lac, facts.orders)
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


def _numbers_of_steps_exist(facts: Facts) -> Iterator[Finding]:
    if facts.damaged_nodes:
        return
    for path, step in facts.steps():
        if isinstance(step, Call) and not step.incoming:
            yield from _unknown_number((*path, "from"), step.caller, facts)
        if isinstance(step, Call) and step.incoming:
            yield from _unknown_number((*path, "to"), step.to, facts)
        if (number := getattr(step, "number", None)) is not None:
            yield from _unknown_number((*path, "number"), number, facts)


def _unknown_number(path: KeyPath, number: str, facts: Facts) -> Iterator[Finding]:
    if number not in facts.types:
        ranges = tuple(f"{group.numbers[0]}-{group.numbers[-1]}" for _path, group in facts.groups())
        message = f"the number {number} belongs to no subscriber"
        guess = nearest(number, tuple(facts.types))
        yield Finding(path, message + (f"; {guess} does" if guess else ""), allowed=ranges)


def _assigned_licenses_suit(facts: Facts) -> Iterator[Finding]:
    for path, step in facts.steps():
        subscriber_type = facts.types.get(getattr(step, "number", ""))
        license_key = getattr(step, "license", None)
        if subscriber_type and license_key:
            message = unsuitable(license_key, subscriber_type)
            if message:
                yield Finding((*path, "license"), message)


def _steps_follow_the_start(facts: Facts) -> Iterator[Finding]:
    start = facts.scenario.start
    for path, step in facts.steps():
        if isinstance(step.at, Instant) and step.at.after(start) < 0:
            message = f"{step.at} is before the start, {start:%Y-%m-%d %H:%M:%S} (that is day 0)"
            yield Finding((*path[:2], "at"), message, other=("start",))


STEP_RULES: tuple[Rule, ...] = (
    _steps_name_what_exists,
    _one_way_cuts_follow_a_link,
    _numbers_of_steps_exist,
    _assigned_licenses_suit,
    _steps_follow_the_start,
)
