"""What contact gives back of a failover period (F3), from the order to the node that is cut off."""

import re

from branches import CLS_PROGRAM, INTERNET, NODE_PROGRAM, REGISTRATION, SCENARIO, Branches, branches
from signed_in import signed_in

from license_server.administration import ORDER_PATH, OrderedLac, PlaceOrder
from licensing.events import LicenseFileAccepted
from licensing.messages import Activated
from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import FULL, Recovery, RecoveryPolicy
from nodes.administration import ActivateOnline, LicenseInformation

RESUME = Recovery(policy=RecoveryPolicy.RESUME)
MONTH_S = 30 * 86_400


def scenario(recovery: str) -> str:
    """The internetwork with this policy."""
    return SCENARIO.replace("timeline", f"policies: {{recovery: {recovery}}}\ntimeline")


async def recovery_of(here: Branches, node: str) -> Recovery:
    """By what a node goes."""
    path = "/v1/information"
    return (await here.net.admin.ask(node, NODE_PROGRAM, path, LicenseInformation)).recovery


async def north_cut_off(here: Branches, until: str) -> None:
    """From day 1 on, and healed."""
    await here.net.run_until("day 1")
    await here.net.cut("hq-north")
    await here.net.run_until(until)
    await here.net.heal("hq-north")


async def test_the_policy_of_the_order_stands_in_every_node_s_wbm():
    """A person who reads of 30 days reads also what makes them whole again."""
    async with branches(scenario("after_stable(3 days)")) as here:
        await here.license()
        await here.net.run_until("day 1")
        for node in ("hq", "north"):
            browser = await signed_in(here, node)
            text = (await browser.get("/license-information")).text
            assert "Failover period 30 days, whole again after 3 days of connection" in text


async def test_the_manual_s_own_is_not_talked_of():
    """Nothing stands behind the 30 days: they are what the manual says, and no more."""
    async with branches() as here:
        await here.license()
        text = (await (await signed_in(here, "hq")).get("/license-information")).text
        assert "Failover period 30 days Licenses" in text.replace(" of this node", "")


async def test_an_add_on_with_a_stricter_policy_reaches_connected_nodes_at_once():
    """The strictest of the orders in a file counts; a node cut off learns of it at its return."""
    async with branches() as here:
        await here.license()
        await here.net.run_until("day 1")
        await here.net.cut("hq-south")
        await here.net.run_until("day 2")
        order = PlaceOrder(licenses={"ip": 1}, failover_period_s=MONTH_S, recovery=RESUME)
        add_on = await here.tell(INTERNET, ORDER_PATH, order, OrderedLac, program=CLS_PROGRAM)
        await here.tell("hq", "/v1/activate", ActivateOnline(lac=add_on.lac), Activated)
        await here.net.run_until("day 2 00:01")
        files = here.facts("hq", LicenseFileAccepted)
        assert [file.recovery for file in files] == [FULL, RESUME]
        assert await recovery_of(here, "north") == RESUME
        assert await recovery_of(here, "south") == FULL
        await here.net.run_until("day 3")
        await here.net.heal("hq-south")
        await here.net.run_until("day 3 02:00")
        assert await recovery_of(here, "south") == RESUME
        await here.net.expect("all", state="regular")


async def test_a_restart_does_not_give_back_what_a_contact_may_not():
    """A4 with F3: what was used up of the period is used up after a power cut, too."""
    async with branches(scenario("resume")) as here:
        await here.license()
        await north_cut_off(here, "day 11")
        await here.net.run_until("day 12")
        await here.net.crash("north")
        await here.net.run_until("day 12 01:00")
        await here.net.start("north")
        await here.net.run_until("day 13")
        await here.net.expect("all", state="regular")
        await here.net.cut("hq-north")
        await here.net.run_until("deadline of north - 1 s")
        used_ns = here.net.world.now_ns() - (13 * DAY_NS - 8 * HOUR_NS)
        # 10 days of outage, an hour without power, and an hour of heartbeats before each.
        assert 19 * DAY_NS + 12 * HOUR_NS < used_ns < 20 * DAY_NS
        await here.net.run_until("deadline of north + 1 s")
        await here.net.expect("north", state="emergency")


async def test_relicensing_within_an_hour_of_a_healed_outage_brings_a_whole_period():
    """F4; and a lease that comes with an add-on soon afterwards takes nothing of it away."""
    text = scenario("resume").replace("LAC-1", "LAC-2: {ip: 1}\n    LAC-1")
    async with branches(text) as here:
        await here.license()
        await here.net.run_until("day 1")
        await here.net.cut("hq-south")
        await here.net.run_until("day 5")
        await here.net.cut("hq-north")
        await here.net.run_until("day 32 08:00")
        await here.net.expect("south", state="emergency")
        await here.net.heal("hq-north")
        await here.net.run_until("day 32 08:40")
        await here.net.relicense("hq")
        await here.net.run_until("day 32 08:45")
        await here.net.activate("hq", "LAC-2", REGISTRATION)
        await here.net.run_until("day 33 08:00")
        await here.net.cut("hq-north")
        await here.net.run_until("deadline of north - 1 s")
        assert here.net.world.now_ns() > 62 * DAY_NS
        await here.net.expect("north", state="failover")


async def test_the_network_wizard_is_no_way_to_another_period():
    """Out of the internetwork and back: what was used up before is used up still."""
    planned = "  - {at: day 30 09:00, wizard: {node: north, role: standalone}}\n"
    async with branches(scenario("resume") + planned) as here:
        await here.license()
        await north_cut_off(here, "day 30")
        await here.net.run_until("day 30 09:00")
        await here.net.wizard("north", role="standalone")
        await here.net.run_until("day 30 09:10")
        await here.net.wizard("north", role="slave", master="hq")
        await here.net.run_until("day 30 10:00")
        await here.net.expect("north", state="regular")
        text = (await (await signed_in(here, "north")).get("/license-information")).text
        assert re.search(r"whole again only by relicensing Left of it (1 day|2[0-3] h)", text)
        await here.net.cut("hq-north")
        await here.net.run_until("deadline of north - 1 s")
        assert here.net.world.now_ns() < 32 * DAY_NS
