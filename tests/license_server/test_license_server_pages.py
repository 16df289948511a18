"""The pages of the license server, over real sockets, as a browser without script sees them."""

import contextlib
import html
import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import aiohttp
import msgspec
import pytest
from machine import LOCKING_ID, OTHER_LOCKING_ID, Machine
from vendor import PASSWORD, PURCHASE, Caller, running

from license_server import issuance
from licensing.agent_requests import answer_in
from licensing.entitlements import Entitlement
from licensing.messages import encode
from licensing.policies import DAY_NS
from licensing.recovery import Recovery, RecoveryPolicy
from licensing.sizes import FRAME_BYTES
from licensing.wall_time import utc_of
from runtime.pages import site
from runtime.pages.entries import Entries
from runtime.passwords import FAILURES_PER_NAME

pytestmark = pytest.mark.asyncio(loop_factories=["real"])

CUSTOMER = "Example & Sons"
MARKUP = "<script>alert('x')</script> & Co"
FIELDS = {"locking_id": LOCKING_ID, "company": "Example Ltd", "contact": "it@example.com"}
FORM_PATHS = ["/activate", "/relicense", "/combine", "/rehost", "/release-key"]
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
HALF_AN_HOUR_DAYS = 1 / 48


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose disk is new."""
    monkeypatch.setattr(site, "REFUSAL_DELAY_S", 0)
    return Machine(tmp_path)


class Page:
    """What a browser got."""

    def __init__(self, response: aiohttp.ClientResponse, content: bytes) -> None:
        self.status, self.headers, self.path = response.status, response.headers, response.url.path
        self.content = content
        self.source = content.decode()
        self.text = " ".join(html.unescape(re.sub("<[^>]*>", " ", self.source)).split())

    def values(self, name: str) -> list[str]:
        """The values of the fields of this name."""
        found = re.findall(rf'name="{name}"[^>]* value="([^"]*)"', self.source)
        found += re.findall(rf'name="{name}" value="([^"]*)"', self.source) if not found else []
        return [html.unescape(value) for value in found]


class Browser:
    """Keeps cookies, follows redirects, and remembers the token of the last form that it saw."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self._base, self._session = base, session
        self._token = ""

    async def get(self, path: str, **headers: str) -> Page:
        """Go to an address."""
        headers = {"Accept": "text/html"} | headers
        async with self._session.get(self._base + path, headers=headers) as response:
            return self._seen(Page(response, await response.read()))

    async def send(self, path: str, fields: object, **headers: str) -> Page:
        """Submit fields as they are."""
        url = self._base + path
        async with self._session.post(url, data=fields, headers=headers) as response:
            return self._seen(Page(response, await response.read()))

    async def submit(self, path: str, **fields: str) -> Page:
        """Fill in and submit a form of the page seen last."""
        return await self.send(path, {"csrf_token": self._token} | fields)

    async def combine(self, documents: list[str], locking_id: str, *uploads: bytes) -> Page:
        """Submit the form for combining."""
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("csrf_token", self._token)
        form.add_field("locking_id", locking_id)
        for document in documents:
            form.add_field("document", document)
        for content in uploads:
            form.add_field("upload", io.BytesIO(content), filename="node <b>2</b>.json")
        return await self.send("/combine", form)

    async def upload(self, path: str, content: bytes) -> Page:
        """Submit a form with one file."""
        form = aiohttp.FormData()
        form.add_field("csrf_token", self._token)
        form.add_field("upload", io.BytesIO(content), filename="request.json")
        return await self.send(path, form)

    async def sign_in(self, name: str = CUSTOMER, password: str = PASSWORD, **kept: str) -> Page:
        """Sign in."""
        return await self.send("/sign-in", {"name": name, "password": password, **kept})

    def _seen(self, page: Page) -> Page:
        self._token = (page.values("csrf_token") or [self._token])[0]
        return page


