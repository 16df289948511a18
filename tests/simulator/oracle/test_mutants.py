"""Faulty programs, each caught by the oracle: the proof that it can fail."""

from typing import Any

import pytest

from master_cla.agent import CentralAgent
from master_cla.enrolment import Enrolment
from nodes.failover.machine import Failover, Reading, StoredFailover
from simulator.runs.play import play
from simulator.scenario import Scenario, parse_scenario

THREE_SEATS_FOR_TWO_SLAVES = """
title: Three seats, two slaves
about: The cut-off slave uses three seats; the other would like them.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:    {model: S,  role: master, subscribers: [{numbers: 100, type: ip-hfa}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200-202, type: ip-hfa, licenses: [ip]}]}
    south: {model: X3, role: slave, subscribers: [{numbers: 300-302, type: ip-hfa}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-south: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 3, networking: 2}
timeline:
  - at: day 0 09:00
    activate: {node: hq, lac: LAC-1, registration: {company: Example, contact: it@example.com}}
  - {at: day 0 10:00, unlock: all}
  - {at: day 1 08:00, cut: hq-north}
  - {at: day 2 08:00, assign: {number: 300, license: ip}}
  - {at: day 2 08:01, unlock: south}
  - {at: day 2 09:00, expect: {node: all, licensed: {ip: 3}}}
"""

FORGOTTEN = THREE_SEATS_FOR_TWO_SLAVES.replace(
    "  - {at: day 2 08:00, assign",
    "  - {at: day 1 12:00, forget: {node: north}}\n  - {at: day 2 08:00, assign",
)

RESTART_IN_FAILOVER = """
title: A restart in the failover period
about: The period goes on where it was.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:    {model: S,  role: master, subscribers: [{numbers: 100, type: ip-hfa, licenses: [ip]}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200, type: ip-hfa, licenses: [ip]}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 2, networking: 1}
timeline:
  - at: day 0 09:00
    activate: {node: hq, lac: LAC-1, registration: {company: Example, contact: it@example.com}}
  - {at: day 0 10:00, unlock: all}
  - {at: day 1 08:00, cut: hq-north}
  - {at: day 20 08:00, crash: north}
  - {at: day 20 09:00, start: north}
  - {at: day 40 08:00, expect: {node: north, state: emergency}}
"""


A_CONNECTION_IS_FORGOTTEN = """
title: A firewall forgets a connection
about: Its next heartbeat is lost, and it is dialed anew.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:    {model: S,  role: master, subscribers: [{numbers: 100, type: ip-hfa, licenses: [ip]}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200, type: ip-hfa, licenses: [ip]}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 2, networking: 1}
timeline:
  - at: day 0 09:00
    activate: {node: hq, lac: LAC-1, registration: {company: Example, contact: it@example.com}}
  - {at: day 0 10:00, unlock: all}
  - {at: day 1 08:00, drop: hq-north}
  - {at: day 1 08:00:10, heal: hq-north}
  - {at: day 1 12:00, expect: {all: regular}}
"""


def scenario(text: str) -> Scenario:
    """One of the texts above, read."""
    return parse_scenario(text, "mutant")


def test_the_scenarios_hold_with_the_real_programs() -> None:
    """What the mutants are caught by is their fault, not the scenario's."""
    for text in (THREE_SEATS_FOR_TWO_SLAVES, RESTART_IN_FAILOVER, A_CONNECTION_IS_FORGOTTEN):
        result = play(scenario(text))
        assert result.holds, (result.violation, result.shortfalls)


def frees_the_seats_of_cut_off_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bug of A1: a CLA that takes the end of a session for the end of the use."""
    leave = CentralAgent.leave

    def leave_and_free(self: CentralAgent, node: str, peer: Any) -> None:
        leave(self, node, peer)
        if node in self._ledger.members:
            self._ledger.pool.lapse(node)

    monkeypatch.setattr(CentralAgent, "leave", leave_and_free)


def test_a_cla_that_frees_the_seats_of_a_cut_off_node_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A1, F9: the cut-off node goes on using what somebody else was granted meanwhile (O1)."""
    frees_the_seats_of_cut_off_nodes(monkeypatch)
    result = play(scenario(THREE_SEATS_FOR_TWO_SLAVES))
    assert result.violation is not None
    assert result.violation.rule == "O1"


def test_a_node_that_starts_its_period_anew_at_a_restart_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A4, F11: by day 40 the node should long have been in emergency mode (O2)."""
    begin = Failover.__init__

    def begin_anew(self: Failover, stored: StoredFailover, now: Reading) -> None:
        begin(self, stored, now)
        self._origin_ns = now.monotonic_ns

    monkeypatch.setattr(Failover, "__init__", begin_anew)
    result = play(scenario(RESTART_IN_FAILOVER))
    assert result.violation is not None
    assert result.violation.rule == "O2"


def test_a_node_that_takes_a_break_for_a_loss_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """F17: its telephones flash at each break, though the redialing succeeds at once (O2)."""

    def lost_at_once(self: Failover, now: Reading) -> None:
        self._lost_at_ns = now.monotonic_ns

    monkeypatch.setattr(Failover, "disconnected", lost_at_once)
    result = play(scenario(A_CONNECTION_IS_FORGOTTEN))
    assert result.violation is not None
    assert result.violation.rule == "O2"
    assert "failover not before day 1 08:10" in str(result.violation)


def test_seats_of_a_forgotten_node_that_are_free_at_once_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted fault: the CLA takes every forgotten node for a destroyed one (F16)."""
    forget = Enrolment.forget

    def forget_at_once(self: Enrolment, node: str, **named: Any) -> dict[str, int]:
        seats = forget(self, node, **named)
        self._ledger.pool.drop(node)
        return seats

    assert play(parse_scenario(FORGOTTEN)).violation is None
    monkeypatch.setattr(Enrolment, "forget", forget_at_once)
    violation = play(parse_scenario(FORGOTTEN)).violation
    assert violation is not None
    assert violation.rule == "O1"
