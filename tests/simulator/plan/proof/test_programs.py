"""A year of outages on the real programs: what became of each site, as their journal says."""

from itertools import repeat

import pytest

from licensing.policies import HOUR_NS, MINUTE_NS
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.plan.proof.programs import played_on_programs
from simulator.plan.proof.timeline import failing, licensed, with_timeline
from simulator.plan.proof.year_facts import YearFacts
from simulator.plan.years.sampler import Outage
from simulator.scenario import load_scenario
from simulator.scenario.components import Component, ComponentKind

HORIZON_NS = 72 * HOUR_NS
PERIOD_NS = 12 * HOUR_NS
RELICENSING_NS = 6 * HOUR_NS
OUTAGES = (
    Outage(Component(ComponentKind.LINK, "mpls-east"), 5 * HOUR_NS, HORIZON_NS + HOUR_NS),
    Outage(Component(ComponentKind.CLOUD, "mpls"), 10 * HOUR_NS, 20 * HOUR_NS),
    Outage(Component(ComponentKind.ROUTER, "hub"), 30 * HOUR_NS, 31 * HOUR_NS),
    Outage(Component(ComponentKind.HOST, "hq"), 40 * HOUR_NS, 41 * HOUR_NS),
)


@pytest.fixture(scope="module")
def facts() -> YearFacts:
    """One run for all tests."""
    scenario = load_scenario(DIRECTORY / "hub-and-cloud.yaml")
    timeline = [*licensed(scenario), *failing(OUTAGES, HORIZON_NS)]
    return played_on_programs(
        with_timeline(scenario, timeline, policies={"failover_period": "12 h"}),
        horizon_ns=HORIZON_NS,
        relicensing_ns=RELICENSING_NS,
        redialing=lambda *_: repeat(0.5),
    )


def test_a_site_that_stays_cut_off_ends_a_period_after_its_last_answer(facts: YearFacts) -> None:
    """F2: to the nanosecond, from the sending of the request that was answered last."""
    (ended_ns,), (good_ns,) = facts.sites["east"].emergencies_ns, facts.sites["east"].last_good_ns
    assert ended_ns == good_ns + PERIOD_NS + 1
    assert 0 < 5 * HOUR_NS - good_ns < HOUR_NS + MINUTE_NS


def test_what_is_healed_in_time_ends_nothing(facts: YearFacts) -> None:
    """Ten hours of a period of twelve, a router and the master's host for one."""
    ended = [name for name, site in facts.sites.items() if site.emergencies_ns]
    assert ended == ["east"]


def test_the_technician_relicenses_in_the_stated_time(facts: YearFacts) -> None:
    """After the central CLA requires it: its own count is five minutes later than the site's."""
    (required_ns,), (issued_ns,) = facts.required_ns, facts.issued_ns
    (ended_ns,) = facts.sites["east"].emergencies_ns
    assert 5 * MINUTE_NS - required_ns + ended_ns <= MINUTE_NS
    assert RELICENSING_NS <= issued_ns - required_ns < RELICENSING_NS + MINUTE_NS


def test_an_outage_that_outlasts_the_year_is_not_taken_back() -> None:
    """As a scenario file has it: one line an outage, in whole words."""
    first, second = failing(OUTAGES[:2], HORIZON_NS)
    assert first == {"at": "day 1 05:00", "cut": "mpls-east"}
    assert second == {"at": "day 1 10:00", "fail": "mpls", "for": "10 h"}
