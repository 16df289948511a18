"""Licenses that end, from the order to the telephones, and the ways out (F14)."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from branches import Branches, branches

from license_server import issuance
from license_server.administration import ORDER_PATH, OrderedLac, PlaceOrder
from license_server.issuance import StoredOrder
from licensing.entitlements import Entitlement, entitlements_of
from licensing.events import AssignmentsChanged, LeaseInstalled, LicenseFileIssued
from licensing.messages import Activated, Registration
from licensing.words import CLS_PROGRAM, LicenseState, NodeState
from nodes.administration import ActivateOnline, DeleteSubscriber
from runtime.http import Nothing
from simulator.scenario import INTERNET

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY_S = 86_400
BASIC = {"base": 1, "networking": 2, "ip": 3, "tdm": 2}


async def activate(
    here: Branches, licenses: dict[str, int], days: int | None = None, *, flexible: bool = False
) -> str:
    """An order that ends after so many days from the start, activated at the master; its LAC."""
    end = None if days is None else START + timedelta(days=days)
    order = PlaceOrder(
        licenses=licenses, failover_period_s=30 * DAY_S, valid_until=end, flexible=flexible
    )
    lac = (await here.tell(INTERNET, ORDER_PATH, order, OrderedLac, program=CLS_PROGRAM)).lac
    await again(here, lac)
    return lac


async def again(here: Branches, lac: str) -> Activated:
    """Activate the LAC."""
    return await here.tell("hq", "/v1/activate", ActivateOnline(lac=lac), Activated)


async def register(here: Branches) -> None:
    """Before any activation."""
    entered = Registration(company="Example Ltd", contact="it@example.com")
    await here.tell("hq", "/v1/registration", entered)


async def test_a_file_that_has_ended_restricts_and_the_next_order_makes_all_as_it_was() -> None:
    """F14: nothing is taken away meanwhile, and nobody has to assign anything again."""
    async with branches() as here:
        await register(here)
        lac = await activate(here, BASIC, days=20)
        await here.net.unlock()
        before = {node: (await here.net.licenses(node)).rows for node in ("hq", "north")}
        await asyncio.sleep(21 * DAY_S)
        for node in ("hq", "north"):
            assert await here.state(node) is NodeState.RESTRICTED
        assert await here.refusal("hq", "/v1/activate", ActivateOnline(lac=lac)) == (
            "license-file-ended"
        )
        assert await here.refusal("hq", "/v1/relicense", Nothing()) == "license-file-ended"
        await activate(here, BASIC)
        await asyncio.sleep(600)
        for node, rows in before.items():
            assert await here.state(node) is NodeState.REGULAR
            assert (await here.net.licenses(node)).rows == rows


def as_the_version_before(
    own: Callable[[list[StoredOrder]], list[Entitlement]], orders: list[StoredOrder]
) -> list[Entitlement]:
    """All in one entry, which ends with the first of the orders."""
    seats, end = Counter[str](), min(entry.end_ns for entry in own(orders))
    for entry in own(orders):
        seats.update(entry.seats)
    return entitlements_of({end: seats})


@pytest.mark.parametrize("way", ["permanent", "evaluation", "relicensing"])
async def test_a_file_that_ended_before_its_time_is_replaced(way: str) -> None:
    """F14: activating either LAC again helps, and relicensing does, without another epoch."""
    former = pytest.MonkeyPatch()
    former.setattr(
        issuance, "_entitlements", partial(as_the_version_before, issuance._entitlements)
    )
    async with branches() as here:
        await register(here)
        lacs = {"permanent": await activate(here, BASIC)}
        lacs["evaluation"] = await activate(here, {"tdm": 1}, days=20)
        await here.net.unlock()
        await asyncio.sleep(21 * DAY_S)
        assert await here.state("north") is NodeState.RESTRICTED
        former.undo()
        if way == "relicensing":
            activated = await here.tell("hq", "/v1/relicense", Nothing(), Activated)
        else:
            activated = await again(here, lacs[way])
        assert (activated.epoch, activated.repeated) == (1, False)
        await asyncio.sleep(600)
        assert await here.state("north") is NodeState.REGULAR
        serials = [fact.serial for fact in here.facts(INTERNET, LicenseFileIssued)]
        assert serials == [1, 2, 3]


async def test_a_connected_node_has_what_lasts_longer_as_soon_as_it_is_free() -> None:
    """F14: the earliest granted of those that end have it, without anybody's asking."""
    async with branches() as here:
        await register(here)
        await activate(here, BASIC | {"ip": 1})
        await activate(here, {"ip": 3}, days=20)
        for node in ("hq", "south"):
            await here.net.unlock(node)
        assert ends(here, "hq") == {None: 1, START + timedelta(days=20): 1}
        assert ends(here, "south") == {START + timedelta(days=20): 2}
        for number in ("100", "101"):
            gone = DeleteSubscriber(number=number)
            await here.tell("hq", "/v1/delete-subscriber", gone)
            await asyncio.sleep(10)
        assert ends(here, "south") == {None: 1, START + timedelta(days=20): 1}


def ends(here: Branches, node: str, key: str = "ip") -> dict[datetime | None, int]:
    """When the licenses of a kind end that a node has by its newest lease."""
    newest = here.facts(node, LeaseInstalled)[-1]
    return {e.valid_until: e.seats[key] for e in newest.entitlements if key in e.seats}


async def test_stand_ins_take_the_place_of_what_ends_before_it_does() -> None:
    """F14, domain 2: nobody loses what free seats still cover, not for a moment."""
    async with branches() as here:
        await register(here)
        await activate(here, BASIC | {"tdm": 1, "ip": 1}, flexible=True)
        await activate(here, {"tdm": 2}, days=20, flexible=True)
        await here.net.unlock("north")
        assert ends(here, "north", "tdm") == {None: 1, START + timedelta(days=20): 2}
        await asyncio.sleep(19 * DAY_S + DAY_S // 2)
        assert ends(here, "north", "tdm") == {None: 2, START + timedelta(days=20): 1}
        await asyncio.sleep(DAY_S)
        rows = (await here.net.licenses("north")).rows
        granted = [row.holder for row in rows if row.license == "tdm" and row.granted]
        assert granted == ["200", "201"]
        changes = [c for fact in here.facts("north", AssignmentsChanged) for c in fact.changes]
        lost = {c.holder for c in changes if c.after is LicenseState.NOT_LICENSED}
        assert lost - {"s2m-1"} == {"202"}
