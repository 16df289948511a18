"""The WBM as a browser without script sees it: real aiohttp on simulated hosts, in virtual time."""

import asyncio
import html
import re

import aiohttp
import pytest
from branches import REGISTRATION, branches
from signed_in import at, signed_in
from simulated_browser import PASSWORD, Browser

from licensing.agent_requests import read_carried_request
from licensing.events import LicenseServerChanged, RegistrationSaved
from licensing.messages import CLS_REISSUE_PATH, NODE_PORT, IssuedAnswer
from licensing.words import CLS_PROGRAM, LicenseState, NodeState, Profile
from nodes.administration import SaveWbmUser
from nodes.profiles import RIGHTS, Right
from nodes.wbm.form import seats_of, seats_text
from nodes.wbm.forms import WBM_FORMS
from nodes.wbm.words import PAGES, SIGNS, STATUS_WORDS, TASK_CENTERS, locking_id_name
from runtime import passwords
from runtime.http import client
from runtime.pages.site import REFUSAL_DELAY_S
from simulator.scenario import INTERNET

MARKUP = "<script>alert('x')</script> & Co"
READ = [*PAGES, "/local-user-licenses/print", "/local-user-licenses/of/100"]


async def test_from_the_lac_to_a_licensed_station():
    """Manual 4.3: registration first, activate, assign, check and unlock; each step says so."""
    async with at() as (here, browser):
        lac = here.net.lacs["LAC-1"]
        assert "registration data come first" in (await browser.get("/activate")).text
        refused = await browser.submit("/activate", lac=lac)
        assert (refused.status, "have not been entered" in refused.text) == (409, True)
        page = await browser.submit("/registration", company=MARKUP, contact="it@example.com")
        assert "registration data are saved" in page.text
        mistyped = await browser.submit("/activate", lac=lac[:-1])
        assert (mistyped.status, lac[:-1] in mistyped.source) == (422, True)
        assert (
            "License file 1, epoch 1, is activated"
            in (await browser.submit("/activate", lac=lac.lower())).text
        )
        await asyncio.sleep(1)
        await browser.submit("/local-user-licenses/of/100", seen="", license="ip")
        page = await browser.get("/local-user-licenses/of/100")
        assert page.text.count("Unsaved license demand") >= 1
        page = await browser.submit("/local-user-licenses/unlock")
        assert "1 license granted" in page.text
        rows = (await here.net.licenses("hq")).rows
        states = {row.license: row.state for row in rows if row.holder == "100"}
        assert states["ip"] is LicenseState.LICENSED
        assert "nothing to unlock" in (await browser.submit("/local-user-licenses/unlock")).text


async def test_too_few_licenses_are_shown_in_red_and_printed_at_the_end():
    """Manual 4.3.2 d: invalid assignments are in red, and in a table of their own at the end."""
    async with at() as (here, browser):
        await here.license()
        seen = "ip=1 voicemail=1"
        page = await browser.submit(
            "/local-user-licenses/of/100", seen=seen, license="ip", holder="101"
        )
        assert "100: saved" in page.text
        fields = aiohttp.FormData({"csrf_token": browser.token, "seen": seen})
        for key in ("ip", "voicemail", "tapi"):
            fields.add_field("license", key)
        await browser.send("/local-user-licenses/of/101", fields)
        page = await browser.submit("/local-user-licenses/unlock")
        assert "1 license refused (no TAPI 120/170 license is free)" in page.text
        assert 'class="told warning"' in page.source
        assert 'class="told notice"' not in page.source
        assert "1 invalid assignment." in page.text
        printed = await browser.get("/local-user-licenses/print")
        after = printed.text.partition("Invalid assignments")[2]
        assert "101" in after
        assert "TAPI 120/170" in after
        assert (
            "100"
            not in (await browser.get("/local-user-licenses?show=invalid")).text.partition(
                "TAPI 120/170"
            )[2]
        )


async def test_two_technicians_at_one_subscriber_do_not_undo_each_other():
    """Whoever comes second learns of it, and nothing is changed."""
    async with at() as (_, browser):
        await browser.get("/")
        await browser.submit("/local-user-licenses/of/100", seen="", license="ip")
        second = await browser.submit("/local-user-licenses/of/100", seen="")
        assert (second.status, "Somebody else has changed the assignments" in second.text) == (
            409,
            True,
        )
        assert "ip=1" in (await browser.get("/local-user-licenses/of/100")).source


