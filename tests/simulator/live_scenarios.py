"""A short scenario for live runs: an outage of some hours, which is about two real seconds."""

from simulator.scenario import Scenario, parse_scenario

SHORT_OUTAGE = """
title: A short outage
about: One slave is cut off for some hours and comes back; calls go on.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:    {model: S, role: master, subscribers: [{numbers: 100-101, type: ip-hfa, licenses: [ip]}],
            trunks: [{name: itsp-1, kind: itsp, channels: 2}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200-201, type: up0, licenses: [tdm]}],
            trunks: [{name: s2m-1, kind: s2m, channels: 2}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, networking: 1, ip: 2, tdm: 2, itsp: 2, s2m: 2}
timeline:
  - at: day 0 08:30
    activate: {node: hq, lac: LAC-1, registration: {company: Example, contact: it@example.com}}
  - {at: day 0 09:00, unlock: all}
  - at: day 0 09:30
    expect: {node: all, licensed: {ip: 2, tdm: 2, networking: 1}, bought: {base: 1}}
  - {at: day 0 09:35, cut: hq-north}
  - at: day 0 12:00
    expect: {node: north, state: failover, display: Failover Period, reserved: {tdm: 2}}
  - {at: day 0 12:10, call: {from: 200, to: 0891234567, expect: connected}}
  - {at: day 0 12:20, heal: hq-north}
  - {at: day 0 14:30, expect: {all: regular}}
"""


def short_outage() -> Scenario:
    """The scenario."""
    return parse_scenario(SHORT_OUTAGE, "short-outage")


def before_the_outage() -> Scenario:
    """Only until then: activation, an unlock, and a call from one node to the other."""
    healthy = SHORT_OUTAGE.partition("  - {at: day 0 09:35")[0]
    call = "  - {at: day 0 09:31, call: {from: 200, to: 100, expect: connected}}\n"
    return parse_scenario(healthy + call, "before-the-outage")


def too_narrow_for_hours() -> Scenario:
    """The same outage because no heartbeat is answered in time over 1 bit/s."""
    text = SHORT_OUTAGE.replace("cut: hq-north", "bandwidth: {link: hq-north, to: 1 bit/s}")
    text = text.replace("heal: hq-north", "bandwidth: {link: hq-north, to: 20 Mbit/s}")
    return parse_scenario(text, "too-narrow-for-hours")


def frozen_for_hours() -> Scenario:
    """The same outage because the central CLA's host stands still, and no link is cut."""
    text = SHORT_OUTAGE.replace("cut: hq-north", "freeze: hq").replace("heal: hq-north", "thaw: hq")
    text = text.replace(", reserved: {tdm: 2}", "")  # nobody can ask a CLA that is frozen
    return parse_scenario(text, "frozen-for-hours")


_FAULTS = """
  - {at: day 0 09:10, latency: {link: hq-north, to: 300 ms}}
  - {at: day 0 09:11, loss: {link: hq-north, percent: 10}}
  - {at: day 0 09:12, clock: {node: north, by: -10 min}}
  - {at: day 0 09:20, unassign: {number: 201, license: tdm}}
  - {at: day 0 09:21, unlock: north}
  - {at: day 0 09:30, expect: {node: north, state: regular, licensed: {tdm: 1}}}
  - {at: day 0 09:31, reset: hq-north}
  - {at: day 0 09:45, expect: {all: regular}}
  - {at: day 0 09:46, refuse: hq-north}
  - {at: day 0 09:47, reset: hq-north}
  - {at: day 0 10:00, expect: {node: north, state: failover, display: Failover Period}}
  - {at: day 0 10:01, heal: hq-north}
  - {at: day 0 10:40, expect: {all: regular}}
  - {at: day 0 10:41, drop: hq-north}
  - {at: day 0 12:00, expect: {node: north, state: failover, display: Failover Period}}
  - {at: day 0 12:01, heal: hq-north}
  - {at: day 0 12:40, expect: {all: regular}}
  - {at: day 0 12:41, cut_one_way: {from: north, to: hq}}
  - {at: day 0 14:00, expect: {node: north, state: failover, display: Failover Period}}
  - {at: day 0 14:01, heal: hq-north}
  - {at: day 0 14:40, expect: {all: regular}}
  - {at: day 0 14:41, crash: north}
  - {at: day 0 14:50, expect: {node: north, state: down}}
  - {at: day 0 15:00, start: north}
  - {at: day 0 16:00, expect: {all: regular}}
"""


def one_fault_after_another() -> Scenario:
    """Every other step that happens to a link, a clock or a host."""
    text = SHORT_OUTAGE[: SHORT_OUTAGE.index("  - at: day 0 09:30")] + _FAULTS.lstrip("\n")
    return parse_scenario(text, "one-fault-after-another")
