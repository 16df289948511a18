"""A seat that is given back is not used any more, whether or not the answer arrives (A2, F8)."""

from licensing.events import Entry, NothingChanged
from simulator.runs.internetwork import Internetwork
from simulator.scenario import Registration, parse_scenario

ONE_SEAT = """
title: One seat
about: It goes from one slave to the other.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:    {model: S,  role: master, subscribers: [{numbers: 100, type: ip-hfa}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200, type: ip-hfa, licenses: [ip]}]}
    south: {model: X3, role: slave, subscribers: [{numbers: 300, type: ip-hfa}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-south: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 1, networking: 2}
timeline: []
"""


async def test_a_release_whose_decision_is_lost_frees_the_seat_at_the_node_too() -> None:
    """The CLA frees the seat, its answer is lost, and another node is granted it: used once."""
    async with Internetwork(parse_scenario(ONE_SEAT)) as net:
        await net.activate("hq", "LAC-1", Registration(company="Example", contact="it@example.com"))
        await net.unlock()
        await net.unassign("200", "ip")
        await net.cut_one_way("hq", "north")
        assert await net.unlock("north") == ["north"]
        await net.assign("300", "ip")
        await net.unlock("south")
        await net.run_until("day 1")
        await net.expect("north", state="failover", licensed={"ip": 0})
        await net.expect("south", licensed={"ip": 1})
        await net.heal("hq-north")
        await net.run_until("day 2")
        await net.expect("north", state="regular", licensed={"ip": 0})


async def test_a_release_that_is_remembered_is_not_checked_a_second_time() -> None:
    """At a node that is cut off it takes effect once; checked again it changes nothing."""
    told: list[str] = []

    def read(entry: Entry) -> None:
        if isinstance(entry.fact, NothingChanged):
            told.append(entry.fact.where)

    async with Internetwork(parse_scenario(ONE_SEAT), readers=[read]) as net:
        await net.activate("hq", "LAC-1", Registration(company="Example", contact="it@example.com"))
        await net.unlock()
        await net.cut("hq-north")
        await net.run_until("day 1")
        await net.unassign("200", "ip")
        told.clear()
        for nothing_changed in ([], ["north"]):
            assert await net.unlock("north") == []
            assert told == nothing_changed
        await net.heal("hq-north")
        await net.run_until("day 2")
        await net.expect("north", state="regular", licensed={"ip": 0})
