"""Outages as a scenario: everything licensed on day 0, and a year that begins with day 1. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from simulator.plan.years.sampler import Outage
from simulator.scenario import Instant, Scenario, parse_scenario, period_in_words
from simulator.scenario.components import ComponentKind

TimelineEntry = dict[str, object]
"""One line of a timeline, as a scenario file has it."""

YEAR_BEGINS = Instant(DAY_NS)
"""By then each node has been licensed for long enough to have heard of its CLA."""

_START = "08:00"
_ACTIVATED_NS = 9 * HOUR_NS
_UNLOCKED_NS = 10 * HOUR_NS
_REGISTRATION = {"company": "Example Ltd", "contact": "it@example.com"}

_FAILS: Mapping[ComponentKind, str] = {
    ComponentKind.LINK: "cut",
    ComponentKind.CLOUD: "fail",
    ComponentKind.ROUTER: "fail",
    ComponentKind.HOST: "crash",
}
"""The step by which each kind of component fails; `for` takes it back."""


def day_of(instant_ns: int) -> str:
    """An instant of the year as a scenario's `at`: `day 1 00:00` is its first."""
    return str(Instant(YEAR_BEGINS.since_midnight_ns + instant_ns))


def start_of_run(scenario: Scenario) -> str:
    """When a run begins that has the year of `scenario`, on the date of its own."""
    return f"{scenario.start:%Y-%m-%d} {_START}"


def licensed(scenario: Scenario) -> list[TimelineEntry]:
    """What a technician does on day 0: each order is activated at the master, then all unlocked."""
    master = scenario.internetwork.master()
    orders = scenario.internetwork.purchase
    activated: list[TimelineEntry] = [
        {
            "at": str(Instant(_ACTIVATED_NS + place * MINUTE_NS)),
            "activate": {"node": master, "lac": order, "registration": _REGISTRATION},
        }
        for place, order in enumerate(orders)
    ]
    return [*activated, {"at": str(Instant(_UNLOCKED_NS)), "unlock": "all"}]


def failing(outages: Iterable[Outage], horizon_ns: int) -> Iterator[TimelineEntry]:
    """A step for each outage; one that is repaired after the horizon is not taken back."""
    for outage in outages:
        kind, name = outage.component
        entry: TimelineEntry = {"at": day_of(outage.began_ns), _FAILS[kind]: name}
        if outage.ended_ns < horizon_ns:
            entry["for"] = period_in_words(outage.ended_ns - outage.began_ns)
        yield entry


def with_timeline(
    scenario: Scenario, timeline: Iterable[TimelineEntry], **changed: object
) -> Scenario:
    """The internetwork of `scenario`, with another timeline, and other keys where they are said.

    Raises `ScenarioError` where they do not fit it.
    """
    document = scenario.document
    assert document, "a plan is made of a file"
    assert isinstance(document.data, Mapping)
    data = {**document.data, "start": start_of_run(scenario), **changed, "timeline": list(timeline)}
    return parse_scenario(data, document.name)
