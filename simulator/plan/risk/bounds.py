"""How likely the end of a site is at most, and which site has none: by calculation, without a year.

What is used up of a period is at most what the outages of each way last, and for each of them the
longest overhead (as the screen says of single years). Without memory their sum over a year is a
compound Poisson variable; here every outage is rounded up to the next point of a grid (Panjer,
ASTIN Bulletin 12, 1981), so that the tail of the sum is over that of any policy.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from operator import mul
from typing import NamedTuple, TypeAlias

import numpy as np

from licensing.policies import NS_PER_SECOND
from licensing.recovery import RecoveryPolicy
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk.risk_table import ANY, NEVER_CUT_OFF
from simulator.plan.risk.screen import longest_overhead_ns
from simulator.plan.years.sampler import Sampler
from simulator.plan.years.strata import Strata, strata_of
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.outages.distributions import Exponential, Fixed

_POINTS = 400
"""Of the grid, up to the failover period: 1.8 h of 30 days."""

_NEGLIGIBLE, _TINY = 1e-15, 1e-300
"""A probability that is no matter; and a number whose logarithm there is."""

_LEAST = 1e-9
"""Nothing less is said: a sum of floats does not know it."""


class Bound(NamedTuple):
    """`high` is no less than the probability; where it is 0, `proof` says in words why."""

    high: float
    proof: str = ""


NOTHING_KNOWN = Bound(1.0)

RepairLimits: TypeAlias = Mapping[Component, float]
"""What no repair outlasts, in nanoseconds, of those components that are in it."""

_UNLIMITED: RepairLimits = {}

_Limits: TypeAlias = frozenset[tuple[Component, float]]
_NO_LIMITS: _Limits = frozenset()


@dataclass
class Bounds:
    """Those of a network, each calculated when it is first asked for and kept from then on.

    Of its `sampler` it is asked which repairs are long.
    """

    network: PlannedNetwork
    sampler: Sampler | None = None
    _known: dict[tuple[str, _Limits], Bound] = field(default_factory=dict, compare=False)

    def of(self, name: str) -> Bound:
        """Of an emergency at a site, or at `any`."""
        each = [self._of_site(site, _NO_LIMITS) for site in self._sites(name)]
        proofs = dict.fromkeys(bound.proof for bound in each if not bound.high)
        high = _sum(each)
        return Bound(high, "" if high else "; ".join(proofs))

    def in_stratum(self, name: str, stratum: int) -> float:
        """Of one in a year of a stratum; 1 where that is not worth the calculation."""
        limits = self._limits(stratum)
        if limits is None:
            return 1.0
        return _sum(self._of_site(site, limits) for site in self._sites(name))

    def _sites(self, name: str) -> Sequence[str]:
        return self.network.sites if name == ANY else (name,)

    @cached_property
    def _strata(self) -> Strata | None:
        return strata_of(self.sampler) if self.sampler else None

    def _limits(self, stratum: int) -> _Limits | None:
        """What no repair of such a year outlasts; None where one may last as long as it likes."""
        if not (self.sampler and self._strata):
            return _NO_LIMITS
        if stratum >= len(self._strata.patterns):
            return None
        levels, limits = self._strata.patterns[stratum], {}
        for component, shares in self._strata.thresholds.items():
            further = shares[levels.get(component, 0) :]
            if not further:
                return None
            repair = self.sampler.of(component).reliability.repair
            limits[component] = repair.outlasted_ns(further[0])
        return frozenset(limits.items())

    def _of_site(self, site: str, limits: _Limits) -> Bound:
        relevant = self.network.relevant(site)
        own = frozenset(each for each in limits if each[0] in relevant)
        if (site, own) not in self._known:
            self._known[site, own] = bound_of(self.network, site, dict(own))
        return self._known[site, own]


def _sum(bounds: Iterable[Bound]) -> float:
    return min(1.0, math.fsum(bound.high for bound in bounds))


def bound_of(network: PlannedNetwork, site: str, limits_ns: RepairLimits = _UNLIMITED) -> Bound:
    """That of the probability that `site` comes to its end within the horizon.

    With `limits_ns` it is that of an end in a year without any repair that outlasts its limit.
    """
    if not network.relevant(site):
        return Bound(0.0, NEVER_CUT_OFF)
    if _is_too_short(network, site):
        return Bound(0.0, "its failover period is longer than the horizon")
    ways = [list(_failing(network, way)) for way in network.ways(site)]
    if any(_most_ns(network, way) < network.failover_period_ns for way in ways):
        return Bound(0.0, "its outages are too few and too short to use up its failover period")
    if not all(isinstance(each.up, Exponential) for way in ways for each in way):
        return NOTHING_KNOWN
    found = [_all_at_some_time(network, ways, network.alone_cut_off(site), limits_ns)]
    if network.recovery.policy is RecoveryPolicy.FULL:
        found += [_close_together(network, way, limits_ns) for way in ways]
        found += [_without_contact(network, way, limits_ns) for way in ways]
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
    """Failures a nanosecond, and the probability that one uses up 0, 1, 2, ... steps.

    `kept` is that of a repair within its limit; the other failures are in none of the steps.
    """

    rate: float
    steps: list[float]
    kept: float

    @classmethod
    def of(
        cls, network: PlannedNetwork, components: Iterable[Reliability], limits_ns: RepairLimits
    ) -> "_Burdens":
        step_ns = network.failover_period_ns / _POINTS
        rate, steps, kept = 0.0, [0.0] * _POINTS, 0.0
        for each in components:
            begins_ns, rate_ns = _overhead_ns(network, each.component), 1 / each.up.mean_ns
            least_ns = limits_ns.get(each.component, math.inf)
            shorter_ns = (min(point * step_ns - begins_ns, least_ns) for point in range(_POINTS))
            upto = list(map(each.repair.cdf, shorter_ns))
            for point in range(1, _POINTS):
                steps[point] += (upto[point] - upto[point - 1]) * rate_ns
            rate += rate_ns
            kept += rate_ns * (each.repair.cdf(least_ns) if least_ns < math.inf else 1)
        return cls(rate, [each / rate for each in steps], kept / rate) if rate else _NO_BURDENS

    def summed(self, time_ns: float) -> list[float]:
        """The probability that all failures of some time use up 0, 1, 2, ... steps."""
        expected = self.rate * time_ns
        sums = [math.exp(-expected)]
        graded = [number * each for number, each in enumerate(self.steps)]
        for number in range(1, _POINTS):
            folded = math.fsum(map(mul, graded[1 : number + 1], reversed(sums)))
            sums.append(expected / number * folded)
        return sums

    def tails(self, time_ns: float) -> list[float]:
        """By number: the probability of at least so many steps, and of none beyond its limit."""
        within = math.exp(-self.rate * time_ns * (1 - self.kept))
        return _tails(self.summed(time_ns), within)

    @property
    def tails_of_one(self) -> list[float]:
        """The same of a single failure; for a whole period at the end."""
        return _tails(self.steps, self.kept)


_NO_BURDENS = _Burdens(0.0, [0.0] * _POINTS, 1.0)


def _tails(probabilities: Sequence[float], whole: float) -> list[float]:
    return [max(0.0, whole - less) for less in accumulate(probabilities, initial=0.0)]


def _all_at_some_time(
    network: PlannedNetwork,
    ways: Sequence[Sequence[Reliability]],
    alone: frozenset[Component],
    limits_ns: RepairLimits,
) -> float:
    """That each way is down for the period, all its outages of the horizon together.

    What cuts the site off alone belongs to each way; else the ways share nothing.
    """
    shared = _Burdens.of(network, (each for each in ways[0] if each.component in alone), limits_ns)
    others = [
        _Burdens.of(network, own, limits_ns).tails(network.horizon_ns)
        for way in ways
        if (own := [each for each in way if each.component not in alone])
    ]
    return shared.tails(network.horizon_ns)[-1] + math.fsum(
        each * math.prod(tails[_POINTS - number] for tails in others)
        for number, each in enumerate(shared.summed(network.horizon_ns))
        if others
    )


def _close_together(
    network: PlannedNetwork, way: Sequence[Reliability], limits_ns: RepairLimits
) -> float:
    """That outages between which there is no contact use up the period, where each is whole again.

    One begins, and with those of the period after it lasts for the period: for each failure once.
    """
    burdens = _Burdens.of(network, way, limits_ns)
    tails = burdens.tails(network.failover_period_ns)
    ends = burdens.tails_of_one[-1] + math.fsum(
        each * tails[_POINTS - number] for number, each in enumerate(burdens.steps)
    )
    return burdens.rate * network.horizon_ns * ends


def _without_contact(
    network: PlannedNetwork, way: Sequence[Reliability], limits_ns: RepairLimits
) -> float:
    """The same by how many outages it takes, of which each begins before contact after the others.

    So while the first n last, n more or more have begun. A component that is down cannot fail: of
    a single one the next must begin in the time that a node needs for its contact.
    """
    burdens = _Burdens.of(network, way, limits_ns)
    alone = way[0] if len(way) == 1 else None
    step_ns = network.failover_period_ns / _POINTS
    within_step = 0.0 if alone else burdens.rate * step_ns
    at_contact = burdens.rate * _overhead_ns(network, alone.component) if alone else 0.0
    lasting = np.array(burdens.tails_of_one)[:0:-1]
    steps, sums = np.array(burdens.steps), np.zeros(_POINTS)
    sums[0], ends = 1.0, 0.0
    for before in range(_POINTS):
        # At least n of a Poisson number with mean m: no more than m^n / n!.
        means = within_step * np.arange(_POINTS) + at_contact * before
        begun = np.minimum(1.0, np.exp(before * np.log(means + _TINY) - math.lgamma(before + 1)))
        reached = sums * begun
        ends += float(reached @ lasting)
        if before > 3 * means[-1] and reached.sum() < _NEGLIGIBLE:
            break
        sums = np.convolve(sums, steps)[:_POINTS]
    return burdens.rate * network.horizon_ns * ends
