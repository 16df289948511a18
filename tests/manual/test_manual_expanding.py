"""Manual 4.3.1: further licenses for a system that has some."""

import aiohttp
import pytest
from technician import licensed_system, sign_in

from license_server.administration import ORDER_PATH, OrderedLac, PlaceOrder
from licensing.words import CLS_PROGRAM
from simulator.scenario import INTERNET


async def test_further_licenses_expand_the_system():
    """The third station is one too many, until a further license is bought and activated."""
    async with licensed_system() as someone:
        for number in ("100", "101", "102"):
            await someone.assign(number, "ip")
        assert "1 license refused (no IP User license is free)" in (await someone.unlock()).text
        order = PlaceOrder(licenses={"ip": 1}, failover_period_s=30 * 86_400)
        further = await someone.here.tell(
            INTERNET, ORDER_PATH, order, OrderedLac, program=CLS_PROGRAM
        )
        assert "refused" in (await someone.unlock()).text
        await someone.activate(further.lac)
        assert "1 license granted" in (await someone.unlock()).text
        assert await someone.licensed("102") == {"ip": 1}


async def test_an_additional_lac_activates_the_newly_procured_licenses():
    """It is another code; it adds what it bought, nothing more, and only once."""
    async with licensed_system() as someone:
        net = someone.here.net
        assert net.lacs["LAC-2"] != net.lacs["LAC-1"]
        first = await someone.bought()
        await someone.activate(net.lacs["LAC-2"])
        more = {"ip": first["ip"] + 1, "voicemail": first["voicemail"] + 1, "myreports": 1}
        both = first | more
        assert await someone.bought() == both
        await someone.activate(net.lacs["LAC-2"])
        assert await someone.bought() == both


async def test_additional_licenses_are_activated_remotely():
    """A technician far away reaches the WBM over a link; while the link is cut, nobody does."""
    async with licensed_system() as someone:
        net, before = someone.here.net, await someone.bought()
        far_away = await sign_in(someone.here, host=INTERNET)
        await net.cut("hq-internet")
        with pytest.raises(aiohttp.ConnectionTimeoutError):
            await far_away.activate(net.lacs["LAC-2"])
        assert await someone.bought() == before
        await net.heal("hq-internet")
        assert "is activated" in (await far_away.activate(net.lacs["LAC-2"])).text
        assert (await someone.bought())["ip"] == before["ip"] + 1
