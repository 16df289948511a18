"""The stage in a browser: by keyboard alone, focus that stays, axe, small windows, no script."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from serving_process import Served, serving
from test_accessible_pages import beside, faults
from walking import PATIENCE_MS, Technician

from simulator.cli.shipped_scenarios import DIRECTORY

SCENARIO = (DIRECTORY / "slave-cut-off-31-days.yaml").read_text()


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Served]:
    """`serve --demo`, an hour before anything befalls the internetwork."""
    with serving(SCENARIO, tmp_path, "--demo") as served:
        yield served


@pytest.fixture
def window(chromium: Browser, demonstration: Served) -> Iterator[Technician]:
    """A window before the stage."""
    trainer = Technician(
        chromium.new_context(viewport={"width": 1440, "height": 900}), demonstration
    )
    trainer.page.goto(demonstration.stage)
    yield trainer
    trainer.require_clean()
    trainer.page.context.close()


def settled(page: Page) -> None:
    """Nothing hurries any more."""
    page.locator(".busy").wait_for(state="detached")


def look_at(page: Page, thing: str, press: str = "Enter") -> None:
    """Its panel, and not what was looked at before."""
    page.locator(f"[data-site={thing}], [data-link={thing}]").press(press)
    expect(page.locator("#panel h2")).to_have_text(re.compile(rf"^{thing} "))


def walk_to(page: Page, name: str, *arrows: str) -> None:
    """By Tab into the map, where one left it or at the master, and on by arrows."""
    page.locator("[data-key=u]").focus()
    page.keyboard.press("Tab")
    for arrow in arrows:
        page.keyboard.press(arrow)
    expect(page.locator(f"[data-site={name}], [data-link={name}]")).to_be_focused()


def test_the_demonstration_by_keyboard_alone(window: Technician):
    """Twelve keys that let something happen; the focus stays on the link all the time."""
    page, clock = window.page, window.page.locator(".now")
    link = page.locator("[data-link=hq-north]")
    expect(clock).to_have_text("Day 3 07:00:00")
    walk_to(page, "hq-north", "ArrowLeft")
    for key, says, of in (
        ("Enter", "cut", "hq-north"),
        ("c", "Failover Period", "north"),
        ("d", "Failover Period", "north"),
        ("Enter", "whole", "hq-north"),
        ("c", "regular", "north"),
        ("Enter", "cut", "hq-north"),
        ("c", "Failover Period", "north"),
        ("c", "emergency mode", "north"),
        ("Enter", "whole", "hq-north"),
        ("e", "emergency mode", "north"),
    ):
        before = clock.inner_text()
        page.keyboard.press(key)
        if key != "Enter":
            expect(clock).not_to_have_text(before)
            settled(page)
        thing = page.locator(f"[data-site={of}], [data-link={of}]")
        expect(thing).to_have_attribute("aria-label", re.compile(rf": {says}"))
        expect(link).to_be_focused()
    walk_to(page, "hq", "ArrowRight")
    page.keyboard.press("Enter")
    relicense = page.get_by_role("button", name="Relicense")
    relicense.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="relicensed")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("[data-site=north]")).to_have_attribute("aria-label", "north: regular")
    expect(relicense).to_be_focused()


def test_the_focus_goes_on_where_its_control_has_gone(window: Technician):
    """From each button to its opposite, from a link to the heading of what it leads to.

    Never to what is hidden from an audience, and never away from where somebody is.
    """
    page = window.page
    look_at(page, "south")
    for name, successor in (
        ("Cut the power", "Switch on"),
        ("Switch on", "Cut the power"),
        ("Freeze", "Thaw"),
        ("Thaw", "Freeze"),
    ):
        page.get_by_role("button", name=name, exact=True).press("Enter")
        expect(page.get_by_role("button", name=successor, exact=True)).to_be_focused()
    page.get_by_role("link", name="Whole internetwork").press("Enter")
    expect(page.get_by_role("heading", name="The internetwork")).to_be_focused()
    look_at(page, "hq-south", "Shift+Enter")
    for name in ("Lose everything", "One way only: nothing from south", "Cut hq-south"):
        page.get_by_role("button", name=name).press("Enter")
        heal = page.get_by_role("button", name="Heal hq-south")
        expect(heal).to_be_focused()
        heal.press("Enter")
        expect(heal).to_be_hidden()
        assert page.evaluate("document.activeElement.closest('#acts') !== null")
    page.keyboard.press("p")
    expect(page.locator("svg.map [tabindex='0']")).to_be_focused()
    page.keyboard.press("p")
    look_at(page, "south")
    page.get_by_role("slider").focus()
    page.evaluate("document.querySelector('#acts button').click()")
    expect(page.get_by_role("button", name="Switch on")).to_be_visible()
    expect(page.get_by_role("slider")).to_be_focused()
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("button", name="Cut the power")).to_be_focused()


def test_the_past_is_shown_and_left_again(window: Technician):
    """By the time bar and by the story; the page says so, and nothing can be done there.

    Another browser goes on to see the present; what is pressed in the past is done now.
    """
    page, other = window.page, window.open_page()
    other.goto(window.served.stage)
    page.keyboard.press("n")
    expect(page.locator("#step-2")).to_contain_text("done")
    settled(page)
    page.keyboard.press("c")
    expect(page.locator("[data-site=north]")).to_have_attribute(
        "aria-label", re.compile("Failover")
    )
    settled(page)
    look_at(page, "north")
    page.get_by_label("Story of").select_option("north")
    expect(page.locator(".story b").filter(has_text="south")).to_have_count(0)
    before = page.locator(".now").inner_text()
    page.locator(".story a").filter(has_text='show "Failover Period"').first.click()
    expect(page.get_by_text("Recorded", exact=True)).to_be_visible()
    expect(page.locator("#panel .displays .lit")).to_have_count(10)
    expect(page.locator("[data-site=north]")).to_have_attribute(
        "aria-label", re.compile("Failover")
    )
    expect(page.get_by_role("button", name="Cut the power")).to_have_count(0)
    page.get_by_role("slider").press("PageDown")
    expect(page.locator("[data-site=north]")).to_have_attribute("aria-label", "north: regular")
    expect(other.locator(".now")).to_have_text(before)
    page.keyboard.press("Escape")
    expect(page.locator(".now")).to_have_text(before)
    page.get_by_role("slider").press("PageDown")
    expect(page.get_by_text("Recorded", exact=True)).to_be_visible()
    page.keyboard.press("n")
    settled(page)
    expect(page.get_by_text("Recorded", exact=True)).to_be_hidden()
    expect(other.locator("#step-3")).to_contain_text("ok")
    other.close()


def test_what_is_entered_stays_while_the_page_changes(window: Technician):
    """A number half dialed, with the caret in it, while time runs and the run goes on."""
    page = window.page
    look_at(page, "north")
    page.get_by_label("to", exact=True).fill("112")
    page.keyboard.press("Tab")
    page.get_by_label("to", exact=True).focus()
    page.evaluate("() => document.querySelector('[data-key=\"2\"]').click()")
    clock = page.locator(".now").inner_text()
    expect(page.locator(".now")).not_to_have_text(clock)
    expect(page.get_by_label("to", exact=True)).to_be_focused()
    expect(page.get_by_label("to", exact=True)).to_have_value("112")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=told]")).to_contain_text("200 calls 112: connected")
    page.get_by_role("button", name="Pause").click()


def test_before_an_audience(window: Technician):
    """`p` leaves map, displays and one sentence; the notes in a second window follow the steps."""
    page, notes = window.page, window.open_page()
    notes.goto(window.served.stage + "notes")
    expect(notes.get_by_role("main")).to_contain_text("Next")
    page.locator("h1").click()
    page.keyboard.press("p")
    expect(page.locator(".large")).to_be_visible()
    for hidden in (".panel", ".tale", ".pool", ".plan", "footer"):
        expect(page.locator(hidden)).to_be_hidden()
    done = notes.get_by_role("main").inner_text()
    page.keyboard.press("n")
    settled(page)
    expect(notes.get_by_role("main")).not_to_have_text(done)
    page.keyboard.press("p")
    expect(page.locator(".panel")).to_be_visible()
    notes.close()


DRAWN = """async (number) => {
  const { run } = await import("/traffic.js");
  const { prototype } = CanvasRenderingContext2D, { arc } = prototype;
  let drawn = 0;
  prototype.arc = function (...circle) { drawn += 1; arc.apply(this, circle); };
  run({ "hq-south south": [number, 0] }, false);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  prototype.arc = arc;
  return [drawn, getComputedStyle(document.querySelector(".share")).transitionDuration];
}"""
"""How many dots are drawn for a request that has passed, and how long a part of a bar slides."""
SAID = """async (words) => {
  const { say } = await import("/say.js");
  words.forEach(say);
  return document.querySelector("#said").textContent;
}"""


def test_nothing_moves_for_whoever_does_not_want_it(window: Technician):
    """No dot runs and nothing slides; both do for others."""
    page = window.open_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(window.served.stage)
    expect(page.locator("#said")).not_to_be_empty()
    assert page.evaluate(DRAWN, 10**6) == [0, "0s"]
    page.emulate_media(reduced_motion="no-preference")
    dots, slides = page.evaluate(DRAWN, 10**7)
    assert (dots > 0, slides) == (True, "0.5s, 0.5s")
    page.close()


def test_a_screen_reader_hears_one_thing_a_second(window: Technician):
    """The latest of what happened meanwhile, politely, and nothing twice."""
    page = window.open_page()
    page.clock.install(time="2026-03-02")
    page.goto(window.served.stage)
    expect(page.locator("#said")).not_to_be_empty()
    page.clock.pause_at("2026-03-03")  # an installed clock goes on with the real one
    page.clock.run_for(1000)
    assert page.evaluate(SAID, ["one", "two", "three"]) == "one"
    page.clock.run_for(900)
    assert page.evaluate(SAID, []) == "one"
    page.clock.run_for(100)
    assert page.evaluate(SAID, ["three"]) == "three"
    page.close()


LOOKS = ("/", "/?node=north", "/?link=hq-north", "/?license=hq:ip", "/?at=270000000&node=north",
         "/?present=1", "/notes")  # fmt: skip


def test_axe_finds_nothing_and_nothing_is_cut_off(window: Technician):
    """In every look, light and dark; 390 pixels wide, and a desk's window at 200 %."""
    page = window.open_page()
    for look in LOOKS:
        page.goto(window.served.stage.rstrip("/") + look)
        expect(page.locator("[data-part=clock] .now")).to_be_visible()
        assert faults(page) + beside(page) == []
        page.set_viewport_size({"width": 720, "height": 450})
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), look
    page.close()


def test_keys_are_listed(window: Technician):
    """`?` names each key with what it does, also of what can be pressed at times only."""
    page = window.page
    page.locator("h1").click()
    page.keyboard.press("?")
    for what in ("five minutes before the next one", "stop what hurries", "back to now"):
        expect(page.get_by_role("dialog")).to_contain_text(what)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_without_a_script_the_map_leads_on(chromium: Browser, demonstration: Served):
    """A link of the map to its menu, a button there to what it says."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(demonstration.stage)
    page.goto(demonstration.stage + "?link=hq-south")
    page.get_by_role("button", name="Cut hq-south").click()
    expect(page.locator("[data-link=hq-south]")).to_have_attribute("aria-label", "hq-south: cut")
    page.get_by_role("button", name="Heal hq-south").click()
    expect(page.locator("[data-link=hq-south]")).to_have_attribute("aria-label", "hq-south: whole")
    context.close()
