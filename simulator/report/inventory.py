"""What can be said of an internetwork to which nothing happens: sites, licenses, weak points."""

from collections.abc import Iterator, Sequence

from licensing.catalogue import LICENSES
from licensing.words import Role
from simulator.report.groups import Groups, is_large
from simulator.report.opening import columns, opening
from simulator.report.page import Layout, Row, Tone, aligned
from simulator.scenario import INTERNET, Internetwork, Scenario, assigned_in, bought_in
from simulator.topology.weak_points import WeakPoint, center_of, unreached, weak_points

_LISTED = 12
_LICENSE_SERVER = "the license server"


def inventory(scenario: Scenario, page: Layout) -> Iterator[Row]:
    """Its opening; what is assigned and bought; who is lost with which single failure."""
    yield from opening(scenario, scenario.seed, page)
    yield from _licenses(scenario)
    yield from _weak_points(scenario.internetwork, page)


def _licenses(scenario: Scenario) -> Iterator[Row]:
    """All of them that are assigned or bought; each slave needs one for networking."""
    assigned, bought = assigned_in(scenario), bought_in(scenario)
    nodes = scenario.internetwork.nodes.values()
    assigned["networking"] = sum(node.role is Role.SLAVE for node in nodes)
    cells = [["licenses", "assigned", "bought"]]
    for key, row in LICENSES.items():
        if assigned[key] or bought[key]:
            cells.append([row.name, *(str(count or "-") for count in (assigned[key], bought[key]))])
    for index, text in enumerate(aligned(cells)):
        yield Row(text, Tone.PLAIN if index else Tone.HEADING)
    yield Row()


def _weak_points(internetwork: Internetwork, page: Layout) -> Iterator[Row]:
    center = center_of(internetwork)
    what = _LICENSE_SERVER if center == INTERNET else center
    if lost := unreached(internetwork):
        yield from _wrapped(f"no way to {what}: ", _named(lost, internetwork), page)
    found = [*weak_points(internetwork)]
    if not found:
        yield Row(f"no single link, router, cloud or site is the only way to {what}")
        yield Row()
        return
    yield Row(f"single points of failure, and who has no way to {what} without them", Tone.HEADING)
    for head, rest in columns([*_cells(found, internetwork)]):
        yield from _wrapped(f"  {head}", rest, page)
    yield Row()


def _wrapped(head: str, rest: str, page: Layout) -> Iterator[Row]:
    return (Row(text) for text in page.wrapped(head, rest, indent=4))


def _cells(found: list[WeakPoint], internetwork: Internetwork) -> Iterator[tuple[str, str, str]]:
    """Of a large internetwork the links that are the way of one site each in one row."""
    groups, large = Groups(internetwork), is_large(internetwork)
    alike = [point for point in found if large and _takes_its_end(point, internetwork)]
    for point in found:
        if point not in alike:
            yield point.kind, point.name, _named(point.lost, internetwork)
    if len(alike) == 1:
        yield alike[0].kind, alike[0].name, _named(alike[0].lost, internetwork)
    elif alike:
        sites = [name for point in alike for name in point.lost]
        each = f"the site at its end each: {_named(sites, internetwork)}"
        yield "link", groups.called([point.name for point in alike]), each


def _takes_its_end(point: WeakPoint, internetwork: Internetwork) -> bool:
    """Whether it is a link to a site to which nothing else leads, and which leads nowhere."""
    if point.kind != "link" or INTERNET in point.lost:
        return False
    return len(point.lost) == 1 and point.lost[0] in internetwork.links[point.name].ends


def _named(lost: Sequence[str], internetwork: Internetwork) -> str:
    """All their names; of a large internetwork how many they are, and which, in a few words."""
    nodes = [name for name in lost if name != INTERNET]
    server = [_LICENSE_SERVER] if INTERNET in lost else []
    if not nodes or not is_large(internetwork):
        return ", ".join([*nodes, *server])
    groups = Groups(internetwork)
    which = groups.which(nodes, _LISTED)
    return " and ".join([groups.called(nodes) + (f" ({which})" if which else ""), *server])
