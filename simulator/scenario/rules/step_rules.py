"""Whether the steps of a timeline fit the internetwork that they happen to."""

from collections.abc import Iterator

from simulator.scenario.diagnostics import Finding, KeyPath
from simulator.scenario.moments import Deadline, Instant
from simulator.scenario.rest import period_in_words
from simulator.scenario.rules.facts import Facts, FactsRule, unknown
from simulator.scenario.rules.installation_rules import INSTALLATION_RULES
from simulator.scenario.rules.subscriber_rules import SUBSCRIBER_RULES
from simulator.scenario.step import EVERY_NODE
from simulator.scenario.steps.call_steps import Call
from simulator.scenario.steps.expectations import Expect
from simulator.scenario.steps.fault_steps import CutOneWay, Fail, Repair
from simulator.scenario.steps.license_steps import Unlock


def _steps_name_what_exists(facts: Facts) -> Iterator[Finding]:
    for path, step in facts.steps():
        node = getattr(step, "node", None)
        every = step.action in ("unlock", "expect")
        if node is not None and not (every and node == EVERY_NODE):
            yield from unknown((*path, "node"), "node", node, facts.nodes)
        if isinstance(step, Unlock) and isinstance(step.refused, dict):
            for name in step.refused:
                where = (*path[:2], "refused", name)
                yield from unknown(where, "node", name, facts.nodes, at_key=True)
        if isinstance(step, Fail | Repair):
            yield from _unknown_transit((*path, "transit"), step.transit, facts)
        if isinstance(step.at, Deadline):
            yield from unknown((*path[:2], "at"), "node", step.at.node, facts.nodes)
            yield from _in_its_period((*path[:2], "at"), step.at, facts)


def _in_its_period(path: KeyPath, when: Deadline, facts: Facts) -> Iterator[Finding]:
    """Before its period begins nobody knows a deadline."""
    longest_ns = max((period_ns for period_ns, _ in facts.scenario.terms()), default=0)
    if longest_ns and when.shift_ns <= -longest_ns:
        longest = period_in_words(longest_ns)
        message = f"that is before it begins: the longest failover period here has {longest}"
        yield Finding(path, message)


def _unknown_transit(path: KeyPath, name: str, facts: Facts) -> Iterator[Finding]:
    known = (*facts.routers, *facts.clouds)
    if name in facts.nodes:
        message = f"{name} is a node, and no router or cloud: its power fails with `crash`"
        yield Finding(path, message, allowed=known)
    elif facts.links_called(name) and name not in known:
        yield Finding(
            path,
            f"{name} is a link, and no router or cloud: it has `cut` and `heal`",
            allowed=known,
        )
    else:
        yield from unknown(path, "router or cloud", name, known)


def _steps_name_one_link(facts: Facts) -> Iterator[Finding]:
    for path, step in facts.steps():
        if isinstance(step, CutOneWay) and step.to_host:
            yield from _one_way_without_name(facts, path, step.from_host, step.to_host)
        elif link := getattr(step, "link", None):
            yield from _link_called(facts, (*path, "link"), link)
            if isinstance(step, CutOneWay):
                yield from _leads_from(facts, (*path, "from"), link, step.from_host)


def _link_called(facts: Facts, path: KeyPath, link: str) -> Iterator[Finding]:
    found = facts.links_called(link)
    if not found and link in (*facts.routers, *facts.clouds):
        message = f"{link} is a router or cloud, and no link: it has `fail` and `repair`"
        yield Finding(path, message, allowed=facts.links)
    elif not found:
        yield from unknown(path, "link", link, facts.links)
    elif len(found) > 1:
        message = f"{link!r} may mean {' or '.join(found)}, which join the same ends: name one"
        yield Finding(path, message, allowed=found)


def _leads_from(facts: Facts, path: KeyPath, link: str, end: str) -> Iterator[Finding]:
    ends = [joined for name in facts.links_called(link) for joined in facts.joined[name]]
    if ends and not any(end in pair for pair in ends):
        yield Finding(path, f"{end!r} is no end of {link}", end, ends[0])


def _one_way_without_name(facts: Facts, path: KeyPath, one: str, other: str) -> Iterator[Finding]:
    strangers = [end for end in (one, other) if end not in facts.ends]
    for key, end in (("from", one), ("to", other)):
        yield from unknown((*path, key), "host, router or cloud", end, facts.ends)
    found = facts.links_joining(one, other)
    if not strangers and not found:
        yield Finding(path, f"no link joins {one} and {other}", allowed=facts.links)
    elif len(found) > 1:
        message = (
            f"{' and '.join(found)} join {one} and {other}: say `link: {found[0]}, from: {one}`"
        )
        yield Finding(path, message, allowed=found)


def _expected_calls_are_placed(facts: Facts) -> Iterator[Finding]:
    """One that nobody places is over at all times: what is misspelt would hold."""
    steps = facts.scenario.timeline
    if facts.step_indexes != tuple(range(len(steps))):
        return  # a step that could not be read may place it
    placed = {(step.caller, step.to) for step in steps if isinstance(step, Call)}
    for path, step in facts.steps():
        call = step.call if isinstance(step, Expect) else None
        if call and (call.caller, call.to) not in placed:
            message = f"no step places a call from {call.caller} to {call.to}"
            yield Finding((*path, "call"), message)


def _steps_follow_the_start(facts: Facts) -> Iterator[Finding]:
    start = facts.scenario.start
    for path, step in facts.steps():
        if isinstance(step.at, Instant) and step.at.after_ns(start) < 0:
            message = f"{step.at} is before the start, {start:%Y-%m-%d %H:%M:%S} (that is day 0)"
            yield Finding((*path[:2], "at"), message, other=("start",))


STEP_RULES: tuple[FactsRule, ...] = (
    _steps_name_what_exists,
    _steps_name_one_link,
    _steps_follow_the_start,
    _expected_calls_are_placed,
    *SUBSCRIBER_RULES,
    *INSTALLATION_RULES,
)
