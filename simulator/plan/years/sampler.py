"""What fails in a year: outages of components, which follow from a seed and a number alone."""

import math
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator
from functools import cached_property
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

import msgspec

from licensing.policies import DAY_NS, NS_PER_SECOND
from simulator.plan.years.chance import key_of, key_of_year, share, shares
from simulator.scenario.components import Component, Reliability
from simulator.scenario.outages.distributions import Exponential

YEAR_NS = 365 * DAY_NS

FAILURES, LONGEST, WHICH, REST = range(4)
"""What each of the first numbers of a component's year decides; from `REST` on, all else."""

EVERY_YEAR = 1.0
"""The emphasis of years that are drawn as they happen."""

_NEGLIGIBLE = 1e-18
"""So unlikely that no number of 53 bits can mean it."""


class Outage(NamedTuple):
    """One failure of a component until its repair, in nanoseconds since the start of the year.

    It may be repaired after the end of the year.
    """

    component: Component
    began_ns: int
    ended_ns: int


class Year(NamedTuple):
    """The outages of one sampled year, in the order in which they begin.

    `key` is what all further chance of the year follows from.
    """

    number: int
    outages: tuple[Outage, ...]
    key: int = 0


class Emphasis(NamedTuple):
    """Among the years in which `component` has a repair that only `share` of them outlast."""

    component: Component
    share: float


class ComponentYears(msgspec.Struct, frozen=True, dict=True):
    """The years of one component that follow from `seed`, each by its number.

    Without memory its failures are a Poisson process of the time for which it is up. So their
    number is drawn first, then the longest of their repairs, which alone proves most years
    harmless; then where they stand, and the other repairs.
    """

    reliability: Reliability
    seed: int
    horizon_ns: int

    @cached_property
    def key(self) -> int:
        """That of the component's stream."""
        return key_of(self.seed, *self.reliability.component)

    @property
    def memoryless(self) -> bool:
        """Whether the number of failures is drawn first."""
        return isinstance(self.reliability.up, Exponential)

    @cached_property
    def expected(self) -> float:
        """How many failures a year has that consists of time up only."""
        return self.horizon_ns / self.reliability.up.mean_ns

    @cached_property
    def probabilities(self) -> tuple[float, ...]:
        """Of no failure, of one, of two, and so on, until only what is negligible is left."""
        return tuple(poisson(self.expected))

    @cached_property
    def _counts(self) -> dict[float, tuple[float, ...]]:
        return {}

    def counts_up_to(self, emphasis: float) -> tuple[float, ...]:
        """The probability of at most 0, 1, 2, ... failures, in the years with this emphasis."""
        if emphasis not in self._counts:
            joint = list(self.probabilities)
            if emphasis < EVERY_YEAR:
                joint = [each * any_within(emphasis, n) for n, each in enumerate(joint)]
            total = math.fsum(joint)
            self._counts[emphasis] = tuple(accumulate(each / total for each in joint))
        return self._counts[emphasis]

    def any_outlasted(self, outlasting: float) -> float:
        """The probability of a year with a repair that only this share of them outlasts."""
        return -math.expm1(-self.expected * outlasting)

    def key_of_year(self, number: int) -> int:
        """That of all chance of the component in the year `number`."""
        return key_of_year(self.key, number)

    def failures(self, key: int, emphasis: float = EVERY_YEAR) -> tuple[int, float]:
        """How many there are, and which share of repairs outlasts the longest."""
        counts = self.counts_up_to(emphasis)
        failures = min(bisect_left(counts, share(key, FAILURES)), len(counts) - 1)
        if not failures:
            return 0, 1.0
        longest = share(key, LONGEST) * any_within(emphasis, failures)
        return failures, least_of(longest, failures)

    def outages(self, number: int, emphasis: float = EVERY_YEAR) -> list[Outage]:
        """Those of the year `number` that begin within the horizon, in order; in whole seconds.

        With an `emphasis` the longest repair is one that only this share of them outlasts.
        """
        key = key_of_year(self.key, number)
        pairs = self._memoryless(key, emphasis) if self.memoryless else self._renewed(key)
        return list(self._within(pairs))

    def _memoryless(self, key: int, emphasis: float) -> Iterator[tuple[float, float]]:
        """How long it is up, and how long the repair then lasts; in nanoseconds."""
        failures, least = self.failures(key, emphasis)
        longest = int(share(key, WHICH) * failures)
        drawn = [share(key, REST + each) for each in range(2 * failures)]
        before_ns = 0.0
        for each, up in enumerate(sorted(drawn[:failures])):
            outlasting = least + (1 - least) * drawn[failures + each]
            repair_ns = self.reliability.repair.outlasted_ns(
                least if each == longest else outlasting
            )
            yield up * self.horizon_ns - before_ns, repair_ns
            before_ns = up * self.horizon_ns

    def _renewed(self, key: int) -> Iterator[tuple[float, float]]:
        drawn = shares(key)
        while True:
            up_ns = self.reliability.up.outlasted_ns(next(drawn))
            yield up_ns, self.reliability.repair.outlasted_ns(next(drawn))

    def _within(self, pairs: Iterable[tuple[float, float]]) -> Iterator[Outage]:
        at_s, horizon_s = 0, self.horizon_ns // NS_PER_SECOND
        for up_ns, repair_ns in pairs:
            began_s = at_s + round(up_ns / NS_PER_SECOND)
            if began_s >= horizon_s:
                break
            at_s = began_s + max(1, round(repair_ns / NS_PER_SECOND))
            yield Outage(self.reliability.component, began_s * NS_PER_SECOND, at_s * NS_PER_SECOND)


