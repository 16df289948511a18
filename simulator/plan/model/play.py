"""The course that a year takes: all sites by the rules of the nodes, relicensing by the CLA's.

Sites know nothing of each other until one of them comes to its end: then the central CLA requires
relicensing, and with the new license file each begins a whole period (F4, F6).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from simulator.plan.model.courses import SiteCourse, TimeSpan, YearCourse
from simulator.plan.model.dialer import Dialer
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.site_years import SiteYear
from simulator.plan.model.ways import Ways, ways
from simulator.plan.years.chance import key_of_year, mixed, share, shares
from simulator.plan.years.sampler import Year


class Drawn(msgspec.Struct, frozen=True):
    """What else of a year the programs draw: here it follows from the key of the year.

    `phases_ns` is how long before the year each site was last answered, `written_ns` how long
    before that it had written so down; `chances` are those of a site's pauses since a start of its
    host; `required` is when relicensing was, up to the new license file. What stands here is not
    drawn: so the model plays what programs have drawn.
    """

    phases_ns: Mapping[str, int] = msgspec.field(default_factory=dict)
    written_ns: Mapping[str, int] = msgspec.field(default_factory=dict)
    chances: Callable[[str, int], Iterator[float]] | None = None
    required: Sequence[TimeSpan] | None = None


AS_THE_KEY_SAYS = Drawn()


def played(
    network: PlannedNetwork,
    year: Year,
    *,
    sites: Iterable[str] | None = None,
    drawn: Drawn = AS_THE_KEY_SAYS,
) -> YearCourse:
    """What the model says of one year, for all sites, or for those that may come to an end.

    The others must be known to be harmless: they take no part in relicensing.
    """
    names = tuple(network.sites if sites is None else sites)
    their_ways = {name: ways(network, name, year.outages) for name in names}
    required = list(drawn.required or ())
    issued_ns = [span.ended_ns for span in required]
    while True:
        files = issued_ns, required
        walks = [_walked(network, year, name, their_ways[name], files, drawn) for name in names]
        if drawn.required is not None:
            break
        open_ns = [at for _, required_ns in walks for at in required_ns]
        unserved_ns = [at for at in open_ns if not issued_ns or at > issued_ns[-1]]
        if not unserved_ns or min(unserved_ns) >= network.horizon_ns:
            break
        at_ns = min(unserved_ns)
        issued_ns.append(_issued_ns(network, their_ways.values(), at_ns))
        required.append(TimeSpan(at_ns, min(issued_ns[-1], network.horizon_ns)))
    courses = tuple(course for course, _ in walks)
    return YearCourse(year.number, courses, tuple(required), tuple(issued_ns))


def _issued_ns(network: PlannedNetwork, their_ways: Iterable[Ways], required_ns: int) -> int:
    """When a new license file comes: later where the master's host is off then."""
    issued_ns = required_ns + network.relicensing_ns
    for span in next(iter(their_ways)).master_off:
        if span.began_ns <= issued_ns < span.ended_ns:
            return span.ended_ns
    return issued_ns


def _walked(
    network: PlannedNetwork,
    year: Year,
    site: str,
    way: Ways,
    files: tuple[list[int], list[TimeSpan]],
    drawn: Drawn,
) -> tuple[SiteCourse, Sequence[int]]:
    key = key_of_year(network.key_of_site(site), mixed(year.key))
    phase_ns = drawn.phases_ns.get(site)
    if phase_ns is None:
        phase_ns = int(share(key, 0) * network.timing.heartbeat_ns)
    redialing = Dialer(
        way,
        partial(drawn.chances, site) if drawn.chances else partial(_chances, key),
        timing=network.timing,
        skips=drawn.chances is None,
    )
    site_year = SiteYear(
        network,
        site,
        way,
        redialing,
        outages=[each for each in year.outages if each.component in network.relevant(site)],
        issued_ns=files[0],
        refusing=files[1],
        phase_ns=phase_ns,
        written_ns=drawn.written_ns.get(site, 0),
    )
    return site_year.course(), site_year.required_ns


def _chances(key: int, start: int) -> Iterator[float]:
    return shares(mixed(key_of_year(key, start)))
