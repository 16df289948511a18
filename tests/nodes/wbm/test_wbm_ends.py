"""The WBM tells of an end of licenses 30 days before (F14)."""

import asyncio
from datetime import UTC, datetime, timedelta

from branches import Branches
from signed_in import at, signed_in

from license_server.administration import ORDER_PATH, OrderedLac, PlaceOrder
from licensing.messages import Activated, Registration
from licensing.words import CLS_PROGRAM
from nodes.administration import ActivateOnline
from simulator.scenario import INTERNET

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
END = START + timedelta(days=40)
TOLD = "end on 11 April 2026, 08:00 UTC: 2 TDM User."
DAY_S = 86_400


async def activate(here: Branches, licenses: dict[str, int], end: datetime | None = None) -> None:
    """An order, activated at the master."""
    order = PlaceOrder(licenses=licenses, failover_period_s=30 * DAY_S, valid_until=end)
    ordered = await here.tell(INTERNET, ORDER_PATH, order, OrderedLac, program=CLS_PROGRAM)
    await here.tell("hq", "/v1/activate", ActivateOnline(lac=ordered.lac), Activated)


async def test_an_end_is_told_30_days_before_at_home_and_license_information() -> None:
    """At the master of the file's licenses, at a slave of those that it has itself."""
    async with at() as (here, browser):
        entered = Registration(company="Example Ltd", contact="it@example.com")
        await here.tell("hq", "/v1/registration", entered)
        await activate(here, {"base": 1, "networking": 2, "ip": 3, "tdm": 1})
        await activate(here, {"tdm": 2}, END)
        for path in ("/", "/license-information"):
            assert "end on" not in (await browser.get(path)).text
        await asyncio.sleep(10 * DAY_S)
        hq, north = await signed_in(here, "hq"), await signed_in(here, "north")
        for path in ("/", "/license-information"):
            assert f"Licenses of the license file {TOLD}" in (await hq.get(path)).text
        assert "end on" not in (await north.get("/")).text
        assert "end on" not in (await north.get("/license-information")).text
        await here.net.unlock("north")
        assert "Licenses of this node end on" in (await north.get("/license-information")).text
        await asyncio.sleep(30 * DAY_S)
        hq = await signed_in(here, "hq")
        for path in ("/", "/license-information"):
            assert "end on" not in (await hq.get(path)).text
