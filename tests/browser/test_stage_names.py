"""Names as long as may be, numbers of eleven digits: nothing is cut off or written over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from serving_process import serving
from walking import Technician

LONG = "branch-office-of-garmisch-partenkirchen-near-the-zugspitze"
MASTER = "headquarters-of-the-company-in-munich-on-the-isar-river-w-park"
SCENARIO = f"""
title: Long names
about: A-word-without-any-break-{"abcdefghijklmnopqrstuvwxyz" * 4}
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    {MASTER}:
      model: S
      role: master
      subscribers: [{{numbers: 500-519, type: ip-hfa, licenses: [ip]}}]
      trunks: [{{name: itsp-1, kind: itsp, channels: 4}}]
    {LONG}:
      model: X3
      role: slave
      subscribers: [{{numbers: 20000000000-20000000004, type: up0, licenses: [tdm]}}]
      trunks: [{{name: s2m-1, kind: s2m, channels: 2}}]
    villingen-schwenningen:
      model: X3
      role: slave
      subscribers: [{{numbers: 300-304, type: up0, licenses: [tdm]}}]
      trunks: [{{name: s2m-1, kind: s2m, channels: 2}}]
    b:
      model: X3
      role: slave
      subscribers: [{{numbers: 400-404, type: up0, licenses: [tdm]}}]
      trunks: [{{name: s2m-1, kind: s2m, channels: 2}}]
  links:
    long:
      joins: [{MASTER}, {LONG}]
      bandwidth: 20 Mbit/s
      latency: 15 ms
    other:
      joins: [{MASTER}, villingen-schwenningen]
      bandwidth: 20 Mbit/s
      latency: 15 ms
    short:
      joins: [{MASTER}, b]
      bandwidth: 20 Mbit/s
      latency: 15 ms
    internet:
      joins: [{MASTER}, internet]
      bandwidth: 1 Gbit/s
      latency: 20 ms
  purchase:
    LAC-1: {{base: 1, networking: 3, ip: 20, tdm: 15, itsp: 4, s2m: 6}}
timeline:
  - at: day 0 09:00
    activate:
      node: {MASTER}
      lac: LAC-1
      registration: {{company: Example Ltd, contact: it@example.com}}
  - {{at: day 0 10:00, unlock: all}}
  - {{at: day 3 08:00, cut: long}}
  - {{at: day 3 10:00, expect: {{node: {LONG}, state: failover}}}}
"""

BESIDE = """() => [...document.querySelectorAll(".seats-bar text")].filter((text) => {
  const [words, part] = [text, text.parentElement.querySelector("rect")]
    .map((each) => each.getBoundingClientRect());
  return words.left < part.left || words.right > part.right;
}).map((text) => text.textContent)"""
"""What is written on a part of a bar and has no room there."""
CUT_OFF = """() => [...document.querySelectorAll(".displays li")].filter((each) =>
  each.checkVisibility() && each.scrollWidth > each.clientWidth).map((each) => each.textContent)"""
TOO_WIDE = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def window(chromium: Browser, tmp_path: Path) -> Iterator[Technician]:
    """Before the stage, after the line of a site was cut."""
    with serving(SCENARIO, tmp_path, "--demo") as served:
        trainer = Technician(chromium.new_context(), served)
        trainer.page.goto(served.stage)
        for key in ("n", "n"):
            trainer.page.locator(f"[data-key={key}]").click()
            trainer.page.locator(".busy").wait_for(state="detached")
        expect(trainer.page.locator("#step-3")).to_contain_text("ok")
        yield trainer
        trainer.require_clean()
        trainer.page.context.close()


def test_long_names_and_numbers_have_room(window: Technician):
    """At a desk, and on a pocket telephone; in every look with a name in it."""
    page = window.page
    for wide in (1440, 390):
        page.set_viewport_size({"width": wide, "height": 900})
        for look in (
            f"?node={LONG}",
            "?link=long",
            "?license=tdm",
            "?present=1",
            "notes",
            "systems",
        ):
            page.goto(window.served.stage + look)
            expect(page.locator(".now")).to_be_visible()
            found = page.evaluate(TOO_WIDE), page.evaluate(BESIDE), page.evaluate(CUT_OFF)
            assert found == (0, [], []), (wide, look)