async def test_lines_are_given_channels():
    """Trunk licenses are distributed to the trunks; too many channels are refused."""
    async with at() as (here, browser):
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        page = await browser.get("/line-licenses")
        assert "itsp-1" in page.text
        page = await browser.submit("/line-licenses", **{"quantity-itsp-1": "2"})
        assert "itsp-1: saved" in page.text
        assert "2 licenses granted" in (await browser.submit("/line-licenses/unlock")).text
        seen = {"seen-itsp-1": "itsp=2"}
        for wrong, status in (("99", 422), ("x", 400), ("9" * 5000, 400)):
            page = await browser.submit("/line-licenses", **seen, **{"quantity-itsp-1": wrong})
            assert page.status == status
        same = await browser.submit("/line-licenses", **seen, **{"quantity-itsp-1": "2"})
        assert "Nothing was changed" in same.text


async def test_a_slave_says_why_it_activates_nothing_and_where_that_is_done():
    """Manual 4.4: at the master only; the access to the CLS is disabled."""
    async with at("north") as (here, browser):
        page = await browser.get("/activate")
        assert "activated at the master only" in page.text
        assert (await here.net.state("north")).master_address in page.text
        assert "access is disabled" in (await browser.get("/settings")).text
        for path, fields in (("/activate", {"lac": "x"}), ("/settings", {"address": "1.1.1.1"})):
            refused = await browser.submit(path, **fields)
            assert (refused.status, "at the master node only" in refused.text) == (409, True)


async def test_the_relicensing_request_is_a_file_and_its_answer_is_activated_like_one():
    """F15: downloaded at the page Activate of the master, answered elsewhere, loaded there."""
    async with at() as (here, browser):
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        assert "/activate/relicensing-request/download" in (await browser.get("/activate")).source
        file = await browser.get("/activate/relicensing-request/download")
        assert "attachment" in file.headers["Content-Disposition"]
        signed = read_carried_request(file.source)
        issued = await here.tell(
            INTERNET, CLS_REISSUE_PATH, signed, IssuedAnswer, program=CLS_PROGRAM
        )
        page = await browser.submit("/activate/file", license_file=issued.answer)
        assert "was activated before; nothing has changed" in page.text


@pytest.mark.parametrize(
    ("node", "user", "status"), [("north", "Expert", 409), ("hq", "Basic", 403)]
)
async def test_only_the_master_and_who_may_activate_gives_a_relicensing_request(node, user, status):
    """The file names the license file, so that it is for nobody else."""
    async with at(node, user) as (_, browser):
        assert (await browser.get("/activate/relicensing-request/download")).status == status


@pytest.mark.parametrize("profile", Profile)
async def test_each_profile_does_what_the_table_says_and_no_more(profile):
    """Every form of every page; only Expert changes the CLS address."""
    async with at(user=profile.value) as (here, browser):
        for path in READ:
            assert (await browser.get(path)).status == 200
        for form in WBM_FORMS:
            page = await browser.submit(form.path.format(holder="100"))
            allowed = form.right in RIGHTS[profile]
            assert ("does not allow this" in page.text) is not allowed, form.path
        assert [each for each in Profile if Right.LICENSE_SERVER in RIGHTS[each]] == [
            Profile.EXPERT
        ]
        page = await browser.submit("/settings", address="198.51.100.9")
        changed = here.facts("hq", LicenseServerChanged)
        assert bool([fact for fact in changed if fact.address]) == (profile is Profile.EXPERT)


async def test_the_wizard_says_what_it_did_and_the_master_enrols_keys():
    """A step that changes nothing says so; an address that is none changes nothing."""
    async with at() as (here, browser):
        address = (await here.net.state("hq")).master_address
        page = await browser.get("/network-wizard")
        assert "largest bandwidth" in page.text
        page = await browser.submit("/network-wizard", role="master", master_address=address)
        assert "as before" in page.text
        page = await browser.submit("/network-wizard", role="master", master_address="http://x")
        assert (page.status, "is not host[:port]" in page.text) == (400, True)
        page = await browser.submit("/network-wizard", master_address=address)
        assert (page.status, "neither master nor slave" in page.text) == (400, True)
        page = await browser.submit("/network-wizard/enrol", node="west", public_key="rubbish")
        assert 400 <= page.status < 500


async def test_a_master_that_has_slaves_is_told_to_let_them_leave_first():
    """The page says so before it is tried, and the refusal names the slaves and the way out."""
    async with at() as (here, browser):
        await here.license()
        assert "Slaves leave first" in (await browser.get("/network-wizard/leave")).text
        page = await browser.submit("/network-wizard/leave")
        assert page.status == 409
        assert "holds licenses for north, south. Make them standalone" in page.text
        assert "has left" not in page.text


