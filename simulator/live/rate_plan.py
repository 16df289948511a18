"""How fast each part of a scenario is played live: fast where nothing happens, slow where it does.

The steps of the timeline say where that is; only a step at the end of a failover period is dated
while the run goes on. Pure: the waiting is done elsewhere, and nothing here asks what time it is.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from licensing.policies import MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.recovery import FULL, Recovery
from runtime.acceleration import MARGIN, safe_rate
from simulator.network.virtual_time import LONG_AGO_NS
from simulator.scenario import (
    Bandwidth,
    Crash,
    Cut,
    CutOneWay,
    Deadline,
    Drop,
    Expect,
    Freeze,
    Heal,
    Instant,
    Purchase,
    Reconfigure,
    Refuse,
    Relicense,
    Reset,
    Scenario,
    Start,
    Step,
    Thaw,
    UploadLicenseFile,
)
from simulator.worlds.installation import programs_of

JITTER_S = 0.25
"""What a busy computer may add to anything, in real seconds: the tolerance of a live run."""

STALL_S = 0.040
"""How long a busy computer may keep a program waiting before it misses an answer, real seconds."""

DIAL_S, TLS_DIAL_S = 0.005, 0.010
"""Real seconds that a busy core takes for a dialing, with everything that belongs to a session."""

START_S = 4.0
"""Real seconds in which the programs of a host start, generously, beside all others."""

STOP_S = 1.0
"""Real seconds that the programs of a host may take to end in order: a tolerance of its own."""

LONGEST_RUN_S = 20 * 60

_SHARE_OF_A_MARGIN = 5
_SLOWEST = 1.0
_NOTICED_NS = TIMING.silence_ns + TIMING.redial_grace_ns
_REDIALED_NS = TIMING.longest_backoff_ns + TIMING.dial_ns
_ANSWERED_NS = 2 * TIMING.answer_ns

_BEGIN_AN_OUTAGE = Cut | CutOneWay | Drop | Crash | Freeze
_END_AN_OUTAGE = Heal | Start | Thaw
_ALL = "all"

_SETTLED = {
    Cut: _NOTICED_NS + TIMING.answer_ns,
    CutOneWay: _NOTICED_NS + TIMING.answer_ns,
    Drop: _NOTICED_NS + TIMING.answer_ns,
    Refuse: _NOTICED_NS + TIMING.answer_ns,
    Reset: _REDIALED_NS + _ANSWERED_NS,
    Crash: _NOTICED_NS + TIMING.answer_ns,
    Freeze: _NOTICED_NS + TIMING.answer_ns,
    Heal: _REDIALED_NS + _ANSWERED_NS,
    Bandwidth: _NOTICED_NS + _ANSWERED_NS,
    Thaw: _REDIALED_NS + _ANSWERED_NS,
    Start: _REDIALED_NS + _ANSWERED_NS,
    Reconfigure: _NOTICED_NS + TIMING.answer_ns,
    UploadLicenseFile: _REDIALED_NS + _ANSWERED_NS,
    Expect: 0,
}
"""Until when after a step its consequences are over; of one that is not here, `_ANSWERED_NS`.

