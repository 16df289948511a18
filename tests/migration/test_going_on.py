"""A whole internetwork of the version before is brought up to date, and goes on."""

import pytest
from branches import (
    CLA_PROGRAM,
    CLS_PROGRAM,
    INTERNET,
    NODE_PROGRAM,
    REGISTRATION,
    Branches,
    branches,
)
from former_states import CLA_STATES, lay_out

from license_server.administration import VERIFICATION_KEY_PATH, PublishedKey
from licensing.events import HoldEnded, LeaseSigned, RelicensingRequired, StateDamaged
from licensing.words import NodeState

SCENARIO = """
title: After the update
about: The hosts of the former internetwork, at which their disks are put.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq: {model: S, role: master, subscribers: [{numbers: 100, type: ip-hfa, licenses: [ip]}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200, type: ip-hfa, licenses: [ip]}]}
    south: {model: X3, role: slave, subscribers: [{numbers: 300, type: ip-hfa, licenses: [ip]}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-south: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 3, networking: 2}
timeline:
  - {at: day 30, expect: {all: regular}}
"""


async def put_in(here: Branches, cla: str) -> None:
    """At 11:30 every host has the disk of the version before, and is switched on."""
    net = here.net
    await net.run_until("day 0 11:25")
    await net.cut("hq-south")
    for host in (INTERNET, "hq", "north", "south"):
        await net.crash(host)
    lay_out("license_server", here.directory(INTERNET, CLS_PROGRAM))
    lay_out(cla, here.directory("hq", CLA_PROGRAM))
    for node, state in {"hq": "master", "north": "slave", "south": "cut_off_slave"}.items():
        lay_out(state, here.directory(node, NODE_PROGRAM))
    await net.run_until("day 0 11:30")
    await net.start(INTERNET)
    await net.admin.ready(INTERNET, CLS_PROGRAM)
    key = await net.admin.ask(INTERNET, CLS_PROGRAM, VERIFICATION_KEY_PATH, PublishedKey)
    net.world.trust(key.verification_key)
    for host in ("hq", "north", "south"):
        await net.start(host)


@pytest.mark.parametrize("cla", CLA_STATES)
async def test_who_was_licensed_is_licensed_and_who_was_cut_off_goes_on_in_failover(cla):
    """No enrolment, activation or check and unlock is needed, and nothing counts as damaged."""
    async with branches(SCENARIO, judged=False) as here:
        await put_in(here, cla)
        seen = len(here.entries)
        await here.net.run_until("day 0 13:00")
        states = [await here.state(node) for node in ("hq", "north", "south")]
        assert states == [NodeState.REGULAR, NodeState.REGULAR, NodeState.FAILOVER]
        await here.net.expect("hq", licensed={"ip": 1})
        await here.net.expect("north", licensed={"ip": 1})
        await here.net.expect("south", licensed={"ip": 1})
        kinds = {type(entry.fact) for entry in here.entries[seen:]}
        assert not kinds & {StateDamaged, LeaseSigned}
        await here.net.heal("hq-south")
        await here.net.run_until("day 0 14:00")
        assert await here.state("south") is NodeState.REGULAR


async def test_the_hold_of_a_node_that_is_away_counts_the_lease_that_it_may_have():
    """F9: a lease with a period of 12 h was signed, and never acknowledged; 30 days count."""
    async with branches(SCENARIO, judged=False) as here:
        await put_in(here, "cla_with_redo_log")
        seen = len(here.entries)
        await here.net.run_until("day 29")
        held = {row.license: row.held for row in (await here.net.license_table()).licenses}
        assert held["ip"] == {"hq": 1, "north": 1, "south": 1}
        kinds = {type(entry.fact) for entry in here.entries[seen:]}
        assert not kinds & {HoldEnded, RelicensingRequired}


async def test_what_was_bought_before_the_update_can_be_activated_after_it():
    """The former books are the license server's: a further order joins them, and no key is lost."""
    async with branches(SCENARIO, judged=False) as here:
        await put_in(here, "cla_with_tables")
        await here.net.run_until("day 0 12:00")
        await here.net.purchase({"LAC-3": {"ip": 2}})
        await here.net.activate("hq", "LAC-3", REGISTRATION)
        rows = {row.license: row for row in (await here.net.license_table()).licenses}
        assert rows["ip"].bought == 6
