"""Manual 4.3 and 4.3.1: from the license authorization code to activated licenses, mostly online.

The sentences are in `sentences.yaml`, each with its test.
"""

import re

import pytest
from customer import customer_of
from systems import OUTSIDE
from technician import Technician, licensed_system, sign_in, technician

from licensing.events import (
    ConnectionOpened,
    LicenseFileAccepted,
    LicenseFileIssued,
    OrderTaken,
    RegistrationSaved,
)
from licensing.messages import LICENSE_SERVER_PORT
from licensing.words import CallOutcome, Profile
from simulator.scenario import INTERNET


async def test_licenses_are_assigned_to_stations_and_lines_in_the_wbm():
    """Pages license a station and a trunk; a profile that may not assign changes nothing."""
    async with licensed_system() as someone:
        onlooker = await sign_in(someone.here, profile=Profile.BASIC)
        assert (await onlooker.assign("100", "ip")).status == 403
        assert (await onlooker.distribute(itsp_1=2)).status == 403
        assert (await someone.licensed("100"), await someone.licensed("itsp-1")) == ({}, {})
        await someone.assign("100", "ip")
        await someone.distribute(itsp_1=2)
        assert "3 licenses granted" in (await someone.unlock()).text
        assert await someone.licensed("100") == {"ip": 1}
        assert await someone.licensed("itsp-1") == {"itsp": 2}


async def test_licensed_features_are_activated_once_assigned():
    """After the activation nobody telephones yet; with station and line licensed, one does."""
    async with licensed_system() as someone:
        net = someone.here.net
        assert (await net.call("100", OUTSIDE)).reason == "no-station-license"
        await someone.assign("100", "ip")
        await someone.unlock()
        assert (await net.call("100", OUTSIDE)).reason == "no-trunk-license"
        await someone.distribute(itsp_1=1)
        await someone.unlock()
        assert (await net.call("100", OUTSIDE)).outcome is CallOutcome.CONNECTED
        assert (await net.call("101", OUTSIDE)).outcome is CallOutcome.REFUSED


async def test_licenses_must_be_activated_first():
    """Before it, a demand is refused although the license was bought; after it, it is granted."""
    async with technician() as someone:
        await someone.assign("100", "ip")
        refused = await someone.unlock()
        assert "1 license refused (no license file is activated)" in refused.text
        assert await someone.licensed("100") == {}
        await someone.register()
        await someone.activate(someone.here.net.lacs["LAC-1"])
        assert "1 license granted" in (await someone.unlock()).text
        assert await someone.licensed("100") == {"ip": 1}


async def test_activated_licenses_must_be_assigned_to_stations_and_lines():
    """Check and unlock after the activation licenses nothing that nobody assigned."""
    async with licensed_system() as someone:
        assert "nothing to unlock" in (await someone.unlock()).text
        assert await someone.licensed("100") == await someone.licensed("s2m-1") == {}
        await someone.assign("100", "ip")
        await someone.distribute(s2m_1=1)
        await someone.unlock()
        assert await someone.licensed("100") == {"ip": 1}
        assert await someone.licensed("s2m-1") == {"s2m": 1}


@pytest.mark.parametrize("method", ["online", "offline"])
async def test_licenses_are_activated_by_either_of_two_methods(method):
    """Online or with the license file: what was bought is there afterwards, and not before."""
    async with technician() as someone:
        lac = someone.here.net.lacs["LAC-1"]
        purchase = someone.here.net.scenario.internetwork.purchase["LAC-1"].licenses
        assert await someone.bought() == {}
        if method == "online":
            await someone.register()
            page = await someone.activate(lac)
        else:
            owner = await customer_of(someone.here)
            page = await someone.activate_file(await owner.license_file(lac, someone.locking_id))
        assert "License file 1, epoch 1, is activated" in page.text
        assert await someone.bought() == purchase


async def test_the_wbm_transmits_the_lac_to_the_cls():
    """The code entered in the WBM arrives at the CLS over the network; none goes out without it."""
    async with technician() as someone:
        here, lac = someone.here, someone.here.net.lacs["LAC-1"]
        await someone.register()
        to_the_cls = ConnectionOpened(to=INTERNET, port=LICENSE_SERVER_PORT)
        assert to_the_cls not in here.facts("hq", ConnectionOpened)
        await someone.activate(lac)
        assert to_the_cls in here.facts("hq", ConnectionOpened)
        assert [issued.lacs for issued in here.facts(INTERNET, LicenseFileIssued)] == [[lac]]


