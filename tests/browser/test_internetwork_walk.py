"""The manual's procedure for an internetwork (4.4), as a technician walks through it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from walking import Hire, Technician

COLORS = """each => {
  const color = getComputedStyle(each).color;
  const seeThrough = (place) => getComputedStyle(place).backgroundColor === "rgba(0, 0, 0, 0)";
  while (each.parentElement && seeThrough(each)) each = each.parentElement;
  return [color, getComputedStyle(each).backgroundColor];
}"""
"""The color of the text, and of the ground on which it stands."""
LOOK = """seen => {
  Object.defineProperty(document, "visibilityState", { value: seen, configurable: true });
  Object.defineProperty(document, "hidden", { value: seen === "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
"""What a page notices when another one comes before it, or goes."""


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_from_the_lac_over_an_outage_to_recovery(hire: Hire, script: bool):
    """Activated at the master, licensed everywhere; an outage is seen where one acts, and goes.

    At the displays of the node and on the pages of the master; it is relicensed when that is due.
    """
    technician = hire(script=script)
    technician.license_town_hall()
    _slaves_are_licensed_and_activate_nothing(technician)
    _the_central_cla_counts_what_the_nodes_have(technician)
    if script:
        _the_displays_change_by_themselves(technician)
    else:
        _the_displays_change_with_a_reload(technician)
    technician.visit("north", "/")
    technician.reads("Regular")
    _relicensing_is_loud_when_it_is_due(technician)
    _too_few_licenses_are_red_and_at_the_end_of_the_print_view(technician)
    expect(technician.page.get_by_role("button", name="Print")).to_have_count(int(script))


def _slaves_are_licensed_and_activate_nothing(technician: Technician) -> None:
    for node in ("north", "south"):
        technician.visit(node, "/")
        technician.reads("Regular")
        technician.go("Activate")
        technician.reads("activated at the master only")


def _the_central_cla_counts_what_the_nodes_have(technician: Technician) -> None:
    bought_and_used = {
        "IP User": ["4", "2"],
        "TDM User": ["2", "1"],
        "Voicemail": ["2", "2"],
        "Fax": ["1", "1"],
    }
    for name, figures in bought_and_used.items():
        assert technician.counted(name)[:2] == figures


def _the_displays_change_by_themselves(technician: Technician) -> None:
    """F1, by server-sent events: a second page is at the index meanwhile."""
    technician.visit("north", "/telephones")
    watched, technician.page = technician.page, technician.open_page()
    watched.evaluate("window.neverReloaded = true")
    others = _six_more(watched, technician)
    at_master = _somebody_fills_in_a_form_of_the_master(technician)
    technician.press_at_index("Cut hq-north", "1 day")
    for page in (watched, *others):
        expect(_failover_displays(page)).to_have_count(2)
    expect(_alarms(at_master)).to_contain_text("north is cut off from the central CLA.")
    expect(at_master.get_by_label("Address of the CLS")).to_have_value("not sent yet")
    _one_that_is_not_seen_learns_nothing(others, technician)
    technician.visit("north", "/")
    technician.reads(re.compile(r"2[89] days \d+ h until emergency mode"))
    technician.visit("south", "/telephones")
    expect(_failover_displays(technician.page)).to_have_count(0)
    technician.press_at_index("Heal hq-north", "1 hour")
    expect(_alarms(at_master)).to_have_count(0)
    expect(_failover_displays(watched)).to_have_count(0)
    assert watched.evaluate("window.neverReloaded")
    for page in (watched, at_master):
        page.close()


def _six_more(watched: Page, technician: Technician) -> list[Page]:
    """Over HTTP/1.1 a seventh stream would wait for ever, and so would its page.

    The first has a browser that cannot share, as some on pocket telephones.
    """
    others = [technician.open_page() for _ in range(6)]
    others[0].add_init_script("delete window.SharedWorker")
    for page in others:
        page.goto(watched.url)
    return others


def _one_that_is_not_seen_learns_nothing(pages: list[Page], technician: Technician) -> None:
    """Until somebody looks at it again; it is what browsers do with a page behind another one."""
    hidden, *others = pages
    hidden.evaluate(LOOK, "hidden")
    technician.press_at_index("Heal hq-north", "1 hour")
    expect(_failover_displays(others[0])).to_have_count(0)
    expect(_failover_displays(hidden)).to_have_count(2)
    hidden.evaluate(LOOK, "visible")
    expect(_failover_displays(hidden)).to_have_count(0)
    for page in pages:
        page.close()
    technician.press_at_index("Cut hq-north", "1 day")


def _the_displays_change_with_a_reload(technician: Technician) -> None:
    """The page says that it has to be reloaded, and then shows the same."""
    technician.press_at_index("Cut hq-north", "1 day")
    technician.visit("north", "/telephones")
    technician.reads("Reload the page to see changes.")
    expect(_failover_displays(technician.page)).to_have_count(2)
    technician.page.get_by_role("link", name="WBM of the master").first.click()
    expect(_alarms(technician.page)).to_contain_text("north is cut off from the central CLA.")
    _north_is_told_as_cut_off(technician.page)
    technician.press_at_index("Heal hq-north", "1 hour")
    technician.visit("north", "/telephones")
    expect(_failover_displays(technician.page)).to_have_count(0)


def _somebody_fills_in_a_form_of_the_master(technician: Technician) -> Page:
    before, technician.page = technician.page, technician.open_page()
    technician.visit("hq", "/settings")
    technician.enter(**{"Address of the CLS": "not sent yet"})
    expect(_alarms(technician.page)).to_have_count(0)
    at_master, technician.page = technician.page, before
    return at_master


def _alarms(page: Page) -> Locator:
    return page.get_by_role("region", name="To be acted on").locator(".alarm")


def _north_is_told_as_cut_off(page: Page) -> None:
    """In the table at the master's home: state, contact, end as a date and as time left, seats."""
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="north")).first
    expect(row).to_contain_text("in its failover period")
    told = row.inner_text()
    assert re.search(r"\d+ April 2026, \d\d:\d\d UTC\s+\d+ days \d+ h left", told), told
    reserved = row.get_by_role("cell").last
    expect(reserved).to_contain_text("1 TDM User")
    hatched = reserved.locator("b").evaluate("each => getComputedStyle(each).backgroundImage")
    assert "gradient" in hatched


def _relicensing_is_loud_when_it_is_due(technician: Technician) -> None:
    """F4, F6: no green at the node in emergency mode; the master says what is to be done."""
    technician.press_at_index("Cut hq-north", "30 days", "1 day", "1 day")
    technician.visit("north", "/local-user-licenses")
    expect(_alarms(technician.page)).to_contain_text("What is licensed here is out of use")
    assert not _is_green(technician.row("200").get_by_text("✓"))
    technician.press_at_index("Heal hq-north", "1 hour")
    technician.visit("hq", "/local-user-licenses")
    assert _is_green(technician.row("100").get_by_text("✓").first)
    expect(_alarms(technician.page)).to_contain_text("The failover period of north has ended.")
    technician.page.get_by_role("link", name="Relicense", exact=True).click()
    expect(technician.page.get_by_role("heading", name="Relicensing is required")).to_be_visible()
    technician.press("Relicense the internetwork")
    technician.told("License file 2, epoch 2, is activated.")
    expect(_alarms(technician.page)).to_have_count(0)
    quiet = technician.page.get_by_role("heading", name="Relicensing", exact=True)
    expect(quiet).to_be_visible()
    technician.visit("north", "/")
    technician.reads("Regular")
    technician.visit("hq", "/")


def _failover_displays(page: Page) -> Locator:
    telephones = page.get_by_role("listitem").filter(has_text="system telephone")
    return telephones.filter(has=page.get_by_text("Failover Period", exact=True))


def _too_few_licenses_are_red_and_at_the_end_of_the_print_view(technician: Technician) -> None:
    """4.3.2 d: a third voicemail of two that were bought is an invalid assignment."""
    technician.visit("hq", "/")
    technician.assign("101", "IP User", "Voicemail")
    technician.unlock()
    technician.told("1 license granted, 1 license refused (no Voicemail license is free)")
    technician.reads("1 invalid assignment.")
    assert _is_red(technician.row("101").get_by_text("✕"))
    assert not _is_red(technician.row("100").get_by_text("✓").first)
    technician.page.get_by_role("link", name="Print").click()
    last = technician.page.get_by_role("table").last
    (_, invalid) = last.get_by_role("row").all_inner_texts()
    assert re.fullmatch(
        r"101\s+✕\s+Not licensed\s+Voicemail\s+1\s+0\s+no Voicemail license is free", invalid
    )


def _is_red(what: Locator) -> bool:
    """Whether it is red, as text or on red ground, whatever the style sheet calls that."""
    return any(_red(color) for color in what.evaluate(COLORS))


def _is_green(what: Locator) -> bool:
    red, green, blue = map(float, re.findall(r"[0-9.]+", what.evaluate(COLORS)[0])[:3])
    return green > 1.2 * max(red, blue)


def _red(color: str) -> bool:
    red, green, blue = map(float, re.findall(r"[0-9.]+", color)[:3])
    return red > 1.5 * max(green, blue)
