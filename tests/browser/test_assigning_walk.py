"""Licenses for real systems: forty-five subscribers, or a thousand, in a few clicks (4.3.2)."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from serving_process import Served, serving
from test_accessible_pages import faults
from walking import Technician

MOST_CLICKS = 9
SYSTEMS = """
title: The manual's internetwork, and a large system beside it
about: Forty-five subscribers at the master and two slaves, and a thousand at a third.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      model: S
      role: master
      subscribers: [{numbers: 130-149, type: ip-hfa}, {numbers: 150-154, type: sip}]
      trunks: [{name: itsp-1, kind: itsp, channels: 8, licensed: 0}]
    north:
      model: X3
      role: slave
      subscribers: [{numbers: 200-209, type: up0}]
      trunks: [{name: s2m-1, kind: s2m, channels: 10, licensed: 0}]
    south:
      model: X3
      role: slave
      subscribers: [{numbers: 300-309, type: ip-hfa}]
      trunks: [{name: itsp-2, kind: itsp, channels: 2, licensed: 0}]
    large:
      model: X8
      role: slave
      subscribers: [{numbers: 3000-3999, type: ip-hfa}]
      trunks: [{name: s2m-3, kind: s2m, channels: 30, licensed: 0}]
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-south: {bandwidth: 20 Mbit/s, latency: 8 ms}
    hq-large: {bandwidth: 50 Mbit/s, latency: 8 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 1040, tdm: 10, voicemail: 1030, uc-suite: 20, fax: 20, networking: 3}
timeline:
  - {at: day 0 09:00, unlock: all}
"""
SEVERAL = "/local-user-licenses/assign"


class Counting(Technician):
    """Counts clicks; what is typed, and sent with Enter, is none."""

    clicks = 0

    def click(self, role: str, name: str) -> None:
        """One more, on what is called or labelled so."""
        self.clicks += 1
        self.page.get_by_role(role, name=re.compile(rf"^\s*{re.escape(name)}\b")).first.click()

    def give(self, numbers: str, *licenses: str) -> None:
        """Tick licenses, type in the range, and send it with Enter."""
        for name in licenses:
            self.click("checkbox", name)
        self.page.get_by_label("Call numbers").fill(numbers)
        self.page.keyboard.press("Enter")
        self.told(re.compile("subscribers?(: nothing was changed| saved)"))
        self.told("Checked and unlocked the whole node")


@pytest.fixture(scope="module")
def licensed(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An activated master, where nothing is assigned yet."""
    with serving(SYSTEMS, tmp_path_factory.mktemp("served")) as served:
        Counting(chromium.new_context(), served).license_master()
        yield served


@pytest.fixture
def technician(
    request: pytest.FixtureRequest, chromium: Browser, licensed: Served
) -> Iterator[Counting]:
    """Somebody with a browser of their own, which runs scripts where it is not said otherwise."""
    window = chromium.new_context(java_script_enabled=getattr(request, "param", True))
    somebody = Counting(window, licensed)
    yield somebody
    window.close()
    somebody.require_clean()


@pytest.mark.parametrize("technician", [True, False], ids=["script", "no-script"], indirect=True)
def test_the_manuals_subscribers_and_a_thousand_others_in_few_clicks(technician: Counting):
    """Forty-five at three nodes, each kind in one decision; a thousand, as one of them has."""
    technician.sign_in("hq", path=SEVERAL)
    technician.give("130-149", "Station license", "Voicemail", "UC Suite", "Fax")
    technician.click("link", "Assign to several")
    technician.give("150-154", "Station license")
    technician.sign_in("north", path=SEVERAL)
    technician.give("200-209", "Station license")
    technician.sign_in("south", path=SEVERAL)
    technician.give("300-309", "Station license", "Voicemail")
    assert technician.clicks <= MOST_CLICKS
    technician.sign_in("large")
    technician.choose("3000", "IP User", "Voicemail")
    technician.press("Save assignments")
    technician.told("3000: ")
    technician.clicks = 0
    technician.go("Local User Licenses")
    technician.click("link", "Assign to all 1000")
    technician.click("radio", "As another subscriber has")
    technician.page.get_by_label("As which call number?").fill("3000")
    technician.click("button", "Save, check and unlock")
    technician.told(re.compile("(2000|1998) licenses granted|nothing to unlock"))
    assert technician.clicks <= MOST_CLICKS
    assert technician.counted("Voicemail")[:2] == ["1030", "1030"]


def test_prerequisites_react_and_leaving_asks(technician: Counting):
    """While one ticks; what was ticked comes back with what it needs."""
    technician.sign_in("hq")
    technician.choose("154", "IP User")
    fax = technician.page.get_by_role("checkbox", name=re.compile(r"^\s*Fax\b"))
    expect(fax).to_be_disabled()
    groupware = technician.page.get_by_role("checkbox", name=re.compile(r"^\s*Groupware"))
    groupware.check()
    fax.check()
    groupware.uncheck()
    expect(fax).to_be_disabled()
    expect(fax).not_to_be_checked()
    groupware.check()
    expect(fax).to_be_checked()
    expect(technician.page.locator("#fax")).to_contain_text("Opened by what is ticked here")
    with technician.page.expect_event("dialog") as asked:
        technician.go("Home")
    assert asked.value.type == "beforeunload"
    technician.reads("In the order of work")
    technician.choose("154", "IP User")
    technician.press("Save assignments")
    technician.told("154: ")


def test_a_head_that_stays_and_symbols_that_lead_to_their_license(technician: Counting):
    """The row of names is to be seen beside the last subscriber; a symbol leads to its tick."""
    technician.sign_in("large", path="/local-user-licenses")
    page = technician.page
    page.get_by_role("link", name="3099", exact=True).scroll_into_view_if_needed()
    expect(page.get_by_role("columnheader", name="Voicemail")).to_be_in_viewport()
    technician.row("3099").get_by_title(re.compile("^Voicemail")).click()
    expect(page).to_have_url(re.compile("/of/3099#voicemail$"))
    expect(page.locator("label:target")).to_contain_text("Voicemail")


@pytest.mark.parametrize("width", [390, 1440])
def test_pages_for_assigning_are_accessible(technician: Counting, width: int):
    """Best practices included, in light and dark, also where something was refused."""
    page = technician.page
    page.set_viewport_size({"width": width, "height": 900})
    technician.sign_in("hq", path="/local-user-licenses?show=unsaved")
    found = faults(page)
    for path in ("/of/154", "/assign"):
        technician.visit("hq", f"/local-user-licenses{path}")
        found += faults(page)
    technician.enter(**{"Call numbers": "999"})
    technician.page.get_by_role("button", name="Save", exact=True).click()
    technician.refused("No subscriber has the call number 999")
    assert found + faults(page) == []
    assert not _is_wider_than_its_window(page)


def _is_wider_than_its_window(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")
