"""The stage and its server: one that is gone, another one at the same address, many windows."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect
from processes import PATIENCE_S, ROOT
from serving_process import OPENED, SERVE
from walking import PATIENCE_MS

from simulator.cli.shipped_scenarios import DIRECTORY


class Server:
    """Serves one scenario after the other at the same address."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    @property
    def stage(self) -> str:
        """The address of the page."""
        return f"http://localhost:{self.port}/"

    def start(self, scenario: str) -> None:
        """Serve a scenario that comes with the product, until it answers."""
        file = DIRECTORY / f"{scenario}.yaml"
        command = [sys.executable, "-c", SERVE, "serve", str(file), "--port", str(self.port)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert any(re.search(OPENED, line) for line in self._process.stdout)

    def stop(self) -> None:
        """As with Ctrl-C."""
        if self._process:
            self._process.send_signal(signal.SIGINT)
            self._process.communicate(timeout=PATIENCE_S)
            self._process = None


@pytest.fixture
def server() -> Iterator[Server]:
    """Stopped at the end, whatever happens."""
    with ExitStack() as stack:
        one = Server()
        stack.callback(one.stop)
        yield one


def opened(chromium: Browser, address: str, *, script: bool = True) -> Page:
    """A page of a browser of its own."""
    page = chromium.new_context(java_script_enabled=script).new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(address)
    return page


def test_a_page_of_another_run_does_nothing_and_shows_the_one_that_is_served(
    chromium: Browser, server: Server
):
    """Stage and notes say that nobody answers, and the clock stands; then they show what is served.

    Without a script what is pressed on the old page is refused in words.
    """
    server.start("hub-and-cloud")
    page, notes = opened(chromium, server.stage), opened(chromium, server.stage + "notes")
    systems = opened(chromium, server.stage + "systems")
    plain = opened(chromium, server.stage + "?node=hq", script=False)
    page.get_by_role("button", name="1 h/s").click()
    expect(page.locator(".recorded")).to_contain_text("Time runs")
    server.stop()
    for each in (page, notes):
        expect(each.get_by_text("The server does not answer")).to_be_visible()
    clock = page.locator(".now").inner_text()
    page.wait_for_timeout(300)
    assert page.locator(".now").inner_text() == clock
    server.start("slave-cut-off-31-days")
    expect(systems.locator("h1")).to_contain_text("A slave is cut off")
    for each in (page, notes):
        expect(each.locator("h1")).to_contain_text("A slave is cut off")
        expect(each.get_by_text("The server does not answer")).to_be_hidden()
    expect(page.locator("[data-part=told]")).to_contain_text("started anew")
    plain.get_by_role("button", name="Cut the power").click()
    expect(plain.get_by_role("alert")).to_contain_text("nothing was done")
    expect(plain.locator("h1")).to_contain_text("A slave is cut off")
    expect(plain.locator("[data-site=hq]")).not_to_have_attribute("aria-label", re.compile("off"))
    for each in (page, notes, systems, plain):
        each.context.close()


BELOW_THE_TOP = """() => {
  const [list, step] = ["[data-part=steps]", "[aria-current=step]"]
    .map((each) => document.querySelector(each).getBoundingClientRect());
  return (step.top - list.top) / list.height;
}"""
"""Where the next step stands in its list: 0 at the top, 1 at the bottom."""


def test_the_list_of_steps_follows_the_next_one(chromium: Browser, server: Server):
    """It stands in the upper third; whoever has the focus in the list reads on undisturbed."""
    server.start("thirty-branches-and-a-line-that-flaps")
    page = opened(chromium, server.stage)
    following = page.locator("[aria-current=step]")
    for key in "unnnnnnnnnnnnnnn":
        before = following.get_attribute("id")
        page.locator(f"[data-key={key}]").click()
        expect(following).not_to_have_id(before)
        page.locator(".busy").wait_for(state="detached")
    assert 0 < page.evaluate(BELOW_THE_TOP) < 1 / 3
    page.get_by_role("region", name="All steps").focus()
    page.evaluate("document.activeElement.scrollTop = 0")
    before = following.get_attribute("id")
    page.keyboard.press("n")
    expect(following).not_to_have_id(before)
    assert page.evaluate("document.activeElement.scrollTop") == 0
    page.context.close()


SEEN = """(seen) => {
  Object.defineProperty(document, "hidden", { value: !seen, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_more_windows_than_a_browser_has_connections(chromium: Browser, server: Server):
    """Eight of one browser: those that nobody sees wait, and catch up when they are seen again."""
    server.start("slave-cut-off-31-days")
    first = opened(chromium, server.stage)
    for _ in range(7):
        first.evaluate(SEEN, False)
        page = first.context.new_page()
        page.goto(server.stage)
        page.evaluate(SEEN, False)
    first.evaluate(SEEN, True)
    first.locator("[data-link=hq-north]").press("Enter")
    cut = ("aria-label", re.compile("hq-north: cut"))
    expect(first.locator("[data-link=hq-north]")).to_have_attribute(*cut)
    page.evaluate(SEEN, True)
    expect(page.locator("[data-link=hq-north]")).to_have_attribute(*cut)
    first.context.close()


CLOCK = "() => ['.now', '.date'].map((each) => document.querySelector(each).textContent)"


def test_the_date_goes_on_with_the_clock(chromium: Browser, server: Server):
    """Also while nothing happens: the day of both is the same."""
    server.start("slave-cut-off-31-days")
    page = opened(chromium, server.stage)
    page.get_by_role("button", name="1 min/s").click()
    expect(page.locator(".recorded")).to_contain_text("Time runs")
    page.wait_for_timeout(2500)
    clock, date = page.evaluate(CLOCK)
    assert clock.split()[-1][:5] == date.split()[-2]
    page.context.close()


def test_what_was_told_of_something_else_goes(chromium: Browser, server: Server):
    """A problem with one form is none of the instant, or of the thing, that is looked at next."""
    server.start("slave-cut-off-31-days")
    page = opened(chromium, server.stage)
    page.get_by_role("button", name="Set up").click()
    expect(page.locator("[data-part=told]")).to_contain_text("set up")
    for other in (page.locator(".story a").first, page.locator("[data-site=south]")):
        page.goto(server.stage + "?node=north")
        page.get_by_label("Set the clock by").fill("soon")
        page.get_by_role("button", name="Set", exact=True).click()
        expect(page.locator("[data-part=told]")).to_contain_text("is not a number")
        other.press("Enter")
        expect(page.locator("[data-part=told]")).to_be_empty()
    page.context.close()
