"""How a scenario can be made plainer: each function yields candidates, the boldest first.

A candidate need not be valid: who plays it finds that out.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import chain, takewhile
from typing import Any

from licensing.policies import DAY_NS, HOUR_NS, LONGEST_FAILOVER_PERIOD_NS, MINUTE_NS
from simulator.explore.draws.sites import USUAL_LINE
from simulator.scenario import INTERNET, Instant, moment
from simulator.scenario.values import numbers

WrittenScenario = dict[str, Any]

_GAPS_NS = (MINUTE_NS, HOUR_NS, 2 * HOUR_NS, DAY_NS, LONGEST_FAILOVER_PERIOD_NS + DAY_NS)
"""The last one leads past every failover period, and past the activation period."""
_UNITS_NS = (DAY_NS, HOUR_NS, 10 * MINUTE_NS, MINUTE_NS)
_EIGHT = 8 * HOUR_NS


def _changed(scenario: WrittenScenario, *path: object, to: object = None) -> WrittenScenario:
    """A copy in which what stands at `path` is `to`, or is left out where that is None."""
    copy: Any = deepcopy(scenario)
    part = copy
    for key in path[:-1]:
        part = part[key]
    if to is None:
        del part[path[-1]]
    else:
        part[path[-1]] = to
    return copy  # type: ignore[no-any-return]  # it is what it was


def _mentions(value: object, name: str) -> bool:
    if isinstance(value, Mapping):
        return any(_mentions(each, name) for pair in value.items() for each in pair)
    if isinstance(value, list | tuple):
        return any(_mentions(each, name) for each in value)
    return name in re.split(r"[ -]", str(value)) or str(value) == name


def fewer_sites(scenario: WrittenScenario) -> Iterator[WrittenScenario]:
    """Without a site, its links, its numbers, and all that is done to it."""
    internetwork = scenario["internetwork"]
    for site in reversed([*internetwork["nodes"]]):
        copy = deepcopy(scenario)
        inter = copy["internetwork"]
        node = inter["nodes"].pop(site)
        gone = {site, *_numbers(node)}
        gone |= {name for name, link in inter["links"].items() if _joins(name, link, site)}
        inter["links"] = {name: link for name, link in inter["links"].items() if name not in gone}
        copy["timeline"] = [
            step for step in copy["timeline"] if not any(_mentions(step, name) for name in gone)
        ]
        yield copy


def _numbers(node: Mapping[str, Any]) -> Iterator[str]:
    for group in node.get("subscribers", ()):
        yield from numbers(group["numbers"])


def _joins(name: str, link: Mapping[str, Any], site: str) -> bool:
    return site in link["joins"] if "joins" in link else site in name.split("-")


def _star(scenario: WrittenScenario) -> Iterator[WrittenScenario]:
    """Each site has one line, to the first one: links that steps name keep their names."""
    internetwork = scenario["internetwork"]
    links, carriers = internetwork["links"], {"routers", "clouds"} & {*internetwork}
    if not carriers and all(link == USUAL_LINE for link in links.values()):
        return
    master, *others = internetwork["nodes"]
    copy = deepcopy(scenario)
    copy["internetwork"].pop("routers", None)
    copy["internetwork"].pop("clouds", None)
    lines = {f"{master}-{site}": USUAL_LINE for site in (*others, INTERNET)}
    copy["internetwork"]["links"] = lines
    yield copy
    renamed = {old: f"{master}-{_far_end(old)}" for old in links}
    for step in copy["timeline"]:
        for action, what in step.items():
            if isinstance(what, str) and action != "at":
                step[action] = renamed.get(what, what)
    yield copy


def _far_end(link: str) -> str:
    return link.rpartition("-")[2]


def _parts_left_out(scenario: WrittenScenario) -> Iterator[WrittenScenario]:
    """Policies, orders, links, trunks, groups of subscribers and what else need not be there."""
    yield from (_changed(scenario, key) for key in ("policies", "outside_line") if key in scenario)
    for key in scenario.get("policies", ()):
        yield _changed(scenario, "policies", key)
    inter = scenario["internetwork"]
    for key in ("convergence", "routers", "clouds"):
        if key in inter:
            yield _changed(scenario, "internetwork", key)
    for part in ("links", "purchase"):
        for name in inter[part]:
            yield _changed(scenario, "internetwork", part, name)
    for name, node in inter["nodes"].items():
        at = ("internetwork", "nodes", name)
        yield from (_changed(scenario, *at, key) for key in ("trunks", "virtual") if key in node)
        for index in reversed(range(len(node["subscribers"]))):
            yield _changed(scenario, *at, "subscribers", index)


def _plainer_orders(scenario: WrittenScenario) -> Iterator[WrittenScenario]:
    """Without an end or a license; as a short order where nothing else is said."""
    for name, order in scenario["internetwork"]["purchase"].items():
        at = ("internetwork", "purchase", name)
        licenses = order.get("licenses", order)
        for key in [each for each in order if each != "licenses" and "licenses" in order]:
            yield _changed(scenario, *at, key)
        if "licenses" in order and len(order) == 1:
            yield _changed(scenario, *at, to=licenses)
        where = (*at, "licenses") if "licenses" in order else at
        yield from (_changed(scenario, *where, key) for key in licenses if len(licenses) > 1)


def _plainer_subscribers(scenario: WrittenScenario) -> Iterator[WrittenScenario]:
    """One number in a group, one license for each, no licensed channel."""
    for name, node in scenario["internetwork"]["nodes"].items():
        for index, group in enumerate(node["subscribers"]):
            at = ("internetwork", "nodes", name, "subscribers", index)
            first, *others = numbers(group["numbers"])
            if others:
                yield _changed(scenario, *at, "numbers", to=first)
            for license_index in reversed(range(len(group.get("licenses", ())))):
                yield _changed(scenario, *at, "licenses", license_index)
        for index, trunk in enumerate(node.get("trunks", ())):
            if trunk.get("licensed", "0") != "0":
                at = ("internetwork", "nodes", name, "trunks", index)
                yield _changed(scenario, *at, "licensed", to="0")


def _plainer_steps(scenario: WrittenScenario) -> Iterator[WrittenScenario]:
    """Without what a step says besides; a repeated word for a long one."""
    for index, step in enumerate(scenario["timeline"]):
        for action, what in step.items():
            if isinstance(what, dict):
                yield from (_changed(scenario, "timeline", index, action, key) for key in what)


def _plainer_times(scenario: WrittenScenario) -> Iterator[WrittenScenario]:
    """Each step a short while after the one before it, or at a full day, hour or minute."""
    steps: Sequence[Mapping[str, Any]] = scenario["timeline"]
    instants_ns = [_ns(step) for step in steps]
    if None in instants_ns:
        return
    before_ns = _EIGHT
    for index, at_ns in enumerate(each for each in instants_ns if each is not None):
        for plainer_ns in _plainer_instants_ns(before_ns, at_ns):
            yield _shifted(scenario, index, plainer_ns - at_ns)
        before_ns = at_ns


def _plainer_instants_ns(before_ns: int, at_ns: int) -> Iterator[int]:
    """Those that are plainer than `at_ns`, the plainest first; nothing leads back from them."""
    gaps = (before_ns + gap_ns for gap_ns in _GAPS_NS if before_ns + gap_ns <= at_ns)
    full = (-(-at_ns // unit_ns) * unit_ns for unit_ns in _UNITS_NS)
    return takewhile(lambda plain_ns: plain_ns != at_ns, chain(gaps, full))


def _ns(step: Mapping[str, Any]) -> int | None:
    when = moment(step["at"])
    return when.since_midnight_ns if isinstance(when, Instant) else None


def _shifted(scenario: WrittenScenario, index: int, by_ns: int) -> WrittenScenario:
    """The step and all that follow it, so much later."""
    copy = deepcopy(scenario)
    for step in copy["timeline"][index:]:
        instant = moment(step["at"])
        assert isinstance(instant, Instant), "whoever calls has looked"
        step["at"] = str(Instant(instant.since_midnight_ns + by_ns))
    return copy


def _seed(scenario: WrittenScenario) -> Iterator[WrittenScenario]:
    yield {**scenario, "seed": "1"}


PLAINER: tuple[Callable[[WrittenScenario], Iterator[WrittenScenario]], ...] = (
    _seed,
    fewer_sites,
    _star,
    _parts_left_out,
    _plainer_orders,
    _plainer_subscribers,
    _plainer_steps,
    _plainer_times,
)
