"""Probabilities over the days as lines with their bands, and the scales beside them.

The drawing is stretched to the width of the page, words are not: they stand beside it, at shares
of its width and height.
"""

from collections.abc import Mapping, Sequence
from math import floor, log10

import msgspec

from simulator.plan.risk.risk_table import Estimate
from simulator.plan.risk.words import in_percent, in_words

CURVES_WIDTH, CURVES_HEIGHT = 1000.0, 300.0

_LABEL_HEIGHT = 9.0
"""In percent of the height: names at the end of the lines are at least so far apart."""

_LABEL_ROOM = 96.0
_STEPS = (1, 2, 5, 10)
_STEPS_OF_DAYS = (1, 5, 10, 30, 60, 90, 180, 365, 730, 1825, 3650)
_MOST_GRID_LINES = 5
_NOTHING_YET = Estimate(0.0, 0.0, 0.0)

ByDay = Sequence[tuple[float, Estimate]]
"""The chance of a first emergency up to each of these days."""


class Curve(msgspec.Struct, frozen=True):
    """One line: `line` and `band` are SVG paths; the name stands at `label_percent` from above."""

    name: str
    number: int
    line: str
    band: str
    label_percent: float
    says: str


class ScaleMark(msgspec.Struct, frozen=True):
    """A label of a scale, at a share of the picture's width or height."""

    at_percent: float
    label: str


class CurveChart(msgspec.Struct, frozen=True):
    """All that is drawn."""

    curves: Sequence[Curve]
    across: Sequence[ScaleMark]
    up: Sequence[ScaleMark]


def curve_chart(courses: Mapping[str, ByDay], horizon_days: float) -> CurveChart:
    """By name the chance of a first emergency up to each of some days, as a chart."""
    known = [estimate for course in courses.values() for _, estimate in course]
    top, up = _scale(max((each.high for each in known), default=0.0))
    ends = [course[-1][1] for course in courses.values()]
    labels = _apart([_from_above(end.value, top) for end in ends])
    curves = [
        Curve(name, number, *_paths(course, horizon_days, top), label, in_words(end))
        for number, ((name, course), label, end) in enumerate(
            zip(courses.items(), labels, ends, strict=True)
        )
    ]
    return CurveChart(curves, _days(horizon_days), up)


def _scale(most: float) -> tuple[float, list[ScaleMark]]:
    """The end of a scale that begins with 0, and its round marks."""
    if most <= 0:
        return 1.0, [ScaleMark(0.0, in_percent(0))]
    size = 10.0 ** floor(log10(most / _MOST_GRID_LINES))
    step = next(s * size for s in _STEPS if most / (s * size) <= _MOST_GRID_LINES)
    count = next(n for n in range(1, _MOST_GRID_LINES + 1) if n * step >= most * 0.999)
    return count * step, [
        ScaleMark(round(n / count * 100, 2), _round(n * step)) for n in range(count + 1)
    ]


def _round(share: float) -> str:
    return f"{float(f'{share * 100:.3g}'):g} %"


def _from_above(value: float, top: float) -> float:
    return round(100 - 100 * value / top, 2)


def _paths(course: ByDay, horizon_days: float, top: float) -> tuple[str, str]:
    """The line, and the band around it: up on its upper edge, and back on the lower one."""
    known = [(0.0, _NOTHING_YET), *course]
    xs = [CURVES_WIDTH * day / horizon_days for day, _ in known]
    line, lower, upper = (
        _points(xs, [getattr(each, edge) for _, each in known], top)
        for edge in ("value", "low", "high")
    )
    return "M" + "L".join(line), "M" + "L".join([*upper, *reversed(lower)]) + "z"


def _points(xs: Sequence[float], values: Sequence[float], top: float) -> list[str]:
    """Points of a line; within a level piece none is needed."""
    ys = [round(CURVES_HEIGHT - CURVES_HEIGHT * value / top, 1) for value in values]
    kept = [
        index for index, y in enumerate(ys)
        if index in (0, len(ys) - 1) or not ys[index - 1] == y == ys[index + 1]
    ]  # fmt: skip
    return [f"{xs[index]:.5g} {ys[index]:g}" for index in kept]


def _apart(wanted: Sequence[float]) -> list[float]:
    """The same places, moved as little as is needed to be readable beside each other."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    placed = dict.fromkeys(order, 0.0)
    below = 100.0 + _LABEL_HEIGHT
    for index in reversed(order):
        placed[index] = below = min(wanted[index], below - _LABEL_HEIGHT)
    above = -_LABEL_HEIGHT
    for index in order:
        placed[index] = above = max(placed[index], above + _LABEL_HEIGHT)
    return [round(placed[index], 2) for index in range(len(wanted))]


def _days(horizon_days: float) -> list[ScaleMark]:
    """Labels of days, as many as have room."""
    most = CURVES_WIDTH / _LABEL_ROOM
    step = next(
        (each for each in _STEPS_OF_DAYS if horizon_days / each <= most), _STEPS_OF_DAYS[-1]
    )
    days = range(0, floor(horizon_days) + 1, step)
    return [ScaleMark(round(day / horizon_days * 100, 2), f"day {day}") for day in days]