@contextlib.asynccontextmanager
async def browsing(machine: Machine) -> AsyncIterator[tuple[Caller, Browser]]:
    """A license server with one customer, and a browser that is not signed in."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with running(machine) as cls, aiohttp.ClientSession(cookie_jar=jar) as session:
        await cls.add_customer(CUSTOMER)
        yield cls, Browser(cls.base, session)


async def purchase(cls: Caller, customer: str = CUSTOMER, **licenses: int) -> str:
    """The LAC of a customer's order."""
    bought = licenses or PURCHASE.licenses
    return await cls.order(msgspec.structs.replace(PURCHASE, customer=customer, licenses=bought))


async def test_the_offline_way_from_sign_in_to_the_downloaded_file(machine):
    """Manual 4.3.1: log in, enter LAC and Locking ID, download: the document of the online way."""
    async with browsing(machine) as (cls, browser):
        lac = await purchase(cls)
        assert (await browser.get("/")).path == "/sign-in"
        overview = await browser.sign_in()
        assert (overview.path, "unused" in overview.text, lac in overview.text) == ("/", True, True)
        form = await browser.get(f"/activate?lac={lac}")
        assert form.values("lac") == [lac]
        made = await browser.submit("/activate", lac=lac.lower(), **FIELDS)
        assert made.path == f"/license-files/{LOCKING_ID}"
        assert "40" in made.text
        assert "IP User" in made.text
        download = await browser.get(f"/license-files/{LOCKING_ID}/download")
        cls.agent().license_file = download.source
        assert download.source == await cls.activate(lac)
        assert "attachment" in download.headers["Content-Disposition"]
        assert f"bound to {LOCKING_ID}" in (await browser.get("/")).text


async def test_a_file_that_has_ended_is_not_downloaded_where_a_newer_one_can_be_made(machine):
    """F14: one of the version before ended with the first of its orders."""
    async with browsing(machine) as (cls, browser):
        lac = await purchase(cls)
        end = utc_of(machine.clock.wall_ns() + 90 * DAY_NS)
        bought = {"licenses": {"fax": 3}, "customer": CUSTOMER, "valid_until": end}
        add_on = await cls.order(msgspec.structs.replace(PURCHASE, **bought))
        await browser.sign_in()
        await browser.submit("/activate", lac=lac, **FIELDS)
        with pytest.MonkeyPatch.context() as before:
            both = [Entitlement(seats=PURCHASE.licenses | {"fax": 3}, valid_until=end)]
            before.setattr(issuance, "_entitlements", lambda _: both)
            await browser.submit("/activate", lac=add_on, **FIELDS)
        path = f"/license-files/{LOCKING_ID}/download"
        old = await browser.get(path)
        assert (await browser.get(path)).source == old.source, "it has not ended"
        machine.clock.pass_days(91)
        await browser.sign_in()
        file = await cls.read((await browser.get(path)).source)
        assert (file.licenses, file.valid_until) == (PURCHASE.licenses, None)
        assert (await cls.read(old.source)).serial < file.serial


async def test_the_page_of_a_license_file_says_what_ends_when(machine):
    """F14: each entry with its own end."""
    async with browsing(machine) as (cls, browser):
        lac = await purchase(cls)
        bought = {"licenses": {"fax": 3}, "customer": CUSTOMER, "valid_until": NEW_YEAR}
        add_on = await cls.order(msgspec.structs.replace(PURCHASE, **bought))
        await browser.sign_in()
        await browser.submit("/activate", lac=lac, **FIELDS)
        page = await browser.submit("/activate", lac=add_on, **FIELDS)
        assert "Valid without end" in page.text
        assert "Until 1 January 2027, 00:00 UTC 3 Fax" in page.text


async def test_relicensing_offline_from_the_uploaded_request_to_the_downloaded_answer(machine):
    """F15: the page takes the WBM's file and gives one for it; rubbish is named as such."""
    async with browsing(machine) as (cls, browser):
        agent = cls.agent()
        await cls.activate(await purchase(cls))
        await browser.sign_in()
        await browser.get("/relicense")
        for content, said in (
            (b"\x00PNG", "this is no relicensing request"),
            (encode(agent.relicensing(7)), "epoch 7 was never issued"),
        ):
            refused = await browser.upload("/relicense", content)
            assert said in refused.text
        shown = await browser.upload("/relicense", encode(agent.relicensing(1)))
        assert shown.path == f"/license-files/{LOCKING_ID}"
        assert "Download the answer" in shown.text
        download = await browser.get(f"/license-files/{LOCKING_ID}/answer/download")
        answer = answer_in(download.source, await cls.vendor_key())
        assert answer
        assert (await cls.read(answer.license_file)).epoch == 2
        await browser.get(f"/release-key?locking_id={LOCKING_ID}")
        released = await browser.submit("/release-key", locking_id=LOCKING_ID)
        assert "The key is released" in released.text


