"""The manual's two examples, running, and a technician with a browser who works on them.

One communication system (4.3), or an internetwork of one OpenScape Business S as master and two X3
as slaves (4.4). All programs are the real ones, on simulated hosts, in virtual time.
"""

import asyncio
import html
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from branches import Branches
from browser import OWN_WBM, PASSWORD, Browser, Page

from license_server.administration import CUSTOMER_PATH, AddCustomer, Customer
from licensing.catalogue import LICENSES
from licensing.events import Entry
from licensing.messages import LICENSE_SERVER_PORT
from licensing.words import Profile
from nodes.administration import SaveWbmUser
from simulator.installation import CLS
from simulator.internetwork import Internetwork
from simulator.scenario import INTERNET, parse_scenario

COMPANY = {"company": "Example Ltd", "contact": "it@example.com"}
OUTSIDE = "0891234567"
CUSTOMER = "Example Ltd"
RECONNECTED_S = 600
"""A node that was refused has tried again by then."""
CLS_PAGES = f"http://localhost:{LICENSE_SERVER_PORT}"

ONE_SYSTEM = """
title: One communication system
about: It has every type of subscriber and both kinds of trunks.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      model: X3
      role: master
      subscribers:
        - {numbers: 100-102, type: ip-hfa}
        - {numbers: 103, type: ip-sip}
        - {numbers: 104, type: sip}
        - {numbers: 140, type: up0}
        - {numbers: 141, type: isdn}
        - {numbers: 142, type: analog}
        - {numbers: 143, type: dect}
        - {numbers: 120, type: mobile}
        - {numbers: 130, type: desk-sharing}
      trunks:
        - {name: itsp-1, kind: itsp, channels: 4, licensed: 0}
        - {name: s2m-1, kind: s2m, channels: 4, licensed: 0}
  links:
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 2, tdm: 4, mobile: 1, desk-sharing: 1, s2m: 2, itsp: 2,
            voicemail: 1, uc-smart: 1, groupware-user: 1, uc-suite: 1, fax: 1, conference: 1,
            myattendant: 1, myagent: 1, application-launcher: 1, tapi: 1}
    LAC-2: {ip: 1, voicemail: 1}
timeline: []
"""

SAMPLE = """
title: The manual's sample internetwork
about: One OpenScape Business S (master) and two OpenScape Business X3 (slaves).
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      model: S
      role: master
      locking_id: 00-1A-E8-4C-00-01
      subscribers:
        - {numbers: 100-101, type: ip-hfa, licenses: [ip, voicemail]}
        - {numbers: 102, type: sip, licenses: [ip]}
      trunks: [{name: itsp-1, kind: itsp, channels: 2}]
    north:
      model: X3
      role: slave
      subscribers:
        - {numbers: 200-201, type: up0, licenses: [tdm]}
        - {numbers: 202, type: analog, licenses: [tdm]}
      trunks: [{name: s2m-1, kind: s2m, channels: 2}]
    south:
      model: X3
      role: slave
      subscribers: [{numbers: 300-301, type: ip-hfa, licenses: [ip, voicemail]}]
      trunks: [{name: itsp-2, kind: itsp, channels: 2}]
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-south: {bandwidth: 20 Mbit/s, latency: 8 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 5, tdm: 3, voicemail: 4, s2m: 2, itsp: 4, networking: 2}
    LAC-2: {base: 1, ip: 1, networking: 1}
timeline: []
"""


@asynccontextmanager
async def running(text: str) -> AsyncIterator[Branches]:
    """The systems of a scenario, installed and connected; nothing is activated."""
    entries: list[Entry] = []
    async with Internetwork(parse_scenario(text), readers=[entries.append]) as net:
        yield Branches(net, entries)


class Technician:
    """Signed in at the WBM of `node`; each step is the form of a page."""

    def __init__(self, here: Branches, node: str, browser: Browser, user: str) -> None:
        self.here, self.node, self.browser, self._user = here, node, browser, user

    async def open(self, path: str) -> Page:
        """Go to a page, and sign in again where the session has ended meanwhile."""
        page = await self.browser.get(path)
        if page.path == "/sign-in":
            await self.browser.sign_in(self._user)
            page = await self.browser.get(path)
        return page

    async def submit(self, path: str, **fields: str) -> Page:
        """Open a page and submit its form, or another form of the same page."""
        await self.open("/activate" if path.startswith("/activate/") else path)
        return await self.browser.submit(path, **fields)

    async def register(self, **data: str) -> Page:
        """Enter the registration data."""
        return await self.submit("/registration", **COMPANY | data)

    async def activate(self, lac: str) -> Page:
        """Activate online with a LAC."""
        return await self.submit("/activate", lac=lac)

    async def activate_file(self, license_file: str) -> Page:
        """Copy a downloaded license file into the WBM."""
        await self.open("/activate")
        form = aiohttp.FormData({"csrf_token": self.browser.token})
        form.add_field("file", license_file.encode(), filename="license-file.json")
        return await self.browser.send("/activate/file", form)

    async def assign(self, number: str, *licenses: str) -> Page:
        """Have exactly `licenses` ticked for a call number."""
        path = f"/local-user-licenses/of/{number}"
        seen = value((await self.open(path)).source, "seen")
        form = aiohttp.FormData({"csrf_token": self.browser.token, "seen": seen})
        for key in licenses:
            form.add_field("license", key)
        return await self.browser.send(path, form)

    async def distribute(self, **channels: int) -> Page:
        """Give trunks their numbers of licenses; `_` stands for the `-` of a trunk's name."""
        page = await self.open("/line-licenses")
        fields = {}
        for trunk, quantity in channels.items():
            name = trunk.replace("_", "-")
            fields[f"seen-{name}"] = value(page.source, f"seen-{name}")
            fields[f"quantity-{name}"] = str(quantity)
        return await self.browser.submit("/line-licenses", **fields)

    async def unlock(self) -> Page:
        """Check and unlock."""
        return await self.submit("/local-user-licenses")

    async def statuses(self, number: str) -> dict[str, str]:
        """What the overview shows for a call number: license to the words of its symbol."""
        return overview(await self.open("/local-user-licenses"))[number]

    async def licensed(self, holder: str) -> dict[str, int]:
        """What is in effect for a call number or a trunk."""
        rows = (await self.here.net.licenses(self.node)).rows
        return {row.license: row.granted for row in rows if row.holder == holder and row.granted}


