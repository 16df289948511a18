"""Orders with words of their own, before day 0 and later: what they say stands in the file."""

from datetime import UTC, datetime, timedelta

import simulator
from licensing.entitlements import Entitlement
from licensing.events import Entry, LicenseFileAccepted
from licensing.policies import DAY_NS, MINUTE_NS
from licensing.recovery import FULL, RecoveryPolicy
from simulator.runs.play import play
from simulator.scenario import Registration, Scenario, parse_scenario

ORDERS = """
title: Orders with words of their own
about: The first has the policies' words, the second its own.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq: {model: S, role: standalone, subscribers: [{numbers: 100-102, type: ip-hfa, licenses: [ip]}]}
  links:
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 2}
timeline:
  - at: day 0 09:00
    activate: {node: hq, lac: LAC-1, registration: {company: Example, contact: it@example.com}}
  - at: day 2 08:00
    purchase:
      LAC-2: {licenses: {ip: 1}, failover_period: 75 min, recovery: resume, valid_for: 90 days, flexible: yes}
      LAC-3: {tdm: 1}
  - at: day 2 09:00
    activate: {node: hq, lac: LAC-2, registration: {company: Example, contact: it@example.com}}
"""  # noqa: E501 - as an author writes it
ORDERED = datetime(2026, 3, 4, 8, tzinfo=UTC)


def files_of(scenario: Scenario) -> list[LicenseFileAccepted]:
    """Every license file that the run's CLAs accept."""
    entries: list[Entry] = []
    assert play(scenario, readers=[entries.append]).holds
    facts = (entry.fact for entry in entries)
    return [fact for fact in facts if isinstance(fact, LicenseFileAccepted)]


def test_what_an_order_says_of_itself_stands_in_its_license_file() -> None:
    """The period, its recovery and the end count from the order; the first goes by the policies."""
    first, second = files_of(parse_scenario(ORDERS))
    assert (first.failover_period_ns, first.recovery) == (30 * DAY_NS, FULL)
    assert first.valid_until is None
    assert second.licenses == {"base": 1, "ip": 3}
    assert second.failover_period_ns == 75 * MINUTE_NS
    assert second.recovery.policy is RecoveryPolicy.RESUME
    ending = [entry for entry in second.entitlements if entry.valid_until]
    assert ending == [Entitlement(seats={"ip": 1}, valid_until=ORDERED + timedelta(90))]


async def buys() -> int:
    """A script orders and activates; how many IP licenses there are then."""
    office = Registration(company="Example", contact="it@example.com")
    async with simulator.Internetwork(parse_scenario(ORDERS)) as net:
        await net.purchase({"LAC-9": {"licenses": {"base": 1, "ip": 4}, "valid_for": "1 h"}})
        await net.activate("hq", "LAC-9", office)
        rows = (await net.license_table("hq")).licenses
        return next(row.bought for row in rows if row.license == "ip")


def test_a_script_orders_as_a_file_does() -> None:
    """The words are the same, and the name of the order stands for its LAC."""
    assert simulator.run(buys()) == 4