async def test_what_makes_a_period_whole_again_is_read_beside_it(machine):
    """F3: whoever buys a stricter recovery than the manual's reads so in the file."""
    resume = Recovery(policy=RecoveryPolicy.RESUME)
    order = msgspec.structs.replace(PURCHASE, customer=CUSTOMER, recovery=resume)
    async with browsing(machine) as (cls, browser):
        lac = await cls.order(order)
        await browser.sign_in()
        await browser.get(f"/activate?lac={lac}")
        made = await browser.submit("/activate", lac=lac, **FIELDS)
        assert "30 days, whole again only by relicensing" in made.text


async def test_combining_and_rehosting_show_in_the_overview(machine):
    """Chosen and uploaded files alike; afterwards one sees where each license file went."""
    async with browsing(machine) as (cls, browser):
        await browser.sign_in()
        for locking_id in (LOCKING_ID, OTHER_LOCKING_ID):
            fields = FIELDS | {"locking_id": locking_id}
            await browser.submit("/activate", lac=await purchase(cls), **fields)
        first, second = (await browser.get("/combine")).values("document")
        combined = await browser.combine([first], LOCKING_ID, second.encode())
        assert combined.path == f"/license-files/{LOCKING_ID}"
        assert "80" in combined.text
        new = "ALI-0K3M-7PQ2-XXYZ-1234-ABCD"
        moved = await browser.submit("/rehost", locking_id=LOCKING_ID, new_locking_id=new)
        assert moved.path == f"/license-files/{new}"
        overview = (await browser.get("/")).text
        assert f"combined into that of {LOCKING_ID}" in overview
        assert f"rehosted to {new}" in overview


@pytest.mark.parametrize("form", ["/rehost", "/combine"])
async def test_who_moves_a_license_file_is_told_what_it_risks(machine, form):
    """O10: nobody can see offline that an old system goes on; before and after it is said."""
    async with browsing(machine) as (cls, browser):
        await browser.sign_in()
        for locking_id in (LOCKING_ID, OTHER_LOCKING_ID):
            fields = FIELDS | {"locking_id": locking_id}
            await browser.submit("/activate", lac=await purchase(cls), **fields)
        before = await browser.get(form)
        if form == "/combine":
            after = await browser.combine(before.values("document"), LOCKING_ID)
        else:
            new = "ALI-0K3M-7PQ2-XXYZ-1234-ABCD"
            after = await browser.submit(form, locking_id=LOCKING_ID, new_locking_id=new)
        for page in (before, after):
            assert "What both use was bought once." in page.text


@pytest.mark.parametrize("form", ["/activate", "/rehost", "/combine"])
async def test_a_form_that_is_sent_twice_does_nothing_twice(machine, form):
    """A double click leads to the same page, and no further file is issued."""
    async with browsing(machine) as (cls, browser):
        await browser.sign_in()
        lac = await purchase(cls)
        await browser.submit("/activate", lac=await purchase(cls), **FIELDS)
        await browser.submit(
            "/activate", lac=await purchase(cls), **FIELDS | {"locking_id": OTHER_LOCKING_ID}
        )
        documents = (await browser.get("/combine")).values("document")
        before = (await cls.state()).newest_serial

        async def send() -> Page:
            if form == "/combine":
                return await browser.combine(documents, LOCKING_ID)
            if form == "/activate":
                return await browser.submit(form, lac=lac, **FIELDS)
            new = "00-1A-E8-4C-00-03"
            return await browser.submit(form, locking_id=LOCKING_ID, new_locking_id=new)

        first, second = await send(), await send()
        assert first.path == second.path
        assert first.path.startswith("/license-files/")
        assert first.text == second.text
        assert (await cls.state()).newest_serial == before + 1


