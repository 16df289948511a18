"""Why the period of a site ended: a long repair, what was down together, or several short repairs.

Outages that did not help to cut the site off are no cause, however long they last: of two parallel
lines neither ends anything alone. Emergencies of one cause have the same words.
"""

from collections.abc import Sequence

from simulator.plan.model.courses import Emergency
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.ways import ways
from simulator.plan.risk.risk_table import CauseShare
from simulator.plan.years.sampler import Outage
from simulator.scenario.components import Component

_ENOUGH = 0.9
"""Of the period: who cuts a site off for so long is the cause, whatever uses up the rest."""

_MOST_TOGETHER = 8


def cause_of(network: PlannedNetwork, site: str, emergency: Emergency) -> str:
    """`one long repair of link a`, `both link a and link b down`, `several short repairs of ...`.

    The components are the fewest whose outages had the period used up. Where these are many, with
    no common effect, it is `several repairs, the longest of link a`.
    """
    until_ns = emergency.span.began_ns
    longest = sorted(
        emergency.causes, key=lambda each: each.began_ns - min(each.ended_ns, until_ns)
    )
    enough_ns = int(_ENOUGH * network.failover_period_ns)
    together = _together(network, site, longest, until_ns, enough_ns)
    components = list(dict.fromkeys(sorted(each.component for each in together or longest)))
    if len(together) == 1:
        return f"one long repair of {_named(components[0])}"
    if len(emergency.causes) == 1:  # a host that starts again may count as away for longer
        return f"one short repair of {_named(components[0])}"
    if len(components) == 1:
        return f"several short repairs of {_named(components[0])}"
    if _cut_off_together(network, site, components):
        return _all_down(components)
    return f"several repairs, the longest of {_named((together or longest)[0].component)}"


def _together(
    network: PlannedNetwork, site: str, longest: Sequence[Outage], until_ns: int, enough_ns: int
) -> list[Outage]:
    """The few long outages that suffice; none where it takes many."""

    def suffices(outages: Sequence[Outage]) -> bool:
        return _cut_ns(network, site, outages, until_ns) >= enough_ns

    most = min(len(longest), _MOST_TOGETHER)
    found = next((longest[:few] for few in range(1, most + 1) if suffices(longest[:few])), ())
    kept = list(found)
    for outage in reversed(found):
        fewer = [each for each in kept if each != outage]
        if fewer and suffices(fewer):
            kept = fewer
    return kept


def _cut_ns(network: PlannedNetwork, site: str, outages: Sequence[Outage], until_ns: int) -> int:
    """How long these outages cut it off up to an instant."""
    cuts = ways(network, site, sorted(outages, key=lambda each: each.began_ns)).cuts
    return sum(max(0, min(span.ended_ns, until_ns) - span.began_ns) for span in cuts)


def _cut_off_together(network: PlannedNetwork, site: str, components: Sequence[Component]) -> bool:
    """Whether they cut it off, and do not once one of them is repaired."""
    failed = frozenset(components)
    repaired = (failed - {each} for each in components)
    return site not in network.routes(failed) and all(
        site in network.routes(others) for others in repaired
    )


def _all_down(components: Sequence[Component]) -> str:
    *others, last = map(_named, components)
    words = f"{', '.join(others)} and {last}"
    return f"both {words} down" if len(components) == 2 else f"{words} all down"


def _named(component: Component) -> str:
    return f"{component.kind} {component.name}"


def most_frequent(causes: Sequence[CauseShare], most: int) -> list[CauseShare]:
    """So many rows, which make up 100 %: the last one is for all others where there are more."""
    if len(causes) <= most:
        return list(causes)
    others = causes[most - 1 :]
    rest = CauseShare(f"{len(others)} other causes", sum(each.share for each in others))
    return [*causes[: most - 1], rest]
