"""F10 in the simulated world: the activation period ends, whatever is done to the clock."""

from simulator.runs.internetwork import Internetwork
from simulator.scenario import parse_scenario

NEVER_ACTIVATED = """
title: Never activated
about: A technician forgot the license file.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:    {model: S,  role: master, subscribers: [{numbers: 100, type: ip-hfa}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200, type: ip-hfa}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, networking: 1}
timeline: []
"""


async def test_a_clock_set_back_at_every_power_cut_does_not_lengthen_it() -> None:
    """The running period is written down whether or not anybody dials."""
    async with Internetwork(parse_scenario(NEVER_ACTIVATED)) as net:
        for day in (10, 20, 29):
            await net.run_until(f"day {day}")
            await net.clock("north", "-9 days")
            await net.crash("north")
            await net.start("north")
        await net.run_until("day 29 01:00")
        await net.expect("north", state="activation-period")
        await net.run_until("day 31")
        await net.expect("north", state="restricted")
