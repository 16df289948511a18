"""Several people at once: one wins, the other learns of it, and nothing is counted twice.

The oracle watches, as always; the central CLA's table is asked besides.
"""

import asyncio

import pytest
from town_hall import at_master, at_own, town_hall

from simulator.scenario import Registration

REGISTRATION = Registration(company="Example Ltd", contact="it@example.com")


async def counted(net, key: str) -> tuple[int, int, int]:
    """Bought, in use and free, as the central CLA counts a license."""
    rows = (await net.license_table()).licenses
    row = next(row for row in rows if row.license == key)
    return row.bought, row.in_use, row.free


async def test_two_technicians_at_one_subscriber():
    """Both have seen the same; whoever saves first is right, and the other learns of it."""
    async with town_hall() as net:
        await net.activate("hq", "LAC-1", REGISTRATION)
        near, far = await at_own("hq"), await at_master(net, "north")
        path = "/local-user-licenses/of/100"
        for technician in (near, far):
            await technician.get(path)
        pages = await asyncio.gather(
            near.submit(path, seen="", license="ip"), far.submit(path, seen="", license="ip")
        )
        assert [page.status for page in pages] == [200, 409]
        assert "100: saved" in pages[0].text
        assert "Somebody else has changed the assignments" in pages[1].text
        assert "1 license granted" in (await near.submit("/local-user-licenses/unlock")).text
        assert await counted(net, "ip") == (4, 1, 3)


@pytest.mark.parametrize(
    ("first", "second"), [("hq", "south"), ("south", "north")], ids=["hq-nearer", "south-nearer"]
)
async def test_two_nodes_demand_the_last_license_at_the_same_instant(first, second):
    """UC Suite was bought once: the demand that arrives first has it; the other learns why."""
    stations = {"hq": ("100", "ip"), "south": ("300", "ip"), "north": ("200", "tdm")}
    async with town_hall() as net:
        await net.activate("hq", "LAC-1", REGISTRATION)
        technicians = []
        for node in (second, first):  # whoever is nearer is not the one who is named first
            number, station = stations[node]
            technician = await at_own(node)
            await technician.get("/")
            fields = {"seen": "", "license": [station, "uc-suite"]}
            await technician.submit(f"/local-user-licenses/of/{number}", **fields)
            technicians.append(technician)
        loser, winner = await asyncio.gather(
            *(technician.submit("/local-user-licenses/unlock") for technician in technicians)
        )
        assert "2 licenses granted." in winner.text
        assert "1 license granted, 1 license refused (no UC Suite license is free)" in loser.text
        assert "1 invalid assignment." in loser.text
        assert await counted(net, "uc-suite") == (1, 1, 0)


@pytest.mark.parametrize("purchase", ["LAC-1", "ADD-ON"])
async def test_a_double_click_on_activate(purchase):
    """The same form twice at the same instant: one learns that the other has done it."""
    async with town_hall() as net:
        if purchase == "ADD-ON":
            await net.activate("hq", "LAC-1", REGISTRATION)
        technician = await at_own("hq")
        await technician.get("/registration")
        await technician.submit("/registration", company="Example Ltd", contact="it@example.com")
        lac = net.lacs[purchase]
        pages = await asyncio.gather(
            technician.submit("/activate", lac=lac), technician.submit("/activate", lac=lac)
        )
        told = [page.text.partition("License file ")[2].partition(".")[0] for page in pages]
        serial = 1 if purchase == "LAC-1" else 2
        assert told == [
            f"{serial}, epoch 1, is activated",
            f"{serial}, epoch 1, was activated before; nothing has changed",
        ]
        assert await counted(net, "voicemail") == (1 + serial, 0, 1 + serial)


async def test_two_people_activate_the_same_code():
    """Each learns what happened, and the code counts once."""
    async with town_hall() as net:
        technicians = [await at_own("hq"), await at_master(net, "south")]
        await technicians[0].get("/registration")
        await technicians[0].submit(
            "/registration", company="Example Ltd", contact="it@example.com"
        )
        await technicians[1].get("/activate")
        pages = await asyncio.gather(
            *(each.submit("/activate", lac=net.lacs["LAC-1"]) for each in technicians)
        )
        assert sum("is activated." in page.text for page in pages) == 1
        assert sum("was activated before" in page.text for page in pages) == 1
        assert await counted(net, "ip") == (4, 0, 4)
