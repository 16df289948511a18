"""How the map of a stage is drawn: where everything stands, by the rule of all our maps.

Links that join the same ends are bent apart, so that each can be pressed. Made once for a run.
"""

from collections import Counter
from math import hypot

import msgspec

from licensing.events import NetworkFacts, NodeFacts
from simulator.report.pages.internetwork_map import (
    SMALLEST_FROM,
    InternetworkMap,
    Spot,
    drawn_map,
)

_BEND = 46.0
"""How far apart parallel links are in their middle."""


class DrawnLink(msgspec.Struct, frozen=True):
    """A link as a path of SVG from its end `source` to `destination`; `x`, `y` is its middle."""

    name: str
    source: str
    destination: str
    path: str
    x: float
    y: float


class StageDrawing(msgspec.Struct, frozen=True):
    """The geometry of a map; `radius` is that of a node."""

    box: str
    wide: int
    high: int
    radius: int
    spots: tuple[Spot, ...]
    links: tuple[DrawnLink, ...]


def drawing(nodes: dict[str, NodeFacts], network: NetworkFacts) -> StageDrawing:
    """The drawing of an internetwork."""
    roles = {name: node.role for name, node in nodes.items()}
    # Room for a word whatever the state, or the map would move; the smallest nodes have none.
    word = "-" if len(nodes) < SMALLEST_FROM else ""
    whole = drawn_map(roles, network, dict.fromkeys(nodes, ("", word)), {})
    left, top, width, height = map(float, whole.box.split())
    box = f"{left:g} {top:g} {width:g} {height:g}"
    links = tuple(_links(whole, network))
    return StageDrawing(box, round(width), round(height), whole.radius, whole.spots, links)


def _links(whole: InternetworkMap, network: NetworkFacts) -> list[DrawnLink]:
    beside = Counter(frozenset(ends) for ends in network.links.values())
    drawn: Counter[frozenset[str]] = Counter()
    links = []
    for line in whole.lines:
        ends = network.links[line.name]
        both = frozenset(ends)
        side = 1 if ends[0] < ends[1] else -1
        bend = side * (drawn[both] - (beside[both] - 1) / 2) * _BEND
        drawn[both] += 1
        length = hypot(line.x2 - line.x1, line.y2 - line.y1) or 1.0
        x, y = line.middle
        across_x, across_y = -(line.y2 - line.y1) / length, (line.x2 - line.x1) / length
        turn_x, turn_y = x + across_x * bend * 2, y + across_y * bend * 2
        path = f"M{line.x1} {line.y1}" + (
            f"Q{turn_x:.1f} {turn_y:.1f} {line.x2} {line.y2}" if bend else f"L{line.x2} {line.y2}"
        )
        middle = round(x + across_x * bend, 1), round(y + across_y * bend, 1)
        links.append(DrawnLink(line.name, *ends, path, *middle))
    return links
