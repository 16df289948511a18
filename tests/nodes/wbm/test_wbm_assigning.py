"""Assigning licenses at the pages: to one, to many, and what is free (manual 4.3.2)."""

import re

import aiohttp
import pytest
from branches import REGISTRATION
from signed_in import at, signed_in
from simulated_browser import Browser, Page

from licensing.messages import RefusedSeat, Seat
from nodes.administration import Assignments, Unlocked
from nodes.wbm.check_and_unlock import told

OF_100 = "/local-user-licenses/of/100"
MANY = "/local-user-licenses/assign"


async def fill_in(browser: Browser, path: str, *licenses: str, **fields: str) -> Page:
    """Send a form with some licenses ticked."""
    form = aiohttp.FormData({"csrf_token": browser.token, "sent": "1", **fields})
    for key in licenses:
        form.add_field("license", key)
    return await browser.send(path, form)


def ticked(page: Page) -> set[str]:
    """The licenses that a form shows as ticked."""
    return set(re.findall(r'name="license" value="([^"]+)" checked', page.source))


async def assigned(here, node: str) -> dict[str, set[str]]:
    """What is ticked at a node, by holder."""
    found: dict[str, set[str]] = {}
    for row in (await here.net.licenses(node)).rows:
        if row.quantity:
            found.setdefault(row.holder, set()).add(row.license)
    return found


async def test_a_refused_form_changes_nothing_and_is_shown_as_it_was_filled_in():
    """Two licenses are unticked, and one is ticked that is refused: nothing is released by it."""
    async with at() as (here, browser):
        await here.license()
        before = (await here.net.licenses("hq")).rows
        seen = "ip=1 voicemail=1"
        page = await fill_in(browser, OF_100, "ip", "fax", seen=seen)
        assert (page.status, ticked(page)) == (409, {"ip", "fax"})
        at_its_place = page.source.partition('id="fax"')[2].partition("</label>")[0]
        assert "cannot be assigned to 100 yet" in at_its_place
        assert 'aria-invalid="true"' in at_its_place
        assert page.source.count("cannot be assigned to 100 yet") == 2
        await here.unlock("hq")
        assert (await here.net.licenses("hq")).rows == before


async def test_what_needs_a_license_goes_with_it_at_the_save():
    """As the script does while one ticks; what is newly ticked is refused for want of it."""
    async with at() as (here, browser):
        await here.license()
        await browser.get(OF_100)
        refused = await fill_in(browser, OF_100, "voicemail", "tapi", seen="ip=1 voicemail=1")
        assert (refused.status, ticked(refused)) == (409, {"voicemail", "tapi"})
        assert (await assigned(here, "hq"))["100"] == {"ip", "voicemail"}
        page = await fill_in(browser, OF_100, "voicemail", seen="ip=1 voicemail=1")
        assert "100: saved, without what needs what was taken off: Voicemail." in page.text
        assert "100" not in await assigned(here, "hq")


async def test_somebody_elses_change_is_marked_and_ones_own_entries_stay():
    """Sent once more they are a decision on what is there now."""
    async with at() as (here, browser):
        await browser.get(OF_100)
        await here.assign("hq", ("100", "ip"), ("100", "voicemail"))
        page = await fill_in(browser, OF_100, "ip", "tapi", seen="")
        assert (page.status, ticked(page)) == (409, {"ip", "tapi"})
        assert page.text.count("Changed by somebody else meanwhile") == 2
        page = await fill_in(browser, OF_100, "ip", "tapi", seen="ip=1 voicemail=1")
        assert "100: saved" in page.text
        assert (await assigned(here, "hq"))["100"] == {"ip", "tapi"}


