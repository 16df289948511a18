"""The map of an internetwork: where everything stands, by rule, and how it is shown.

License server on top, master in the middle, slaves around it, what carries traffic between them.
Positions depend on names and links alone, so that every picture of an internetwork is the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import cos, pi, radians

import msgspec

from licensing.events import NetworkFacts, NodeFacts
from licensing.words import Role
from simulator.report.account.node_order import masters_first
from simulator.report.account.states import LinkState, SiteState
from simulator.report.pages.map_rings import CENTRE, RADII, on_ellipse, on_rings
from simulator.report.pages.map_spacing import spaced
from simulator.report.pages.time_rows import WORDS
from simulator.scenario import INTERNET

_SMALL_FROM, SMALLEST_FROM = 17, 41
"""From that many nodes on they are drawn smaller."""

_LOWER = 40.0
"""Below the license server, where everything stands as on a real map."""


_SITE, _SMALL_SITE, _SERVER, _TRANSIT = (122.0, 104.0), (76.0, 62.0), (176.0, 60.0), (84.0, 66.0)
"""How much room each takes with its words, in width and height."""

_SMALLEST_SITE = (68.0, 54.0)
_SMALL_SITE_WITH_A_WORD = (82.0, 76.0)

_NARROWEST = 520
"""A picture is no narrower, or a few sites would be drawn too large."""


class Spot(msgspec.Struct, frozen=True):
    """Where one thing stands on the map, and what is said of it; `form` is its outline."""

    name: str
    x: float
    y: float
    kind: str
    """`server`, `master`, `node`, `router` or `cloud`."""
    state: str
    word: str


class LinkLine(msgspec.Struct, frozen=True):
    """A link on the map."""

    name: str
    x1: float
    y1: float
    x2: float
    y2: float
    state: str

    @property
    def middle(self) -> tuple[float, float]:
        """Where a cut is marked."""
        return round((self.x1 + self.x2) / 2, 1), round((self.y1 + self.y2) / 2, 1)


class InternetworkMap(msgspec.Struct, frozen=True):
    """All that is drawn; `radius` is that of a node."""

    spots: tuple[Spot, ...]
    lines: tuple[LinkLine, ...]
    radius: int

    @property
    def box(self) -> str:
        """The part of the page that is drawn on, as SVG's viewBox."""
        above = min((spot.y for spot in self.spots), default=0) - 2 * self.radius
        below = max((spot.y for spot in self.spots), default=0) + self.radius + 60
        left = CENTRE[0] - self.width / 2
        return f"{left:g} {min(above, 20):g} {self.width:g} {below - min(above, 20):g}"

    @property
    def width(self) -> float:
        """As wide as what is farthest from the middle needs it."""
        farthest = max((abs(spot.x - CENTRE[0]) for spot in self.spots), default=0)
        return min(2 * CENTRE[0], max(_NARROWEST, 2 * (farthest + _SITE[0] * 0.9)))


def internetwork_map(
    nodes: Mapping[str, NodeFacts],
    network: NetworkFacts,
    sites: Mapping[str, SiteState],
    carrying: Mapping[str, LinkState],
) -> InternetworkMap:
    """The map at one instant: `sites` by node, `carrying` by link, router and cloud."""
    states = {name: sites.get(name, SiteState.ACTIVATION_PERIOD) for name in nodes}
    shown = {name: (state.value, WORDS[state]) for name, state in states.items()}
    return drawn_map({name: node.role for name, node in nodes.items()}, network, shown, carrying)


def drawn_map(
    roles: Mapping[str, Role],
    network: NetworkFacts,
    shown: Mapping[str, tuple[str, str]],
    carrying: Mapping[str, LinkState],
) -> InternetworkMap:
    """The map, on which each node is `shown` in a state of the style sheet, and with a word.

    Where many all have a word, each has room for it.
    """
    where = positions(roles, network)
    if len(roles) >= _SMALL_FROM and all(word for _, word in shown.values()):
        where = spaced(where, _sizes(roles, where) | dict.fromkeys(roles, _SMALL_SITE_WITH_A_WORD))
    spots = [
        _site(name, *spot, roles[name], *shown[name]) if name in roles
        else _other(name, *spot, network, carrying)
        for name, spot in where.items()
    ]  # fmt: skip
    lines = [
        LinkLine(name, *where[a], *where[b], _word(carrying.get(name)))
        for name, (a, b) in sorted(network.links.items())
    ]
    return InternetworkMap(tuple(spots), tuple(lines), _radius(len(roles)))


