"""Manual 4.4: one network license file, bound to the master, licenses the whole internetwork."""

from customer import customer_of
from systems import MASTER_LOCKING_ID, NODES, SAMPLE, STANDALONE_NORTH, VIRTUAL_SAMPLE, running
from technician import run_wizard, sign_in, technician

from licensing.events import (
    ConnectionOpened,
    LicenseFileAccepted,
    LicenseFileIssued,
    OrderTaken,
)
from licensing.words import CLA_PROGRAM, NodeState
from simulator.scenario import INTERNET


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
        foreign = await (await customer_of(here)).license_file(lacs["LAC-2"], "00-1A-E8-4C-00-99")
        assert "bound to Locking ID 00-1A-E8-4C-00-99" in (await hq.activate_file(foreign)).text
        assert len(here.facts("hq", LicenseFileAccepted)) == 1


async def test_a_virtual_s_binds_the_file_by_its_advanced_locking_id():
    """It follows from the configuration: changed, the file fits no more until it is rehosted."""
    async with technician(VIRTUAL_SAMPLE) as hq:
        net, bound_to = hq.here.net, hq.locking_id
        await hq.here.license()
        (issued,) = hq.here.facts(INTERNET, LicenseFileIssued)
        assert (issued.locking_id, bound_to[:4]) == (bound_to, "ALI-")
        await net.reconfigure("hq", dns_server="10.0.0.54")
        await net.run_until("day 1")
        await net.expect("all", state="failover")
        changed = hq.here.locking_id("hq")
        assert changed in (await hq.open("/license-information")).text
        await net.rehost("hq", "hq", "rehosted")
        await net.upload_license_file("hq", "rehosted")
        await net.run_until("day 2")
        await net.expect("all", state="regular")
        assert hq.here.facts(INTERNET, LicenseFileIssued)[-1].locking_id == changed != bound_to


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
        await here.newly_installed("hq", CLA_PROGRAM)
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
        assert here.address("hq") in page.text
        document = await (await customer_of(here)).license_file(lac, MASTER_LOCKING_ID)
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
        refused = await north.browser.submit("/settings", address=here.address("hq"))
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
    """What a system had by its own file it loses as a slave; then neither CLA takes that file."""
    async with running(STANDALONE_NORTH) as here:
        hq, north = await sign_in(here), await sign_in(here, "north")
        owner = await customer_of(here)
        document = await owner.license_file(await owner.order(base=1, tdm=1), north.locking_id)
        await north.activate_file(document)
        await north.assign("200", "tdm")
        await north.unlock()
        assert await north.licensed("200") == {"tdm": 1}
        await hq.register()
        await hq.activate(here.net.lacs["LAC-1"])
        await run_wizard(north, hq)
        assert await north.licensed("200") == {}
        assert "at the master node only" in (await north.activate_file(document)).text
        assert f"bound to Locking ID {north.locking_id}" in (await hq.activate_file(document)).text
        await north.unlock()
        assert await north.licensed("200") == {"tdm": 1}
        held = {row.license: row.held for row in (await here.net.license_table()).licenses}
        assert held["tdm"] == {"north": 1}


async def test_separate_files_are_combined_at_the_cls():
    """Two nodes' files become one for the master with the sum; the slave's own is given up."""
    async with running(SAMPLE) as here:
        owner, own = await customer_of(here), here.locking_id("north")
        of_hq = await owner.order(base=1, ip=2, networking=2)
        of_north = await owner.order(base=1, tdm=3)
        documents = [
            await owner.license_file(of_hq, MASTER_LOCKING_ID),
            await owner.license_file(of_north, own),
        ]
        hq = await sign_in(here)
        await hq.activate_file(documents[0])
        await here.net.assign("200", "tdm")
        assert (await here.unlock("north")).refused
        combined = await owner.combine(documents, MASTER_LOCKING_ID)
        assert combined.path == f"/license-files/{MASTER_LOCKING_ID}"
        await hq.activate_file(await owner.download(MASTER_LOCKING_ID))
        accepted = here.facts("hq", LicenseFileAccepted)[-1]
        assert accepted.licenses == {"base": 1, "ip": 2, "networking": 2, "tdm": 3}
        assert [seat.license for seat in (await here.unlock("north")).granted] == ["tdm"]
        assert "None of your license files is bound" in await owner.download(own)
