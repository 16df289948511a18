"""The language from Python: what a technician does, as methods of a running internetwork."""

import pytest

from licensing.errors import LicensingError
from simulator import Internetwork, Registration, Unexpected
from simulator.scenario import Scenario, parse_scenario

REGISTRATION = Registration(company="Example Ltd", contact="it@example.com")


def two_systems() -> Scenario:
    """A virtual S and an X3, each by itself, and what was bought for both."""
    return parse_scenario(
        """
title: Two systems
about: They will be one internetwork.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq: {model: S, role: standalone, subscribers: [{numbers: 100-101, type: ip-hfa}],
         virtual: {host_name: hq, ip_address: 10.0.0.1, default_gateway: 10.0.0.254,
                   dns_server: 10.0.0.53, time_zone: UTC},
         trunks: [{name: itsp-1, kind: itsp, channels: 4}]}
    north: {model: X3, role: standalone, subscribers: [{numbers: 200-201, type: up0}],
            trunks: [{name: s2m-1, kind: s2m, channels: 4, licensed: 0}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, networking: 1, ip: 2, itsp: 4, gate-view: 1}
    LAC-2: {base: 1, tdm: 2, s2m: 4, gate-view: 1}
timeline:
  - {at: day 1, wizard: {node: hq, role: master}}
"""
    )


async def test_two_systems_become_one_internetwork():
    """Issued offline, combined, loaded; then master, slave, and what each is assigned."""
    async with Internetwork(two_systems()) as net:
        await net.issue("LAC-1", "hq", REGISTRATION, "hq-file")
        await net.issue("LAC-2", "north", REGISTRATION, "north-file")
        await net.combine(["hq-file", "north-file"], "hq", "network-file")
        await net.upload_license_file("hq", "network-file")
        await net.wizard("hq", "master")
        await net.wizard("north", "slave", "hq")
        await net.run_until("day 0 09:00")
        await net.assign_channels("s2m-1", 3)
        await net.assign_to_node("north", "gate-view")
        await net.unlock()
        await net.expect("north", state="regular", licensed={"s2m": 3, "gate-view": 1})
        await net.unassign_channels("s2m-1")
        await net.unassign_from_node("north", "gate-view")
        await net.unlock("north")
        await net.expect("north", licensed={"s2m": 0, "gate-view": 0})


async def test_telephones_show_and_carry_what_is_expected():
    """By number; and a display or a call that is not so raises."""
    async with Internetwork(two_systems()) as net:
        await net.call("outside", "100", expect="connected", lasting="10 min")
        await net.expect_call("outside", "100")
        await net.expect_display("101", "idle")
        with pytest.raises(Unexpected, match="Failover Period"):
            await net.expect_display("101", "Failover Period")
        await net.run_until("day 0 08:11")
        with pytest.raises(Unexpected, match="outside"):
            await net.expect_call("outside", "100")
        await net.expect_call("outside", "100", "over")


async def test_subscribers_come_and_go():
    """A new one is called by its number; one that is gone is unknown to its node."""
    async with Internetwork(two_systems()) as net:
        await net.add_subscriber("hq", "102", "ip-sip")
        await net.call("outside", "102", expect="connected")
        await net.retype_subscriber("102", "mobile")
        await net.delete_subscriber("102")
        with pytest.raises(LicensingError, match="102") as refused:
            await net.delete_subscriber("102")
        assert refused.value.code == "subscriber-unknown"


async def test_a_reconfigured_system_is_rehosted():
    """The file of the identity before is bound to the new one."""
    async with Internetwork(two_systems()) as net:
        await net.activate("hq", "LAC-1", REGISTRATION)
        await net.reconfigure("hq", dns_server="10.0.0.54")
        await net.run_until("day 0 09:00")
        await net.expect("hq", state="failover")
        await net.rehost("hq", "hq", "moved")
        await net.upload_license_file("hq", "moved")
        await net.run_until("day 0 10:00")
        await net.expect("hq", state="regular")


async def test_names_that_the_scenario_does_not_have():
    """A file that was never made, a trunk that is not there, a system that is no virtual one."""
    async with Internetwork(two_systems()) as net:
        with pytest.raises(ValueError, match="no license file 'nothing'"):
            await net.upload_license_file("hq", "nothing")
        with pytest.raises(ValueError, match="no trunk 's2m-9'"):
            await net.assign_channels("s2m-9", 1)
        with pytest.raises(ValueError, match="'s2m-1' is at north: say which"):
            await net.assign_channels("s2m-1", 1, node="hq")
        with pytest.raises(ValueError, match="north is not virtual"):
            await net.reconfigure("north", dns_server="10.0.0.54")
        await net.expect("north", state="activation-period")