async def test_customers_see_only_what_is_theirs(machine):
    """Neither orders nor files of others, by no address."""
    async with browsing(machine) as (cls, browser):
        await cls.add_customer("Other")
        lac = await purchase(cls, "Other")
        await cls.activate(lac, LOCKING_ID)
        await cls.activate(await cls.order(), OTHER_LOCKING_ID)
        await browser.sign_in()
        for path in ("/", *FORM_PATHS):
            page = (await browser.get(path)).source
            assert not re.search(f"{lac}|Other|{OTHER_LOCKING_ID}", page)
            assert LOCKING_ID not in page.replace(f"such as {LOCKING_ID}", "")
        for locking_id in (LOCKING_ID, OTHER_LOCKING_ID, "00-00-00-00-00-00", "rubbish"):
            for path in (f"/license-files/{locking_id}", f"/license-files/{locking_id}/download"):
                assert (await browser.get(path)).status in (404, 422)
        refused = await browser.submit(
            "/rehost", locking_id=LOCKING_ID, new_locking_id=OTHER_LOCKING_ID
        )
        assert "None of your license files" in refused.text
        fields = FIELDS | {"locking_id": "00-1A-E8-4C-00-03"}
        refused = await browser.submit("/activate", lac=lac, **fields)
        assert "No order belongs" in refused.text


async def test_a_system_of_nobody_is_expanded_once_it_is_the_customers(machine):
    """The refusal tells the way: the code that was activated before, signed in, then the new."""
    async with browsing(machine) as (cls, browser):
        old = await cls.order()
        await cls.activate(old)
        new = await purchase(cls, ip=5)
        await browser.sign_in()
        refused = await browser.submit("/activate", lac=new, **FIELDS)
        assert (refused.status, "that was activated for it before" in refused.text) == (409, True)
        assert re.findall(r'id="(\w+)"[^>]*aria-invalid', refused.source) == ["locking_id"]
        claimed = await browser.submit("/activate", lac=old, **FIELDS)
        assert claimed.path == f"/license-files/{LOCKING_ID}"
        await browser.get("/activate")
        assert "45" in (await browser.submit("/activate", lac=new, **FIELDS)).text


async def test_an_add_on_without_base_license_binds_nothing(machine):
    """The answer says what comes first; after that it works."""
    async with browsing(machine) as (cls, browser):
        add_on, first = await purchase(cls, ip=5), await purchase(cls)
        await browser.sign_in()
        refused = await browser.submit("/activate", lac=add_on, **FIELDS)
        assert (refused.status, "of the base license first" in refused.text) == (409, True)
        assert (await cls.state()).bound_lacs == 0
        for lac in (first, add_on):
            done = await browser.submit("/activate", lac=lac, **FIELDS)
        assert "45" in done.text


@pytest.mark.parametrize(
    ("fields", "told", "at_fault"),
    [
        ({"lac": "7Q2MX-11111-22222-3333O"}, "a character is wrong or missing", "lac"),
        ({"lac": "\x00\x01PNG\udcff"}, "is not a license authorization code", "lac"),
        ({"lac": "00000-00000-00000-00000"}, "No order belongs", "lac"),
        ({"locking_id": MARKUP}, "is not a Locking ID", "locking_id"),
        ({"company": " "}, "lack company", "company"),
        ({"contact": "x" * 201}, "longer than 200", "contact"),
        ({"contact": "somebody"}, "neither an e-mail address nor a telephone number", "contact"),
    ],
)
async def test_a_wrong_entry_is_told_at_its_field_and_everything_is_kept(
    machine, fields, told, at_fault
):
    """Typing errors, binary, markup: the words of the error, the other entries untouched."""
    async with browsing(machine) as (cls, browser):
        await browser.sign_in()
        entered = FIELDS | {"lac": await purchase(cls)} | fields
        sent = {name: value.encode(errors="replace").decode() for name, value in entered.items()}
        page = await browser.submit("/activate", **sent)
        assert 400 <= page.status < 500
        assert told in page.text
        assert "Error:" in page.source
        kept = {name: page.values(name) for name in sent}
        assert kept == {name: [value] for name, value in sent.items()}
        marked = re.findall(r'id="(\w+)"[^>]*aria-invalid', page.source)
        assert marked == ([at_fault] if at_fault else [])
        assert "<script" not in page.source
        assert (await cls.state()).bound_lacs == 0


