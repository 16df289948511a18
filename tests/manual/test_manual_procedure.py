"""Manual 4.4: the sequence in which an internetwork is licensed, from the purchase on."""

from systems import NODES, OUTSIDE, SAMPLE, running
from technician import run_wizard, sign_in, technician

from license_server.administration import ORDER_PATH, PlaceOrder
from licensing.events import (
    LicenseFileAccepted,
    OrderTaken,
)
from licensing.words import CLS_PROGRAM, CallOutcome, NodeState
from simulator.scenario import INTERNET


async def test_licensing_an_internetwork_has_its_sequence():
    """Each step out of its turn is refused with the reason; in their order all steps succeed."""
    async with running(SAMPLE) as here:
        await here.newly_installed("north")
        hq, north = await sign_in(here), await sign_in(here, "north")
        lac = here.net.lacs["LAC-1"]
        assert "registration data have not been entered" in (await hq.activate(lac)).text
        await north.assign("200", "tdm")
        assert "no license file is activated" in (await north.unlock()).text
        await run_wizard(north, hq)
        assert "no license file is activated" in (await north.unlock()).text
        await hq.register()
        assert "is activated" in (await hq.activate(lac)).text
        assert "1 license granted" in (await north.unlock()).text


async def test_the_sample_internetwork_is_licensed_in_its_sequence():
    """One S and two X3: wizard, registration, LAC, assignment on each; then all telephone."""
    async with running(SAMPLE) as here:
        for slave in ("north", "south"):
            await here.newly_installed(slave)
        hq, north, south = [await sign_in(here, node) for node in NODES]
        for slave in (north, south):
            await run_wizard(slave, hq)
        assert await here.all_states() == [NodeState.ACTIVATION_PERIOD] * 3
        await hq.register()
        await hq.activate(here.net.lacs["LAC-1"])
        await here.net.run_until("day 0 14:00")
        assert await here.all_states() == [NodeState.REGULAR] * 3
        assert (await here.net.call("200", OUTSIDE)).outcome is CallOutcome.REFUSED
        await hq.assign("100", "ip", "voicemail")
        await hq.distribute(itsp_1=2)
        await north.assign("200", "tdm")
        await north.distribute(s2m_1=2)
        await south.assign("300", "ip", "voicemail")
        await south.distribute(itsp_2=2)
        for someone in (hq, north, south):
            assert "refused" not in (await someone.unlock()).text
        for number in ("100", "200", "300"):
            assert (await here.net.call(number, OUTSIDE)).outcome is CallOutcome.CONNECTED
        assert (await here.net.call("100", "200")).outcome is CallOutcome.CONNECTED
        await here.net.expect("all", licensed={"ip": 2, "tdm": 1, "voicemail": 2, "itsp": 4})


async def test_1_a_purchase_gives_a_license_authorization_code():
    """Each purchase its own, a purchase of nothing none; a mistyped code is named as such."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        taken = [order.lac for order in here.facts(INTERNET, OrderTaken)]
        assert [here.net.lacs["LAC-1"], here.net.lacs["LAC-2"]] == taken
        assert len(set(taken)) == 2
        nothing = PlaceOrder(licenses={}, failover_period_s=30 * 86_400)
        assert (
            await here.refusal(INTERNET, ORDER_PATH, nothing, program=CLS_PROGRAM) == "order-empty"
        )
        await hq.register()
        for lac in taken:
            swapped = lac[:-2] + lac[-1] + lac[-2]
            if swapped != lac:
                assert "a character is wrong or missing" in (await hq.activate(swapped)).text
        assert "is activated" in (await hq.activate(taken[0])).text


async def test_1_the_purchase_is_stored_in_the_database_of_the_cls():
    """A power cut there loses no purchase; with its database lost, nothing belongs to the code."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        await hq.register()
        await here.damage(INTERNET, lambda _: None, CLS_PROGRAM)
        await hq.activate(here.net.lacs["LAC-1"])
        (accepted,) = here.facts("hq", LicenseFileAccepted)
        assert accepted.licenses == here.net.scenario.internetwork.purchase["LAC-1"].licenses
        await here.newly_installed(INTERNET, CLS_PROGRAM)
        assert "No order belongs" in (await hq.activate(here.net.lacs["LAC-2"])).text
