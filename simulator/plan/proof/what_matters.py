"""The few outages of a year without which it would not end as it does. Pure."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from licensing.policies import HOUR_NS, NS_PER_SECOND
from simulator.plan.model.courses import Emergency, YearCourse
from simulator.plan.years.sampler import Outage, Year

CourseOfYear = Callable[[Year], YearCourse]
"""Which course a year takes in the network that is planned."""

IsSure = Callable[[YearCourse, "Ending"], bool]
"""Whether a site comes to its end on the programs, too, whatever their heartbeats are."""

SAME_END_NS = 2 * HOUR_NS
"""An outage that is left out moves the phase of heartbeats, and so the ends of later periods."""

_TRIED_ONE_BY_ONE = 100


class Ending(msgspec.Struct, frozen=True):
    """Emergency mode of one site."""

    site: str
    emergency: Emergency


def endings_of(course: YearCourse) -> list[Ending]:
    """All emergencies of a year, in the order of their beginning."""
    found = [Ending(site.name, each) for site in course.sites for each in site.emergencies]
    return sorted(found, key=lambda ending: ending.emergency.span.began_ns)


def in_whole_seconds(year: Year) -> Year:
    """The same outages as a scenario file has them: none is shorter for it."""
    return year._replace(
        outages=tuple(
            outage._replace(
                began_ns=outage.began_ns // NS_PER_SECOND * NS_PER_SECOND,
                ended_ns=-(-outage.ended_ns // NS_PER_SECOND) * NS_PER_SECOND,
            )
            for outage in year.outages
        )
    )


def what_matters(year: Year, course: CourseOfYear) -> Year:
    """As few outages of `year` as have the same sites end, and when they do.

    Of a year in which no site ends, the longest outage.
    """
    wanted = endings_of(course(year))
    if not wanted:
        longest = max(year.outages, key=lambda each: each.ended_ns - each.began_ns, default=None)
        return year._replace(outages=(longest,) if longest else ())

    def suffices(outages: Iterable[Outage]) -> bool:
        return _same(endings_of(course(year._replace(outages=tuple(outages)))), wanted)

    causes = {cause for ending in wanted for cause in ending.emergency.causes}
    kept = [outage for outage in year.outages if outage in causes]
    if not suffices(kept):
        kept = _without_halves(list(year.outages), suffices)
    return year._replace(outages=tuple(_without_single_ones(kept, suffices)))


def without_doubt(year: Year, course: CourseOfYear, is_sure: IsSure) -> Year:
    """The year without the outages with which a period ends, or with the programs may not."""
    while True:
        said = course(year)
        doubtful = next((each for each in endings_of(said) if not is_sure(said, each)), None)
        if doubtful is None:
            return year
        at_ns, causes = doubtful.emergency.span.began_ns, doubtful.emergency.causes
        last = [each for each in causes if each.began_ns <= at_ns < each.ended_ns]
        outages = tuple(each for each in year.outages if each not in last)
        if len(outages) == len(year.outages):
            return year
        year = year._replace(outages=outages)


def _same(endings: Sequence[Ending], wanted: Sequence[Ending]) -> bool:
    if sorted(each.site for each in endings) != sorted(each.site for each in wanted):
        return False
    pairs = zip(_by_site(endings), _by_site(wanted), strict=True)
    return all(abs(one[1] - other[1]) <= SAME_END_NS for one, other in pairs)


def _by_site(endings: Iterable[Ending]) -> list[tuple[str, int]]:
    return sorted((each.site, each.emergency.span.began_ns) for each in endings)


def _without_halves(
    outages: list[Outage], suffices: Callable[[Iterable[Outage]], bool]
) -> list[Outage]:
    """Leave out as much as possible at a time: first halves, then ever smaller parts."""
    size = len(outages) // 2
    while size > 1:
        for first in range(0, len(outages), size):
            fewer = outages[:first] + outages[first + size :]
            if len(fewer) < len(outages) and suffices(fewer):
                outages = fewer
                break
        else:
            size //= 2
    return outages


def _without_single_ones(
    outages: list[Outage], suffices: Callable[[Iterable[Outage]], bool]
) -> list[Outage]:
    for outage in outages[:_TRIED_ONE_BY_ONE]:
        fewer = [each for each in outages if each != outage]
        if suffices(fewer):
            outages = fewer
    return outages
