"""The WBM's pages for subscribers, system licenses and the Network Wizard, without script."""

import asyncio
import re

from branches import CLS_PROGRAM, INTERNET, REGISTRATION
from signed_in import at

from license_server.administration import ORDER_PATH, OrderedLac, PlaceOrder
from licensing.messages import Activated, Registration
from licensing.words import Role
from nodes.administration import ActivateOnline
from nodes.telephony.equipment import Subscriber
from nodes.telephony.subscribers import Subscribers

ENTERED = Registration(company="Example Ltd", contact="it@example.com")
CALL_NUMBER = "/local-user-licenses/of/100"


async def _types(here, node: str) -> dict[str, str]:
    answer = await here.net.admin.ask(node, "node", "/v1/subscribers", Subscribers)
    return {each.number: each.type for each in answer.subscribers}


async def test_a_deletion_says_first_what_it_releases():
    """Manual 4.3.2: the station license of a deleted subscriber is released."""
    async with at() as (here, browser):
        await here.license()
        asked = await browser.get(f"{CALL_NUMBER}/delete")
        assert "These licenses are released IP User Voicemail" in asked.text
        assert "100 is the attendant of this node; 101 will be" in asked.text
        assert "100" in await _types(here, "hq")
        page = await browser.submit(f"{CALL_NUMBER}/delete")
        assert (page.path, "100 is deleted" in page.text) == ("/local-user-licenses", True)
        assert "100" not in await _types(here, "hq")
        table = {row.license: row for row in (await here.net.license_table()).licenses}
        assert table["ip"].held["hq"] == 1
        again = await browser.submit(f"{CALL_NUMBER}/delete")
        assert (again.status, "No subscriber has the call number 100" in again.text) == (404, True)


async def test_another_type_says_first_what_it_releases():
    """Manual 4.3.2: released where another subscriber type is assigned, kept where it fits."""
    async with at() as (here, browser):
        await here.license()
        page = await browser.get(f"{CALL_NUMBER}/type")
        assert "SIP telephone IP User; nothing is released" in page.text
        assert "Mobile station Mobile User; releases IP User, Voicemail" in page.text
        assert "UP0" not in page.text
        for type_, told in (
            ("ip-hfa", "as before: nothing was changed"),
            ("sip", "its licenses stay"),
            ("mobile", "its licenses are released"),
        ):
            page = await browser.submit(f"{CALL_NUMBER}/type", type=type_)
            assert told in page.text
            assert (await _types(here, "hq"))["100"] == type_
        wrong = await browser.submit(f"{CALL_NUMBER}/type", type="up0")
        assert (wrong.status, "has no up0 ports" in wrong.text) == (409, True)
        nonsense = await browser.submit(f"{CALL_NUMBER}/type", type="<b>")
        assert nonsense.status == 400


async def test_a_subscriber_is_added_and_then_assigned():
    """A call number that cannot be one is refused, and what was entered stays in the form."""
    async with at() as (here, browser):
        await browser.get("/")
        for number in ("101", "112", "12a", ""):
            page = await browser.submit("/local-user-licenses/add", number=number, type="sip")
            assert (page.status, "cannot be such a subscriber" in page.text) == (409, True)
            assert f'value="{number}"' in page.source
            assert '<option value="sip" selected>' in page.source
        page = await browser.submit("/local-user-licenses/add", number=" 170 ", type="sip")
        assert (page.path, "170 is added" in page.text) == ("/local-user-licenses/of/170", True)
        assert (await _types(here, "hq"))["170"] == "sip"


async def test_red_assignments_say_why():
    """Manual 4.3.2 d: in the overview, at the subscriber, and in print."""
    async with at() as (here, browser):
        await here.license()
        new = Subscriber(number="170", type="mobile")
        await here.tell("hq", "/v1/add-subscriber", new)
        await here.assign("hq", ("170", "mobile"))
        await here.unlock("hq")
        for path in (
            "/local-user-licenses",
            "/local-user-licenses/of/170",
            "/local-user-licenses/print",
        ):
            assert "no Mobile User license is free" in (await browser.get(path)).text
        red = (await browser.get("/local-user-licenses")).source
        assert re.search(r'is free:\s*<a href="/local-user-licenses/of/170">170</a>', red)


