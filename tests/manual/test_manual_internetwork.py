"""Manual 4.4: one network license file, bound to the master, licenses the whole internetwork."""

import shutil

import aiohttp
from branches import Branches
from technician import (
    CUSTOMER,
    OUTSIDE,
    SAMPLE,
    address_of,
    customer,
    newly_installed,
    offline,
    run_wizard,
    running,
    sign_in,
    technician,
)

from license_server.administration import ORDER_PATH, OrderedLac, PlaceOrder
from licensing.events import (
    ConnectionOpened,
    ConnectionRefused,
    LicenseFileAccepted,
    LicenseFileIssued,
    LicenseFileRefused,
    OrderTaken,
    ProgramStarted,
    SessionOpened,
)
from licensing.messages import AGENT_PORT
from licensing.words import CallOutcome, NodeState, Role
from simulator.installation import AGENT, CLS
from simulator.scenario import INTERNET, parse_scenario, warnings_of

NODES = ("hq", "north", "south")
MASTER_LOCKING_ID = "00-1A-E8-4C-00-01"


async def states(here: Branches) -> list[NodeState]:
    """The license status of each node."""
    return [await here.state(node) for node in NODES]


async def test_licensing_an_internetwork_has_its_sequence():
    """Each step out of its turn is refused with the reason; in their order all steps succeed."""
    async with running(SAMPLE) as here:
        await newly_installed(here, "north")
        hq, north = await sign_in(here), await sign_in(here, "north")
        lac = here.net.lacs["LAC-1"]
        assert "registration data have not been entered" in (await hq.activate(lac)).text
        await north.assign("200", "tdm")
        assert "cannot be reached" in (await north.unlock()).text
        await run_wizard(north, hq)
        assert "no license file is activated" in (await north.unlock()).text
        await hq.register()
        assert "is activated" in (await hq.activate(lac)).text
        assert "1 license granted" in (await north.unlock()).text


async def test_the_sample_internetwork_is_licensed_in_its_sequence():
    """One S and two X3: wizard, registration, LAC, assignment on each; then all telephone."""
    async with running(SAMPLE) as here:
        for slave in ("north", "south"):
            await newly_installed(here, slave)
        hq, north, south = [await sign_in(here, node) for node in NODES]
        for slave in (north, south):
            await run_wizard(slave, hq)
        assert await states(here) == [NodeState.ACTIVATION_PERIOD] * 3
        await hq.register()
        await hq.activate(here.net.lacs["LAC-1"])
        await here.net.run_until("day 0 14:00")
        assert await states(here) == [NodeState.REGULAR] * 3
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