async def test_markup_in_names_is_shown_and_never_run(machine):
    """In the customer's name and the company's, on every page; and no script could run anyway."""
    async with browsing(machine) as (cls, browser):
        await cls.add_customer(MARKUP)
        await browser.sign_in(MARKUP)
        lac = await purchase(cls, MARKUP)
        await browser.submit("/activate", lac=lac, **FIELDS | {"company": MARKUP})
        for path in ("/", *FORM_PATHS, f"/license-files/{LOCKING_ID}"):
            page = await browser.get(path)
            assert (page.status, MARKUP in page.text) == (200, True)
            assert "<script" not in page.source
            policy = page.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src" not in policy


async def test_an_ended_session_in_the_middle_of_a_form_loses_nothing(machine):
    """Clear words, nothing done; after the sign-in the form is as it was, and then it works."""
    async with browsing(machine) as (cls, browser):
        await browser.sign_in()
        lac = await purchase(cls)
        machine.clock.pass_days(HALF_AN_HOUR_DAYS)
        ended = await browser.submit("/activate", lac=lac, **FIELDS)
        assert ended.status == 401
        assert "Your session has ended, and nothing has been done yet" in ended.text
        kept = dict(re.findall(r'name="(kept-[a-z_]+)" value="([^"]*)"', ended.source))
        assert (await cls.state()).bound_lacs == 0
        wrong = await browser.sign_in(password="wrong password", next="/activate", **kept)
        assert dict(re.findall(r'name="(kept-[a-z_]+)" value="([^"]*)"', wrong.source)) == kept
        form = await browser.sign_in(next="/activate", **kept)
        assert "signed in again" in form.text
        entered = {name: form.values(name)[0] for name in ("lac", *FIELDS)}
        assert entered == {"lac": lac, **FIELDS}
        made = await browser.submit("/activate", **entered)
        assert made.path == f"/license-files/{LOCKING_ID}"


async def test_uploaded_files_survive_an_ended_session_and_another_wrong_entry(machine):
    """They need not be chosen again; the message names the one that is no license file."""
    async with browsing(machine) as (cls, browser):
        documents = [
            await cls.activate(await purchase(cls), locking_id)
            for locking_id in (LOCKING_ID, OTHER_LOCKING_ID)
        ]
        await browser.sign_in()
        uploads = [document.encode() for document in documents]
        page = await browser.combine([], LOCKING_ID, *uploads, b"\x89PNG\x00\xff")
        assert "node <b>2</b>.json" in page.text
        assert page.source.count(" checked") == 2
        machine.clock.pass_days(1)
        ended = await browser.combine([], LOCKING_ID, *uploads)
        kept = aiohttp.FormData({"name": CUSTOMER, "password": PASSWORD, "next": "/combine"})
        for name, value in re.findall(r'name="(kept-[a-z_]+)" value="([^"]*)"', ended.source):
            kept.add_field(name, html.unescape(value))
        form = await browser.send("/sign-in", kept)
        assert form.source.count(" checked") == 2
        combined = await browser.combine(form.values("document"), form.values("locking_id")[0])
        assert combined.path == f"/license-files/{LOCKING_ID}"


