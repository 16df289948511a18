"""Where slaves stand around the master: on an ellipse; many on rings that use the corners, too.

Positions follow from the order of names alone. Coordinates are those of the map.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from math import cos, dist, inf, pi, sin

from simulator.report.pages.map_spacing import XY

CENTRE = (480.0, 285.0)
RADII = (390.0, 225.0)

_RINGS = ((16, (1.0,)), (32, (1.0, 0.78)), (inf, (1.0, 0.8, 0.6)))
"""Up to how many slaves stand on how many rings by turns, and how far out each ring is."""

_MANY = 40
"""From that many slaves on an ellipse has no room for all."""

_RINGS_OF_MANY = ((404.0, 242.0, 140.0), (306.0, 175.0, 50.0), (212.0, 105.0, 50.0))
"""Half as wide and as high as each, and how far from the middle it begins: on top is the server."""

_ROUNDNESS = 0.4
"""1 is an ellipse, 0 a rectangle."""

_LOWER = 18.0
"""Below the middle, so that the license server is above them all."""


def on_rings(names: Sequence[str]) -> dict[str, XY]:
    """Where the slaves `names` stand, from the top to the left and around."""
    return _on_rings_of_many(names) if len(names) >= _MANY else _on_ellipses(names)


def on_ellipse(angle: float, reach: float) -> XY:
    """`angle` is counted against the clock from the right; on the page y grows downwards."""
    x = CENTRE[0] + RADII[0] * reach * cos(angle)
    y = CENTRE[1] - RADII[1] * reach * sin(angle)
    return round(x, 1), round(y, 1)


def _on_ellipses(names: Sequence[str]) -> dict[str, XY]:
    """On an ellipse that is open on top, where the license server is; few stand below."""
    number = len(names)
    opening = pi * max(0.5, 1.7 - 0.15 * number)
    step = (2 * pi - opening) / max(number - 1, 1)
    first = pi / 2 + opening / 2 if number > 1 else 3 / 2 * pi
    reaches = next(reaches for most, reaches in _RINGS if number < most)
    return {
        name: on_ellipse(first + index * step, reaches[index % len(reaches)])
        for index, name in enumerate(names)
    }


def _on_rings_of_many(names: Sequence[str]) -> dict[str, XY]:
    """As many on each ring as its length has room for; neighbors in the list stay neighbors."""
    rings = [_ring(*ring) for ring in _RINGS_OF_MANY]
    lengths = [walked[-1] for _, walked in rings]
    share = len(names) / sum(lengths)
    filled = [0.5] * len(rings)
    where = {}
    for name in names:
        nearest = min(range(len(rings)), key=lambda ring: filled[ring] / lengths[ring])
        where[name] = _along(*rings[nearest], min(filled[nearest] / share, lengths[nearest]))
        filled[nearest] += 1
    return where


def _ring(half_width: float, half_height: float, opening: float) -> tuple[list[XY], list[float]]:
    """A ring as points from one side of its opening to the other, and how far each is along it."""
    points = [
        (x, y) for x, y in _superellipse(half_width, half_height) if y > 0 or abs(x) >= opening
    ]
    steps = (dist(one, other) for one, other in pairwise(points))
    return points, [*accumulate(steps, initial=0.0)]


def _superellipse(half_width: float, half_height: float) -> Iterator[XY]:
    """From the top to the left and around."""
    for degree in range(90, 451):
        across, up = cos(degree * pi / 180), sin(degree * pi / 180)
        x = half_width * abs(across) ** _ROUNDNESS
        y = half_height * abs(up) ** _ROUNDNESS
        yield (x if across > 0 else -x), (-y if up > 0 else y)


def _along(points: Sequence[XY], walked: Sequence[float], length: float) -> XY:
    """The point so far along, between the two points about it."""
    after = min(max(1, bisect_left(walked, length)), len(points) - 1)
    (x1, y1), (x2, y2) = points[after - 1], points[after]
    part = (length - walked[after - 1]) / (walked[after] - walked[after - 1])
    x, y = x1 + (x2 - x1) * part, y1 + (y2 - y1) * part
    return round(CENTRE[0] + x, 1), round(CENTRE[1] + _LOWER + y, 1)