@pytest.mark.parametrize(("node", "offered"), [("hq", True), ("north", False)])
async def test_only_a_host_with_a_cla_is_offered_to_be_master(node, offered):
    """What is chosen all the same is refused, with words."""
    async with at(node) as (_, browser):
        page = await browser.get("/network-wizard")
        assert ('value="master"' in page.source) is offered
        assert ("it can only be a slave" in page.text) is not offered
        page = await browser.submit("/network-wizard", role="master", master_address="")
        assert ("No Customer License Agent is installed" in page.text) is not offered
        page = await browser.submit("/network-wizard", role="slave", master_address="")
        assert "Enter the IP address of the master" in page.text


async def test_a_slave_that_the_central_cla_refuses_says_why_and_what_to_do():
    """It left unheard, and joins again: its key must be made known anew."""
    async with at("north") as (here, browser):
        await here.license()
        assert "No CLA is installed" in (await browser.get("/network-wizard/leave")).text
        address = (await here.net.state("north")).master_address
        await here.net.cut("hq-north")
        await asyncio.sleep(2 * 3600)
        await browser.sign_in("Expert")  # the session has ended meanwhile
        leaving = (await browser.get("/network-wizard/leave")).text
        assert "keeps the licenses of this node reserved" in leaving
        assert "must be made known there anew" in leaving
        await browser.submit("/network-wizard/leave")
        await here.net.heal("hq-north")
        await browser.submit("/network-wizard", role="slave", master_address=address)
        await asyncio.sleep(60)
        assert (await here.net.state("north")).refusal == "clone-suspected"
        for page in ("/", "/network-wizard"):
            assert "clone suspected. Enrol the key of a node" in (await browser.get(page)).text
        await here.net.wizard("north", role="slave", master="hq")
        await asyncio.sleep(1)
        state = await here.net.state("north")
        assert (state.connected, state.refusal) == (True, "")


async def test_without_a_session_or_the_forms_own_token_nothing_is_done():
    """CSRF: a guessed token, a foreign origin, no cookie at all."""
    async with at() as (here, browser):
        assert (await Browser("hq").get("/settings")).path == "/sign-in"
        fields = {"company": "Evil", "contact": "evil@example.com"}
        page = await browser.send("/registration", fields | {"csrf_token": "guessed"})
        assert (page.status, "Evil" in page.source) == (403, True)
        await browser.get("/")
        signed = {"csrf_token": browser.token} | fields
        page = await browser.send("/registration", signed, Origin="https://evil.example")
        assert page.status == 400
        assert here.facts("hq", RegistrationSaved) == []


async def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing():
    """Clear words, nothing done, and after the sign-in the form is as it was."""
    async with at() as (here, browser):
        await browser.get("/registration")
        await asyncio.sleep(31 * 60)
        ended = await browser.submit("/registration", company=MARKUP, contact="it@example.com")
        assert (ended.status, "what you entered is kept" in ended.text) == (401, True)
        found = re.findall(r'name="(kept-[a-z_]+)" value="([^"]*)"', ended.source)
        kept = {name: html.unescape(value) for name, value in found}
        form = await browser.sign_in("Expert", next="/registration", **kept)
        assert "signed in again" in form.text
        assert html.escape(MARKUP, quote=False).replace("'", "&#39;") in form.source
        assert here.facts("hq", RegistrationSaved) == []
        page = await browser.submit("/registration", company=MARKUP, contact="it@example.com")
        assert "are saved" in page.text


async def test_markup_in_names_is_shown_and_never_run():
    """No page has a script but ours, and the policy allows no other."""
    async with at() as (_, browser):
        await browser.submit("/registration", company=MARKUP, contact="it@example.com")
        for path in READ:
            page = await browser.get(path)
            assert re.findall("<script[^>]*>", page.source) == [
                '<script type="module" src="/wbm.js">'
            ]
            assert "script-src 'self';" in page.headers["Content-Security-Policy"] + ";"
        assert MARKUP in (await browser.get("/activate")).text


async def test_guessing_is_slowed_down_and_the_first_account_is_explained():
    """After five failures the right password waits, too; a node without accounts says so."""
    async with branches() as here:
        browser = Browser("north")
        assert "POST /v1/wbm-user" in (await browser.get("/")).text
        account = SaveWbmUser(name="Expert", profile=Profile.EXPERT, password=PASSWORD)
        await here.tell("north", "/v1/wbm-user", account)
        assert "POST /v1/wbm-user" not in (await browser.get("/")).text
        for _ in range(passwords.FAILURES_PER_NAME):
            refused = await browser.sign_in("Expert", "guessed")
            assert (refused.status, "vendor" in refused.text) == (401, False)
        began_s = asyncio.get_running_loop().time()
        assert (await browser.sign_in("Expert")).status == 429
        assert asyncio.get_running_loop().time() - began_s > REFUSAL_DELAY_S
        short = SaveWbmUser(name="x", profile=Profile.BASIC, password="short")
        assert await here.refusal("north", "/v1/wbm-user", short) == "account-malformed"


