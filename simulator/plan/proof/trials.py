"""Outages for a proof, drawn so that they are hard to decide, for model and programs. Pure.

A failover period of hours instead of days, each of the four policies in turn, outages of
everything that can fail; and for most sites a last cut that is healed shortly before its deadline,
or shortly after it. Where the deadline is, the model says; whether it is there, the programs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from licensing.policies import HOUR_NS, MINUTE_NS, NS_PER_SECOND
from licensing.recovery import FULL, Recovery, RecoveryPolicy
from simulator.plan.model.courses import YearCourse
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.years.chance import key_of, shares
from simulator.plan.years.sampler import Outage, Year
from simulator.scenario.components import Component, ComponentKind

CourseOf = Callable[[PlannedNetwork, Year], YearCourse]
"""Which course a year takes."""

HORIZON_NS = 96 * HOUR_NS
NEAR_NS = 2 * HOUR_NS
"""A site that is healed so close to its deadline is decided by minutes."""

_LAST_CUTS_NS = HORIZON_NS // 2
_FIRST_FAILURE_NS = HOUR_NS
_PERIODS_MIN = ((180, 960), (90, 240))
"""In the short ones little more is left than an answer leaves at least (decision 10)."""

_MINUTES = ((1, 4), (4, 12), (30, 90), (90, 300))
_FAILURES: Mapping[ComponentKind, Sequence[int]] = {
    ComponentKind.LINK: (0, 1, 2, 3),
    ComponentKind.CLOUD: (0, 1),
    ComponentKind.ROUTER: (0, 1),
    ComponentKind.HOST: (0, 0, 0, 1),
}
"""How often each kind may fail before the last cuts."""


class Trial(NamedTuple):
    """A year of a few days, in a network with a short period and one of the four policies."""

    network: PlannedNetwork
    year: Year


def trial(network: PlannedNetwork, number: int, *, seed: int, model: CourseOf) -> Trial:
    """The trial `number` of `network`, in which each component can fail."""
    chance = _Chance(key_of(seed, "trial", number))
    short = replace(
        network,
        failover_period_ns=chance.between(*_PERIODS_MIN[number // 4 % 2]) * MINUTE_NS,
        recovery=_recoveries(chance)[number % 4],
        relicensing_ns=chance.between(2, 8) * HOUR_NS,
        horizon_ns=HORIZON_NS,
    )
    year = Year(number, (), key_of(seed, "year of trial", number))
    failures = (each for of in short.reliability for each in _failures(of.component, chance))
    year = _with(year, failures)
    for site in short.sites:
        if site != short.master:
            year = _with_last_cut(short, year, site, chance, model)
    return Trial(short, year)


class _Chance:
    """Whole numbers out of a stream of chance."""

    def __init__(self, key: int) -> None:
        self._shares = shares(key)

    def between(self, low: int, high: int) -> int:
        return low + int(next(self._shares) * (high - low + 1))

    def one_of(self, choices: Sequence[int]) -> int:
        return choices[self.between(0, len(choices) - 1)]


def _recoveries(chance: _Chance) -> tuple[Recovery, ...]:
    stable_s = chance.between(1, 8) * HOUR_NS // NS_PER_SECOND
    return (
        FULL,
        Recovery(policy=RecoveryPolicy.RECHARGE),
        Recovery(policy=RecoveryPolicy.AFTER_STABLE, stable_s=stable_s),
        Recovery(policy=RecoveryPolicy.RESUME),
    )


def _with(year: Year, outages: Iterable[Outage]) -> Year:
    together = sorted((*year.outages, *outages), key=lambda outage: outage.began_ns)
    return year._replace(outages=tuple(together))


def _failures(component: Component, chance: _Chance) -> Iterator[Outage]:
    """Some outages of one component, of any length from a blink to hours, in whole seconds."""
    at_ns = _FIRST_FAILURE_NS
    for _ in range(chance.one_of(_FAILURES[component.kind])):
        began_ns = at_ns + chance.between(0, 12 * 3600) * NS_PER_SECOND
        shortest, longest = _MINUTES[chance.between(0, len(_MINUTES) - 1)]
        at_ns = began_ns + chance.between(shortest * 60, longest * 60) * NS_PER_SECOND
        yield Outage(component, began_ns, at_ns)
        at_ns += MINUTE_NS


def _with_last_cut(
    network: PlannedNetwork, year: Year, site: str, chance: _Chance, model: CourseOf
) -> Year:
    """Cut all lines of `site`, and heal them where it is hard to decide; some are spared."""
    healed_after_ns = _after_the_deadline_ns(chance)
    began_ns = _LAST_CUTS_NS + chance.between(0, 12 * 3600) * NS_PER_SECOND
    if healed_after_ns is None:
        return year
    lines = dict.fromkeys(hop.link for hop in network.hops if hop.source == site)
    components = [Component(ComponentKind.LINK, line) for line in lines]
    free = year._replace(
        outages=tuple(
            each
            for each in year.outages
            if each.component not in components or each.ended_ns < began_ns
        )
    )
    endless = _with(free, (Outage(each, began_ns, HORIZON_NS) for each in components))
    deadline_ns = _end_ns(model(network, endless), site, began_ns)
    if deadline_ns is None:
        return year
    healed_ns = (deadline_ns + healed_after_ns) // NS_PER_SECOND * NS_PER_SECOND
    if not began_ns < healed_ns < HORIZON_NS:
        return endless
    return _with(free, (Outage(each, began_ns, healed_ns) for each in components))


def _after_the_deadline_ns(chance: _Chance) -> int | None:
    """When a last cut is healed: mostly near the deadline, and nearer to it as often as further."""
    kind, near_ns = chance.between(1, 10), NEAR_NS // 2 ** chance.between(0, 6)
    if kind == 1:
        return None
    if kind <= 3:
        return chance.between(2, 8) * HOUR_NS
    by_ns = chance.between(0, near_ns // NS_PER_SECOND) * NS_PER_SECOND
    return by_ns if kind <= 6 else -by_ns


def _end_ns(course: YearCourse, site: str, began_ns: int) -> int | None:
    ends_ns = (
        emergency.span.began_ns
        for each in course.sites
        if each.name == site
        for emergency in each.emergencies
    )
    return next((end for end in ends_ns if end > began_ns), None)