class Sampler(msgspec.Struct, frozen=True, dict=True):
    """All years that follow from `seed`.

    They take the `emphases` in turn: years number 0, n, 2n, ... have the first of n, and so on. A
    year with none is drawn as it happens, and one of them must be so that nothing is left out.
    """

    reliability: tuple[Reliability, ...]
    seed: int
    horizon_ns: int = YEAR_NS
    emphases: tuple[tuple[Emphasis, ...], ...] = ((),)

    @property
    def has_emphases(self) -> bool:
        """Whether some years are drawn on purpose."""
        return any(self.emphases)

    @cached_property
    def components(self) -> tuple[ComponentYears, ...]:
        """Each component's own years."""
        return tuple(ComponentYears(r, self.seed, self.horizon_ns) for r in self.reliability)

    @cached_property
    def expected(self) -> float:
        """How many failures of all components a year has, if all of it is time up."""
        return math.fsum(each.expected for each in self.components)

    @cached_property
    def _by_component(self) -> dict[Component, ComponentYears]:
        return {years.reliability.component: years for years in self.components}

    def of(self, component: Component) -> ComponentYears:
        """Those of one component."""
        return self._by_component[component]

    @cached_property
    def _key(self) -> int:
        return key_of(self.seed, "year")

    def emphasis(self, number: int) -> dict[Component, float]:
        """What the year `number` is made to have."""
        return dict(self.emphases[number % len(self.emphases)])

    def year(self, number: int, components: Container[Component] | None = None) -> Year:
        """The year `number`; of its outages those of some components, where these are given."""
        emphasis = self.emphasis(number)
        outages = [
            outage
            for component, years in self._by_component.items()
            if components is None or component in components
            for outage in years.outages(number, emphasis.get(component, EVERY_YEAR))
        ]
        outages.sort(key=itemgetter(1, 2))
        key = key_of_year(self._key, number)
        return Year(number, tuple(outages), key)

    @cached_property
    def likelier(self) -> list[tuple[tuple[Emphasis, ...], float]]:
        """How much likelier each emphasis makes the years that have what it is on."""
        return [
            (
                emphasis,
                math.prod(1 / self._by_component[of].any_outlasted(each) for of, each in emphasis),
            )
            for emphasis in self.emphases
        ]


def poisson(expected: float) -> Iterator[float]:
    """The probabilities of 0, 1, 2, ... events, until only what is negligible is left."""
    count, left = 0, 1.0
    while left > _NEGLIGIBLE or count <= expected:
        probability = math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
        yield probability
        count += 1
        left = probability if count > expected else 1.0


def any_within(one: float, count: int) -> float:
    """The probability that of `count` shares at least one is under `one`."""
    return -math.expm1(count * math.log1p(-one)) if one < 1 else float(count > 0)


def least_of(drawn: float, count: int) -> float:
    """The least of `count` shares, where so large a share of all least ones is under it."""
    return any_within(drawn, 1) if count == 1 else -math.expm1(math.log1p(-drawn) / count)
