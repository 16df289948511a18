"""The network of a live run: as the scenario has it, its links built for what steps ask of them.

Relays stand where hosts dial each other: those that a link joins, each node and the central CLAs,
these and the license server, and whoever calls whom in the timeline.
"""

from collections.abc import Iterator, Mapping

import msgspec

from simulator.network.link import Ability
from simulator.scenario import (
    INTERNET,
    AddSubscriber,
    Bandwidth,
    Call,
    Cut,
    CutOneWay,
    Drop,
    Latency,
    Loss,
    Refuse,
    Reset,
    Scenario,
)
from simulator.worlds.installation import agents_of

_ASKED = {
    Cut: Ability.CUT,
    CutOneWay: Ability.CUT_ONE_WAY,
    Drop: Ability.DROP,
    Refuse: Ability.REFUSE,
    Reset: Ability.RESET,
    Latency: Ability.LATENCY,
    Bandwidth: Ability.BANDWIDTH,
    Loss: Ability.LOSS,
}
"""What a step asks of the link that it happens to."""


class LinkSpec(msgspec.Struct, frozen=True):
    """A link before the run: nanoseconds and bit/s of simulated time (None: no limit, never).

    `faults` is what the run may ask of it: a back end may build a link otherwise for that.
    """

    ends: tuple[str, str]
    latency_ns: int = 0
    jitter_ns: int = 0
    bandwidth_bit_s: int | None = None
    forgets_idle_ns: int | None = None
    faults: frozenset[Ability] = frozenset()


class TransitSpec(msgspec.Struct, frozen=True):
    """What stands between the hosts: routers and clouds, and the sites themselves.

    `forwarding` are the ends that pass on what is for others, `lines_bit_s` the access lines.
    `dialed` are the pairs of hosts of which the first dials the second; None is all that can.
    """

    names: tuple[str, ...] = ()
    forwarding: frozenset[str] = frozenset()
    lines_bit_s: Mapping[str, int] = msgspec.field(default_factory=dict)
    convergence_ns: int = 0
    dialed: frozenset[tuple[str, str]] | None = None


NO_TRANSIT = TransitSpec()
"""Links between hosts, and nothing else."""


def transit_spec(scenario: Scenario) -> TransitSpec:
    """That of a scenario."""
    internetwork = scenario.internetwork
    lines = {name: node.line for name, node in internetwork.nodes.items() if node.line}
    return TransitSpec(
        names=tuple(internetwork.transit),
        forwarding=internetwork.forwarding,
        lines_bit_s=lines,
        convergence_ns=internetwork.convergence,
        dialed=frozenset(_dialed(scenario)),
    )


def _dialed(scenario: Scenario) -> Iterator[tuple[str, str]]:
    internetwork, agents = scenario.internetwork, agents_of(scenario)
    for link in internetwork.links.values():
        yield from (link.ends, link.ends[::-1])
    for agent in agents:
        yield agent, INTERNET
        yield from ((node, agent) for node in internetwork.nodes if node != agent)
    homes = {number: name for name, node in internetwork.nodes.items() for number in node.numbers()}
    for step in scenario.timeline:
        if isinstance(step, AddSubscriber):
            homes.setdefault(step.number, step.node)
        if isinstance(step, Call):
            caller, called = homes.get(step.caller), homes.get(step.to)
            if caller and called and caller != called:
                yield caller, called


def link_specs(scenario: Scenario) -> dict[str, LinkSpec]:
    """By the links' names."""
    return {
        name: LinkSpec(
            link.ends,
            link.latency,
            link.jitter,
            link.bandwidth,
            link.forgets_idle_after,
            faults=_asked_of(scenario, name),
        )
        for name, link in scenario.internetwork.links.items()
    }


def _asked_of(scenario: Scenario, link: str) -> frozenset[Ability]:
    """What the timeline asks of a link, which must be built for it."""
    steps = [step for step in scenario.timeline if getattr(step, "link", "") == link]
    return frozenset(_ASKED[type(step)] for step in steps if type(step) in _ASKED)
