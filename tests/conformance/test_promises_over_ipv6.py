"""Promises of each kind, kept by namespaces with IPv6 addresses; all others are about TCP."""

import asyncio
import ipaddress
from typing import Any

import msgspec
import promises
import pytest
import transit_promises
import transit_worlds
from test_conformance import _preferred, namespaces, needs_namespaces, real
from three_worlds import LiveWorld, Promise, direct, relayed

from simulator.live.ip_version import IPV4, IPV6
from simulator.live.namespaces import NamespacesOverIpv6

__all__ = ["_preferred", "namespaces"]


@real
@needs_namespaces
@pytest.mark.parametrize(
    ("make", "promise"),
    [
        (direct, promises.bytes_sent_during_a_cut_arrive_after_the_heal_in_order),
        (relayed, promises.a_host_without_power_answers_nobody),
        (transit_worlds.bare, transit_promises.a_site_forwards_while_its_host_has_no_power),
        (transit_worlds.relayed, transit_promises.traffic_takes_the_quickest_way),
    ],
    ids=["direct", "relayed", "forwarded", "forwarded to relays"],
)
async def test_namespaces_over_ipv6(make: Any, promise: Promise) -> None:
    """Cables, relays, forwarding kernels and relays behind them; no IPv4 address is there."""
    async with make(backend=NamespacesOverIpv6) as world:
        assert isinstance(world, LiveWorld)
        for source in world.backend.hosts:
            assert ipaddress.ip_address(world.backend.bind_address(source)) in IPV6.programs
        await promise(world)


@real
@needs_namespaces
async def test_kernels_that_do_not_forward_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: what would let routers forward is the setting of IPv4."""
    wrong = msgspec.structs.replace(IPV6, forwarding=IPV4.forwarding)
    monkeypatch.setattr(NamespacesOverIpv6, "ip", wrong)
    async with transit_worlds.bare(backend=NamespacesOverIpv6) as world:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await transit_promises.traffic_takes_the_quickest_way(world)