async def test_one_activation_at_the_master_licenses_the_internetwork():
    """Nothing is activated at the slaves, and yet they have their licenses."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        await here.net.unlock()
        await here.net.expect("all", state="activation-period", licensed={"tdm": 0, "ip": 0})
        await hq.register()
        await hq.activate(here.net.lacs["LAC-1"])
        await here.net.unlock()
        assert await states(here) == [NodeState.REGULAR] * 3
        await here.net.expect("north", licensed={"tdm": 3, "s2m": 2})
        await here.net.expect("south", licensed={"ip": 2, "voicemail": 2})
        assert [len(here.facts(node, LicenseFileAccepted)) for node in NODES] == [1, 0, 0]


async def test_each_slave_needs_its_own_networking_license():
    """With one for two slaves one of them is refused; with another one bought it is licensed."""
    async with technician(SAMPLE.replace("networking: 2", "networking: 1")) as hq:
        here = hq.here
        await hq.register()
        await hq.activate(here.net.lacs["LAC-1"])
        await here.net.run_until("day 1")
        assert sorted(await states(here)) == ["activation-period", "regular", "regular"]
        without = NODES[(await states(here)).index(NodeState.ACTIVATION_PERIOD)]
        assert here.facts(without, ConnectionRefused)[-1].code == "no-networking-license"
        await hq.activate(here.net.lacs["LAC-2"])
        await here.net.run_until("day 2")
        assert await states(here) == [NodeState.REGULAR] * 3


async def test_the_node_with_the_largest_bandwidth_should_be_the_master():
    """`check` warns where it is not, and the Network Wizard says so to whoever decides it."""
    wider = SAMPLE.replace(
        "  purchase:", "    north-south: {bandwidth: 10 Gbit/s, latency: 1 ms}\n  purchase:"
    )
    advice = "north has more bandwidth than the master hq and should be the master"
    assert not any(advice in str(each) for each in warnings_of(parse_scenario(SAMPLE)))
    assert any(advice in str(each) for each in warnings_of(parse_scenario(wider)))
    async with technician(SAMPLE) as hq:
        wizard = await hq.open("/network-wizard")
        assert "should be the master? The node with the largest bandwidth." in wizard.text


async def test_the_network_wizard_makes_master_and_slaves():
    """A node is nothing before it, and what was chosen after it; chosen again, nothing changes."""
    async with running(SAMPLE) as here:
        await newly_installed(here, "north")
        hq, north = await sign_in(here), await sign_in(here, "north")
        assert (await here.net.state("north")).role is Role.STANDALONE
        assert "This node is now slave" in (await run_wizard(north, hq)).text
        assert (await here.net.state("north")).role is Role.SLAVE
        assert (await here.net.state("hq")).role is Role.MASTER
        assert "as before" in (await run_wizard(north, hq)).text


async def test_the_master_contains_the_central_cla():
    """The CLA runs on the master's host and nowhere else; without that host there is none."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        started = {
            node: [fact.program for fact in here.facts(node, ProgramStarted)] for node in NODES
        }
        assert started == {"hq": ["cla", "node"], "north": ["node"], "south": ["node"]}
        await here.license()
        await here.net.crash("hq")
        await here.net.run_until("day 0 12:00")
        await here.net.expect("north", state="failover")
        await here.net.expect("south", state="failover")


async def test_all_slaves_use_the_central_cla():
    """Each has its session with it and its licenses from it; cut off, none gets a license more."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        await here.license()
        opened = {fact.node for fact in here.facts("hq", SessionOpened)}
        assert opened == set(NODES)
        for slave in ("north", "south"):
            assert ConnectionOpened(to="hq", port=AGENT_PORT) in here.facts(slave, ConnectionOpened)
        table = {row.license: row.held for row in (await here.net.license_table()).licenses}
        assert table["tdm"] == {"north": 3}
        assert table["ip"] == {"hq": 3, "south": 2}
        await here.net.unassign("200", "tdm")
        await here.unlock("north")
        await here.net.cut("hq-north")
        await here.net.run_until("day 0 12:00")
        await here.net.assign("200", "tdm")
        assert not (await here.unlock("north")).answered
        await here.net.expect("north", licensed={"tdm": 2})


async def test_the_slaves_are_told_the_masters_address():
    """By the WBM's Network Wizard: not told, or told a wrong one, a slave gets no license."""
    async with running(SAMPLE) as here:
        await newly_installed(here, "north")
        await here.license()
        hq, north = await sign_in(here), await sign_in(here, "north")
        assert "cannot be reached" in (await north.unlock()).text
        await run_wizard(north, hq, address_of(here, "south"))
        assert "cannot be reached" in (await north.unlock()).text
        assert await north.licensed("200") == {}
        await run_wizard(north, hq, address_of(here, "hq"))
        await north.unlock()
        assert await north.licensed("200") == {"tdm": 1}