async def test_nothing_is_done_for_a_form_of_another_page(machine):
    """A wrong token or a foreign origin changes nothing; the person gets the form back."""
    async with browsing(machine) as (cls, browser):
        await browser.sign_in()
        fields = FIELDS | {"lac": await purchase(cls)}
        page = await browser.send("/activate", fields | {"csrf_token": "guessed ☃"})
        assert (page.status, page.values("lac")) == (403, [fields["lac"]])
        page = await browser.send("/activate", fields, Origin="https://evil.example")
        assert (page.status, "another site" in page.text) == (400, True)
        page = await browser.send("/sign-in", {"name": CUSTOMER}, Origin="null")
        assert page.status == 400
        assert (await cls.state()).bound_lacs == 0
        page = await browser.submit("/activate", **fields)
        assert page.path == f"/license-files/{LOCKING_ID}"


async def test_guessing_a_password_is_slowed_down(machine):
    """After five failures even the right password waits, and the page says for how long."""
    async with browsing(machine) as (_, browser):
        for _ in range(FAILURES_PER_NAME):
            page = await browser.sign_in(password="guessed")
            assert (page.status, "name or the password is wrong" in page.text) == (401, True)
        page = await browser.sign_in()
        assert (page.status, "Wait 15 minutes" in page.text) == (429, True)
        machine.clock.pass_days(HALF_AN_HOUR_DAYS)
        assert (await browser.sign_in()).path == "/"


async def test_the_cookie_is_out_of_reach_and_signing_out_ends_the_session(machine):
    """HttpOnly and SameSite; the old cookie is worth nothing afterwards."""
    async with browsing(machine) as (cls, browser):
        fields = {"name": CUSTOMER, "password": PASSWORD}
        session, url = browser._session, cls.base + "/sign-in"
        async with session.post(url, data=fields, allow_redirects=False) as response:
            cookie = response.headers["Set-Cookie"]
        for word in ("HttpOnly", "SameSite=Lax", "Path=/"):
            assert word in cookie
        await browser.get("/")
        assert (await browser.submit("/sign-out")).path == "/sign-in"
        old = cookie.partition(";")[0]
        assert (await browser.get("/", Cookie=old)).path == "/sign-in"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil", "/a b"])
async def test_signing_in_leads_to_no_other_site(machine, address):
    """An address that somebody put into a link is followed only where it is a page of ours."""
    async with browsing(machine) as (_, browser):
        await browser.get(f"/sign-in?next={quote(address)}")
        assert (await browser.sign_in(next=address)).path == "/"


async def test_an_oversized_or_unreadable_body_is_told_in_words(machine):
    """The limit is named; nothing is read without end."""
    async with browsing(machine) as (_, browser):
        await browser.sign_in()
        page = await browser.combine([], LOCKING_ID, b"x" * (FRAME_BYTES + 1))
        assert (page.status, f"larger than {FRAME_BYTES} bytes" in page.text) == (413, True)
        for body, kind in (
            (b"lac=\xff\xfe", "application/x-www-form-urlencoded"),
            (b"no boundary", "multipart/form-data"),
            (b"lac=x", "application/x-www-form-urlencoded; charset=klingon"),
        ):
            page = await browser.send("/activate", body, **{"Content-Type": kind})
            assert (page.status, "cannot be read" in page.text) == (400, True)


async def test_unknown_addresses_and_the_style_sheet(machine):
    """A page for people, a problem for programs; style and icon without signing in."""
    async with browsing(machine) as (_, browser):
        page = await browser.get("/nothing/here")
        assert (page.status, "No such page" in page.text) == (404, True)
        page = await browser.get("/nothing/here", Accept="application/json")
        assert (page.status, "no-such-operation" in page.source) == (404, True)
        page = await browser.get("/sign-out")  # the address of a form, from the address bar
        assert (page.status, "No such page" in page.text) == (405, True)
        assert page.headers["Allow"] == "POST"
        for path, kind in (("/style.css", "text/css"), ("/icon.svg", "image/svg+xml")):
            assert (await browser.get(path)).headers["Content-Type"].startswith(kind)


async def test_entries_are_kept_whole():
    """What hidden fields carry through a sign-in comes out as it went in."""
    entries = Entries([("lac", "1"), ("document", "a"), ("document", "b"), ("document", "a")])
    assert list(Entries(entries.to_keep()).kept().to_keep()) == list(entries.to_keep())
    assert entries.all("document") == ["a", "b"]
    assert not Entries([("lac", " ")])
