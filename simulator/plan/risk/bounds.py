"""How likely the end of a site is at most, and which site has none: by calculation, without a year.

What is used up of a period is at most what the outages of each way last, and for each of them the
longest overhead (as the screen says of single years). Without memory their sum over a year is a
compound Poisson variable; here every outage is rounded up to the next point of a grid (Panjer,
ASTIN Bulletin 12, 1981), so that the tail of the sum is over that of any policy.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import mul
from typing import NamedTuple

from licensing.policies import NS_PER_SECOND
from licensing.recovery import RecoveryPolicy
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk.risk_table import NEVER_CUT_OFF, Estimate
from simulator.plan.risk.screen import longest_overhead_ns
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.outages.distributions import Exponential, Fixed

_POINTS = 400
"""Of the grid, up to the failover period: 1.8 h of 30 days."""

_LEAST = 1e-9
"""Nothing less is said: a sum of floats does not know it."""


class Bound(NamedTuple):
    """`high` is no less than the probability; where it is 0, `proof` says in words why."""

    high: float
    proof: str = ""


NOTHING_KNOWN = Bound(1.0)


@dataclass(frozen=True)
class Bounds:
    """Those of a network, each calculated when it is first asked for."""

    network: PlannedNetwork
    _known: dict[str, Bound] = field(default_factory=dict, compare=False)

    def of(self, sites: Sequence[str]) -> Bound:
        """Of an emergency at one of them, or at several."""
        each = [self._of_site(site) for site in sites]
        proofs = dict.fromkeys(bound.proof for bound in each if not bound.high)
        high = min(1.0, math.fsum(bound.high for bound in each))
        return Bound(high, "" if high else "; ".join(proofs))

    def lowered(self, drawn: Estimate, sites: Sequence[str]) -> Estimate:
        """What was seen in drawn years; of what was not, the lower one of both bounds."""
        if drawn.value:
            return drawn
        return Estimate(0.0, 0.0, min(drawn.high, self.of(sites).high))

    def _of_site(self, site: str) -> Bound:
        if site not in self._known:
            self._known[site] = bound_of(self.network, site)
        return self._known[site]


def bound_of(network: PlannedNetwork, site: str) -> Bound:
    """That of the probability that `site` comes to its end within the horizon."""
    if not network.relevant(site):
        return Bound(0.0, NEVER_CUT_OFF)
    if _is_too_short(network, site):
        return Bound(0.0, "its failover period is longer than the horizon")
    ways = [list(_failing(network, way)) for way in network.ways(site)]
    if any(_most_ns(network, way) < network.failover_period_ns for way in ways):
        return Bound(0.0, "its outages are too few and too short to use up its failover period")
    if not all(isinstance(each.up, Exponential) for way in ways for each in way):
        return NOTHING_KNOWN
    found = [_all_at_some_time(network, ways, network.alone_cut_off(site))]
    if network.recovery.policy is RecoveryPolicy.FULL:
        found += [_together(network, way) for way in ways]
    return Bound(max(_LEAST, min(1.0, *found)))


def _is_too_short(network: PlannedNetwork, site: str) -> bool:
    """Whether the horizon is over before a period can be, with the age of the answer before it.

    A host that starts charges more than the time that passes.
    """
    if any(component.kind is ComponentKind.HOST for component in network.relevant(site)):
        return False
    latest_ns = network.horizon_ns + longest_overhead_ns(network, hosts=False)
    return latest_ns <= network.failover_period_ns


def _failing(network: PlannedNetwork, components: Iterable[Component]) -> Iterator[Reliability]:
    return (each for each in network.reliability if each.component in components)


def _overhead_ns(network: PlannedNetwork, component: Component) -> int:
    """What one of its outages uses up beyond its repair time, which is rounded to seconds."""
    hosts = component.kind is ComponentKind.HOST
    return longest_overhead_ns(network, hosts=hosts) + NS_PER_SECOND


def _most_ns(network: PlannedNetwork, way: Iterable[Reliability]) -> float:
    """What the outages of a way use up at most; infinite where chance has a say in it."""
    total_ns = 0
    for each in way:
        if not (isinstance(each.up, Fixed) and isinstance(each.repair, Fixed)):
            return math.inf
        failures = network.horizon_ns // each.up.duration_ns + 1
        total_ns += failures * (each.repair.duration_ns + _overhead_ns(network, each.component))
    return total_ns


class _Burdens(NamedTuple):
    """Failures a nanosecond, and the probability that one uses up 0, 1, 2, ... steps."""

    rate: float
    steps: list[float]

    @classmethod
    def of(cls, network: PlannedNetwork, components: Iterable[Reliability]) -> "_Burdens":
        step_ns = network.failover_period_ns / _POINTS
        rate, steps = 0.0, [0.0] * _POINTS
        for each in components:
            begins_ns, rate_ns = _overhead_ns(network, each.component), 1 / each.up.mean_ns
            upto = [each.repair.cdf(point * step_ns - begins_ns) for point in range(_POINTS)]
            for point in range(1, _POINTS):
                steps[point] += (upto[point] - upto[point - 1]) * rate_ns
            rate += rate_ns
        return cls(rate, [each / rate for each in steps] if rate else steps)

    def summed(self, time_ns: float) -> list[float]:
        """The probability that all failures of some time use up 0, 1, 2, ... steps."""
        expected = self.rate * time_ns
        sums = [math.exp(-expected)]
        graded = [number * each for number, each in enumerate(self.steps)]
        for number in range(1, _POINTS):
            folded = math.fsum(map(mul, graded[1 : number + 1], reversed(sums)))
            sums.append(expected / number * folded)
        return sums


def _tails(probabilities: Sequence[float]) -> list[float]:
    """By number: the probability of at least so many."""
    return [max(0.0, 1 - less) for less in accumulate(probabilities, initial=0.0)]


def _all_at_some_time(
    network: PlannedNetwork, ways: Sequence[Sequence[Reliability]], alone: frozenset[Component]
) -> float:
    """That each way is down for the period, all its outages of the horizon together.

    What cuts the site off alone belongs to each way; else the ways share nothing.
    """
    shared = _Burdens.of(network, (each for each in ways[0] if each.component in alone))
    sums = shared.summed(network.horizon_ns)
    others = [
        _tails(_Burdens.of(network, own).summed(network.horizon_ns))
        for way in ways
        if (own := [each for each in way if each.component not in alone])
    ]
    return _tails(sums)[-1] + math.fsum(
        each * math.prod(tails[_POINTS - number] for tails in others)
        for number, each in enumerate(sums)
        if others
    )


def _together(network: PlannedNetwork, way: Sequence[Reliability]) -> float:
    """That outages between which there is no contact use up the period, where each is whole again.

    One begins, and with those of the period after it lasts for the period: for each failure once.
    """
    burdens = _Burdens.of(network, way)
    tails = _tails(burdens.summed(network.failover_period_ns))
    first_alone = 1 - math.fsum(burdens.steps)
    ends = first_alone + math.fsum(
        each * tails[_POINTS - number] for number, each in enumerate(burdens.steps)
    )
    return burdens.rate * network.horizon_ns * ends
