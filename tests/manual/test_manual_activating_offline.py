"""Manual 4.3.1: offline activation, by way of the pages of the Central License Server."""

from customer import COMPANY, customer_of
from technician import technician

from licensing.events import LicenseFileIssued
from simulator.scenario import INTERNET

FOREIGN = "00-1A-E8-4C-00-99"


async def test_offline_the_lac_and_the_locking_id_are_entered_at_the_cls():
    """After a log-in, and only then; the system itself needs no connection for it."""
    async with technician() as someone:
        net = someone.here.net
        await net.cut("hq-internet")
        owner = await customer_of(someone.here, signed_in=False)
        asked = await owner.enter(net.lacs["LAC-1"], someone.locking_id)
        assert (asked.status, "Sign in" in asked.text) == (401, True)
        assert someone.here.facts(INTERNET, LicenseFileIssued) == []
        await owner.sign_in()
        made = await owner.enter(net.lacs["LAC-1"], someone.locking_id)
        assert made.path == f"/license-files/{someone.locking_id}"


async def test_offline_the_cls_generates_a_license_file_from_the_data_entered():
    """The file is for that Locking ID and what that LAC bought; wrong data generate none."""
    async with technician() as someone:
        owner = await customer_of(someone.here)
        lac = await owner.order(base=1, ip=1, voicemail=1, myreports=1)
        for wrong in ((lac, "00-1A"), ("00000-00000-00000-00000", someone.locking_id)):
            assert 400 <= (await owner.enter(*wrong)).status < 500
        assert someone.here.facts(INTERNET, LicenseFileIssued) == []
        page = await owner.enter(lac, someone.locking_id)
        assert all(each in page.text for each in (someone.locking_id, COMPANY["company"], lac))
        assert "IP User 1 Voicemail 1 myReports 1" in page.text


async def test_offline_the_license_file_is_downloaded_and_copied_into_the_wbm():
    """The downloaded file is accepted as it is; altered, or for another system, it is not."""
    async with technician() as someone:
        owner, lacs = await customer_of(someone.here), someone.here.net.lacs
        another = await owner.license_file(await owner.order(base=1), FOREIGN)
        foreign = await someone.activate_file(another)
        assert f"bound to Locking ID {FOREIGN}" in foreign.text
        document = await owner.license_file(lacs["LAC-1"], someone.locking_id)
        altered = await someone.activate_file(document.replace("signature", "signatures"))
        assert (altered.status, "cannot be used" in altered.text) == (422, True)
        assert await someone.bought() == {}
        assert "is activated" in (await someone.activate_file(document)).text


async def test_offline_the_system_then_activates_the_purchased_licenses():
    """The file at the CLS alone licenses nothing; in the WBM it makes the demand come true."""
    async with technician() as someone:
        await someone.assign("100", "ip")
        owner = await customer_of(someone.here)
        document = await owner.license_file(someone.here.net.lacs["LAC-1"], someone.locking_id)
        assert "refused (no license file is activated)" in (await someone.unlock()).text
        await someone.activate_file(document)
        await someone.unlock()
        assert await someone.licensed("100") == {"ip": 1}