async def test_lines_are_one_decision():
    """A wrong number for one trunk leaves the other as it was."""
    async with at("north") as (here, browser):
        before = await assigned(here, "north")
        await browser.get("/line-licenses")
        page = await browser.submit("/line-licenses", **{"quantity-s2m-1": "9"})
        assert page.status == 422
        assert 'value="9"' in page.source
        assert 'id="quantity-s2m-1-fault"' in page.source
        assert await assigned(here, "north") == before
        overtaken = {"quantity-s2m-1": "0", "seen-s2m-1": "s2m=2"}
        page = await browser.submit("/line-licenses", **overtaken)
        assert page.status == 409
        at_its_place = page.source.partition('id="quantity-s2m-1-fault"')[2].partition("</p>")[0]
        assert "Somebody else has changed" in at_its_place


async def test_free_licenses_stand_beside_each_at_master_and_slave():
    """None free, none in the license file, and so many."""
    async with at() as (here, browser):
        await here.license()
        page = await browser.get(OF_100)
        assert "none of 4 free" in page.text
        assert "1 of 3 free" in page.text
        assert page.text.count("not in the license file") == 9
        slave = await signed_in(here, "north")
        assert "1 of 4 free" in (await slave.get("/local-user-licenses/of/200")).text
        assert "none of 1 free" in (await slave.get("/line-licenses")).text
        assert "not in the license file" in (await slave.get("/system-licenses")).text
        await here.net.cut("hq-north")
        page = await slave.get("/local-user-licenses/of/200")
        assert "Free licenses as of 2 March 2026, 08:00 UTC" in page.text
        assert "1 of 4 free" in page.text


async def test_a_range_is_assigned_at_once_or_not_at_all():
    """As well, exactly, no more, and as another one has; each has its own station license."""
    async with at("north") as (here, browser):
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        await browser.get(MANY)
        page = await fill_in(browser, MANY, "station", "voicemail", numbers="200-209", manner="add")
        assert "3 subscribers saved" in page.text
        assert "Voicemail: 3 demanded, 3 free" not in page.text
        station = {"tdm", "voicemail"}
        of_all = dict.fromkeys(("200", "201", "202"), station)
        assert (await assigned(here, "north")).items() >= of_all.items()
        refused = await fill_in(browser, MANY, "fax", numbers="200-202", manner="add")
        assert (refused.status, ticked(refused)) == (409, {"fax"})
        assert 'value="200-202"' in refused.source
        assert (await assigned(here, "north")).items() >= of_all.items()
        await fill_in(browser, MANY, "station", "uc-suite", numbers="201", manner="exactly")
        page = await fill_in(browser, MANY, numbers="200, 202", manner="as", model="201")
        assert "2 subscribers saved" in page.text
        assert (await assigned(here, "north"))["202"] == {"tdm", "uc-suite"}
        page = await fill_in(browser, MANY, "uc-suite", numbers="200-202", manner="remove")
        assert (await assigned(here, "north"))["202"] == {"tdm"}
        page = await fill_in(browser, MANY, "uc-suite", numbers="200-202", manner="remove")
        assert "nothing was changed" in page.text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"numbers": "x", "manner": "add"}, "numbers"),
        ({"numbers": " ", "manner": "add"}, "numbers"),
        ({"numbers": "199", "manner": "add"}, "numbers"),
        ({"numbers": "200", "manner": "as", "model": "199"}, "model"),
        ({"numbers": "200", "manner": "as", "model": " "}, "model"),
        ({"numbers": "200", "manner": ""}, "manner"),
        ({"numbers": "200", "manner": "add"}, "license"),
    ],
)
async def test_what_is_wrong_with_a_choice_stands_at_its_place(fields, field):
    """The other entries stay."""
    async with at("north") as (_, browser):
        await browser.get(MANY)
        page = await fill_in(browser, MANY, **fields)
        assert page.status >= 400
        assert f'id="{field}-fault"' in page.source
        assert page.source.count('class="fault"') == 1


async def test_ticked_rows_and_what_was_found_are_ranges():
    """Ticked in the overview, or all that the filter lets through."""
    async with at("north") as (_, browser):
        page = await browser.get(f"{MANY}?number=200&number=202")
        assert 'value="200, 202"' in page.source
        page = await browser.get(f"{MANY}?found&type=up0")
        assert 'value="200-202"' in page.source


