"""The master's WBM: which nodes are known, who asks in vain, forgetting one, another key (F16).

And the Network Wizard, which tries the master's address before the slave relies on it.
"""

import asyncio

from branches import Branches, branches
from signed_in import at, signed_in
from simulated_browser import Browser

from licensing.enrolment import NODES_PATH, EnrolledNodes
from licensing.events import NodeEnrolled, NodeForgotten, NodeKeyChanged
from licensing.policies import HOUR_NS, NS_PER_SECOND
from licensing.words import NODE_PROGRAM, NodeState

SOON_S = 60.0
BACK_S = 40 * 60.0
HOURS_S = HOUR_NS / NS_PER_SECOND


async def known(here: Branches) -> EnrolledNodes:
    """What the master's node answers a program."""
    return await here.net.admin.ask("hq", NODE_PROGRAM, NODES_PATH, EnrolledNodes)


async def gone(here: Branches, browser: Browser, node: str) -> None:
    """A node without power, whose session the central CLA has given up."""
    await here.net.crash(node)
    await asyncio.sleep(2 * HOURS_S)
    await browser.sign_in("Expert")


def wiped(directory) -> None:
    """The disk of a node is another one."""
    for file in directory.iterdir():
        file.unlink()


async def test_a_node_that_is_gone_is_forgotten_at_the_master() -> None:
    """The list says what is reserved until when; the page says what is lost, before it is done."""
    async with at() as (here, browser):
        await here.license()
        page = await browser.get("/nodes")
        assert page.text.count("regular") == 3
        assert "Forget north" not in page.text
        await gone(here, browser, "north")
        page = await browser.get("/nodes")
        assert "in its failover period" in page.text
        asked = await browser.get("/nodes/forget?node=north")
        assert "licenses stay reserved" in asked.text
        assert "1 April 2026" in asked.text
        page = await browser.submit("/nodes/forget", node="north")
        assert (page.status, "say whether its hardware is destroyed" in page.text) == (400, True)
        page = await browser.submit("/nodes/forget", node="north", destroyed="no")
        assert "north is forgotten. Reserved until 1 April 2026" in page.text
        page = await browser.submit("/nodes/forget", node="north", destroyed="yes")
        assert "Free at once" in page.text
        assert [each.node for each in (await known(here)).nodes] == ["hq", "south"]
        assert [fact.destroyed for fact in here.facts("hq", NodeForgotten)] == [False, True]


async def test_who_can_be_asked_is_not_forgotten() -> None:
    """The refusal names the way out."""
    async with at() as (here, browser):
        await here.license()
        page = await browser.submit("/nodes/forget", node="north", destroyed="yes")
        assert "north is connected" in page.text
        assert "Make it standalone in its Network Wizard" in page.text
        page = await browser.submit("/nodes/forget", node="hq", destroyed="no")
        assert "cannot be forgotten" in page.text
        page = await browser.get("/nodes/forget?node=nobody")
        assert "No such node is known" in page.text


async def test_a_forgotten_node_is_picked_from_those_that_asked() -> None:
    """It comes again, is refused, and shows up with its key; one click makes it known."""
    async with at() as (here, browser):
        await here.license()
        await gone(here, browser, "north")
        await browser.get("/nodes/forget?node=north")
        await browser.submit("/nodes/forget", node="north", destroyed="no")
        await here.net.start("north")
        await asyncio.sleep(SOON_S)
        assert (await here.net.state("north")).refusal == "node-unknown"
        (asking,) = (await known(here)).unknown
        slave = await signed_in(here, "north")
        assert asking.fingerprint in (await slave.get("/network-wizard")).text
        page = await browser.get("/network-wizard")
        assert f"north {asking.fingerprint}" in page.text
        page = await browser.submit(
            "/network-wizard/enrol", node="north", public_key=asking.public_key
        )
        assert "north is known to the central CLA" in page.text
        assert "warning" not in page.source.partition('role="status"')[0][-40:]
        await asyncio.sleep(BACK_S)
        assert await here.state("north") is NodeState.REGULAR
        assert (await known(here)).unknown == []


