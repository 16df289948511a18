"""Manual 4.3 and 4.3.1: from the license authorization code to activated licenses, online and off.

The sentences are in `sentences.py`; each test is named there.
"""

import aiohttp
import pytest
from browser import PASSWORD
from technician import (
    COMPANY,
    CUSTOMER,
    OUTSIDE,
    Technician,
    address_of,
    customer,
    licensed_system,
    offline,
    sign_in,
    technician,
)

from license_server.administration import ORDER_PATH, OrderedLac, PlaceOrder
from licensing.events import (
    ConnectionOpened,
    LicenseFileAccepted,
    LicenseFileIssued,
    OrderTaken,
    RegistrationSaved,
)
from licensing.messages import LICENSE_SERVER_PORT
from licensing.words import CallOutcome, Profile
from simulator.installation import CLS
from simulator.scenario import INTERNET


async def bought(someone: Technician) -> dict[str, int]:
    """What has been activated, by license."""
    table = await someone.here.net.license_table()
    return {row.license: row.bought for row in table.licenses if row.bought}


def locking_id(someone: Technician) -> str:
    """The Locking ID of the technician's system."""
    return someone.here.net.world.installation.locking_id(someone.node)


async def test_licenses_are_assigned_to_stations_and_lines_in_the_wbm():
    """A station and a trunk are licensed from pages; who may not assign changes nothing."""
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
        assert (await someone.here.net.licenses("hq")).in_use == {}
        await someone.assign("100", "ip")
        await someone.distribute(s2m_1=1)
        await someone.unlock()
        assert (await someone.here.net.licenses("hq")).in_use == {"ip": 1, "s2m": 1}


@pytest.mark.parametrize("method", ["online", "offline"])
async def test_licenses_are_activated_by_either_of_two_methods(method):
    """Online or with the license file: what was bought is there afterwards, and not before."""
    async with technician() as someone:
        lac = someone.here.net.lacs["LAC-1"]
        purchase = someone.here.net.scenario.internetwork.purchase["LAC-1"]
        assert await bought(someone) == {}
        if method == "online":
            await someone.register()
            page = await someone.activate(lac)
        else:
            at_the_cls = await customer(someone.here)
            page = await someone.activate_file(await offline(at_the_cls, lac, locking_id(someone)))
        assert "License file 1, epoch 1, is activated" in page.text
        assert await bought(someone) == purchase


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
        assert issued.locking_id == locking_id(someone)
        assert locking_id(someone) in (await someone.open("/license-information")).text
        at_the_cls, fields = await customer_of(someone), COMPANY | {"lac": lac}
        await at_the_cls.get("/activate")
        refused = await at_the_cls.submit("/activate", locking_id="00-1A-E8-4C-00-99", **fields)
        assert (refused.status, "bound to another Locking ID" in refused.text) == (409, True)
        assert "License file 1, epoch 1, is activated" in (await someone.activate(lac)).text


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
    """Without it nothing is activated online, which is told; with it the same code works."""
    async with technician() as someone:
        net, lac = someone.here.net, someone.here.net.lacs["LAC-1"]
        await someone.register()
        await net.cut("hq-internet")
        refused = await someone.activate(lac)
        assert (refused.status, "does not answer" in refused.text) == (503, True)
        assert await bought(someone) == {}
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
        assert ("203.0.113.7:7790" in settings, address in settings) == (True, False)


async def test_the_address_of_the_cls_is_changed_with_the_expert_profile():
    """No other profile changes it; what Expert enters is where the next activation goes."""
    async with technician() as someone:
        here, right = someone.here, address_of_the_cls(someone)
        nobody = f"{address_of(here, 'hq')}:1"
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
    """Not entered, or not completely: refused with the reason. Entered: the same step works."""
    async with technician() as someone:
        here, lac = someone.here, someone.here.net.lacs["LAC-1"]
        refused = await someone.activate(lac)
        assert "registration data have not been entered" in refused.text
        incomplete = await someone.register(contact=" ")
        assert "lack contact" in incomplete.text
        assert (await someone.activate(lac)).status == 409
        assert here.facts("hq", RegistrationSaved) == here.facts(INTERNET, LicenseFileIssued) == []
        await someone.register()
        assert "is activated" in (await someone.activate(lac)).text


async def test_offline_the_lac_and_the_locking_id_are_entered_at_the_cls():
    """After a log-in, and only then; the system itself needs no connection for it."""
    async with technician() as someone:
        net, fields = someone.here.net, COMPANY | {"locking_id": locking_id(someone)}
        await net.cut("hq-internet")
        at_the_cls = await customer(someone.here)
        assert (await at_the_cls.get("/activate")).path == "/sign-in"
        await at_the_cls.send("/activate", fields | {"lac": net.lacs["LAC-1"]})
        assert someone.here.facts(INTERNET, LicenseFileIssued) == []
        await at_the_cls.sign_in(CUSTOMER)
        await at_the_cls.get("/activate")
        made = await at_the_cls.submit("/activate", lac=net.lacs["LAC-1"], **fields)
        assert made.path == f"/license-files/{locking_id(someone)}"


