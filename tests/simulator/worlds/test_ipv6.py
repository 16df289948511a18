"""An internetwork of IPv6 addresses: the same programs, settings and sessions."""

import pytest

from licensing.events import Entry, WizardCompleted
from simulator.runs.play import play
from simulator.scenario import parse_scenario
from simulator.worlds import simulated

SCENARIO = """
title: IPv6
about: A cut and a heal, and calls before, between and after them.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:    {model: S,  role: master, subscribers: [{numbers: 100, type: ip-hfa, licenses: [ip]}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200, type: up0, licenses: [tdm]}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, networking: 1, ip: 1, tdm: 1}
timeline:
  - at: day 0 09:00
    activate: {node: hq, lac: LAC-1, registration: {company: Example, contact: it@example.com}}
  - {at: day 0 10:00, unlock: all}
  - {at: day 0 11:00, call: {from: "200", to: "100", expect: connected}}
  - {at: day 1 08:00, cut: hq-north}
  - {at: day 1 12:00, expect: {node: north, state: failover}}
  - {at: day 1 12:01, call: {from: "200", to: "100", expect: refused}}
  - {at: day 2 08:00, heal: hq-north}
  - {at: day 2 09:00, expect: {all: regular}}
  - {at: day 2 09:01, call: {from: "100", to: "200", expect: connected}}
"""


def test_an_internetwork_of_ipv6_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets stand wherever a port follows; sessions, calls and activation work as with IPv4."""
    monkeypatch.setattr(simulated, "_address", lambda place: f"2001:db8::{place + 1:x}")
    monkeypatch.setattr(simulated, "INTERNET_ADDRESS", "2001:db8:1::1")
    entries: list[Entry] = []
    result = play(parse_scenario(SCENARIO), readers=[entries.append])
    assert result.holds, (result.violation, result.shortfalls)
    masters = {e.fact.master_address for e in entries if isinstance(e.fact, WizardCompleted)}
    assert masters == {"[2001:db8::1]:61740"}