def _radius(nodes: int) -> int:
    if nodes < _SMALL_FROM:
        return 24
    return 15 if nodes < SMALLEST_FROM else 11


def _site(name: str, x: float, y: float, role: Role, state: str, word: str) -> Spot:
    return Spot(name, x, y, "master" if role is Role.MASTER else "node", state, word)


def _other(
    name: str, x: float, y: float, network: NetworkFacts, carrying: Mapping[str, LinkState]
) -> Spot:
    if name == INTERNET:
        return Spot(name, x, y, "server", "", "license server")
    kind = "cloud" if name in network.clouds else "router"
    state = _word(carrying.get(name))
    return Spot(name, x, y, kind, state, "" if state == "up" else "failed")


def _word(state: LinkState | None) -> str:
    return (state or LinkState.UP).name.lower()


def positions(roles: Mapping[str, Role], network: NetworkFacts) -> dict[str, tuple[float, float]]:
    """Where every node, router, cloud and the license server stands.

    By their `places`, where every node has one; otherwise by rule, whatever order they come in: the
    stage has that of the scenario, and a journal has none.
    """
    ends = {end for pair in network.links.values() for end in pair}
    transit = [*network.routers, *network.clouds]
    placed = {INTERNET: (CENTRE[0], 44.0)} if INTERNET in ends else {}
    if roles and all(name in network.places for name in roles):
        placed |= _as_on_earth(network.places)
    else:
        ordered = masters_first(roles)
        middle = [name for name in ordered if roles[name] is Role.MASTER][:1]
        placed |= dict.fromkeys(middle, CENTRE)
        placed |= on_rings(_side_by_side([name for name in ordered if name not in middle], network))
    missing = [name for name in transit if name not in placed]
    placed |= _between(missing, placed, network.links)
    return spaced(placed, _sizes(roles, placed)) if transit or network.places else placed


def _sizes(roles: Mapping[str, Role], placed: Iterable[str]) -> dict[str, tuple[float, float]]:
    site = _SMALL_SITE if len(roles) >= _SMALL_FROM else _SITE
    site = _SMALLEST_SITE if len(roles) >= SMALLEST_FROM else site
    sizes = {name: site if name in roles else _TRANSIT for name in placed}
    return sizes | {INTERNET: _SERVER}


def _as_on_earth(places: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Longitude and latitude, as large as there is room: near enough for a country."""
    middle = radians(sum(latitude for _, latitude in places.values()) / len(places))
    flat = {name: (east * cos(middle), -north) for name, (east, north) in places.items()}
    left, right = _extremes(x for x, _ in flat.values())
    top, bottom = _extremes(y for _, y in flat.values())
    scale = min(2 * RADII[0] / (right - left or 1), 2 * RADII[1] / (bottom - top or 1))
    return {
        name: (
            round(CENTRE[0] + (x - (left + right) / 2) * scale, 1),
            round(CENTRE[1] + _LOWER + (y - (top + bottom) / 2) * scale, 1),
        )
        for name, (x, y) in flat.items()
    }


def _extremes(numbers: Iterable[float]) -> tuple[float, float]:
    known = sorted(numbers)
    return known[0], known[-1]


def _side_by_side(names: Sequence[str], network: NetworkFacts) -> list[str]:
    """Those behind the same router or cloud stand beside each other."""
    transit = [*network.routers, *network.clouds]
    gate: dict[str, int] = {}
    for _, (one, other) in sorted(network.links.items()):
        for name, end in ((one, other), (other, one)):
            if end in transit:
                gate.setdefault(name, transit.index(end))
    return sorted(names, key=lambda name: gate.get(name, -1))


def _between(
    transit: Sequence[str],
    placed: Mapping[str, tuple[float, float]],
    links: Mapping[str, tuple[str, str]],
) -> dict[str, tuple[float, float]]:
    """Each where its neighbors' middle is, drawn towards the master."""
    spots = {}
    for index, name in enumerate(transit):
        ends = [b if a == name else a for a, b in links.values() if name in (a, b)]
        known = [placed[end] for end in ends if end in placed]
        if known:
            x = sum(x for x, _ in known) / len(known)
            y = sum(y for _, y in known) / len(known)
        else:
            x, y = on_ellipse(-pi / 2 + index, 0.5)
        spots[name] = (round((x + CENTRE[0]) / 2, 1), round((y + CENTRE[1]) / 2 + 20, 1))
    return spots
