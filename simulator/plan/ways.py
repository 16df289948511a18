"""When nothing leads from a site to the central CLA: the closures of its way in one year."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from simulator.plan.courses import TimeSpan, merged
from simulator.plan.network import PlannedNetwork
from simulator.plan.years import Outage
from simulator.scenario.components import Component, ComponentKind


class Closure(NamedTuple):
    """The way is closed from the first instant up to the second.

    With `resets` the master's host was off meanwhile: its kernel knows no connection any more.
    """

    began_ns: int
    ended_ns: int
    resets: bool


class Ways(NamedTuple):
    """Of one site in one year: the closures of its way, when its own host is off, and the master's.

    All in order.
    """

    closures: tuple[Closure, ...]
    off: tuple[TimeSpan, ...]
    master_off: tuple[TimeSpan, ...] = ()

    @property
    def cuts(self) -> tuple[TimeSpan, ...]:
        """When it does not reach the central CLA, for whatever reason."""
        spans = [*(TimeSpan(began, ended) for began, ended, _ in self.closures), *self.off]
        return tuple(merged(spans))


def ways(network: PlannedNetwork, site: str, outages: Sequence[Outage]) -> Ways:
    """The ways of `site` in a year with these outages."""
    own = Component(ComponentKind.HOST, site)
    master = Component(ComponentKind.HOST, network.master)
    off = merged(_spans(outages, own))
    if site == network.master:
        return Ways((), tuple(off), tuple(off))
    resets = merged(_spans(outages, master))
    cuts = _cuts(network, site, [each for each in outages if each.component not in (own, master)])
    closures = [
        Closure(*span, resets=any(_overlap(span, each) for each in resets))
        for span in merged([*cuts, *resets])
    ]
    return Ways(tuple(closures), tuple(off), tuple(resets))


def _overlap(one: TimeSpan, other: TimeSpan) -> bool:
    return one.began_ns < other.ended_ns and other.began_ns < one.ended_ns


def _spans(outages: Iterable[Outage], component: Component) -> list[TimeSpan]:
    return [TimeSpan(began, ended) for of, began, ended in outages if of == component]


def _cuts(network: PlannedNetwork, site: str, outages: Sequence[Outage]) -> list[TimeSpan]:
    """When what has failed in the network cuts the site off."""
    alone = network.alone_cut_off(site)
    concerned = [outage for outage in outages if outage.component in network.relevant(site)]
    if all(outage.component in alone for outage in concerned):
        return [TimeSpan(began, ended) for _, began, ended in concerned]
    return _swept(network, site, concerned)


def _swept(network: PlannedNetwork, site: str, outages: Sequence[Outage]) -> list[TimeSpan]:
    changes = sorted(
        change
        for component, began_ns, ended_ns in outages
        for change in ((began_ns, 1, component), (ended_ns, 0, component))
    )
    failed: set[Component] = set()
    spans: list[TimeSpan] = []
    cut_since_ns: int | None = None
    for at_ns, fails, component in changes:
        (failed.add if fails else failed.discard)(component)
        cut = site in network.cut_off(frozenset(failed))
        if cut and cut_since_ns is None:
            cut_since_ns = at_ns
        elif not cut and cut_since_ns is not None:
            spans.append(TimeSpan(cut_since_ns, at_ns))
            cut_since_ns = None
    return spans
