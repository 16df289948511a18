"""A technician with a browser, who does at a WBM what the manual says."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp
from customer import COMPANY
from simulated_browser import PASSWORD, Browser, Page
from systems import ONE_SYSTEM, Systems, running

from licensing.catalogue import LICENSES
from licensing.messages import NODE_PORT
from licensing.words import Profile
from nodes.administration import SaveWbmUser

RECONNECTED_S = 600
"""A node that was refused has tried again by then."""


class Technician:
    """Signed in at the WBM of `node`; each step is the form of a page."""

    def __init__(self, here: Systems, node: str, browser: Browser, user: str) -> None:
        self.here, self.node, self.browser, self._user = here, node, browser, user
        self.locking_id = here.locking_id(node)

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

    async def delete(self, number: str) -> Page:
        """Delete a subscriber."""
        return await self.submit(f"/local-user-licenses/of/{number}/delete")

    async def retype(self, number: str, subscriber_type: str) -> Page:
        """Assign another subscriber type to a call number."""
        return await self.submit(f"/local-user-licenses/of/{number}/type", type=subscriber_type)

    async def distribute(self, **channels: int) -> Page:
        """Give trunks their numbers of licenses; `_` stands for the `-` of a trunk's name."""
        page = await self.open("/line-licenses")
        fields = {}
        for trunk, quantity in channels.items():
            name = trunk.replace("_", "-")
            fields[f"seen-{name}"] = value(page.source, f"seen-{name}")
            fields[f"quantity-{name}"] = str(quantity)
        return await self.browser.submit("/line-licenses", **fields)

    async def allot(self, *licenses: str) -> Page:
        """Have exactly `licenses` for system-wide features ticked for this node."""
        seen = value((await self.open("/system-licenses")).source, "seen")
        form = aiohttp.FormData({"csrf_token": self.browser.token, "seen": seen, "sent": "1"})
        for key in licenses:
            form.add_field("license", key)
        return await self.browser.send("/system-licenses", form)

    async def unlock(self) -> Page:
        """Check and unlock."""
        await self.open("/local-user-licenses")
        return await self.browser.submit("/local-user-licenses/unlock")

    async def statuses(self, number: str) -> dict[str, str]:
        """What the overview shows for a call number: license to the words of its symbol."""
        return overview(await self.open("/local-user-licenses"))[number]

    async def bought(self) -> dict[str, int]:
        """What has been activated, by license."""
        table = await self.here.net.license_table()
        return {row.license: row.bought for row in table.licenses if row.bought}

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
    here: Systems, node: str = "hq", profile: Profile = Profile.EXPERT, *, host: str = ""
) -> Technician:
    """A technician at the WBM of `node`: there, or at a computer on another host."""
    user = SaveWbmUser(name=profile.value, profile=profile, password=PASSWORD)
    await here.net.save_wbm_user(node, user)
    browser = Browser(host or node, f"http://{here.address(node)}:{NODE_PORT}")
    await browser.sign_in(profile.value)
    return Technician(here, node, browser, profile.value)


async def run_wizard(slave: Technician, master: Technician, address: str = "") -> Page:
    """Network Wizard: the master's address at the slave, and the slave's key at the master."""
    page = await slave.open("/network-wizard")
    key = re.search(r'class="mono key">([^<]+)<', page.source)
    address = address or master.here.address(master.node)
    done = await slave.browser.submit("/network-wizard", role="slave", master_address=address)
    await master.open("/network-wizard")
    entered = {"node": slave.node, "public_key": key[1]}
    asked = await master.browser.submit("/network-wizard/enrol", **entered)
    if "or its disk, destroyed?" in asked.text:  # a new installation has a new key
        await master.browser.submit("/network-wizard/enrol", **entered, destroyed="yes")
    await asyncio.sleep(RECONNECTED_S)
    return done


def value(source: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', source)
    assert found, f"the page has no field {name}"
    return html.unescape(found[1])


def overview(page: Page) -> dict[str, dict[str, str]]:
    """The table of the overview: call number to license to what its symbol means."""
    keys = {license_.name: key for key, license_ in LICENSES.items()}
    table = page.source.partition('<table class="matrix')[2].partition("</table>")[0]
    head, *rows = [list(_cells(row)) for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)]
    shown = {}
    for number, station, *others in rows:
        license_name = next(name for name in keys if station.endswith(name))
        named = zip(
            [license_name, *head[2:]],
            [station.removesuffix(license_name), *others],
            strict=True,
        )
        shown[number.split()[0]] = {keys[name]: _meaning(text) for name, text in named if text}
    return shown


def _cells(row: str) -> Iterator[str]:
    """Of a row, without the one in which it is ticked."""
    for cell in re.findall(r'<t[hd](?![^>]*class="tick")[^>]*>(.*?)</t[hd]>', row, re.DOTALL):
        yield " ".join(html.unescape(re.sub("<[^>]*>", " ", cell)).split())


def _meaning(text: str) -> str:
    """The words after the symbol."""
    return text.split(maxsplit=1)[1].strip()
