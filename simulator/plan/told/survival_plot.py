"""Which share of durations lasts longer than so long, as recorded and as fitted: in text."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND
from simulator.plan.risk.words import in_percent
from simulator.scenario.outages.distributions import Distribution
from simulator.scenario.outages.record import Observation
from simulator.scenario.reliability import time_in_words

_WIDTH = 50
_LADDER_NS = (
    *(seconds * NS_PER_SECOND for seconds in (5, 10, 20, 30)),
    *(minutes * MINUTE_NS for minutes in (1, 2, 5, 10, 20, 30)),
    *(hours * HOUR_NS for hours in (1, 2, 4, 8, 16)),
    *(days * DAY_NS for days in (1, 2, 4, 8, 15, 30, 60, 120, 240, 480, 960)),
)


def survival_plot(
    observed: Sequence[Observation], distribution: Distribution, always_ns: int
) -> Iterator[str]:
    """A row for each of some round times, and for `always_ns`: `#` is recorded, `|` is fitted."""
    yield f"{'longer than':>11} {'recorded':>9}  {'':{_WIDTH + 1}}  fitted"
    for time_ns in _times_ns(observed, always_ns):
        seen, expected = recorded_survival(observed, time_ns), distribution.survival(time_ns)
        bar = f"{'#' * round(seen * _WIDTH):{_WIDTH + 1}}"
        mark = round(expected * _WIDTH)
        bar = f"{bar[:mark]}|{bar[mark + 1 :]}"
        recorded, fitted = in_percent(seen, 2), in_percent(expected, 2)
        yield f"{time_in_words(time_ns):>11} {recorded:>9}  {bar}  {fitted}"


def _times_ns(observed: Sequence[Observation], always_ns: int) -> list[int]:
    shortest = min(lasted_ns for lasted_ns, _ in observed)
    longest = max(lasted_ns for lasted_ns, _ in observed)
    before = max((step for step in _LADDER_NS if step <= shortest), default=_LADDER_NS[0])
    return sorted({always_ns, *(step for step in _LADDER_NS if before <= step <= longest)})


def recorded_survival(observed: Sequence[Observation], time_ns: int) -> float:
    """The share that lasted longer, also where not every end was seen (Kaplan and Meier)."""
    share, at_risk = 1.0, len(observed)
    for lasted_ns, alike in groupby(sorted(observed), key=lambda each: each.lasted_ns):
        if lasted_ns > time_ns:
            break
        ends = [ended for _, ended in alike]
        share *= 1 - sum(ends) / at_risk
        at_risk -= len(ends)
    return share
