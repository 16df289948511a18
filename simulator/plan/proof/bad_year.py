"""One sampled year as a short scenario, which ends on the real programs as the model said."""

from collections.abc import Iterator
from functools import partial

import msgspec
from msgspec.structs import replace

from licensing.catalogue import FAILOVER_MESSAGE, SUBSCRIBER_TYPES
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, TIMING
from licensing.words import NodeState, counted
from simulator.plan.model.courses import YearCourse
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.play import played
from simulator.plan.proof.expected_states import (
    AGE_NS,
    CALM_NS,
    ExpectedState,
    age_ns,
    expected_of,
    is_sure,
)
from simulator.plan.proof.timeline import TimelineEntry, day_of, failing, licensed
from simulator.plan.proof.what_matters import (
    Ending,
    endings_of,
    in_whole_seconds,
    what_matters,
    without_doubt,
)
from simulator.plan.proof.written_year import written_year
from simulator.plan.years.sampler import Year
from simulator.scenario import Scenario, period_in_words
from simulator.scenario.components import ComponentKind


class BadYear(msgspec.Struct, frozen=True):
    """A year of which only what matters is left: its scenario file, and what the model says of it.

    `kept` of `outages` outages are left. The first day of the scenario's year is `first_day` of the
    sampled one, both counted from 1.
    """

    text: str
    said: YearCourse
    kept: int
    outages: int
    first_day: int


def bad_year(scenario: Scenario, network: PlannedNetwork, year: Year) -> BadYear:
    """The sampled `year` of the `network` of `scenario`."""
    matters = what_matters(in_whole_seconds(year), partial(played, network))
    patient = _relicensed_when_required(network, matters)
    course = partial(played, patient)
    fewer = without_doubt(matters, course, is_sure)
    skipped_ns = min((each.began_ns for each in fewer.outages), default=0) // DAY_NS * DAY_NS
    moved = _earlier(fewer, skipped_ns)
    said = course(moved)
    first_day = skipped_ns // DAY_NS + 1
    ends_ns = _ends_ns(said, network.horizon_ns)
    text = written_year(
        scenario,
        [*licensed(scenario), *_entries(scenario, network, moved, said, ends_ns)],
        title=f"{scenario.title}: year {year.number}",
        about=_about(year, len(matters.outages), moved, said, first_day)
        + _patience(patient.relicensing_ns, network.relicensing_ns),
    )
    return BadYear(text, said, len(moved.outages), len(year.outages), first_day)


def _relicensed_when_required(network: PlannedNetwork, year: Year) -> PlannedNetwork:
    """With a technician who is never there before the programs require relicensing, too.

    They may do so later by what outages use up differently (F2), and where the master's host was
    off by what its CLA has not seen: the last contact, and what it ran after its last commit (F9).
    """
    later_ns = max(
        (age_ns(each.emergency) for each in endings_of(played(network, year))), default=0
    )
    off = sum(each.component == (ComponentKind.HOST, network.master) for each in year.outages)
    if off:
        later_ns += TIMING.silence_ns + (1 + off) * TIMING.last_good_write_ns
    return replace(network, relicensing_ns=max(network.relicensing_ns, later_ns))


def _patience(waits_ns: int, usual_ns: int) -> str:
    if waits_ns == usual_ns:
        return ""
    return (
        f" A technician relicenses {period_in_words(waits_ns)} after it is required, and not"
        f" {period_in_words(usual_ns)}: the programs may require it later than the model (F9)."
    )


def _earlier(year: Year, by_ns: int) -> Year:
    return year._replace(
        outages=tuple(
            each._replace(began_ns=each.began_ns - by_ns, ended_ns=each.ended_ns - by_ns)
            for each in year.outages
        )
    )


def _ends_ns(said: YearCourse, horizon_ns: int) -> int:
    """When nothing more happens, in whole hours."""
    spans = (span for site in said.sites for span in (*site.cuts, *site.failover))
    ended = (each.emergency.span.ended_ns for each in endings_of(said))
    last_ns = max((*(span.ended_ns for span in spans), *ended, HOUR_NS))
    return min(-(-(last_ns + CALM_NS) // HOUR_NS) * HOUR_NS, horizon_ns)


def _entries(
    scenario: Scenario, network: PlannedNetwork, year: Year, said: YearCourse, ends_ns: int
) -> Iterator[TimelineEntry]:
    """Everything of the year in order."""
    displays = _with_displays(scenario)
    failures = zip(
        (outage.began_ns for outage in year.outages),
        failing(year.outages, network.horizon_ns),
        strict=True,
    )
    relicensed = (_relicensed(network.master, issued_ns) for issued_ns in said.issued_ns)
    expected = ((each.at_ns, _expect(each, displays)) for each in expected_of(said, ends_ns))
    for _, entry in sorted((*failures, *relicensed, *expected), key=lambda each: each[0]):
        yield entry


def _relicensed(master: str, issued_ns: int) -> tuple[int, TimelineEntry]:
    at_ns = -(-issued_ns // MINUTE_NS) * MINUTE_NS
    return at_ns, {"at": day_of(at_ns), "relicense": {"node": master}}


def _with_displays(scenario: Scenario) -> frozenset[str]:
    """The nodes at which system telephones can show the message (F1)."""
    return frozenset(
        name
        for name, node in scenario.internetwork.nodes.items()
        if any(SUBSCRIBER_TYPES[each.type].system_telephone for each in node.subscribers)
    )


def _expect(expected: ExpectedState, displays: frozenset[str]) -> TimelineEntry:
    if not expected.sites:
        return {"at": day_of(expected.at_ns), "expect": {"all": expected.state}}
    sites = expected.sites[0] if len(expected.sites) == 1 else list(expected.sites)
    what: TimelineEntry = {"node": sites, "state": expected.state}
    if expected.state is NodeState.FAILOVER and displays.issuperset(expected.sites):
        what["display"] = FAILOVER_MESSAGE
    return {"at": day_of(expected.at_ns), "expect": what}


def _about(year: Year, matter: int, moved: Year, said: YearCourse, first_day: int) -> str:
    """In words: what was sampled, what is left of it, and what the model says."""
    left = counted(len(moved.outages), "outage")
    doubtful = matter - len(moved.outages)
    doubt = f" Without {doubtful} more, with which a period may end or not." if doubtful else ""
    day_1 = f" Day 1 is day {first_day} of that year." if first_day > 1 else ""
    ends = [f"{each.site} from {_to_the_minute(each)} on" for each in endings_of(said)]
    modes = f"emergency mode at {', '.join(ends)}" if ends else "no emergency mode"
    return (
        f"A year as `internetsim plan` draws it, with what matters of it: {left} of"
        f" {len(year.outages)}.{doubt}{day_1} By the model there is {modes}. The programs have"
        f" heartbeats of their own: each outage may use up {period_in_words(AGE_NS)} more or less"
        " there (F2)."
    )


def _to_the_minute(ending: Ending) -> str:
    return day_of(ending.emergency.span.began_ns // MINUTE_NS * MINUTE_NS)
