"""The links of a live run: as the scenario has them, built for what its steps ask of them."""

from dataclasses import dataclass

from simulator.network.link import Ability
from simulator.scenario import (
    Bandwidth,
    Cut,
    CutOneWay,
    Drop,
    Latency,
    Loss,
    Refuse,
    Reset,
    Scenario,
)

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


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """A link before the run: nanoseconds and bit/s of simulated time (None: no limit, never).

    `faults` is what the run may ask of it: a back end may build a link otherwise for that.
    """

    ends: tuple[str, str]
    latency_ns: int = 0
    jitter_ns: int = 0
    bandwidth_bit_s: int | None = None
    forgets_idle_ns: int | None = None
    faults: frozenset[Ability] = frozenset()

    def __str__(self) -> str:
        return "-".join(self.ends)


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
