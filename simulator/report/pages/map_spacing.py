"""Room on a map: what would cover something else is moved aside, as little as is needed."""

from collections.abc import Mapping
from itertools import combinations

from simulator.scenario import INTERNET

XY = tuple[float, float]

_MOST = 130
"""More than that have no room beside each other, wherever they stand."""

_ROUNDS = 120
_OTHER_WAY_EACH = 4
_EDGES = ((75.0, 885.0), (115.0, 560.0))
"""Between which x, and between which y, everything stays that is moved."""


def spaced(placed: Mapping[str, XY], sizes: Mapping[str, XY]) -> dict[str, XY]:
    """The same places, apart from each other by their `sizes` (width and height with the words).

    The license server stays where it is. The order of names alone decides who gives way where two
    stand on one spot, so that every picture of an internetwork is the same.
    """
    spots = {name: [x, y] for name, (x, y) in placed.items()}
    if len(spots) <= _MOST:
        for number in range(_ROUNDS):
            sideways = number % _OTHER_WAY_EACH == _OTHER_WAY_EACH - 1
            pairs = combinations(spots, 2)
            if not sum(_part(spots, sizes, pair, sideways) for pair in pairs):
                break
    return {name: (round(x, 1), round(y, 1)) for name, (x, y) in spots.items()}


def _part(
    spots: dict[str, list[float]],
    sizes: Mapping[str, XY],
    pair: tuple[str, str],
    sideways: bool,
) -> bool:
    """Move two away from each other where they overlap, the shorter way; whether they did.

    With `sideways` the longer way: in a row that is full up to the edges the shorter one is none.
    """
    one, other = pair
    apart = [spots[other][axis] - spots[one][axis] for axis in (0, 1)]
    lacking = [(sizes[one][axis] + sizes[other][axis]) / 2 - abs(apart[axis]) for axis in (0, 1)]
    if min(lacking) < 1:
        return False
    axis = int((lacking[0] >= lacking[1]) != sideways)
    way = lacking[axis] if apart[axis] >= 0 else -lacking[axis]
    moving = [name for name in pair if name != INTERNET]
    for name in moving:
        share = way / len(moving) * (-1 if name == one else 1)
        low, high = _EDGES[axis]
        spots[name][axis] = min(max(spots[name][axis] + share, low), high)
    return True