async def test_license_information_tells_what_may_stand_in():
    """Flexible licensing (domain 2): free licenses of their own, and IP licenses on top."""
    async with at() as (here, browser):
        month_s = 30 * 86_400
        licenses = {"base": 1, "networking": 2, "ip": 3, "tdm": 2}
        order = PlaceOrder(licenses=licenses, failover_period_s=month_s, flexible=True)
        lac = (await here.tell(INTERNET, ORDER_PATH, order, OrderedLac, program=CLS_PROGRAM)).lac
        await here.tell("hq", "/v1/registration", ENTERED)
        await here.tell("hq", "/v1/activate", ActivateOnline(lac=lac), Activated)
        page = await browser.get("/license-information")
        assert re.search(r"TDM User 2 \S \S 2 \+ 3 IP", page.text)
        assert re.search(r"IP User 3 \S \S 3 [^+]", page.text)


async def test_system_licenses_are_allotted_to_the_node():
    """Ticked, saved, checked and unlocked; whoever comes second learns of it; red says why."""
    async with at() as (here, browser):
        await here.license()
        await browser.get("/system-licenses")
        wanted = {"seen": "", "sent": "1", "license": "gate-view"}
        assert "Saved." in (await browser.submit("/system-licenses", **wanted)).text
        second = await browser.submit("/system-licenses", **wanted)
        assert (second.status, "Somebody else has changed the assignments" in second.text) == (
            409,
            True,
        )
        page = await browser.submit("/system-licenses/unlock")
        assert (page.path, "1 license refused" in page.text) == ("/system-licenses", True)
        assert "Not licensed: no Gate View license is free" in page.text
        assert "this system" in (await browser.get("/local-user-licenses/print")).text


async def test_the_wizard_leads_out_of_the_internetwork_again():
    """The page says first what will happen; then the node is standalone and says what it lacks."""
    async with at("north") as (here, browser):
        await here.license()
        assert "4 licenses of this node" in (await browser.get("/network-wizard/leave")).text
        page = await browser.submit("/network-wizard/leave")
        assert (page.path, "has left the internetwork" in page.text) == ("/network-wizard", True)
        assert (await here.net.state("north")).role is Role.STANDALONE
        assert "Nothing was changed" in (await browser.submit("/network-wizard/leave")).text
        for path in ("/activate", "/license-information"):
            assert "No Customer License Agent is installed" in (await browser.get(path)).text
        page = await browser.get("/system-licenses")
        assert "unlocked by the license activation" in page.text
        assert "Gate View Not in the license file" in page.text


async def test_a_slave_leads_to_the_masters_page():
    """Manual 4.4: the network license file is activated at the master; the link goes there."""
    async with at("north") as (_, browser):
        page = await browser.get("/activate")
        master = re.search('href="(http://[0-9.]+:[0-9]+)/activate"', page.source)
        browser._base = master[1]
        assert "WBM of hq" in (await browser.get("/activate")).text


async def test_a_double_click_on_check_and_unlock_has_one_effect():
    """The second learns that the first is under way; nothing is granted twice."""
    async with at() as (here, browser):
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        await here.assign("hq", ("100", "ip"))
        await browser.get("/local-user-licenses")
        clicks = (browser.submit("/local-user-licenses/unlock") for _ in range(2))
        pages = sorted(await asyncio.gather(*clicks), key=lambda page: page.status)
        assert [page.status for page in pages] == [200, 409]
        assert "1 license granted" in pages[0].text
        assert "A check and unlock is under way" in pages[1].text
        assert (await here.net.licenses("hq")).in_use == {"ip": 1}


async def test_a_session_that_ended_while_a_subscriber_was_entered_loses_nothing():
    """After the sign-in the form is as it was, and nothing was added behind it."""
    async with at() as (here, browser):
        await browser.get("/local-user-licenses/add")
        await asyncio.sleep(31 * 60)
        new = {"number": "170", "type": "mobile"}
        ended = await browser.submit("/local-user-licenses/add", **new)
        assert ended.status == 401
        kept = dict(re.findall(r'name="(kept-[a-z_]+)" value="([^"]*)"', ended.source))
        form = await browser.sign_in("Expert", next="/local-user-licenses/add", **kept)
        assert 'value="170"' in form.source
        assert '<option value="mobile" selected>' in form.source
        assert "170" not in await _types(here, "hq")
        assert "170 is added" in (await browser.submit("/local-user-licenses/add", **new)).text
