"""Leaving, joining and activating, interrupted and overtaken: what nobody plans."""

import asyncio

import pytest
from branches import CLA_PROGRAM, REGISTRATION, branches
from test_standalone import alone, wizard

from licensing.errors import LicensingError
from licensing.events import HoldEnded, RelicensingRequired
from licensing.messages import Registration, Seat
from licensing.words import LicenseState, NodeState, Role
from nodes.administration import (
    ActivateOnline,
    DeleteSubscriber,
    PlaceCall,
    Wizard,
)
from nodes.assignment.table import AssignmentTable
from nodes.assignment.views import AssignmentRow
from nodes.telephony.equipment import Equipment, Subscriber
from nodes.telephony.subscribers import Subscribers, restored

DAY_S = 24 * 3600


async def counted(here) -> dict[str, tuple[int, int]]:
    """Seats in use and free, as the CLA counts them."""
    rows = (await here.net.license_table()).licenses
    return {row.license: (row.in_use, row.free) for row in rows}


async def test_what_could_not_be_given_back_when_leaving_is_given_back_on_return():
    """Otherwise it is lost: here nobody knows of it any more, there it counts as in use."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-north")
        await asyncio.sleep(2 * 3600)
        await wizard(here, "north", Role.STANDALONE)
        await here.tell("north", "/v1/delete-subscriber", DeleteSubscriber(number="200"))
        await here.net.heal("hq-north")
        await here.enrol("north")
        await asyncio.sleep(60)
        assert (await counted(here))["tdm"] == (0, 4)
        assert (await here.net.licenses("north")).in_use == {}
        assert (await here.unlock("north")).refused == []
        assert (await here.net.licenses("north")).in_use == {"tdm": 2, "s2m": 1}
        assert (await counted(here))["tdm"] == (2, 2)


async def test_what_was_granted_without_the_nodes_hearing_of_it_is_given_back_as_well():
    """The answer is lost, the node leaves and comes back: its trunk's channel is not in use."""
    async with branches() as here:
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        await asyncio.sleep(2)
        await here.net.cut_one_way("hq", "north")
        asking = asyncio.create_task(here.net.unlock("north"))
        await asyncio.sleep(1)
        assert (await counted(here))["s2m"] == (1, 0)
        await here.net.crash("north")
        with pytest.raises(LicensingError):
            await asking
        await here.net.start("north")
        await asyncio.sleep(2)
        await wizard(here, "north", Role.STANDALONE)
        await here.net.heal("hq-north")
        await here.enrol("north")
        await asyncio.sleep(60)
        assert (await counted(here))["s2m"] == (0, 1)
        assert (await here.unlock("north")).refused == []
        assert (await here.net.licenses("north")).in_use == {"tdm": 3, "s2m": 1}


async def test_leaving_and_coming_back_does_not_end_emergency_mode():
    """F4: also before the CLA counts the period as over, which is later by what it was off (F9)."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-north")
        await asyncio.sleep(29 * DAY_S)
        await here.net.crash("hq")
        await asyncio.sleep(7200)
        await here.net.start("hq")
        await asyncio.sleep(DAY_S + 600 - 7200)
        assert await here.state("north") is NodeState.EMERGENCY
        assert here.facts("hq", RelicensingRequired) == []
        await wizard(here, "north", Role.STANDALONE)
        await here.net.heal("hq-north")
        await here.enrol("north")
        await asyncio.sleep(3600)
        assert await here.state("north") is NodeState.RESTRICTED
        assert here.facts("hq", RelicensingRequired)
        await here.net.relicense("hq")
        await asyncio.sleep(3600)
        assert await here.state("north") is NodeState.REGULAR
        await here.net.cut("hq-north")
        await asyncio.sleep(DAY_S)
        await here.net.heal("hq-north")
        await asyncio.sleep(DAY_S)
        assert await here.state("north") is NodeState.REGULAR


async def test_who_left_in_emergency_mode_prolongs_no_hold_by_coming_back():
    """F9: it is heard, also with what it gives back, and its hold ends as if it were not."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-north")
        await here.net.run_until("deadline of north + 1 s")
        assert await here.state("north") is NodeState.EMERGENCY
        await wizard(here, "north", Role.STANDALONE)
        await here.net.heal("hq-north")
        await here.enrol("north")
        await asyncio.sleep(3600)
        assert [fact.node for fact in here.facts("hq", HoldEnded)] == ["north"]
        assert await here.state("north") is NodeState.RESTRICTED


