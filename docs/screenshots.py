"""Pictures of the WBM, of the report and of a plan, in a real browser.

`make screenshots` writes them to `docs/screenshots/`. It needs Debian's Chromium. The same scenario
and seed lead to the same pages.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "screenshots"
SCENARIO = "slave-cut-off-31-days"
PLANNED = "thirty-sites-to-plan"
PASSWORD = "simulation"  # noqa: S105 - of accounts that exist in a simulation alone
WINDOW = ViewportSize(width=1280, height=800)
POCKET = ViewportSize(width=390, height=844)
REPORT = ViewportSize(width=1180, height=1010)
A4 = ViewportSize(width=794, height=1123)
"""210 by 297 mm in a style sheet's pixels."""


@contextmanager
def served(scenario: str = SCENARIO, *options: str) -> Iterator[str]:
    """An internetwork, served; yields its port."""
    command = [sys.executable, "-m", "simulator", "serve", scenario, "--port", "0", *options]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        told = (re.search(r"Open http://localhost:(\d+)/", line) for line in process.stdout)
        opened = next(filter(None, told), None)
        assert opened, "the internetwork was not served"
        yield opened[1]
        process.terminate()


class Visitor:
    """Somebody with a browser, who does what is needed and takes pictures."""

    def __init__(self, browser: Browser, port: str) -> None:
        self._browser = browser
        self._port = port
        self._page = browser.new_page(viewport=WINDOW)

    def go(self, host: str, path: str = "/") -> None:
        """Go to a page of a host, "" for the index; sign in where that is asked for."""
        _go(self._page, self._url(host, path))

    def press(self, *buttons: str) -> None:
        """Press buttons of the page, one after the other."""
        for name in buttons:
            self._page.get_by_role("button", name=name, exact=True).click()

    def fill(self, **fields: str) -> None:
        """Fill in fields of the page by their ids."""
        for field, text in fields.items():
            self._page.fill(f"#{field}", text)

    def assign(self, host: str, number: int, *licenses: str) -> None:
        """Give a subscriber exactly these licenses."""
        self.go(host, f"/local-user-licenses/of/{number}")
        for key in licenses:
            self._page.check(f"input[value={key}]")
        self.press("Save assignments")

    def unlock(self, host: str) -> None:
        """Check and unlock."""
        self.go(host, "/local-user-licenses")
        self.press("Check and unlock")

    def lac(self) -> str:
        """The code of the first delivery note."""
        self.go("", "/systems")
        return self._page.get_by_role("cell", name=re.compile(r"^\w{5}(-\w{5}){3}$")).inner_text()

    def picture(
        self,
        name: str,
        host: str,
        path: str,
        *,
        viewport: ViewportSize = WINDOW,
        color_scheme: Literal["light", "dark"] = "light",
    ) -> None:
        """Take a picture of a page."""
        window = self._browser.new_context(viewport=viewport, color_scheme=color_scheme)
        with closing(window) as context:
            page = context.new_page()
            _go(page, self._url(host, path))
            page.screenshot(path=PICTURES / f"{name}.png")

    def sheet(self, name: str, host: str, path: str) -> None:
        """Take a picture of a page as it is printed, with the margins of the paper."""
        with closing(self._browser.new_context(viewport=A4, bypass_csp=True)) as context:
            page = context.new_page()
            _go(page, self._url(host, path))
            page.emulate_media(media="print")
            page.add_style_tag(content="body { padding: 14mm 12mm }")
            page.screenshot(path=PICTURES / f"{name}.png")

    def _url(self, host: str, path: str) -> str:
        return f"http://{host}{'.' if host else ''}localhost:{self._port}{path}"


def _go(page: Page, url: str) -> None:
    page.goto(url)
    if page.title().startswith("Sign in"):
        page.fill("#name", "expert")
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(url)


def license_everything(visitor: Visitor) -> None:
    """From the LAC to licensed stations, and two assignments for which nothing was bought."""
    lac = visitor.lac()
    visitor.go("hq", "/registration")
    visitor.fill(company="Example Ltd", contact="it@example.com")
    visitor.press("Save")
    visitor.go("hq", "/activate")
    visitor.fill(lac=lac)
    visitor.press("Activate online")
    for number in range(130, 142):
        visitor.assign("hq", number, "ip", "voicemail", "uc-suite", *["fax"] * (number % 2))
    visitor.assign("hq", 136, "tapi")
    visitor.assign("hq", 139, "tapi")
    visitor.unlock("hq")
    visitor.assign("hq", 142, "ip", "voicemail")
    for number in range(200, 210):
        visitor.assign("north", number, "tdm")
    visitor.unlock("north")


def take_pictures(visitor: Visitor) -> None:
    """Of the licensed internetwork, then with the link to the north cut: for two days, a month."""
    license_everything(visitor)
    visitor.picture("overview", "hq", "/local-user-licenses")
    visitor.sheet("print", "hq", "/local-user-licenses/print")
    visitor.go("", "/systems")
    visitor.press("Cut hq-north", "1 day", "1 day")
    visitor.picture("index", "", "/systems")
    visitor.picture("home", "north", "/")
    visitor.picture("telephones", "north", "/telephones")
    visitor.picture("telephones-dark", "north", "/telephones", color_scheme="dark")
    visitor.picture("pocket", "north", "/", viewport=POCKET, color_scheme="dark")
    visitor.picture("master", "hq", "/", viewport=ViewportSize(width=1280, height=1120))
    visitor.go("", "/systems")
    visitor.press("30 days", "1 day")
    visitor.picture("relicensing", "hq", "/", viewport=POCKET)
    visitor.picture("emergency", "north", "/", viewport=POCKET, color_scheme="dark")


def report_picture(browser: Browser) -> None:
    """Of the page that a run leaves behind."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        command = [sys.executable, "-m", "simulator", "run", SCENARIO, "--quiet", "--html", file]
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own program
        with closing(browser.new_context(viewport=REPORT)) as context:
            page = context.new_page()
            page.goto(file.as_uri())
            page.screenshot(path=PICTURES / "report.png")


def plan_pictures(browser: Browser) -> None:
    """Of the page of a plan: where the risk is; and when, why and what if."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "plan.html"
        asked = ["plan", "risk", PLANNED, "--precision", "30%", "--html", file]
        command = [sys.executable, "-m", "simulator", *asked]
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own program
        with closing(browser.new_context(viewport=REPORT)) as context:
            page = context.new_page()
            page.goto(file.as_uri())
            page.screenshot(path=PICTURES / "plan.png")
            page.get_by_role("heading", name="When: ").scroll_into_view_if_needed()
            page.evaluate("scrollTo(0, document.querySelector('.chart').offsetTop - 70)")
            page.screenshot(path=PICTURES / "plan-when-and-why.png")


def main() -> None:
    """Serve, visit, and take all pictures."""
    PICTURES.mkdir(exist_ok=True)
    with served() as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        take_pictures(Visitor(browser, port))
        report_picture(browser)
        plan_pictures(browser)
        browser.close()


if __name__ == "__main__":
    main()
