"""What `check` warns of: scenarios that can be played, and whose author should look again.

Warnings never stop a run: that more is assigned than was bought may be what it is to show.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from licensing.catalogue import LICENSES, charged
from licensing.policies import LONGEST_FAILOVER_PERIOD_NS, TIMING
from licensing.words import CallOutcome, Role, counted
from simulator.scenario.diagnostics import Finding, Problem
from simulator.scenario.document import Document, unplaced
from simulator.scenario.license_sums import assigned_in, bought_in, orders_of
from simulator.scenario.links import INTERNET
from simulator.scenario.model import Scenario
from simulator.scenario.rules.facts import LINKS, NODES, PURCHASE
from simulator.scenario.rules.step_warnings import (
    reasons_are_said,
    steps_stand_in_order,
    who_is_asked_can_answer,
)
from simulator.scenario.steps.call_steps import Call
from simulator.scenario.steps.fault_steps import Start
from simulator.scenario.steps.license_steps import Activate, Relicense
from simulator.scenario.steps.system_steps import RunWizard
from simulator.scenario.values import duration_in_words


def warnings_of(scenario: Scenario) -> list[Problem]:
    """Every warning, with its place where the scenario was read from a text."""
    document = scenario.document or Document(scenario.title, unplaced({}))
    found = (document.problem(finding) for warn in _WARNINGS for finding in warn(scenario))
    return [*found, *document.remarks]


def _master_has_the_largest_bandwidth(scenario: Scenario) -> Iterator[Finding]:
    """Manual 4.4: the node with the largest bandwidth should be the master; lines tell."""
    nodes = scenario.internetwork.nodes
    lines = {name: node.line for name, node in nodes.items() if node.line}
    master, widest = scenario.internetwork.master(), max(lines, key=lines.__getitem__, default="")
    if master in lines and lines[widest] > lines[master]:
        message = f"{widest} has more bandwidth than the master {master} and should be the master"
        yield Finding((*NODES, master, "role"), message)


def _slaves_reach_their_master(scenario: Scenario) -> Iterator[Finding]:
    internetwork = scenario.internetwork
    master, reach = internetwork.master(), internetwork.reach()
    near = reach.to(master) if master else set()
    for name, node in internetwork.nodes.items():
        if master and node.role is Role.SLAVE and name not in near:
            message = (
                f"nothing leads from {name} to its master {master}: it can never be licensed;"
                " join them under `links`, directly or over others that forward"
            )
            yield Finding((*NODES, name), message, at_key=True)
    for index, step in enumerate(scenario.timeline):
        if not isinstance(step, RunWizard) or step.master is None or step.refused:
            continue
        if step.node not in reach.to(step.master):
            message = (
                f"nothing leads from {step.node} to its master {step.master}: it gets no licenses"
            )
            yield Finding(("timeline", index, "wizard"), message)


def _masters_leave_last(scenario: Scenario) -> Iterator[Finding]:
    """A master's Network Wizard refuses to make it anything else while slaves have licenses."""
    nodes, first = scenario.internetwork.nodes.items(), scenario.internetwork.master()
    master_of = {name: first for name, node in nodes if node.role is Role.SLAVE}
    for index, step in enumerate(scenario.timeline):
        if not isinstance(step, RunWizard) or step.refused:
            continue
        left = [name for name, master in master_of.items() if master == step.node]
        if left and step.role is not Role.MASTER:
            message = f"{', '.join(left)} should leave before the master {step.node} does"
            yield Finding(("timeline", index, "wizard"), message)
        master_of[step.node] = step.master


def _license_server_is_reached(scenario: Scenario) -> Iterator[Finding]:
    online: dict[str, None] = {}
    for step in scenario.timeline:
        if isinstance(step, Activate | Relicense) and not step.refused:
            online[step.node] = None
    near = scenario.internetwork.reach().to(INTERNET)
    for name in online:
        if name not in near:
            message = f"nothing leads from {name} to the internet: it cannot be activated online"
            yield Finding(LINKS, message)


def _nodes_have_a_trunk(scenario: Scenario) -> Iterator[Finding]:
    for name, node in scenario.internetwork.nodes.items():
        if not any(trunk.channels for trunk in node.trunks):
            message = f"{name} has no trunk: no emergency call can leave it"
            yield Finding((*NODES, name), message, at_key=True)


