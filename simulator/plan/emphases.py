"""Which years are drawn on purpose: with long repairs of what can end a period and seldom does.

Every other year has such a repair of a component in turn, or of two that cut a site off together
(importance sampling with a defensive mixture).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice, product

from licensing.policies import HOUR_NS
from licensing.recovery import RecoveryPolicy
from simulator.plan.network import PlannedNetwork
from simulator.plan.years import Emphasis, Sampler
from simulator.scenario.components import Component

_RARE = 0.1
_NEVER = 1e-40
_MOST_EMPHASES = 64


def sampler_for(network: PlannedNetwork, seed: int) -> Sampler:
    """The years by which the risk of `network` is estimated.

    Every other one has an emphasis in turn, on what can end a period and is rare.
    """
    plain = Sampler(network.reliability, seed, network.horizon_ns)
    turns = chain.from_iterable(((), each) for each in _emphases(network, plain))
    emphases = tuple(islice(turns, 2 * _MOST_EMPHASES))
    return replace(plain, emphases=emphases or ((),))


def _emphases(network: PlannedNetwork, plain: Sampler) -> Iterator[tuple[Emphasis, ...]]:
    """On each component that cuts a site off alone, and on pairs that do so together.

    Where cuts add up, also on half as long repairs, of which it takes more than one.
    """
    period_ns = network.failover_period_ns
    nearly_ns = period_ns - min(2 * HOUR_NS, period_ns // 4)
    if network.recovery.policy is not RecoveryPolicy.FULL:
        nearly_ns = 3 * period_ns // 4
        yield from _alone(network, _long_repairs(plain, 2 * period_ns // 5))
    rare = _long_repairs(plain, nearly_ns)
    yield from _alone(network, rare)
    pairs: dict[frozenset[Component], None] = {}
    for site in network.sites:
        one, *others = [way - network.alone_cut_off(site) for way in network.ways(site)]
        if others:
            pairs.update((frozenset(pair), None) for pair in product(one & rare.keys(), others[0]))
    for pair in sorted(sorted(pair) for pair in pairs if len(pair) > 1 and pair <= rare.keys()):
        yield tuple(rare[component] for component in pair)


def _long_repairs(plain: Sampler, least_ns: int) -> dict[Component, Emphasis]:
    """On the repairs that outlast it, of components that seldom have any."""
    found = {}
    for years in plain.components:
        share = years.reliability.repair.survival(least_ns)
        if years.memoryless and _NEVER < share < 1 and years.any_outlasted(share) < _RARE:
            component = years.reliability.component
            found[component] = Emphasis(component, share)
    return found


def _alone(
    network: PlannedNetwork, rare: Mapping[Component, Emphasis]
) -> Iterator[tuple[Emphasis, ...]]:
    alone = frozenset().union(*(network.alone_cut_off(site) for site in network.sites))
    yield from ((each,) for component, each in rare.items() if component in alone)