async def test_the_masters_own_system_gets_no_other_key() -> None:
    """Its name in the form of the slaves would cut it off from its own central CLA."""
    async with at() as (here, browser):
        await browser.get("/network-wizard")
        key = "x" * 43
        page = await browser.submit("/network-wizard/enrol", node="hq", public_key=key)
        assert page.status == 400
        assert "hq is this node itself, which has another key" in page.text
        assert (await here.net.state("hq")).connected


async def test_a_misspelt_name_is_enrolled_in_no_green() -> None:
    """It is not seen yet, and stays in the list as that."""
    async with at() as (here, browser):
        (key,) = {each.fingerprint for each in (await known(here)).nodes if each.node == "north"}
        public_key = (await signed_in(here, "north")).get("/network-wizard")
        text = (await public_key).source
        own = text.partition('class="mono key">')[2].partition("<")[0]
        await browser.get("/network-wizard")
        page = await browser.submit("/network-wizard/enrol", node="nroth", public_key=own)
        assert "nroth is enrolled, but not seen yet" in page.text
        assert 'class="told warning" role="status"' in page.source
        page = await browser.get("/nodes")
        assert "nroth not seen yet not connected never" in page.text
        assert f"nroth {key}" in page.text


async def test_another_key_under_a_known_name_asks_what_became_of_the_old_one() -> None:
    """Nothing changes before it is answered; with yes the licenses pass on."""
    async with branches(judged=False) as here:  # a disk is wiped in silence
        browser = await signed_in(here, "hq")
        await here.license()
        await here.damage("north", wiped)
        slave = await signed_in(here, "north")
        address = (await here.net.state("hq")).master_address
        await slave.get("/network-wizard")
        page = await slave.submit("/network-wizard", role="slave", master_address=address)
        key = page.source.partition('class="mono key">')[2].partition("<")[0]
        await asyncio.sleep(SOON_S)
        assert (await here.net.state("north")).refusal == "signature-invalid"
        (asking,) = (await known(here)).unknown
        assert asking.public_key == key
        enrolled = len(here.facts("hq", NodeEnrolled))
        await browser.get("/network-wizard")
        page = await browser.submit("/network-wizard/enrol", node="north", public_key=key)
        assert page.status == 409
        assert "Is the old hardware of north, or its disk, destroyed?" in page.text
        assert "they are used twice" in page.text
        assert f'value="{key}"' in page.source
        assert len(here.facts("hq", NodeEnrolled)) == enrolled
        page = await browser.submit(
            "/network-wizard/enrol", node="north", public_key=key, destroyed="yes"
        )
        assert "north is known to the central CLA" in page.text
        assert [fact.destroyed for fact in here.facts("hq", NodeKeyChanged)] == [True]
        await asyncio.sleep(BACK_S)
        assert await here.state("north") is NodeState.REGULAR


async def test_the_wizard_refuses_what_is_no_central_cla() -> None:
    """A telephone system's own pages, for instance; the node stays what it was."""
    async with branches() as here:
        browser = await signed_in(here, "north")
        before = await here.net.state("north")
        page = await browser.submit("/network-wizard", role="slave", master_address="10.0.0.1:8102")
        assert (page.status, "is no central CLA" in page.text) == (422, True)
        assert (await here.net.state("north")).master_address == before.master_address
        await browser.submit("/network-wizard", role="slave", master_address=before.master_address)
        await here.license()
        assert await here.state("north") is NodeState.REGULAR


async def test_the_wizard_keeps_an_address_that_does_not_answer() -> None:
    """Told as not reached yet, never in green."""
    async with branches() as here:
        browser = await signed_in(here, "north")
        address = (await here.net.state("north")).master_address
        await here.net.cut("hq-north")
        page = await browser.submit("/network-wizard", role="slave", master_address=address)
        assert "not reached yet: no answer within 2 minutes" in page.text
        assert 'class="told warning" role="status"' in page.source
        page = await browser.submit("/network-wizard", role="slave", master_address="10.0.0.1:9999")
        assert "not reached yet" in page.text
        assert (await here.net.state("north")).master_address == "10.0.0.1:9999"
        await here.net.heal("hq-north")
        await browser.submit("/network-wizard", role="slave", master_address=address)
        await asyncio.sleep(BACK_S)
        assert (await here.net.state("north")).connected