async def test_the_locking_id_is_used_together_with_the_lac():
    """The file fits the system's own Locking ID, and the LAC no other system's afterwards."""
    async with licensed_system() as someone:
        here, lac = someone.here, someone.here.net.lacs["LAC-1"]
        (issued,) = here.facts(INTERNET, LicenseFileIssued)
        assert issued.locking_id == someone.locking_id
        assert someone.locking_id in (await someone.open("/license-information")).text
        refused = await (await customer_of(here)).enter(lac, "00-1A-E8-4C-00-99")
        assert (refused.status, "bound to another Locking ID" in refused.text) == (409, True)
        assert "License file 1, epoch 1" in (await someone.activate(lac)).text


async def test_the_cls_creates_a_license_file_and_sends_it_back():
    """One file is issued and the same file accepted; for a wrong code there is neither."""
    async with technician() as someone:
        here, lac = someone.here, someone.here.net.lacs["LAC-1"]
        await someone.register()
        mistyped = await someone.activate(lac[:-1] + ("0" if lac[-1] != "0" else "1"))
        assert (mistyped.status, lac[:-1] in mistyped.source) == (422, True)
        assert here.facts("hq", LicenseFileAccepted) == []
        await someone.activate(lac)
        (issued,) = here.facts(INTERNET, LicenseFileIssued)
        (accepted,) = here.facts("hq", LicenseFileAccepted)
        assert accepted.serial == issued.serial
        assert accepted.licenses == here.facts(INTERNET, OrderTaken)[0].licenses


async def test_the_cls_is_accessed_by_an_internet_connection():
    """Without it nothing is activated online, and the page says so; with it the same code works."""
    async with technician() as someone:
        net, lac = someone.here.net, someone.here.net.lacs["LAC-1"]
        await someone.register()
        await net.cut("hq-internet")
        refused = await someone.activate(lac)
        assert (refused.status, "does not answer" in refused.text) == (503, True)
        assert await someone.bought() == {}
        await net.heal("hq-internet")
        assert "is activated" in (await someone.activate(lac)).text


async def test_the_address_of_the_cls_is_saved_in_the_settings():
    """License Management > Settings shows it, also after a restart, and it is what is dialed."""
    async with licensed_system() as someone:
        here, address = someone.here, address_of_the_cls(someone)
        assert address in (await someone.open("/settings")).source
        dialed = [opened.to for opened in here.facts("hq", ConnectionOpened)]
        assert INTERNET in dialed
        await someone.browser.submit("/settings", address="203.0.113.7:7790")
        await here.damage("hq", lambda _: None)
        again = await sign_in(here)
        settings = (await again.open("/settings")).source
        entered = [f'value="{each}"' in settings for each in ("203.0.113.7:7790", address)]
        assert entered == [True, False], "the installation's stands beside it"


async def test_the_address_of_the_cls_is_changed_with_the_expert_profile():
    """No other profile changes it; what Expert enters is where the next activation goes."""
    async with technician() as someone:
        here, right = someone.here, address_of_the_cls(someone)
        nobody = here.address("hq") + ":1"
        for profile in (Profile.BASIC, Profile.ADVANCED):
            other = await sign_in(here, profile=profile)
            await other.open("/settings")
            refused = await other.browser.submit("/settings", address=nobody)
            assert (refused.status, "profile Expert" in refused.text) == (403, True)
        await someone.register()
        await someone.open("/settings")
        assert f"now {nobody}" in (await someone.browser.submit("/settings", address=nobody)).text
        assert (await someone.activate(here.net.lacs["LAC-1"])).status == 503
        await someone.open("/settings")
        await someone.browser.submit("/settings", address=right)
        assert "is activated" in (await someone.activate(here.net.lacs["LAC-1"])).text


async def test_registration_data_come_before_online_licensing():
    """Not entered, or not correctly: refused with the reason. Entered: the same step works."""
    async with technician() as someone:
        here, lac = someone.here, someone.here.net.lacs["LAC-1"]
        refused = await someone.activate(lac)
        assert "registration data have not been entered" in refused.text
        incomplete = await someone.register(contact=" ")
        assert "lack contact" in incomplete.text
        incorrect = await someone.register(contact="nobody")
        assert "'nobody' is neither an e-mail address nor a telephone number" in incorrect.text
        assert re.search(r'id="contact"[^>]*aria-invalid', incorrect.source)
        assert (await someone.activate(lac)).status == 409
        assert here.facts("hq", RegistrationSaved) == here.facts(INTERNET, LicenseFileIssued) == []
        await someone.register()
        assert "is activated" in (await someone.activate(lac)).text


def address_of_the_cls(someone: Technician) -> str:
    """Where the installation says that the CLS is."""
    return someone.here.net.world.installation.node_settings("hq").license_server
