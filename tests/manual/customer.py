"""The customer, who orders licenses, at the pages of the Central License Server."""

import aiohttp
from simulated_browser import PASSWORD, Browser, Page
from systems import Systems

from license_server.administration import (
    CUSTOMER_PATH,
    ORDER_PATH,
    AddCustomer,
    OrderedLac,
    PlaceOrder,
)
from license_server.administration import Customer as Account
from licensing.messages import LICENSE_SERVER_PORT
from licensing.words import CLS_PROGRAM
from simulator.scenario import INTERNET

COMPANY = {"company": "Example Ltd", "contact": "it@example.com"}
NAME = "Example Ltd"
PAGES = f"http://{INTERNET}:{LICENSE_SERVER_PORT}"
THIRTY_DAYS_S = 30 * 86_400


class Customer:
    """At a browser; signed in after `sign_in`."""

    def __init__(self, here: Systems) -> None:
        self._here = here
        self.browser = Browser(INTERNET, PAGES)

    async def order(self, **licenses: int) -> str:
        """The LAC of a purchase of one's own; `_` stands for the `-` of a license."""
        seats = {key.replace("_", "-"): quantity for key, quantity in licenses.items()}
        order = PlaceOrder(licenses=seats, failover_period_s=THIRTY_DAYS_S, customer=NAME)
        answer = await self._here.tell(INTERNET, ORDER_PATH, order, OrderedLac, program=CLS_PROGRAM)
        return answer.lac

    async def sign_in(self) -> Page:
        """Log in at the Central License Server."""
        return await self.browser.sign_in(NAME)

    async def enter(self, lac: str, locking_id: str) -> Page:
        """Enter a LAC along with a Locking ID."""
        await self.browser.get("/activate")
        return await self.browser.submit("/activate", lac=lac, locking_id=locking_id, **COMPANY)

    async def combine(self, documents: list[str], locking_id: str) -> Page:
        """Combine license files into one for a Locking ID."""
        await self.browser.get("/combine")
        form = aiohttp.FormData({"csrf_token": self.browser.token, "locking_id": locking_id})
        for document in documents:
            form.add_field("document", document)
        return await self.browser.send("/combine", form)

    async def download(self, locking_id: str) -> str:
        """The license file of a Locking ID."""
        return (await self.browser.get(f"/license-files/{locking_id}/download")).source

    async def license_file(self, lac: str, locking_id: str) -> str:
        """The whole offline way: enter both, download the file."""
        await self.enter(lac, locking_id)
        return await self.download(locking_id)


async def customer_of(here: Systems, *, signed_in: bool = True) -> Customer:
    """The customer of these systems, who has an account at the license server."""
    account = AddCustomer(name=NAME, password=PASSWORD)
    await here.tell(INTERNET, CUSTOMER_PATH, account, Account, program=CLS_PROGRAM)
    someone = Customer(here)
    if signed_in:
        await someone.sign_in()
    return someone
