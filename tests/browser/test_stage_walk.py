"""A walk over what can be pressed on the stage, in a browser, with and without a script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from serving_process import Served, serving
from walking import Technician

from simulator.cli.shipped_scenarios import DIRECTORY

SCENARIO = (DIRECTORY / "hub-and-cloud.yaml").read_text()


@pytest.fixture(scope="module")
def licensed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Eight sites, a cloud and a router, with their licenses."""
    with serving(SCENARIO, tmp_path_factory.mktemp("walk"), "--demo") as served:
        yield served


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def window(
    request: pytest.FixtureRequest, chromium: Browser, licensed: Served
) -> Iterator[Technician]:
    """A window before the stage, with a script or without."""
    trainer = Technician(chromium.new_context(java_script_enabled=request.param), licensed)
    yield trainer
    trainer.require_clean()
    trainer.page.context.close()


def press(page: Page, name: str, then: str) -> None:
    """A button of the panel; `then` is the one that stands there afterwards."""
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_role("button", name=then, exact=True)).to_be_visible()


@pytest.mark.parametrize("carrier", ["mpls", "hub"])
def test_a_cloud_and_a_router_fail_and_are_repaired(window: Technician, carrier: str):
    """The panel says so, and offers the way back."""
    page = window.page
    page.goto(f"{window.served.stage}?transit={carrier}")
    press(page, f"Fail {carrier}", then=f"Repair {carrier}")
    expect(page.locator("#panel .standing")).to_contain_text("failed")
    press(page, f"Repair {carrier}", then=f"Fail {carrier}")
    expect(page.locator("#panel .standing")).to_have_text("whole")


def test_what_the_menu_of_a_link_has(window: Technician):
    """Slow, narrow, lossy, one way only, and all of it taken back; it forgets."""
    page = window.page
    page.goto(f"{window.served.stage}?link=mpls-north")
    for fault, back in (
        ("Slow: 800 ms", "Not slow any more"),
        ("Narrow: 64 kbit/s", "Not narrow any more"),
        ("Lossy: 20 %", "Not lossy any more"),
        ("One way only: nothing from north", "Heal mpls-north"),
        ("Lose everything", "Heal mpls-north"),
    ):
        press(page, fault, then=back)
        press(page, back, then=fault)
    page.get_by_role("button", name="Forget its connections").click()
    expect(page.locator("[data-part=told]")).to_contain_text("mpls-north are forgotten")


def test_what_the_panel_of_a_node_has(window: Technician):
    """A call, its clock, power and programs."""
    page = window.page
    page.goto(f"{window.served.stage}?node=north")
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.locator("#panel .outcome")).to_contain_text("connected")
    page.get_by_label("Set the clock by").fill("-1 min")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("[data-part=told]")).to_contain_text("north is set back by 1 min")
    press(page, "Freeze", then="Thaw")
    press(page, "Thaw", then="Freeze")
    press(page, "Cut the power", then="Switch on")
    press(page, "Switch on", then="Cut the power")


def test_numbers_and_the_past(window: Technician):
    """The shares of a license are numbers; a sentence of the story leads to its instant."""
    page = window.page
    page.goto(window.served.stage)
    page.locator(".license-name", has_text="IP User").click()
    expect(page.locator("#panel")).to_contain_text("in use")
    page.locator(".story a").first.click()
    expect(page.locator(".recorded")).to_contain_text("Recorded")
    page.get_by_role("link", name="Back to now").click()
    expect(page.locator(".recorded")).to_contain_text("paused")