async def test_one_network_license_file_exists():
    """A further purchase makes another file in its place, never a second one beside it."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        await hq.register()
        for serial, lac in enumerate(("LAC-1", "LAC-2"), 1):
            await hq.activate(here.net.lacs[lac])
            await here.net.run_until(f"day {serial}")
            for someone in [await sign_in(here, node) for node in NODES]:
                information = (await someone.open("/license-information")).text
                assert f"License file {serial}, epoch 1" in information
        files = here.facts("hq", LicenseFileAccepted)
        assert [file.serial for file in files] == [1, 2]
        assert (files[1].licenses["ip"], files[1].licenses["base"]) == (6, 1)


async def test_the_file_is_bound_to_the_masters_locking_id():
    """It is issued for that of the S's Linux server; one for another Locking ID is not accepted."""
    async with technician(SAMPLE) as hq:
        here, lacs = hq.here, hq.here.net.lacs
        await hq.register()
        await hq.activate(lacs["LAC-1"])
        issued = here.facts(INTERNET, LicenseFileIssued)
        assert {file.locking_id for file in issued} == {MASTER_LOCKING_ID}
        assert MASTER_LOCKING_ID in (await hq.open("/license-information")).text
        foreign = await offline(await customer(here), lacs["LAC-2"], "00-1A-E8-4C-00-99")
        assert "bound to Locking ID 00-1A-E8-4C-00-99" in (await hq.activate_file(foreign)).text
        assert len(here.facts("hq", LicenseFileAccepted)) == 1


async def test_the_network_license_file_is_stored_in_the_central_cla():
    """It survives a power cut there, without the CLS; if the CLA's disk is lost, it is lost too."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        await here.license()
        await here.net.cut("hq-internet")
        await here.damage("hq", lambda _: None)
        await here.net.run_until("day 1")
        await here.net.expect("all", state="regular")
        assert (await here.net.license_table()).licenses
        await newly_installed(here, "north")
        assert here.facts("north", LicenseFileAccepted) == []
        await here.damage("hq", lambda cla: shutil.rmtree(cla) or cla.mkdir(), AGENT)
        assert (await here.net.license_table()).licenses == []


async def test_the_file_contains_the_license_information_of_the_internetwork():
    """All that was bought, whichever node uses it; what it does not contain, nobody gets."""
    async with technician(SAMPLE.replace("voicemail: 4, ", "")) as hq:
        here = hq.here
        await here.license()
        (accepted,) = here.facts("hq", LicenseFileAccepted)
        assert accepted.licenses == here.facts(INTERNET, OrderTaken)[0].licenses
        await here.net.expect("all", licensed={"ip": 5, "tdm": 3, "itsp": 4, "voicemail": 0})
        assert (await hq.statuses("100"))["voicemail"] == "Not licensed"


async def test_the_file_is_activated_at_the_master_only():
    """Neither a LAC nor a file is taken at a slave, and its page says where that is done."""
    async with running(SAMPLE) as here:
        hq, north = await sign_in(here), await sign_in(here, "north")
        lac = here.net.lacs["LAC-1"]
        page = await north.open("/activate")
        assert "activated at the master only" in page.text
        assert address_of(here, "hq") in page.text
        document = await offline(await customer(here), lac, MASTER_LOCKING_ID)
        for refused in (await north.activate(lac), await north.activate_file(document)):
            assert (refused.status, "at the master node only" in refused.text) == (409, True)
        assert await here.state("north") is NodeState.ACTIVATION_PERIOD
        assert "is activated" in (await hq.activate_file(document)).text


async def test_only_the_master_has_access_to_the_cls():
    """A slave never opens a connection to it, although a link leads there; its Settings say why."""
    linked = SAMPLE.replace(
        "  purchase:", "    north-internet: {bandwidth: 1 Mbit/s, latency: 9 ms}\n  purchase:"
    )
    async with running(linked) as here:
        hq, north = await sign_in(here), await sign_in(here, "north")
        settings = await north.open("/settings")
        assert "here the access is disabled" in settings.text
        refused = await north.browser.submit("/settings", address=address_of(here, "hq"))
        assert refused.status == 409
        await north.register()
        await north.activate(here.net.lacs["LAC-1"])
        await hq.register()
        await hq.activate(here.net.lacs["LAC-1"])
        await here.net.run_until("day 2")
        to_the_cls = {
            node: any(fact.to == INTERNET for fact in here.facts(node, ConnectionOpened))
            for node in NODES
        }
        assert to_the_cls == {"hq": True, "north": False, "south": False}


async def test_no_node_is_licensed_by_a_file_of_its_own():
    """A file for a slave's own Locking ID is taken neither there nor at the master."""
    async with running(SAMPLE) as here:
        hq, north = await sign_in(here), await sign_in(here, "north")
        own = here.net.world.installation.locking_id("north")
        document = await offline(await customer(here), here.net.lacs["LAC-2"], own)
        assert "at the master node only" in (await north.activate_file(document)).text
        assert f"bound to Locking ID {own}" in (await hq.activate_file(document)).text
        assert [fact.code for fact in here.facts("hq", LicenseFileRefused)] == [
            "license-file-foreign"
        ]
        assert NodeState.REGULAR not in await states(here)


