"""A person at a browser, who knows the pages by their words: roles, labels, and what is said."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Locator, Page, expect
from serving_process import Served

from simulator.scenario import INTERNET
from simulator.serve.serve import CUSTOMER, PASSWORD

PATIENCE_MS = 30_000
_A_REFUSAL = "Failed to load resource: the server responded with a status of 4"
"""Chromium's note about a page that answers a refused form; the page itself is what counts."""


class Technician:
    """Somebody with a browser of their own, and at first one page of it."""

    def __init__(self, window: BrowserContext, served: Served) -> None:
        self._window = window
        self.served = served
        window.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        self.faults: list[str] = []
        self.page = self.open_page()

    def open_page(self) -> Page:
        """One more page; faults of any are noted: exceptions, complaints, dialogs.

        Whoever is asked whether to leave unsaved entries leaves them.
        """
        page = self._window.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._note)
        page.on("dialog", self._answer)
        return page

    def _answer(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":
            self.faults.append(f"dialog: {dialog.message}")
        dialog.accept()

    def _note(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not said.text.startswith(_A_REFUSAL):
            self.faults.append(said.text)

    def require_clean(self) -> None:
        """No page has complained."""
        assert self.faults == [], self.faults

    # The index.

    def at_index(self) -> None:
        """Go to the index."""
        self.page.goto(self.served.index)

    def lac(self, purchase: str) -> str:
        """Read the code of a delivery note."""
        self.at_index()
        row = self.row(purchase)
        found = re.search(r"\b[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}\b", row.inner_text())
        assert found, row.inner_text()
        return found[0]

    def press_at_index(self, *buttons: str) -> None:
        """Press buttons of the index, one after the other."""
        self.at_index()
        for name in buttons:
            self.press(name)

    # The pages of a host.

    def sign_in(self, host: str, name: str = "expert", path: str = "/") -> None:
        """Sign in at a WBM, as whoever may have been signed in before."""
        self._window.clear_cookies(domain=f"{host}.localhost")
        self.visit(host, path)
        self.enter(User=name, Password=PASSWORD)
        self.press("Sign in")

    def sign_in_at_license_server(self) -> None:
        """Sign in as the customer."""
        self.visit(INTERNET, "/")
        self.enter(Customer=CUSTOMER, Password=PASSWORD)
        self.press("Sign in")

    def visit(self, host: str, path: str) -> None:
        """Go to an address that was kept."""
        self.page.goto(self.served.of(host) + path)

    def go(self, name: str) -> None:
        """Choose a page in the navigation."""
        self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()

    def enter(self, **fields: str) -> None:
        """Fill in fields by their labels."""
        for label, value in fields.items():
            self.page.get_by_label(label, exact=True).fill(value)

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def reads(self, text: str | re.Pattern[str]) -> None:
        """The page says this, at once or in a moment."""
        expect(self.page.get_by_role("main")).to_contain_text(text)

    def told(self, text: str) -> None:
        """Something that was done is confirmed, in words that a screen reader speaks."""
        expect(self.page.get_by_role("status").filter(has_text=text)).to_be_visible()

    def refused(self, text: str) -> None:
        """Something was not done, and the page says why, in words that a screen reader speaks."""
        expect(self.page.get_by_role("alert").filter(has_text=text)).to_be_visible()

    def row(self, name: str) -> Locator:
        """The row of a table whose header begins with this."""
        header = self.page.get_by_role("rowheader", name=re.compile(rf"^\s*{re.escape(name)}\b"))
        return self.page.get_by_role("row").filter(has=header)

    def counted(self, license_name: str) -> list[str]:
        """What the central CLA counts of a license: bought, in use, reserved, free, by node."""
        self.visit("hq", "/license-information")
        table = self.page.get_by_role("region", name="The whole internetwork").get_by_role("table")
        row = table.get_by_role("row", name=license_name)
        return [cell.strip() for cell in row.get_by_role("cell").all_inner_texts()]

    # Work.

    def register(self, company: str = "Example Ltd", contact: str = "it@example.com") -> None:
        """Registration data, and that they are kept."""
        self.go("Registration")
        self.enter(Company=company, Contact=contact)
        self.press("Save")
        self.told("The registration data are saved.")

    def activate(self, lac: str) -> None:
        """Send a code, without looking at the answer."""
        self.go("Activate")
        self.enter(**{"License authorization code (LAC)": lac})
        self.press("Activate online")

    def locking_id(self) -> str:
        """Read the Locking ID on the page for activating offline."""
        self.go("Activate")
        text = self.page.get_by_role("main").inner_text()
        found = re.search(r"Locking ID ((?:ALI-|[0-9A-F]{2}-)[0-9A-Z-]+)", text)
        assert found, text
        return found[1]

    def make_license_file(self, lac: str, locking_id: str, company: str = "Example Ltd") -> None:
        """Sign in at the license server and have it make the file for a code."""
        self.sign_in_at_license_server()
        self.go("Activate")
        codes = {"License authorization code (LAC)": lac, "Locking ID": locking_id}
        self.enter(**codes, Company=company, Contact="it@example.com")
        self.press("Make the license file")
        self.told("The license file is made.")

    def choose(self, number: str, *licenses: str) -> None:
        """Tick exactly these licenses of a subscriber, without saving."""
        self.go("Local User Licenses")
        self.page.get_by_role("table").get_by_role("link", name=number, exact=True).click()
        ticked = self.page.get_by_role("checkbox", checked=True)
        while ticked.count():
            ticked.first.uncheck()
        for name in licenses:
            self.page.get_by_role("checkbox", name=re.compile(rf"^\s*{re.escape(name)}\b")).check()

    def assign(self, number: str, *licenses: str) -> None:
        """Give a subscriber exactly these licenses."""
        self.choose(number, *licenses)
        self.press("Save assignments")
        self.told(f"{number}: saved")

    def unlock(self) -> None:
        """Check and unlock, in the overview."""
        self.go("Local User Licenses")
        self.press("Check and unlock")

    def license_master(self) -> None:
        """Registered, and everything activated that was bought."""
        lac = self.lac("LAC-1")
        self.sign_in("hq")
        self.register()
        self.activate(lac)
        self.told("License file 1, epoch 1, is activated.")

    def license_town_hall(self) -> None:
        """The same, and one subscriber of each node licensed."""
        self.license_master()
        for node, number, licenses in (
            ("hq", "100", ("IP User", "Voicemail", "UC Suite", "Fax")),
            ("north", "200", ("TDM User",)),
            ("south", "300", ("IP User", "Voicemail")),
        ):
            if node != "hq":
                self.sign_in(node)
            self.assign(number, *licenses)
            self.unlock()
            self.told(f"{len(licenses)} license{'' if len(licenses) == 1 else 's'} granted")


Hire = Callable[..., Technician]
"""Makes a technician with a browser of their own; keywords are a browser context's."""