async def test_accounts_survive_a_power_cut():
    """They are on the node's disk; sessions are not."""
    async with at() as (here, browser):
        await here.damage("hq", lambda _: None)
        assert (await browser.get("/")).path == "/sign-in"
        assert (await browser.sign_in("Expert")).path == "/"


async def test_guesses_from_elsewhere_lock_nobody_out_where_the_account_has_signed_in_before(
    monkeypatch,
):
    """Not even after a power cut, for the address is on disk; a new one waits with the guesser."""
    monkeypatch.setattr(passwords, "FAILURES_PER_ACCOUNT", 3)
    async with at("north") as (here, browser):
        await here.damage("north", lambda _: None)
        elsewhere = Browser("hq", f"http://north:{NODE_PORT}")
        for _ in range(3):
            assert (await elsewhere.sign_in("Expert", "guessed")).status == 401
        assert (await elsewhere.sign_in("Expert")).status == 429
        assert (await browser.sign_in("Expert")).path == "/"


async def test_displays_are_told_as_they_change():
    """Server-sent events: `Failover Period` appears by itself, and goes."""
    async with at("north") as (here, browser):
        await here.license()
        await here.net.run_until("day 1 08:00")
        await browser.sign_in("Expert")
        url = f"http://north:{NODE_PORT}/live"

        async def listen() -> list[str]:
            seen: list[str] = []
            async with (
                client() as session,
                session.get(url, cookies=browser._cookies) as stream,
            ):
                async for line in stream.content:
                    text = "Failover Period" if b"Failover Period" in line else "idle"
                    if line.strip() and seen[-1:] != [text]:
                        seen.append(text)
                    if len(seen) == 3:
                        return seen
            return seen

        listening = asyncio.get_running_loop().create_task(listen(), context=browser._context)
        await asyncio.sleep(1)
        await here.net.cut("hq-north")
        await asyncio.sleep(7200)
        await here.net.heal("hq-north")
        assert await listening == ["idle", "Failover Period", "idle"]


DATELESS = re.compile(r"(?<!\d{4}, )\b\d{1,2}:\d{2}(?::\d{2})?\b")


async def test_no_page_tells_a_time_without_its_date():
    """In a failover period, where there are many: of the master and of a node that is cut off."""
    assert DATELESS.search("last contact 08:00 UTC")
    async with at() as (here, browser):
        await here.license()
        await here.net.cut("hq-north")
        await asyncio.sleep(86_400)
        at_node = await signed_in(here, "north")
        await browser.sign_in("Expert")
        for path in READ:
            for page in (await browser.get(path), await at_node.get(path.replace("100", "200"))):
                assert re.search(r"\d{4}, \d\d:\d\d UTC", page.text), path  # of the alarm at least
                assert not DATELESS.search(page.text), (path, DATELESS.search(page.text))


async def test_no_field_contradicts_its_hint():
    """What may be left empty is empty: at a master the master's address, and the installed CLS."""
    async with at() as (_, browser):
        wizard = await browser.get("/network-wizard")
        assert "A master leaves it empty" in wizard.text
        assert re.search(r'name="master_address"[^>]* value=""', wizard.source)
        settings = await browser.get("/settings")
        assert "Leave it empty for that of the installation, 198.51.100.1" in settings.text
        assert re.search(r'name="address"[^>]* value=""', settings.source)
        settings = await browser.submit("/settings", address="198.51.100.9")
        assert re.search(r'name="address"[^>]* value="198.51.100.9', settings.source)


def test_every_state_has_a_sign_and_words():
    """Seven symbols, five states; no two symbols are alike."""
    assert set(SIGNS) == set(LicenseState)
    assert set(STATUS_WORDS) == set(NodeState)
    assert len({sign.symbol for sign in SIGNS.values()}) == 7


def test_every_page_belongs_to_one_task_center():
    """And the navigation names no other."""
    assert sorted(page for pages in TASK_CENTERS.values() for page in pages) == sorted(PAGES)


def test_what_was_seen_is_read_back():
    """And a field that somebody tampered with says nothing."""
    assert seats_of(seats_text({"ip": 1, "itsp": 12})) == {"ip": 1, "itsp": 12}
    assert seats_of("ip=x =1 <script>") == {}


def test_the_identity_of_a_virtual_system_has_its_own_name():
    """Manual 4.4: a SoftSwitch in a virtual environment has an Advanced Locking ID."""
    assert locking_id_name("ALI-0000-1111-2222-3333-4444") == "Advanced Locking ID"
    assert locking_id_name("00-1A-E8-4C-00-01") == "Locking ID"