@asynccontextmanager
async def technician(
    text: str = ONE_SYSTEM, *, node: str = "hq", profile: Profile = Profile.EXPERT
) -> AsyncIterator[Technician]:
    """A scenario that runs, and a technician at the WBM of one node."""
    async with running(text) as here:
        yield await sign_in(here, node, profile)


@asynccontextmanager
async def licensed_system(text: str = ONE_SYSTEM) -> AsyncIterator[Technician]:
    """The same, registered and activated with `LAC-1`; nothing is assigned."""
    async with technician(text) as someone:
        await someone.register()
        await someone.activate(someone.here.net.lacs["LAC-1"])
        yield someone


async def sign_in(
    here: Branches, node: str = "hq", profile: Profile = Profile.EXPERT, *, host: str = ""
) -> Technician:
    """A technician at the WBM of `node`: there, or at a computer on another host."""
    user = SaveWbmUser(name=profile.value, profile=profile, password=PASSWORD)
    await here.net.save_wbm_user(node, user)
    base = OWN_WBM.replace("localhost", address_of(here, node)) if host else OWN_WBM
    browser = Browser(host or node, base)
    await browser.sign_in(profile.value)
    return Technician(here, node, browser, profile.value)


async def newly_installed(here: Branches, node: str) -> None:
    """The node comes anew from the factory: nothing on its disk, no Network Wizard run."""

    def wipe(directory: Path) -> None:
        shutil.rmtree(directory)
        directory.mkdir()

    await here.damage(node, wipe)


async def run_wizard(slave: Technician, master: Technician, address: str = "") -> Page:
    """Network Wizard: the master's address at the slave, and the slave's key at the master."""
    page = await slave.open("/network-wizard")
    key = re.search(r'class="mono key">([^<]+)<', page.source)
    address = address or address_of(master.here, master.node)
    done = await slave.browser.submit("/network-wizard", role="slave", master_address=address)
    await master.open("/network-wizard")
    await master.browser.submit("/network-wizard/enrol", node=slave.node, public_key=key[1])
    await asyncio.sleep(RECONNECTED_S)
    return done


def address_of(here: Branches, node: str) -> str:
    """The network address of a node."""
    return here.net.world.installation.node_settings(node).address


async def customer(here: Branches) -> Browser:
    """The customer at the pages of the Central License Server, not yet signed in."""
    account = AddCustomer(name=CUSTOMER, password=PASSWORD)
    await here.tell(INTERNET, CUSTOMER_PATH, account, Customer, program=CLS)
    return Browser(INTERNET, CLS_PAGES)


async def offline(browser: Browser, lac: str, locking_id: str) -> str:
    """Log in at the CLS, enter LAC and Locking ID, download the license file."""
    await browser.sign_in(CUSTOMER)
    await browser.get("/activate")
    await browser.submit("/activate", lac=lac, locking_id=locking_id, **COMPANY)
    return (await browser.get(f"/license-files/{locking_id}/download")).source


def value(source: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', source)
    assert found, f"the page has no field {name}"
    return html.unescape(found[1])


def overview(page: Page) -> dict[str, dict[str, str]]:
    """The table of the overview: call number to license to what its symbol means."""
    rows = re.findall(
        r"<tr[^>]*>\s*<th scope=\"row\"><a[^>]*>(\d+)</a>(.*?)</tr>", page.source, re.DOTALL
    )
    return {number: dict(_cells(row)) for number, row in rows}


def _cells(row: str):
    keys = {license_.name: key for key, license_ in LICENSES.items()}
    station = re.search(r'title="([^":]*)">.*?</span></span>\s*([^<]+?)\s*</td>', row, re.DOTALL)
    if station:
        yield keys[station[2]], station[1]
    for name, meaning in re.findall(r'title="([^":]+): ([^"]*)"', row):
        yield keys[name], meaning