async def test_separate_files_are_combined_at_the_cls():
    """Two nodes' files become one for the master with the sum; the slave's own is given up."""
    async with running(SAMPLE) as here:
        at_the_cls = await customer(here)
        ids = [here.net.world.installation.locking_id(node) for node in ("hq", "north")]
        documents = []
        for locking_id, seats in zip(
            ids, ({"base": 1, "ip": 2, "networking": 2}, {"base": 1, "tdm": 3}), strict=True
        ):
            order = PlaceOrder(licenses=seats, failover_period_s=30 * 86_400, customer=CUSTOMER)
            lac = (await here.tell(INTERNET, ORDER_PATH, order, OrderedLac, program=CLS)).lac
            documents.append(await offline(at_the_cls, lac, locking_id))
        hq = await sign_in(here)
        await hq.activate_file(documents[0])
        await here.net.assign("200", "tdm")
        assert (await here.unlock("north")).refused
        await at_the_cls.get("/combine")
        form = aiohttp.FormData({"csrf_token": at_the_cls.token, "locking_id": ids[0]})
        for document in documents:
            form.add_field("document", document)
        assert (await at_the_cls.send("/combine", form)).path == f"/license-files/{ids[0]}"
        combined = (await at_the_cls.get(f"/license-files/{ids[0]}/download")).source
        await hq.activate_file(combined)
        accepted = here.facts("hq", LicenseFileAccepted)[-1]
        assert accepted.licenses == {"base": 1, "ip": 2, "networking": 2, "tdm": 3}
        assert [seat.license for seat in (await here.unlock("north")).granted] == ["tdm"]
        refused = await at_the_cls.get(f"/license-files/{ids[1]}/download")
        assert refused.status == 404


async def test_1_a_purchase_gives_a_license_authorization_code():
    """Each purchase its own, a purchase of nothing none; a mistyped code is told as such."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        taken = [order.lac for order in here.facts(INTERNET, OrderTaken)]
        assert [here.net.lacs["LAC-1"], here.net.lacs["LAC-2"]] == taken
        assert len(set(taken)) == 2
        nothing = PlaceOrder(licenses={}, failover_period_s=30 * 86_400)
        assert await here.refusal(INTERNET, ORDER_PATH, nothing, program=CLS) == "order-empty"
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
        await here.damage(INTERNET, lambda _: None, CLS)
        await hq.activate(here.net.lacs["LAC-1"])
        (accepted,) = here.facts("hq", LicenseFileAccepted)
        assert accepted.licenses == here.net.scenario.internetwork.purchase["LAC-1"]
        await newly_installed_cls(here)
        assert "No order belongs" in (await hq.activate(here.net.lacs["LAC-2"])).text


async def newly_installed_cls(here: Branches) -> None:
    """The license server comes back with an empty disk."""
    await here.damage(INTERNET, lambda cls: shutil.rmtree(cls) or cls.mkdir(), CLS)