Another bandwidth may begin an outage or end one, and to notice the first takes longer.
"""


@dataclass(frozen=True, slots=True)
class SlowPart:
    """A part of the scenario, in ns since its start, that is not played faster than `rate`.

    `jitter_s` is what a busy computer may add to what happens there, in real seconds.
    """

    begins_ns: int
    ends_ns: int
    rate: float
    why: str
    jitter_s: float = JITTER_S


class Pacing:
    """The rate at each instant: that of the slowest place there, and elsewhere `fastest`."""

    def __init__(self, fastest: float, why: str, places: Sequence[SlowPart] = ()) -> None:
        self.fastest = fastest
        self.why = why
        self.places = list(places)

    def rate_at(self, instant_ns: int) -> float:
        """Simulated seconds per real second at an instant."""
        return min([self.fastest, *(place.rate for place in self._at(instant_ns))])

    def next_change(self, after_ns: int, rate: float) -> tuple[int, float] | None:
        """When, later than `after_ns`, it is first played otherwise than at `rate`, and how."""
        edges = {edge for place in self.places for edge in (place.begins_ns, place.ends_ns)}
        for edge in sorted(edge for edge in edges if edge > after_ns):
            if self.rate_at(edge) != rate:
                return edge, self.rate_at(edge)
        return None

    def tolerance_ns(self, *instants_ns: int) -> int:
        """How far an event may be from its instant: the most that may be added at one of these."""
        return round(max(map(self._added_s, instants_ns)) * NS_PER_SECOND)

    def bearable_s(self, instant_ns: int) -> float:
        """How long the computer may stand still at an instant without harm, in real seconds."""
        return min(JITTER_S, TIMING.answer_ns / NS_PER_SECOND / self.rate_at(instant_ns))

    def real_s(self, until_ns: int) -> float:
        """Real seconds from the start until an instant."""
        seconds, at_ns, rate = 0.0, 0, self.rate_at(0)
        while (change := self.next_change(at_ns, rate)) and change[0] < until_ns:
            seconds += (change[0] - at_ns) / NS_PER_SECOND / rate
            at_ns, rate = change
        return seconds + (until_ns - at_ns) / NS_PER_SECOND / rate

    def _added_s(self, instant_ns: int) -> float:
        jitter_s = max([JITTER_S, *(place.jitter_s for place in self._at(instant_ns))])
        return jitter_s * self.rate_at(instant_ns)

    def _at(self, instant_ns: int) -> list[SlowPart]:
        return [place for place in self.places if place.begins_ns <= instant_ns < place.ends_ns]


@dataclass(frozen=True, slots=True)
class Computer:
    """What decides how fast this computer may be asked to be, in real seconds."""

    overshoot_s: float
    cores: int
    tls: bool

    @classmethod
    def this(cls, overshoot_s: float, *, tls: bool) -> "Computer":
        """The one on which we run."""
        return cls(overshoot_s, os.cpu_count() or 1, tls)

    def quiet_rate(self) -> float:
        """Where only heartbeats are waited for: an answer outlasts every stall."""
        return min(safe_rate(self.overshoot_s), TIMING.answer_ns / NS_PER_SECOND / STALL_S)

    def why_quiet(self) -> str:
        """The arithmetic of `quiet_rate` in words."""
        if self.quiet_rate() < TIMING.answer_ns / NS_PER_SECOND / STALL_S:
            return (
                f"a sleep lasts up to {self.overshoot_s * 1000:.1f} ms too long here, and may take "
                f"1/{MARGIN} of the shortest time-out of the protocol"
            )
        return (
            f"an answer may take {TIMING.answer_ns // NS_PER_SECOND} s, and this computer may be "
            f"busy for {STALL_S * 1000:.0f} ms meanwhile"
        )

    def busy_rate(self, processes: int) -> float:
        """Where all may dial at once: a dialing takes at most a quarter of what it may."""
        dial_s = (TLS_DIAL_S if self.tls else DIAL_S) * max(1, processes / self.cores)
        return min(safe_rate(self.overshoot_s), TIMING.dial_ns / NS_PER_SECOND / 4 / dial_s)


def constant(rate: float, why: str = "as asked for") -> Pacing:
    """The same rate from beginning to end."""
    return Pacing(rate, why)


def pacing_of(scenario: Scenario, computer: Computer) -> Pacing:
    """The pacing of a scenario, with the arithmetic of its fastest rate in words."""
    quiet, busy = computer.quiet_rate(), computer.busy_rate(programs_of(scenario))
    steps = sorted(
        ((step.at.after(scenario.start), step) for step in scenario.timeline
         if isinstance(step.at, Instant)), key=lambda dated: dated[0],
    )  # fmt: skip
    places = [*_beginning(steps, busy), *_between(steps), *_after(steps, busy, scenario)]
    return Pacing(quiet, computer.why_quiet(), places)


def around_deadline(scenario: Scenario, instant_ns: int) -> list[SlowPart]:
    """What is played slowly because a step is to be at `instant_ns`, near the end of a period."""
    shifts = [abs(step.at.shift) for step in scenario.timeline if isinstance(step.at, Deadline)]
    if not any(shifts):
        return []
    margin_ns = max(shifts) * 6 // 5
    return [_near_deadline(scenario, instant_ns - margin_ns, instant_ns + margin_ns)]


def cannot(scenario: Scenario, pacing: Pacing) -> str:
    """Why a scenario cannot be played live, or is not worth its time; "" where it is."""
    lasting = any(recovery != FULL for _, recovery in scenario.terms())
    if lasting and (step := _outage_by_deadline(scenario)):
        return (
            f"{step}, dated by a deadline, decides when later periods end, and a live run,"
            " which must be slow then, has to know that beforehand"
        )
    places = [*pacing.places, *around_deadline(scenario, 0)]
    slowest = min(places, key=lambda place: place.rate, default=None)
    if slowest and slowest.rate < _SLOWEST:
        needed_s = 1 / slowest.rate
        return f"{slowest.why}: a live run would have to be {needed_s:.1f} times slower than life"
    minutes = estimated_s(scenario, pacing) / 60
    if minutes * 60 > LONGEST_RUN_S:
        return f"it would take about {minutes:.0f} min, and {LONGEST_RUN_S // 60} are the most"
    return ""


def _outage_by_deadline(scenario: Scenario) -> Step | None:
    """The first step that begins or ends an outage at the end of a failover period, or near it."""
    steps = (step for step in scenario.timeline if isinstance(step.at, Deadline))
    return next(
        (step for step in steps if isinstance(step, _BEGIN_AN_OUTAGE | _END_AN_OUTAGE)), None
    )


def estimated_s(scenario: Scenario, pacing: Pacing) -> float:
    """About how many real seconds a live run takes, its preparations included."""
    places = list(pacing.places)
    ends_ns = _last_dated_ns(scenario)
    for step in scenario.timeline:
        if isinstance(step.at, Deadline):
            for period_ns, _ in scenario.terms():
                deadline_ns = _first_loss_ns(scenario) + period_ns
                places += around_deadline(scenario, deadline_ns + step.at.shift)
                ends_ns = max(ends_ns, deadline_ns + step.at.shift)
    processes = programs_of(scenario)
    return processes + Pacing(pacing.fastest, "", places).real_s(ends_ns)


def _beginning(steps: Sequence[tuple[int, Step]], busy: float) -> Iterator[SlowPart]:
    first_ns = min((at for at, _ in steps if at > 0), default=_REDIALED_NS)
    rate = min(busy, first_ns / NS_PER_SECOND / START_S)
    yield SlowPart(LONG_AGO_NS, min(first_ns, _REDIALED_NS), rate, "the first step comes soon")


def _between(steps: Sequence[tuple[int, Step]]) -> Iterator[SlowPart]:
    """Between two steps, and after the start of a host, there is real time for what they cause."""
    instants = sorted({at for at, _ in steps})
    later = dict(pairwise(instants))
    for at_ns, next_ns in later.items():
        gap_ns = next_ns - at_ns
        why = f"two steps are only {gap_ns / NS_PER_SECOND:g} s apart"
        yield SlowPart(at_ns, next_ns, gap_ns / NS_PER_SECOND / JITTER_S, why)
    for at_ns, step in steps:
        if isinstance(step, Start | Reconfigure) and at_ns in later:
            gap_ns = min(later[at_ns] - at_ns, _REDIALED_NS)
            rate = gap_ns / NS_PER_SECOND / START_S
            why = f"{step}, and the next step comes soon"
            jitter_s = STOP_S if isinstance(step, Reconfigure) else JITTER_S
            yield SlowPart(at_ns, at_ns + gap_ns, rate, why, jitter_s)


def _after(
    steps: Sequence[tuple[int, Step]], busy: float, scenario: Scenario
) -> Iterator[SlowPart]:
    """What a step causes, and the end of the failover period that it may have begun."""
    for at_ns, step in steps:
        if settled_ns := _SETTLED.get(type(step), _ANSWERED_NS):
            yield SlowPart(at_ns, at_ns + settled_ns, busy, str(step))
    for end_ns, vague_ns, step in _ends_of_periods(steps, scenario):
        begins_ns = end_ns - vague_ns - _NOTICED_NS
        ends_ns = end_ns + vague_ns + 10 * MINUTE_NS
        yield SlowPart(begins_ns, ends_ns, busy, f"the end of the period after {step}")
    for end_ns, name in _ends_of_orders(steps, scenario):
        yield SlowPart(end_ns - 10 * MINUTE_NS, end_ns + _NOTICED_NS, busy, f"the end of {name}")


def _ends_of_orders(
    steps: Sequence[tuple[int, Step]], scenario: Scenario
) -> Iterator[tuple[int, str]]:
    """When the licenses of an order end, in nanoseconds since the start, and its name (F14)."""
    later = [(at_ns, step.orders) for at_ns, step in steps if isinstance(step, Purchase)]
    for at_ns, orders in [(0, scenario.internetwork.purchase), *later]:
        for name, order in orders.items():
            if order.valid_for is not None:
                yield at_ns + order.valid_for, name


def _ends_of_periods(
    steps: Sequence[tuple[int, Step]], scenario: Scenario
) -> Iterator[tuple[int, int, Step]]:
    """When a period may end that an outage has begun, by how much that is not sure, and the outage.

    It depends on what earlier outages have left of it (F3): those of the same link or host, or all,
    for a node may be behind several. Which orders are in its license file is not asked here: all
    terms are thought of that it may have.
    """
    for period_ns, recovery in scenario.terms():
        outages: defaultdict[str, _Outages] = defaultdict(_Outages)
        for at_ns, step in steps:
            if isinstance(step, Relicense):
                outages.clear()
            for of_it in (outages[_faulted(step, scenario)], outages[_ALL]):
                if isinstance(step, _BEGIN_AN_OUTAGE):
                    used_ns = of_it.begin(at_ns, recovery, period_ns)
                    yield at_ns + period_ns - used_ns, of_it.vague_ns, step
                elif isinstance(step, _END_AN_OUTAGE):
                    of_it.end(at_ns)


def _faulted(step: Step, scenario: Scenario) -> str:
    """The link or host that a step is about; "" where it is about none."""
    if isinstance(step, CutOneWay):
        ends = {step.from_host, step.to_host}
        links = scenario.internetwork.links.items()
        return next((name for name, link in links if set(link.ends) == ends), "")
    return getattr(step, "link", "") or getattr(step, "node", "")


@dataclass(slots=True)
class _Outages:
    """What the outages of one link or host have used up of a period so far.

    An outage counts from an answer up to `_NOTICED_NS` before it, and to a redialing after it; the
    connection that follows is as much shorter.
    """

    used_ns: int = 0
    vague_ns: int = 0
    _began_ns: int | None = None
    _ended_ns: int = 0

    def begin(self, at_ns: int, recovery: Recovery, period_ns: int) -> int:
        """Another one, unless one lasts; returns what is used up when it begins."""
        if self._began_ns is None:
            connected_ns = at_ns - self._ended_ns
            self.used_ns = recovery.used_ns(
                self.used_ns,
                connected_ns=connected_ns,
                stable_ns=connected_ns,
                period_ns=period_ns,
            )
            self.vague_ns = self.vague_ns if self.used_ns else 0
            self._began_ns = at_ns
        return self.used_ns

    def end(self, at_ns: int) -> None:
        """It is over, if there was one."""
        if self._began_ns is not None:
            self.used_ns += at_ns - self._began_ns
            self.vague_ns += 2 * (_NOTICED_NS + _REDIALED_NS)
            self._began_ns, self._ended_ns = None, at_ns


def _near_deadline(scenario: Scenario, begins_ns: int, ends_ns: int) -> SlowPart:
    """A fifth of the gap keeps every step near a deadline apart from it and from its neighbors."""
    at = [step.at for step in scenario.timeline if isinstance(step.at, Deadline)]
    marks = sorted({0, *(moment.shift for moment in at)})
    gap_ns = min(later - earlier for earlier, later in pairwise(marks))
    rate = gap_ns / NS_PER_SECOND / _SHARE_OF_A_MARGIN / JITTER_S
    why = f"a step is only {gap_ns / NS_PER_SECOND:g} s from a deadline, or from another step there"
    return SlowPart(begins_ns, ends_ns, rate, why)


def _first_loss_ns(scenario: Scenario) -> int:
    lost = [
        step.at.after(scenario.start)
        for step in scenario.timeline
        if isinstance(step.at, Instant) and isinstance(step, _BEGIN_AN_OUTAGE)
    ]
    return min(lost, default=0)


def _last_dated_ns(scenario: Scenario) -> int:
    instants = [step.at for step in scenario.timeline if isinstance(step.at, Instant)]
    return max((instant.after(scenario.start) for instant in instants), default=0)