async def test_offline_the_cls_generates_a_license_file_from_the_data_entered():
    """The file is for that Locking ID and what that LAC bought; wrong data generate none."""
    async with technician() as someone:
        at_the_cls, lac = await customer_of(someone), someone.here.net.lacs["LAC-2"]
        await at_the_cls.get("/activate")
        for wrong in ({"locking_id": "00-1A"}, {"lac": "00000-00000-00000-00000"}):
            fields = COMPANY | {"lac": lac, "locking_id": locking_id(someone)} | wrong
            assert 400 <= (await at_the_cls.submit("/activate", **fields)).status < 500
        assert someone.here.facts(INTERNET, LicenseFileIssued) == []
        fields = COMPANY | {"lac": lac, "locking_id": locking_id(someone)}
        page = await at_the_cls.submit("/activate", **fields)
        assert locking_id(someone) in page.text
        assert "IP User 1 Voicemail 1" in page.text


async def test_offline_the_license_file_is_downloaded_and_copied_into_the_wbm():
    """The downloaded file is accepted as it is; altered, or for another system, it is not."""
    async with technician() as someone:
        lac = someone.here.net.lacs["LAC-1"]
        at_the_cls = await customer(someone.here)
        foreign = await offline(at_the_cls, someone.here.net.lacs["LAC-2"], "00-1A-E8-4C-00-99")
        refused = await someone.activate_file(foreign)
        assert "bound to Locking ID 00-1A-E8-4C-00-99" in refused.text
        document = await offline(at_the_cls, lac, locking_id(someone))
        refused = await someone.activate_file(document.replace("signature", "signatures"))
        assert (refused.status, "cannot be used" in refused.text) == (422, True)
        assert await bought(someone) == {}
        assert "is activated" in (await someone.activate_file(document)).text


async def test_offline_the_system_then_activates_the_purchased_licenses():
    """The file at the CLS alone licenses nothing; in the WBM it makes the demand come true."""
    async with technician() as someone:
        await someone.assign("100", "ip")
        lac = someone.here.net.lacs["LAC-1"]
        document = await offline(await customer(someone.here), lac, locking_id(someone))
        assert "refused (no license file is activated)" in (await someone.unlock()).text
        await someone.activate_file(document)
        await someone.unlock()
        assert await someone.licensed("100") == {"ip": 1}


async def test_further_licenses_expand_the_system():
    """The third station is one too many, until a further license is bought and activated."""
    async with licensed_system() as someone:
        for number in ("100", "101", "102"):
            await someone.assign(number, "ip")
        assert "1 license refused (no IP User license is free)" in (await someone.unlock()).text
        order = PlaceOrder(licenses={"ip": 1}, failover_period_s=30 * 86_400)
        further = await someone.here.tell(INTERNET, ORDER_PATH, order, OrderedLac, program=CLS)
        assert "refused" in (await someone.unlock()).text
        await someone.activate(further.lac)
        assert "1 license granted" in (await someone.unlock()).text
        assert await someone.licensed("102") == {"ip": 1}


async def test_an_additional_lac_activates_the_newly_procured_licenses():
    """It is another code; it adds what it bought, nothing more, and only once."""
    async with licensed_system() as someone:
        net = someone.here.net
        assert net.lacs["LAC-2"] != net.lacs["LAC-1"]
        first = await bought(someone)
        await someone.activate(net.lacs["LAC-2"])
        both = first | {"ip": first["ip"] + 1, "voicemail": first["voicemail"] + 1}
        assert await bought(someone) == both
        await someone.activate(net.lacs["LAC-2"])
        assert await bought(someone) == both


async def test_additional_licenses_are_activated_remotely():
    """A technician far away reaches the WBM over a link; while the link is cut, nobody does."""
    async with licensed_system() as someone:
        net, before = someone.here.net, await bought(someone)
        far_away = await sign_in(someone.here, host=INTERNET)
        await net.cut("hq-internet")
        with pytest.raises(aiohttp.ConnectionTimeoutError):
            await far_away.activate(net.lacs["LAC-2"])
        assert await bought(someone) == before
        await net.heal("hq-internet")
        assert "is activated" in (await far_away.activate(net.lacs["LAC-2"])).text
        assert (await bought(someone))["ip"] == before["ip"] + 1


def address_of_the_cls(someone: Technician) -> str:
    """Where the installation says that the CLS is."""
    return someone.here.net.world.installation.node_settings("hq").license_server


async def customer_of(someone: Technician):
    """The customer, signed in at the pages of the CLS."""
    at_the_cls = await customer(someone.here)
    assert (await at_the_cls.sign_in(CUSTOMER, PASSWORD)).status == 200
    return at_the_cls
