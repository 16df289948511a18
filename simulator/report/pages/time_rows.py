"""Rows of bands over one time axis: a row a site, and under it when its links were cut."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import msgspec

from simulator.report.account.course import Course, Span
from simulator.report.account.run_account import RunAccount
from simulator.report.account.states import LinkState, SiteState
from simulator.report.pages.time_axis import WIDTH, TimeAxis

HEIGHT = 24.0
"""Of a row, in the units in which its bands are drawn."""

_THINNEST = 0.8
"""What lasts shorter is drawn this wide: no outage is too short to be seen."""

_COVERED = 5.0
"""A shorter interruption of the regular line is covered by the band of what interrupted it."""

_MOST_DRAWN = 150
"""Bands of one color in a row; more look alike, and make a large page."""

_WITHOUT_A_WORD = (SiteState.REGULAR, SiteState.ACTIVATION_PERIOD)
_WORD_WIDTH = 90.0
_POCKET_WIDTH = 29.0
"""In hundredths of the axis."""

BANDS: Mapping[SiteState, tuple[float, float]] = {
    SiteState.ACTIVATION_PERIOD: (11.0, 2.0),
    SiteState.REGULAR: (11.0, 2.0),
    SiteState.FAILOVER: (6.0, 12.0),
    SiteState.EMERGENCY: (2.0, 20.0),
    SiteState.RESTRICTED: (2.0, 20.0),
    SiteState.FROZEN: (9.0, 6.0),
    SiteState.OFF: (9.0, 6.0),
}
"""Where a band is drawn: its top and its height, which tell states apart without color too."""

WORDS: Mapping[SiteState, str] = {
    SiteState.ACTIVATION_PERIOD: "activation period",
    SiteState.REGULAR: "regular",
    SiteState.FAILOVER: "Failover Period",
    SiteState.EMERGENCY: "emergency mode",
    SiteState.RESTRICTED: "restricted",
    SiteState.FROZEN: "frozen",
    SiteState.OFF: "off",
}


class Word(msgspec.Struct, frozen=True):
    """A word that stands in a band which has room for it."""

    x: float
    width: float
    text: str
    state: str

    @property
    def is_short(self) -> bool:
        """Whether it has no room on a pocket telephone."""
        return self.width < _POCKET_WIDTH


class TimeRow(msgspec.Struct, frozen=True):
    """One row: SVG paths by the state that they show, the cuts behind them, and words."""

    name: str
    bands: Mapping[str, str]
    cuts: str
    words: tuple[Word, ...]


def axis_of(account: RunAccount) -> TimeAxis:
    """The axis on which everything that a row shows has room."""
    courses: list[Course[SiteState] | Course[LinkState]] = [
        *account.sites.values(), *account.links.values(), *account.transit.values(),
    ]  # fmt: skip
    changes = (span.from_ns for course in courses for span in course.spans(account.ended_ns))
    return TimeAxis(account.ended_ns, [*changes, *(each.at_ns for each in account.judged)])


def time_row(
    name: str, site: Course[SiteState], links: Iterable[Course[LinkState]], axis: TimeAxis
) -> TimeRow:
    """The row of a site; `links` are those whose cuts are shaded in it."""
    spans = [*site.spans(axis.ended_ns)]
    bands = {
        state.value: _path(
            [span for span in spans if span.value is state],
            axis,
            *BANDS[state],
            gap=_COVERED if state is SiteState.REGULAR else _THINNEST / 2,
        )
        for state in SiteState
    }
    cut = [span for link in links for span in link.spans(axis.ended_ns)
           if span.value in (LinkState.CUT, LinkState.ONE_WAY, LinkState.DROPPING)]  # fmt: skip
    return TimeRow(
        name,
        {state: path for state, path in bands.items() if path},
        _path(sorted(cut, key=lambda span: span.from_ns), axis, 0.0, HEIGHT),
        tuple(_words(spans, axis)),
    )


def outages(course: Course[LinkState], axis: TimeAxis) -> str:
    """When a link, router or cloud did not carry all, as one path."""
    spans = [span for span in course.spans(axis.ended_ns) if span.value is not LinkState.UP]
    return _path(spans, axis, *BANDS[SiteState.OFF])


def _path(
    spans: Iterable[Span[SiteState] | Span[LinkState]],
    axis: TimeAxis,
    top: float,
    height: float,
    gap: float = _THINNEST / 2,
) -> str:
    """Rectangles of one color as one path; with a smaller `gap` between them two are one."""
    drawn = [(axis.x(span.from_ns), axis.x(span.to_ns)) for span in spans]
    drawn = _joined(drawn, gap)
    while len(drawn) > _MOST_DRAWN:
        gap *= 2
        drawn = _joined(drawn, gap)
    return "".join(
        f"M{from_x:g} {top:g}h{to_x - from_x:.4g}v{height:g}h-{to_x - from_x:.4g}z"
        for from_x, to_x in drawn
    )


def _joined(drawn: Iterable[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for from_x, to_x in drawn:
        wide_x = max(to_x, from_x + _THINNEST)
        if joined and from_x - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], max(wide_x, joined[-1][1]))
        else:
            joined.append((from_x, wide_x))
    return joined


def _words(spans: list[Span[SiteState]], axis: TimeAxis) -> Iterable[Word]:
    for span in spans:
        band = axis.x(span.from_ns), axis.x(span.to_ns)
        if span.value in _WITHOUT_A_WORD or band[1] - band[0] <= _WORD_WIDTH:
            continue
        from_x, to_x = _widest_piece(*band, axis)
        if to_x - from_x > _WORD_WIDTH:
            x, width = from_x / WIDTH * 100, (to_x - from_x) / WIDTH * 100
            yield Word(x, width, WORDS[span.value], span.value.value)


def _widest_piece(from_x: float, to_x: float, axis: TimeAxis) -> tuple[float, float]:
    """Of a band, between the marks of idle time, which stand before it."""
    marks = ((each.from_x + each.to_x) / 2 for each in axis.shortened())
    ends = [from_x, *(x for x in marks if from_x < x < to_x), to_x]
    return max(pairwise(ends), key=lambda piece: piece[1] - piece[0])
