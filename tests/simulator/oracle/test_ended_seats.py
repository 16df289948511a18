"""Planted bugs of F14: what has ended is used or granted on, and the oracle sees it (O1)."""

import pytest
from oracle_stories import Story

from licensing.entitlements import Entitlement
from licensing.events import LeaseInstalled, LeaseSigned
from master_cla.pool import Pool
from nodes.books import NodeBooks
from simulator.runs.play import Result, play
from simulator.scenario import parse_scenario

EVALUATION = """
title: An evaluation ends
about: The slave has two licenses for good and one for ten days; one that nobody has ends then, too.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:    {model: S,  role: master, subscribers: [{numbers: 100-101, type: ip-hfa}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200-202, type: up0, licenses: [tdm]}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, tdm: 2, networking: 1}
    LAC-2: {licenses: {tdm: 1, ip: 1}, valid_for: 10 days}
timeline:
  - at: day 0 09:00
    activate: {node: hq, lac: LAC-1, registration: {company: Example, contact: it@example.com}}
  - at: day 0 09:30
    activate: {node: hq, lac: LAC-2, registration: {company: Example, contact: it@example.com}}
  - {at: day 0 10:00, unlock: north}
  - {at: day 11 08:00, assign: {number: 100, license: ip}}
  - {at: day 11 08:01, unlock: hq}
"""
CUT_OFF = EVALUATION.replace(
    "day 11 08:00, assign: {number: 100, license: ip}", "day 9 08:00, cut: hq-north"
)


def played(text: str) -> Result:
    """What comes of it."""
    return play(parse_scenario(text))


@pytest.mark.parametrize("text", [EVALUATION, CUT_OFF], ids=["connected", "cut-off"])
def test_the_real_programs_break_no_rule(text: str) -> None:
    """What the bugs below are caught by is their fault, not the scenario's."""
    result = played(text)
    assert result.holds, (result.violation, result.shortfalls)


@pytest.mark.parametrize("text", [EVALUATION, CUT_OFF], ids=["connected", "cut-off"])
def test_a_node_that_goes_on_with_what_has_ended_is_caught(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F14: it gives that up at that instant, whether it is connected or not."""
    monkeypatch.setattr(NodeBooks, "give_up_ended", lambda _: None)
    result = played(text)
    assert result.violation is not None
    assert result.violation.rule == "O1"
    assert "at most 2 x tdm, the others have ended" in str(result.violation)


def test_a_lease_whose_seats_never_end_has_no_end() -> None:
    """A client may state them in several entries without one."""
    for_good = [Entitlement(seats={"tdm": 1}), Entitlement(seats={"ip": 1})]
    story, lease = Story().license("north"), {"lease_id": "north/1", "seats": {"tdm": 1, "ip": 1}}
    story.tell("hq", LeaseSigned(node="north", seq=2, epoch=1, **lease))
    story.tell("north", LeaseInstalled(seq=2, epoch=1, entitlements=for_good, **lease))
    story.at(1).end()


def test_a_cla_that_grants_what_has_ended_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """F14: after an end in-use and reserved never grow until below it."""
    look_at = Pool._look_at

    def as_bought(self: Pool, wall_ns: int) -> None:
        look_at(self, min(wall_ns, self.ends.date_ns or wall_ns))

    monkeypatch.setattr(Pool, "_look_at", as_bought)
    result = played(EVALUATION)
    assert result.violation is not None
    assert result.violation.rule == "O1"
    assert "at most 0 x ip" in str(result.violation)
