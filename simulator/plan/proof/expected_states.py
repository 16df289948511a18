"""What the model says of a year, as a scenario expects it. Pure.

Only what the age of the last answer cannot change: the phase of heartbeats is the programs' own.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from licensing.policies import HOUR_NS, MINUTE_NS, TIMING
from licensing.words import NodeState
from simulator.plan.model.courses import Emergency, SiteCourse, TimeSpan, YearCourse
from simulator.plan.proof.what_matters import Ending, endings_of

AGE_NS = TIMING.overdue_ns + 10 * MINUTE_NS
"""By no more do model and programs differ in what an outage has used up (F2)."""

CALM_NS = 4 * HOUR_NS
"""After the last change of a year the programs need less to be regular again."""


class ExpectedState(NamedTuple):
    """At an instant of the year, the state of some sites; of all where none is named."""

    at_ns: int
    state: NodeState
    sites: tuple[str, ...] = ()


def expected_of(course: YearCourse, ends_ns: int) -> Iterator[ExpectedState]:
    """Before and after each emergency, and at `ends_ns`, what the model says for sure."""
    together: list[Ending] = []
    for ending in endings_of(course):
        if together and _began_ns(ending) - _began_ns(together[0]) > HOUR_NS:
            yield from _around(course, together)
            together = []
        together.append(ending)
    if together:
        yield from _around(course, together)
    if all(_regular_since_ns(site) + CALM_NS <= ends_ns for site in course.sites):
        yield ExpectedState(ends_ns, NodeState.REGULAR)


def age_ns(emergency: Emergency) -> int:
    """By how much programs and model may differ in its beginning.

    Each outage may have used up more or less, and so may a start of a host (F11).
    """
    return AGE_NS * max(1, len(emergency.causes))


def is_sure(course: YearCourse, ending: Ending) -> bool:
    """Whether the site is cut off for so long after the end of its period that nothing differs."""
    site = next(site for site in course.sites if site.name == ending.site)
    at_ns = _began_ns(ending)
    left_ns = (cut.ended_ns - at_ns for cut in site.cuts if cut.began_ns <= at_ns < cut.ended_ns)
    return next(left_ns, math.inf) >= age_ns(ending.emergency)


def _around(course: YearCourse, together: Sequence[Ending]) -> Iterator[ExpectedState]:
    margin_ns = max(age_ns(each.emergency) for each in together)
    before_ns = _minute(_began_ns(together[0]) - margin_ns)
    after_ns = _minute(_began_ns(together[-1]) + margin_ns) + MINUTE_NS
    by_name = {site.name: site for site in course.sites}
    waiting = (each.site for each in together if _shown(by_name[each.site].failover, before_ns))
    ended = (each.site for each in together if each.emergency.span.ended_ns - margin_ns >= after_ns)
    for expected in (
        ExpectedState(before_ns, NodeState.FAILOVER, tuple(waiting)),
        ExpectedState(after_ns, NodeState.EMERGENCY, tuple(ended)),
    ):
        if expected.sites:
            yield expected


def _shown(failover: Sequence[TimeSpan], at_ns: int) -> bool:
    """Whether it has been seen on the displays for long enough."""
    return any(began + AGE_NS <= at_ns < ended for began, ended in failover)


def _regular_since_ns(site: SiteCourse) -> int:
    """When the last thing was over that happened to a site."""
    spans = (*site.cuts, *site.failover, *(each.span for each in site.emergencies))
    return max((span.ended_ns for span in spans), default=0)


def _began_ns(ending: Ending) -> int:
    return ending.emergency.span.began_ns


def _minute(instant_ns: int) -> int:
    return instant_ns // MINUTE_NS * MINUTE_NS