async def test_a_standalone_system_is_enrolled_once_its_cla_is_there():
    """An activation that failed for want of the CLA does not stand in the way of the next one."""
    async with alone() as here:
        machine = here.net.world.machines["solo"]
        await here.net.crash("solo")
        agent = machine.programs.pop(CLA_PROGRAM)
        await here.net.start("solo")
        await asyncio.sleep(2)
        data = Registration(company="Example Ltd", contact="it@example.com")
        await here.tell("solo", "/v1/registration", data)
        order = ActivateOnline(lac=here.net.lacs["LAC-1"])
        assert await here.refusal("solo", "/v1/activate", order) == "connection-failed"
        await here.net.crash("solo")
        machine.programs[CLA_PROGRAM] = agent
        await here.net.start("solo")
        await asyncio.sleep(2)
        await here.net.activate("solo", "LAC-1", REGISTRATION)
        assert await here.state("solo") is NodeState.REGULAR
        assert (await here.net.licenses("solo")).in_use == {"gate-view": 1, "myreports": 1}


async def test_one_wizard_waits_for_the_other():
    """A node that is leaving is not led elsewhere meanwhile: the first wizard would undo it."""
    async with branches(judged=False) as here:
        await here.license()
        await here.net.cut_one_way("hq", "north")
        leaving = asyncio.create_task(wizard(here, "north", Role.STANDALONE))
        await asyncio.sleep(1)
        await here.net.reset("hq-north")
        await asyncio.sleep(1)
        assert not (await here.net.state("north")).connected
        assert (
            await here.refusal(
                "north", "/v1/wizard", Wizard(role=Role.STANDALONE, master_address="")
            )
            == "request-pending"
        )
        assert (await leaving).changed
        assert (await here.net.state("north")).role is Role.STANDALONE


async def test_the_call_of_a_subscriber_that_is_deleted_while_it_is_set_up():
    """Nobody is there to be connected any more."""
    async with branches() as here:
        await here.license()
        await here.net.latency("hq-north", "5 s")
        calling = asyncio.create_task(
            here.refusal("hq", "/v1/call", PlaceCall(source="101", destination="200"))
        )
        await asyncio.sleep(1)
        await here.tell("hq", "/v1/delete-subscriber", DeleteSubscriber(number="101"))
        assert await calling == "subscriber-unknown"


def test_stored_subscribers_that_do_not_fit_a_changed_installation_are_told():
    """The settings now say another model: the message names what does not fit, and the way out."""
    subscribers = Subscribers(subscribers=[Subscriber(number="200", type="up0")], attendant="200")
    soft = Equipment(model="S", subscribers=[], trunks=[])
    with pytest.raises(LicensingError, match="200: model S has no up0 ports") as raised:
        restored(soft, subscribers)
    assert raised.value.code == "equipment-unfitting"


def test_a_seat_is_given_back_once_although_it_was_given_up_and_granted_again():
    """A subscriber has one of a license: two of it would be no demand that the CLA understands."""
    table = AssignmentTable(
        Equipment(model="X3", subscribers=[Subscriber(number="200", type="up0")], trunks=[])
    )
    row = AssignmentRow(
        holder="200",
        license="tdm",
        state=LicenseState.LICENSED,
        quantity=1,
        granted=1,
        remembered=1,
    )
    table.restore([row])
    seat = Seat(holder="200", license="tdm")
    assert table.holdings() == [seat]
    table.leave([seat], [seat])
    assert table.remembered_releases() == [seat]
