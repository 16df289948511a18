"""What one year is for each site, and for the internetwork: intervals and instants. As data."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from simulator.plan.years.sampler import Outage


class TimeSpan(NamedTuple):
    """From the first instant up to the second, in nanoseconds since the start of the year."""

    began_ns: int
    ended_ns: int

    @property
    def lasts_ns(self) -> int:
        """How long it lasts."""
        return self.ended_ns - self.began_ns


def merged(spans: Iterable[TimeSpan]) -> list[TimeSpan]:
    """In order, those that touch or overlap as one."""
    together: list[TimeSpan] = []
    for began_ns, ended_ns in sorted(spans):
        if together and began_ns <= together[-1].ended_ns:
            if ended_ns > together[-1].ended_ns:
                together[-1] = TimeSpan(together[-1].began_ns, ended_ns)
        else:
            together.append(TimeSpan(began_ns, ended_ns))
    return together


def within(spans: Iterable[TimeSpan], horizon_ns: int) -> tuple[TimeSpan, ...]:
    """What of them lies before the horizon."""
    return tuple(
        TimeSpan(began_ns, min(ended_ns, horizon_ns))
        for began_ns, ended_ns in spans
        if began_ns < horizon_ns
    )


class Emergency(msgspec.Struct, frozen=True):
    """Emergency mode at one site, from the end of its period to the new lease, or to the horizon.

    `last_good_ns` is the sending of the last request that was answered before. `causes` are the
    outages that cut the site off when its period ended, then those that had used it up before, each
    in order. `left_ns` is how much of the period was left when the last cut began: a whole one
    means that this cut alone ended it.
    """

    span: TimeSpan
    last_good_ns: int
    causes: tuple[Outage, ...]
    left_ns: int


class SiteCourse(msgspec.Struct, frozen=True):
    """One site in one year. All spans are within the horizon, in order, and do not overlap.

    `cuts` are when nothing led from it to the central CLA (or one of both hosts was off),
    `failover` when its telephones showed it, `off` when its host was off.
    """

    name: str
    cuts: tuple[TimeSpan, ...]
    failover: tuple[TimeSpan, ...]
    off: tuple[TimeSpan, ...]
    emergencies: tuple[Emergency, ...]

    @property
    def first_emergency_ns(self) -> int | None:
        """When its first emergency of the year begins; None where there is none."""
        return self.emergencies[0].span.began_ns if self.emergencies else None


class YearCourse(msgspec.Struct, frozen=True):
    """All sites in one year, in the order of the scenario file.

    `required` is when the central CLA requires relicensing, and refuses new demands; `issued_ns`
    are the instants at which a new license file came.
    """

    number: int
    sites: tuple[SiteCourse, ...]
    required: tuple[TimeSpan, ...]
    issued_ns: tuple[int, ...]

    def __iter__(self) -> Iterator[SiteCourse]:
        return iter(self.sites)

    @property
    def first_emergency_ns(self) -> int | None:
        """When the first emergency of any site begins; None where there is none."""
        began = (site.first_emergency_ns for site in self.sites)
        return min((began_ns for began_ns in began if began_ns is not None), default=None)
