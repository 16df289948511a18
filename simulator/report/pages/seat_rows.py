"""The license table of one CLA with its course: a row a license."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from licensing.catalogue import LICENSES
from simulator.report.account.course import Course, Span
from simulator.report.account.seats import SeatCount
from simulator.report.pages.time_axis import TimeAxis
from simulator.report.pages.time_rows import HEIGHT


class SeatRow(msgspec.Struct, frozen=True):
    """One license: its count at the end, the most that was taken, and its course as SVG paths."""

    name: str
    count: SeatCount
    most: int
    bought: str
    taken: str
    in_use: str


def seat_rows(courses: Mapping[str, Course[SeatCount]], axis: TimeAxis) -> Iterator[SeatRow]:
    """All but the base license, which no node uses."""
    for key, course in courses.items():
        spans = [*course.spans(axis.ended_ns)]
        if key == "base" or not spans:
            continue
        most = max(_taken(span.value) for span in spans)
        top = max(most, *(span.value.bought for span in spans))
        yield SeatRow(
            name=LICENSES[key].name,
            count=spans[-1].value,
            most=most,
            bought=_steps(spans, axis, top, _bought),
            taken=_filled(_steps(spans, axis, top, _taken)),
            in_use=_filled(_steps(spans, axis, top, _in_use)),
        )


def _bought(count: SeatCount) -> int:
    return count.bought


def _taken(count: SeatCount) -> int:
    return count.in_use + count.reserved


def _in_use(count: SeatCount) -> int:
    return count.in_use


def _steps(
    spans: Sequence[Span[SeatCount]], axis: TimeAxis, top: int, of: Callable[[SeatCount], int]
) -> str:
    """A course in a box of `HEIGHT`; what does not show is left out."""
    points = [(axis.x(span.from_ns), _y(of(span.value), top)) for span in spans]
    head = f"M{points[0][0]:g} {points[0][1]:g}"
    steps = (f"H{to[0]:g}V{to[1]:g}" for at, to in pairwise(points) if to[1] != at[1])
    return f"{head}{''.join(steps)}H{axis.x(spans[-1].to_ns):g}"


def _filled(line: str) -> str:
    first = line[1:].partition(" ")[0]
    return f"{line}V{HEIGHT:g}H{first}z"


def _y(number: int, top: int) -> float:
    return round(HEIGHT - (HEIGHT - 2) * number / max(top, 1), 1)
