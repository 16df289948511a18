"""Which years are drawn on purpose: with long repairs of what can end a period and seldom does.

Every other year has such a repair of a component in turn, or of two that cut a site off together
(importance sampling with a defensive mixture).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, product
from typing import TypeAlias

from msgspec.structs import replace

from licensing.policies import HOUR_NS
from licensing.recovery import RecoveryPolicy
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.years.sampler import Emphasis, Sampler
from simulator.scenario.components import Component

_RARE = 0.1
_NEVER = 1e-40
_MOST_EMPHASES = 64

Emphases: TypeAlias = tuple[Emphasis, ...]
"""What a year is made to have, () of one that is drawn as it happens."""


def sampler_for(network: PlannedNetwork, seed: int) -> Sampler:
    """The years by which the risk of `network` is estimated.

    Every other one has an emphasis in turn, on what can end a period and is rare.
    """
    plain = Sampler(network.reliability, seed, network.horizon_ns)
    return replace(plain, emphases=_in_turn(_emphases(network, plain)))


def common_emphases(networks: Sequence[PlannedNetwork], seed: int) -> tuple[Emphases, ...]:
    """Those of the first network; and where shorter repairs than its own matter in another, these.

    Without them the other would come to its end in years that nobody draws on purpose, and would
    be taken for one that hardly ever does.
    """
    plain = (Sampler(each.reliability, seed, each.horizon_ns) for each in networks)
    first, *others = (list(_emphases(*each)) for each in zip(networks, plain, strict=True))
    widest: dict[tuple[Component, ...], Emphases] = {}
    for emphases in chain(first, *others):
        on = tuple(each.component for each in emphases)
        widest[on] = tuple(map(_wider, emphases, widest.get(on, emphases)))
    more = [each for each in widest.values() if each not in first]
    return _in_turn((*more, *first))


def _wider(one: Emphasis, other: Emphasis) -> Emphasis:
    return max(one, other, key=lambda each: each.share)


def _in_turn(emphases: Iterable[Emphases]) -> tuple[Emphases, ...]:
    turns = chain.from_iterable(((), each) for each in emphases)
    return tuple(islice(turns, 2 * _MOST_EMPHASES)) or ((),)


def _emphases(network: PlannedNetwork, plain: Sampler) -> Iterator[Emphases]:
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


def _alone(network: PlannedNetwork, rare: Mapping[Component, Emphasis]) -> Iterator[Emphases]:
    alone = frozenset().union(*(network.alone_cut_off(site) for site in network.sites))
    yield from ((each,) for component, each in rare.items() if component in alone)
