"""A sampled year as a short scenario, which ends on the programs as the model said."""

from itertools import count

import pytest
from msgspec.structs import replace

from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.plan.model.network import PlannedNetwork, planned_network
from simulator.plan.model.play import played
from simulator.plan.proof.bad_year import bad_year
from simulator.plan.proof.timeline import licensed, with_timeline
from simulator.plan.proof.what_matters import endings_of, what_matters
from simulator.plan.years.sampler import Outage, Sampler, Year
from simulator.runs.play import play
from simulator.scenario import Scenario, load_scenario, parse_scenario
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.outages.distributions import Exponential, Lognormal

EAST = Component(ComponentKind.LINK, "mpls-east")
SOUTH = Component(ComponentKind.LINK, "mpls-south")
NORTH = Component(ComponentKind.LINK, "mpls-north")
LINE = Component(ComponentKind.LINK, "hub-north")
MASTER = Component(ComponentKind.HOST, "hub")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Eight sites at a cloud and a hub, with a period of two days."""
    shipped = load_scenario(DIRECTORY / "hub-and-cloud.yaml")
    return with_timeline(shipped, licensed(shipped), policies={"failover_period": "2 days"})


@pytest.fixture(scope="module")
def network(scenario: Scenario) -> PlannedNetwork:
    """Their lines fail every ten days."""
    lines = [Component(ComponentKind.LINK, name) for name in scenario.internetwork.links]
    often = tuple(
        Reliability(line, Exponential(10 * DAY_NS), Lognormal(3 * HOUR_NS, 1.5)) for line in lines
    )
    return replace(planned_network(scenario), reliability=often)


def test_a_bad_year_ends_on_the_programs_as_the_model_said(
    scenario: Scenario, network: PlannedNetwork
) -> None:
    """Of hundreds of outages a few are left; the file says what the model expects."""
    sampler = Sampler(network.reliability, 1, network.horizon_ns)
    years = map(sampler.year, count())
    year = next(each for each in years if endings_of(played(network, each)))
    written = bad_year(scenario, network, year)
    assert written.kept < 5 < 100 < written.outages
    assert "state: emergency" in written.text
    assert play(parse_scenario(written.text)).holds


@pytest.fixture
def two_sites() -> Scenario:
    """No telephones; the line between them fails, and the host of the master."""
    return parse_scenario("""
title: Two sites
about: Line and host can fail.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hub: {model: S, role: master, subscribers: []}
    north: {model: X3, role: slave, subscribers: []}
  links:
    hub-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hub-internet: {bandwidth: 20 Mbit/s, latency: 15 ms}
  purchase: {LAC-1: {base: 1, networking: 1}}
policies: {failover_period: 2 days}
relicensing: 2 h
reliability:
  links: {hub-north: {fails: every 60 days, repair: fixed(3 days)}}
  hosts: {hub: {fails: every 60 days, repair: fixed(20 h)}}
timeline: []
""")


def test_a_site_without_system_telephones_has_no_display_to_expect(two_sites: Scenario) -> None:
    """Its state is expected all the same, and the year holds on the programs."""
    cut = Year(0, (Outage(LINE, 10 * DAY_NS, 13 * DAY_NS),))
    written = bad_year(two_sites, planned_network(two_sites), cut)
    assert "state: failover" in written.text
    assert play(parse_scenario(written.text)).holds


def test_a_technician_waits_for_a_central_cla_that_was_off(two_sites: Scenario) -> None:
    """It may require relicensing many hours later than the model (F9); the file says so."""
    off = Outage(MASTER, 10 * DAY_NS, 10 * DAY_NS + 20 * HOUR_NS)
    cut = Outage(LINE, off.began_ns + 15 * HOUR_NS, 15 * DAY_NS)
    written = bad_year(two_sites, planned_network(two_sites), Year(0, (off, cut)))
    assert "relicenses 15 h 42 min after it is required, and not 2 h" in " ".join(
        written.text.split()
    )
    assert play(parse_scenario(written.text)).holds


def test_what_uses_a_period_up_together_is_left_together(network: PlannedNetwork) -> None:
    """Under `resume` three outages of four days end a period of ten; what is harmless is gone."""
    resume = Recovery(policy=RecoveryPolicy.RESUME)
    short = network.under(failover_period_ns=10 * DAY_NS, recovery=resume)
    fatal = [Outage(EAST, at * DAY_NS, (at + 4) * DAY_NS) for at in (10, 30, 50)]
    harmless = [Outage(NORTH, at * DAY_NS, at * DAY_NS + HOUR_NS) for at in (5, 25, 45)]
    outages = tuple(sorted((*fatal, *harmless), key=lambda outage: outage.began_ns))
    left = what_matters(Year(0, outages), lambda year: played(short, year))
    assert list(left.outages) == fatal


def test_an_outage_that_ends_with_the_period_is_left_out(
    scenario: Scenario, network: PlannedNetwork
) -> None:
    """Half an hour decides nothing: on the programs, that site may be back in time."""
    sure = Outage(EAST, 10 * DAY_NS, 15 * DAY_NS)
    doubtful = Outage(SOUTH, 30 * DAY_NS, 32 * DAY_NS + HOUR_NS // 2)
    year = Year(0, (sure, doubtful))
    assert len(endings_of(played(network, year))) == 2
    written = bad_year(scenario, network, year)
    assert [each.site for each in endings_of(written.said)] == ["east"]
    assert "Without 1 more, with which a period may end or not." in " ".join(written.text.split())


def test_a_harmless_year_keeps_its_longest_outage(network: PlannedNetwork) -> None:
    """Somebody wanted to see it."""
    one, other = Outage(EAST, DAY_NS, 2 * DAY_NS), Outage(NORTH, DAY_NS, DAY_NS + HOUR_NS)
    left = what_matters(Year(0, (one, other)), lambda year: played(network, year))
    assert left.outages == (one,)
