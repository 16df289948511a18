"""The index of a served internetwork, open in a window while somebody else changes something."""

import re

from playwright.sync_api import expect
from walking import Hire


def test_the_index_follows_what_others_change(hire: Hire):
    """Pace, clock, links and hosts, without a reload; a focused button keeps the focus."""
    looking, acting = hire(), hire()
    looking.at_index()
    page = looking.page
    kept = page.get_by_role("button", name="10 minutes")
    kept.focus()
    looking.reads("Time is paused")
    acting.press_at_index("1 hour a second")
    looking.reads("Time runs")
    expect(page.get_by_role("button", name="1 hour a second")).to_have_attribute(
        "aria-pressed", "true"
    )
    seen = page.locator(".now").inner_text()
    expect(page.locator(".now")).not_to_have_text(seen)
    expect(kept).to_be_focused()
    page.get_by_role("button", name="Cut the power of south").focus()
    acting.press_at_index("paused", "Cut hq-north", "Cut the power of south")
    looking.reads("Time is paused")
    expect(looking.row("hq-north")).to_contain_text("Heal")
    looking.reads("Switched off")
    expect(page.get_by_role("button", name="Switch on of south")).to_be_focused()


def test_an_open_index_lets_standing_time_stand(hire: Hire):
    """It looks every second, and nothing passes for that."""
    looking = hire()
    looking.at_index()
    seen = looking.page.locator(".now").inner_text()
    for _ in range(3):
        with looking.page.expect_response(re.compile("/signs$")) as answer:
            pass
        assert answer.value.ok
    assert looking.page.locator(".now").inner_text() == seen


def test_without_a_script_the_index_says_how_to_see_more(hire: Hire):
    """Everything works after a reload."""
    looking = hire(script=False)
    looking.press_at_index("real time")
    looking.reads("Time runs; reload to see it.")