async def test_the_overview_is_filtered_by_state_type_and_words():
    """And the pager, the link to all of them, and the choice keep it."""
    async with at() as (here, browser):
        await here.license()
        await here.assign("hq", ("101", "tapi"))
        page = await browser.get("/local-user-licenses?show=unsaved")
        assert 'href="/local-user-licenses/of/101#tapi"' in page.source
        assert "/of/100" not in page.source
        assert "1 subscriber," in page.text
        page = await browser.get("/local-user-licenses?show=none")
        assert "No subscriber is found." in page.text
        page = await browser.get("/local-user-licenses?type=ip-hfa&find=10&show=licensed")
        assert "assign?found&amp;find=10&amp;show=licensed&amp;type=ip-hfa&amp;" in page.source
        assert "Assign to all 2 found" in page.text


async def test_check_and_unlock_tells_its_scope_and_the_results_of_other_pages_by_a_link():
    """The page's own items have theirs beside them."""
    async with at("north") as (here, browser):
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        await here.assign("north", *((n, "tdm") for n in ("200", "201", "202")), ("s2m-1", "s2m"))
        page = await browser.get("/line-licenses")
        assert "The whole node: 4 unsaved demands." in page.text
        page = await browser.submit("/line-licenses/unlock")
        assert "Checked and unlocked the whole node: 4 licenses granted." in page.text
        assert "3 results at Local User Licenses" in page.text
        assert page.text.count("just now: granted") == 1
        await here.tell(
            "north", "/v1/unassign", Assignments(seats=[Seat(holder="201", license="tdm")])
        )
        page = await browser.get("/local-user-licenses/of/201")
        assert "1 unsaved release" in page.text
        page = await browser.submit("/local-user-licenses/of/201/unlock")
        assert "1 license given back" in page.text
        assert "results at" not in page.text
        assert page.text.count("just now: given back") == 1


def test_what_is_granted_in_part_says_so_at_its_place():
    """A trunk that gets one of the four channels that it asks for was not simply refused."""
    granted = [Seat(holder="itsp-1", license="itsp", quantity=1)]
    refused = [RefusedSeat(holder="itsp-1", license="itsp", quantity=3, reason="too-few-licenses")]
    unlocked = Unlocked(answered=True, granted=granted, refused=refused)
    notice = told(unlocked, [], "/line-licenses")
    assert notice.items == {("itsp-1", "itsp"): "just now: 1 granted, 3 refused"}


async def test_saved_checked_and_unlocked_in_one_go():
    """While an earlier check and unlock is not answered, nothing is saved either."""
    async with at("north") as (here, browser):
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        fields = {"numbers": "200-202", "manner": "add", "then": "unlock"}
        await browser.get(MANY)
        page = await fill_in(browser, MANY, "station", **fields)
        assert "3 subscribers saved. Checked and unlocked the whole node: 3 licenses" in page.text
        await here.net.cut_one_way("hq", "north")
        page = await fill_in(browser, MANY, "voicemail", **fields)
        assert "3 subscribers saved. The central CLA does not answer" in page.text
        before = (await here.net.licenses("north")).rows
        page = await fill_in(browser, MANY, "tapi", **fields)
        assert (page.status, ticked(page)) == (409, {"tapi"})
        assert (await here.net.licenses("north")).rows == before


async def test_save_and_next_goes_on_with_the_next_subscriber():
    """And tells there what was saved."""
    async with at() as (_, browser):
        await browser.get(OF_100)
        page = await fill_in(browser, OF_100, "ip", seen="", onward="101")
        assert page.path == "/local-user-licenses/of/101"
        assert "100: saved" in page.text
        page = await fill_in(browser, OF_100, "ip", seen="ip=1", onward="//elsewhere")
        assert page.path == OF_100
