"""The time bar: what was as bands, what is to come as flags; pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from licensing.policies import DAY_NS, HOUR_NS
from licensing.wall_time import since_midnight_ns
from simulator.report.account.course import Course
from simulator.report.account.states import SiteState, worse_site
from simulator.report.page import Calendar
from simulator.report.pages.time_axis import WIDTH, Tick
from simulator.stage.recording import RecordingKey
from simulator.stage.values import LinkNow, SiteNow

_STEPS_NS = (HOUR_NS, 2 * HOUR_NS, 6 * HOUR_NS, 12 * HOUR_NS,
             *(days * DAY_NS for days in (1, 2, 5, 10, 20, 50, 100, 200)))  # fmt: skip
_MOST_TICKS = 12
_ROOM = 1.04
_THINNEST = 1.5
_MOST_SAID = 3
"""Of what stands at one place."""


class Outages:
    """Keeps of a recording when not all was well: the worst state of any site, and cut links."""

    def __init__(self) -> None:
        self.worst: Course[SiteState] = Course(worse_site)
        self.cut: Course[bool] = Course(max)
        self._sites: dict[RecordingKey, SiteState] = {}
        self._cut: set[RecordingKey] = set()

    def note(self, at_ns: int, key: RecordingKey, value: object) -> None:
        """A value has changed."""
        if isinstance(value, SiteNow) and self._sites.get(key) is not value.state:
            self._sites[key] = value.state
            worst = SiteState.REGULAR
            for state in self._sites.values():
                worst = worse_site(worst, state)
            self.worst.change(at_ns, worst)
        elif isinstance(value, LinkNow):
            (self._cut.add if value.cut or value.state.value == "cut" else self._cut.discard)(key)
            self.cut.change(at_ns, bool(self._cut))


class Band(msgspec.Struct, frozen=True):
    """From where to where on the bar, and what was then: a state, or `cut`."""

    x: float
    width: float
    kind: str


class Flag(msgspec.Struct, frozen=True):
    """Something that is to come, or came: a step of the scenario, or the end of a period."""

    x: float
    kind: str
    texts: Sequence[str]
    at_ms: int

    @property
    def text(self) -> str:
        """The first few of what stands here, and how many more."""
        more = len(self.texts) - _MOST_SAID
        said = "; ".join(self.texts[:_MOST_SAID])
        return f"{said}; and {more} more" if more > 0 else said


class TimeBar(msgspec.Struct, frozen=True):
    """The whole of it, from 0 to `WIDTH`; `end_ns` is what stands at its end."""

    end_ns: int
    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]

    def x(self, at_ns: int) -> float:
        """Where an instant is."""
        return round(min(at_ns, self.end_ns) / self.end_ns * WIDTH, 1)


def time_bar(start: datetime, now_ns: int, known_ns: Iterable[int], outages: Outages) -> TimeBar:
    """The bar of a run in which something is known to come at the instants `known_ns`."""
    last_ns = max([now_ns, DAY_NS, *known_ns]) * _ROOM
    step_ns = next((each for each in _STEPS_NS if last_ns / each <= _MOST_TICKS), _STEPS_NS[-1])
    end_ns = int(-(-last_ns // step_ns) * step_ns)
    bar = TimeBar(end_ns, (), tuple(_ticks(start, end_ns, step_ns)))
    cut = ((span.from_ns, span.to_ns) for span in outages.cut.spans(now_ns) if span.value)
    bands = [*_bands(bar, "cut", cut)]
    for state in SiteState:
        if state not in (SiteState.REGULAR, SiteState.ACTIVATION_PERIOD):
            spans = (each for each in outages.worst.spans(now_ns) if each.value is state)
            bands += _bands(bar, state.value, ((each.from_ns, each.to_ns) for each in spans))
    return TimeBar(end_ns, tuple(bands), bar.ticks)


def _bands(bar: TimeBar, kind: str, spans: Iterable[tuple[int, int]]) -> Iterator[Band]:
    """Those with nothing to see between them are one."""
    from_x, to_x = 0.0, -1.0
    for from_ns, to_ns in spans:
        x = bar.x(from_ns)
        if to_x >= 0 and x - to_x >= _THINNEST / 2:
            yield Band(from_x, round(to_x - from_x, 1), kind)
        from_x = x if to_x < 0 or x - to_x >= _THINNEST / 2 else from_x
        to_x = max(bar.x(to_ns), x + _THINNEST)
    if to_x >= 0:
        yield Band(from_x, round(to_x - from_x, 1), kind)


def _ticks(start: datetime, end_ns: int, step_ns: int) -> Iterable[Tick]:
    """At midnights, or at whole hours where the bar is short."""
    calendar = Calendar(start)
    at_ns = -since_midnight_ns(start)
    while at_ns < end_ns:
        if at_ns >= 0:
            day, time = calendar.moment(at_ns).rsplit(" ", 1)
            label = day if step_ns >= DAY_NS or time == "00:00:00" else time[:5]
            yield Tick(round(at_ns / end_ns * WIDTH, 1), label)
        at_ns += step_ns
