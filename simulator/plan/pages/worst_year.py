"""One year of the model as rows of sites over the days, as the page of a run draws them."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from simulator.plan.model.courses import SiteCourse, TimeSpan, YearCourse
from simulator.plan.years.sampler import Outage
from simulator.report.account.course import Course
from simulator.report.account.states import LinkState, SiteState, worse_link, worse_site
from simulator.report.pages.time_axis import Tick, TimeAxis
from simulator.report.pages.time_rows import TimeRow, outages, time_row

MOST_SITES = 60
"""Rows of sites on the page: those with most emergency mode and failover first."""

_LEAST_PART = 30
"""Of the longest outage: what is shorter had no part that could be seen."""


class YearRows(msgspec.Struct, frozen=True):
    """All that is drawn of a year; `carriers` are the names and paths of what failed."""

    number: int
    axis: TimeAxis
    ticks: Sequence[Tick]
    sites: Sequence[TimeRow]
    carriers: Sequence[tuple[str, str]]
    left_out: int


def year_rows(course: YearCourse, horizon_ns: int) -> YearRows:
    """The rows, each site in its states, and what caused its emergencies below."""
    causes = [*_causes(course)]
    axis = TimeAxis(horizon_ns, _notable_ns(course, causes))
    told = sorted(course, key=_worst_first)[:MOST_SITES]
    shown = [site for site in course if site in told]
    return YearRows(
        course.number,
        axis,
        axis.ticks(0),
        [time_row(site.name, _states(site), [_cuts(site.cuts)], axis) for site in shown],
        [*_carriers(causes, axis)],
        len(course.sites) - len(shown),
    )


def _worst_first(site: SiteCourse) -> tuple[int, int]:
    in_emergency_ns = sum(each.span.lasts_ns for each in site.emergencies)
    return -in_emergency_ns, -sum(span.lasts_ns for span in site.failover)


def _causes(course: YearCourse) -> Iterator[Outage]:
    """What had a part in the emergencies, in order of time; nothing too short to be seen."""
    found = [cause for site in course for each in site.emergencies for cause in each.causes]
    longest_ns = max((cause.ended_ns - cause.began_ns for cause in found), default=0)
    for cause in sorted(dict.fromkeys(found), key=lambda outage: outage.began_ns):
        if (cause.ended_ns - cause.began_ns) * _LEAST_PART >= longest_ns:
            yield cause


def _notable_ns(course: YearCourse, causes: Iterable[Outage]) -> Iterator[int]:
    for site in course:
        for each in site.emergencies:
            yield from each.span
    for span in course.required:
        yield from span
    for outage in causes:
        yield from (outage.began_ns, outage.ended_ns)


def _states(site: SiteCourse) -> Course[SiteState]:
    """Its states as one course; a host that is off is nothing else."""
    layers = (
        (SiteState.OFF, site.off),
        (SiteState.EMERGENCY, [each.span for each in site.emergencies]),
        (SiteState.FAILOVER, site.failover),
    )
    edges = {0, *(edge for _, spans in layers for span in spans for edge in span)}
    course = Course(worse_site)
    for at_ns in sorted(edges):
        within = (state for state, spans in layers if _at(spans, at_ns))
        course.change(at_ns, next(within, SiteState.REGULAR))
    return course


def _at(spans: Iterable[TimeSpan], at_ns: int) -> bool:
    return any(span.began_ns <= at_ns < span.ended_ns for span in spans)


def _cuts(spans: Iterable[TimeSpan | Outage]) -> Course[LinkState]:
    """When something carried nothing, as the course of a link."""
    course = Course(worse_link)
    course.change(0, LinkState.UP)
    for span in spans:
        course.change(span.began_ns, LinkState.CUT)
        course.change(span.ended_ns, LinkState.UP)
    return course


def _carriers(causes: Sequence[Outage], axis: TimeAxis) -> Iterator[tuple[str, str]]:
    for component in dict.fromkeys(outage.component for outage in causes):
        own = [outage for outage in causes if outage.component == component]
        yield f"{component.kind} {component.name}", outages(_cuts(own), axis)
