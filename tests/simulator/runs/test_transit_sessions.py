"""Internetworks with transit: who notices a cut with a detour, and who calls whom over others."""

from collections import Counter

from licensing.events import (
    DisplaysChanged,
    Entry,
    LinkCut,
    SessionOpened,
    StateChanged,
)
from simulator import Internetwork, load_scenario, parse_scenario, play
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.loop.runner import current_loop

MANUAL = DIRECTORY / "slave-cut-off-31-days.yaml"
MESH = MANUAL.read_text().replace(
    "  links:\n", "  links:\n    north-south: {bandwidth: 10 Mbit/s, latency: 30 ms}\n"
)


def test_the_session_lives_through_31_days_of_a_cut_with_a_detour() -> None:
    """Of each node there is one session until the second cut, and no state or display changes."""
    facts: list[Entry] = []
    scenario = load_scenario(DIRECTORY / "ring-survives-one-cut.yaml")
    assert play(scenario, readers=[facts.append]).holds
    first, second = (entry.at for entry in facts if isinstance(entry.fact, LinkCut))
    sessions = Counter(
        entry.fact.node
        for entry in facts
        if isinstance(entry.fact, SessionOpened) and entry.at < second
    )
    assert sessions == dict.fromkeys(("hq", "north", "east", "south"), 1)
    between = [entry.fact for entry in facts if first < entry.at < second]
    assert not any(isinstance(fact, StateChanged | DisplaysChanged) for fact in between)


async def test_traffic_takes_the_way_over_a_third_node_and_comes_back() -> None:
    """A mesh: the direct link, after its cut the way over south, after the heal the direct one."""

    def way() -> str:
        return repr(current_loop().sockets.network.route("north", "hq"))

    async with Internetwork(parse_scenario(MESH)) as net:
        assert way() == "<north -> hq>"
        await net.cut("hq-north")
        assert way() == "<north -> south -> hq>"
        await net.run_until("day 2 08:00")
        await net.expect("north", display="idle")
        await net.heal("hq-north")
        assert way() == "<north -> hq>"


async def test_slaves_of_a_star_call_each_other_through_the_masters_site() -> None:
    """Also while the master's host has no power, for the router there is another box."""
    async with Internetwork(load_scenario(MANUAL)) as net:
        await net.call("200", "300", expect="connected")
        await net.crash("hq")
        await net.call("200", "300", expect="connected")
        await net.cut("hq-south")
        await net.call("200", "300", refused="node-unreachable")


async def test_a_site_that_forwards_nothing_connects_nobody() -> None:
    """Then slaves of a star cannot call each other: there is no link."""
    text = MANUAL.read_text().replace("model: S, ", "model: S, forwards: no, ", 1)
    async with Internetwork(parse_scenario(text)) as net:
        await net.call("200", "300", refused="no-link")
