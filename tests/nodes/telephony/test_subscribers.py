"""Subscribers that are added, deleted and retyped (manual 4.3.2), from the table to the CLA."""

import asyncio

import pytest
from branches import branches

from licensing.errors import LicensingError
from licensing.events import CallReleased, DemandDecided, DisplaysChanged, SubscriberChanged
from licensing.license_table import LicenseRow
from licensing.words import CallOutcome, LicenseState, NodeState
from nodes.administration import CallAnswer, DeleteSubscriber, PlaceCall
from nodes.telephony import subscribers
from nodes.telephony.equipment import Equipment, Subscriber, TrunkLine
from nodes.telephony.subscribers import Subscribers

EQUIPMENT = Equipment(
    model="X3",
    subscribers=[Subscriber(number="200", type="ip-hfa"), Subscriber(number="201", type="up0")],
    trunks=[TrunkLine(name="s2m-1", kind="s2m", channels=2)],
)


def refused(change, *arguments) -> LicensingError:
    """What a change of the equipment is refused with."""
    with pytest.raises(LicensingError) as raised:
        change(EQUIPMENT, *arguments)
    return raised.value


def test_whoever_was_the_attendant_is_followed_by_the_first_of_the_others():
    """F5: an attendant there is, as long as there is a subscriber."""
    assert EQUIPMENT.attendant == "200"
    less = subscribers.deleted(EQUIPMENT, "200")
    assert less.attendant == "201"
    assert subscribers.deleted(less, "201").attendant == ""
    assert subscribers.deleted(EQUIPMENT, "201").attendant == "200"


@pytest.mark.parametrize(
    ("number", "kind", "reason"),
    [
        ("112", "ip-hfa", "emergency number"),
        ("200", "ip-hfa", "used more than once"),
        ("2a", "ip-hfa", "digits"),
        ("202", "telex", "no subscriber type"),
    ],
)
def test_what_cannot_be_a_subscriber_is_refused_with_the_reason(number, kind, reason):
    """Wrong numbers and types change nothing."""
    error = refused(subscribers.added, Subscriber(number=number, type=kind))
    assert error.code == "subscriber-refused"
    assert reason in error.message


def test_a_model_has_only_the_ports_that_it_has():
    """An S has no UP0 ports, neither for a new subscriber nor for an old one."""
    soft = Equipment(model="S", subscribers=EQUIPMENT.subscribers[:1], trunks=[])
    for change in (subscribers.added, subscribers.retyped):
        number = "201" if change is subscribers.added else "200"
        with pytest.raises(LicensingError, match="no up0 ports"):
            change(soft, Subscriber(number=number, type="up0"))


def test_an_unknown_number_is_told():
    """Neither deleted nor retyped."""
    assert refused(subscribers.deleted, "299").code == "subscriber-unknown"
    new = Subscriber(number="299", type="sip")
    assert refused(subscribers.retyped, new).code == "subscriber-unknown"


async def in_use(here, node: str) -> dict[str, int]:
    """Seats in use at a node by its own word."""
    return (await here.net.licenses(node)).in_use


async def counted(here, license_key: str) -> LicenseRow:
    """A license as the CLA counts it."""
    rows = (await here.net.license_table()).licenses
    return next(row for row in rows if row.license == license_key)


async def test_deleting_a_subscriber_releases_the_licenses_at_once():
    """Manual 4.3.2: station license and user-oriented licenses go back to the pool."""
    async with branches() as here:
        await here.license()
        assert await in_use(here, "hq") == {"ip": 2, "voicemail": 2, "itsp": 2}
        await here.tell("hq", "/v1/delete-subscriber", DeleteSubscriber(number="101"))
        assert await in_use(here, "hq") == {"ip": 1, "voicemail": 1, "itsp": 2}
        await asyncio.sleep(1)
        assert (await counted(here, "ip")).in_use == 3
        assert here.facts("hq", DemandDecided)[-1].held == {"ip": 1, "voicemail": 1, "itsp": 2}
        assert here.facts("hq", SubscriberChanged) == [
            SubscriberChanged(number="101", before="ip-hfa", after="")
        ]
        rows = (await here.net.licenses("hq")).rows
        assert "101" not in {row.holder for row in rows}