def _enough_is_bought(scenario: Scenario) -> Iterator[Finding]:
    orders = orders_of(scenario)
    bought, flexible = bought_in(scenario), all(order.flexible for order in orders)
    demanded = charged(assigned_in(scenario), bought, flexible=flexible)
    for key in LICENSES:
        if demanded.get(key, 0) > bought[key] + scenario.over_use.get(key, 0):
            message = f"{demanded[key]} x {LICENSES[key].name} assigned, {bought[key]} bought"
            yield Finding(PURCHASE, f"more licenses assigned than bought: {message}")


def _networking_is_bought(scenario: Scenario) -> Iterator[Finding]:
    bought = bought_in(scenario)
    slaves = _most_slaves(scenario)
    if bought["networking"] < slaves:
        licenses = counted(bought["networking"], "networking license")
        message = f"{licenses} for {counted(slaves, 'slave')}: each needs one"
        yield Finding(PURCHASE, message)
    if not bought["base"]:
        yield Finding(PURCHASE, "no base license is bought: every other license needs it")


def _most_slaves(scenario: Scenario) -> int:
    """How many there are at one time."""
    nodes = scenario.internetwork.nodes.items()
    slaves = {name for name, node in nodes if node.role is Role.SLAVE}
    most = len(slaves)
    for step in scenario.timeline:
        if isinstance(step, RunWizard) and not step.refused:
            slaves = slaves | {step.node} if step.role is Role.SLAVE else slaves - {step.node}
            most = max(most, len(slaves))
    return most


def _something_happens(scenario: Scenario) -> Iterator[Finding]:
    """An internetwork for itself, which has no timeline at all, is another thing."""
    written = scenario.document.data if scenario.document else None
    if not scenario.timeline and isinstance(written, Mapping) and "timeline" in written:
        yield Finding(("timeline",), "the timeline is empty: nothing happens", at_key=True)


def _calls_have_a_way(scenario: Scenario) -> Iterator[Finding]:
    internetwork = scenario.internetwork
    reaching = cache(internetwork.reach().to)
    homes = {number: name for name, node in internetwork.nodes.items() for number in node.numbers()}
    for index, step in enumerate(scenario.timeline):
        if not isinstance(step, Call) or step.refused or step.expect == CallOutcome.REFUSED:
            continue
        caller, called = homes.get(step.caller), homes.get(step.to)
        if caller and called and caller not in reaching(called):
            message = f"nothing leads from {caller} to {called}: this call cannot be connected"
            yield Finding(("timeline", index, "call"), message)


def _periods_outlast_a_restart(scenario: Scenario) -> Iterator[Finding]:
    """After a start the last contact counts that was written down before it (F2, F11)."""
    periods_ns = (period_ns for period_ns, _ in scenario.terms())
    shortest_ns = min(periods_ns, default=LONGEST_FAILOVER_PERIOD_NS)
    every_ns, nodes = TIMING.last_good_write_ns, scenario.internetwork.nodes
    if shortest_ns > every_ns + TIMING.silence_ns:
        return
    period, every = duration_in_words(shortest_ns), duration_in_words(every_ns)
    message = (
        f"a failover period of {period} may be over at once when {{}} starts: a node writes down"
        f" its last contact every {every}, and after a start that one counts"
    )
    for index, step in enumerate(scenario.timeline):
        if isinstance(step, Start) and step.node in nodes:
            yield Finding(("timeline", index, "start"), message.format(step.node))
            return
    for name in scenario.reliability.hosts:
        yield Finding(("reliability", "hosts", name), message.format(name), at_key=True)
        return


_WARNINGS = (
    _master_has_the_largest_bandwidth,
    _slaves_reach_their_master,
    _masters_leave_last,
    _license_server_is_reached,
    _nodes_have_a_trunk,
    _enough_is_bought,
    _networking_is_bought,
    _something_happens,
    _calls_have_a_way,
    _periods_outlast_a_restart,
    reasons_are_said,
    steps_stand_in_order,
    who_is_asked_can_answer,
)
