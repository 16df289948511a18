"""Additional licenses are activated remotely (manual 4.3.1): the WBM is reached over a link."""

import asyncio

import aiohttp
import pytest
from town_hall import at_master, town_hall

from simulator.scenario import Registration

REGISTRATION = Registration(company="Example Ltd", contact="it@example.com")


async def bought(net) -> int:
    """How many Voicemail licenses the central CLA knows of."""
    rows = (await net.license_table()).licenses
    return next(row.bought for row in rows if row.license == "voicemail")


async def test_an_add_on_code_is_activated_from_a_branch_office():
    """A technician's computer at a slave opens the master's WBM over the link, and signs in."""
    async with town_hall() as net:
        await net.activate("hq", "LAC-1", REGISTRATION)
        technician = await at_master(net, "north")
        assert "Registered for Example Ltd" in (await technician.get("/activate")).text
        page = await technician.submit("/activate", lac=net.lacs["ADD-ON"])
        assert "License file 2, epoch 1, is activated." in page.text
        assert await bought(net) == 3


async def test_over_a_cut_link_nothing_is_reached_and_nothing_is_done():
    """The way of the technician is the internetwork's own: cut, it leads nowhere."""
    async with town_hall() as net:
        await net.activate("hq", "LAC-1", REGISTRATION)
        technician = await at_master(net, "north")
        await net.cut("hq-north")
        with pytest.raises((aiohttp.ClientError, TimeoutError)):
            await technician.submit("/activate", lac=net.lacs["ADD-ON"])
        assert await bought(net) == 2
        await net.heal("hq-north")
        assert (await technician.get("/")).path == "/"


async def test_an_answer_lost_to_a_cut_burns_no_code():
    """The master has activated, and the technician heard nothing: the same again says so."""
    async with town_hall() as net:
        await net.activate("hq", "LAC-1", REGISTRATION)
        technician = await at_master(net, "north")
        lac = net.lacs["ADD-ON"]
        sending = asyncio.ensure_future(technician.submit("/activate", lac=lac))
        await asyncio.sleep(0.05)
        await net.cut("hq-north")
        with pytest.raises((aiohttp.ClientError, TimeoutError)):
            await sending
        assert await bought(net) == 3
        await net.heal("hq-north")
        page = await technician.submit("/activate", lac=lac)
        assert "License file 2, epoch 1, was activated before; nothing has changed." in page.text
        assert await bought(net) == 3