async def test_another_type_releases_what_does_not_fit_and_keeps_what_does():
    """Manual 4.3.2: up0 to ip-hfa loses the TDM license; from ip-hfa to sip it still is IP."""
    async with branches() as here:
        await here.license()
        await here.tell("north", "/v1/retype-subscriber", Subscriber(number="200", type="ip-sip"))
        await here.tell("hq", "/v1/retype-subscriber", Subscriber(number="100", type="sip"))
        await asyncio.sleep(1)
        assert await in_use(here, "north") == {"tdm": 2, "s2m": 1}
        assert await in_use(here, "hq") == {"ip": 2, "voicemail": 2, "itsp": 2}
        assert (await counted(here, "tdm")).in_use == 2
        rows = (await here.net.licenses("north")).rows
        states = {row.license: row.state for row in rows if row.holder == "200"}
        assert states["ip"] is LicenseState.CONFIGURABLE
        assert "tdm" not in states


async def test_a_cut_off_node_remembers_what_it_gave_up():
    """F8: released here at once, given back to the CLA with the reconnection."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-north")
        await asyncio.sleep(2 * 3600)
        assert await here.state("north") is NodeState.FAILOVER
        await here.tell("north", "/v1/delete-subscriber", DeleteSubscriber(number="200"))
        assert await in_use(here, "north") == {"tdm": 2, "s2m": 1}
        assert (await counted(here, "tdm")).in_use == 0
        assert (await counted(here, "tdm")).reserved == 3
        await here.net.heal("hq-north")
        await asyncio.sleep(3600)
        assert (await counted(here, "tdm")).in_use == 2


async def test_telephones_follow_the_subscribers_also_during_failover():
    """F1: a new system telephone shows the message, a deleted or other one no longer does."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-north")
        await asyncio.sleep(2 * 3600)
        await here.tell("north", "/v1/add-subscriber", Subscriber(number="210", type="up0"))
        await here.tell("north", "/v1/delete-subscriber", DeleteSubscriber(number="200"))
        await here.tell("north", "/v1/retype-subscriber", Subscriber(number="201", type="analog"))
        shown = await here.net.displays("north")
        assert shown == dict.fromkeys(("202", "210"), "Failover Period")
        assert here.facts("north", DisplaysChanged)[-1].displays == {"210": "Failover Period"}


async def test_subscribers_survive_a_power_cut():
    """What a technician has made of them is on the disk, together with what it did to licenses."""
    async with branches() as here:
        await here.license()
        await here.tell("north", "/v1/add-subscriber", Subscriber(number="210", type="up0"))
        await here.tell("north", "/v1/delete-subscriber", DeleteSubscriber(number="200"))
        await here.damage("north", lambda _: None)
        kept = await here.net.admin.ask("north", "node", "/v1/subscribers", Subscribers)
        assert [subscriber.number for subscriber in kept.subscribers] == ["201", "202", "210"]
        assert kept.attendant == "201"
        await asyncio.sleep(60)
        assert (await counted(here, "tdm")).in_use == 2
        await here.assign("north", ("210", "tdm"))
        assert (await here.unlock("north")).refused == []
        assert await in_use(here, "north") == {"tdm": 3, "s2m": 1}


async def test_the_call_of_a_deleted_subscriber_is_over():
    """And its channel is free again."""
    async with branches() as here:
        await here.license()
        call = PlaceCall(source="200", destination="089123")
        assert (await here.tell("north", "/v1/call", call, CallAnswer)).trunk == "s2m-1"
        another = PlaceCall(source="201", destination="089124")
        busy = await here.tell("north", "/v1/call", another, CallAnswer)
        assert busy.reason == "all-channels-busy"
        await here.tell("north", "/v1/delete-subscriber", DeleteSubscriber(number="200"))
        released = here.facts("north", CallReleased)
        assert [(fact.source, fact.cleared) for fact in released] == [("200", False)]
        placed = await here.tell("north", "/v1/call", another, CallAnswer)
        assert placed.outcome is CallOutcome.CONNECTED
