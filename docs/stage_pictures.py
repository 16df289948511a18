"""Pictures of the stage: healthy, an outage, emergency mode, sixty sites, before an audience.

`make screenshots` takes each 1440, 1920 and 390 pixels wide, in light and dark. Those that a
document shows go to `docs/screenshots/`, the others to a folder there that is not kept, to be
looked at. It needs Debian's Chromium.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from screenshots import PICTURES, POCKET, ROOT, SCENARIO, served

DESK = ViewportSize(width=1440, height=900)
PROJECTOR = ViewportSize(width=1920, height=1080)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
UNKEPT = PICTURES / "unkept"
TOWNS = (  # noqa: SIM905 - fifty-nine words
    "aldham ambleside alston barnard bolton brough carden corby crook dartford dent dover "
    "easingwold elton epsom filey frome fulham garton goole guisborough helmsley hexham hythe "
    "ilford ilkley ingleton jarrow jedburgh kelso kendal keswick leyburn ludlow luton malton "
    "masham morpeth newark norwich oakham otley penrith pickering quorn redcar ripon selby settle "
    "tadcaster thirsk ulverston upton ventnor verwood wetherby whitby yarm york"
).split()


class Scene(NamedTuple):
    """Its name, what is pressed before it, and what of the stage is looked at."""

    name: str
    presses: tuple[dict[str, str], ...] = ()
    look: str = "/"


CUT, HEAL = ({"act": act, "what": "hq-north"} for act in ("cut", "heal"))
NEXT, BEFORE = {"act": "next-change"}, {"act": "before-the-deadline"}
MONTH = (
    Scene("healthy", look="/?node=hq"),
    Scene("outage", (CUT, NEXT, {"act": "pass", "what": "1 day"}), "/?node=north"),
    Scene("present", (BEFORE,), "/?present=1"),
    Scene("emergency", (NEXT, HEAL, {"act": "next-event"}), "/?node=north"),
    Scene("scrubbed", (), f"/?node=north&at={33 * 86_400_000}"),
)
SIXTY = (Scene("sixty", ({"act": "step"}, NEXT, {"act": "pass", "what": "1 hour"})),)


def sixty_sites() -> str:
    """A county: a master, fifty-nine branch offices behind two clouds, one of which fails."""
    towns = "\n".join(
        f"    {town}: {{model: X3, role: slave,"
        f" subscribers: [{{numbers: {2000 + 10 * at}-{2004 + 10 * at}, type: up0,"
        f" licenses: [tdm]}}], trunks: [{{name: s2m-1, kind: s2m, channels: 2}}]}}"
        for at, town in enumerate(TOWNS)
    )
    links = "\n".join(
        f"    {town}-{('vpn', 'mpls')[at % 2]}: {{bandwidth: 20 Mbit/s, latency: 12 ms}}"
        for at, town in enumerate(TOWNS)
    )
    return f"""
title: Sixty sites of a county
about: Fifty-nine branch offices behind two clouds lease from one master.
start: 2026-03-02 08:00
seed: 1
internetwork:
  clouds: {{mpls: {{}}, vpn: {{}}}}
  nodes:
    hq: {{model: S, role: master, subscribers: [{{numbers: 120-139, type: ip-hfa,
         licenses: [ip, voicemail]}}], trunks: [{{name: itsp-1, kind: itsp, channels: 8}}]}}
{towns}
  links:
    hq-internet: {{bandwidth: 1 Gbit/s, latency: 20 ms}}
    hq-mpls: {{bandwidth: 1 Gbit/s, latency: 5 ms}}
    hq-vpn: {{bandwidth: 200 Mbit/s, latency: 15 ms}}
{links}
  purchase:
    LAC-1: {{base: 1, ip: 25, tdm: 300, voicemail: 20, s2m: 120, itsp: 8, networking: 59}}
timeline:
  - {{at: day 0 09:00, activate: {{node: hq, lac: LAC-1, registration: {{company: Example Ltd,
     contact: it@example.com}}}}}}
  - {{at: day 0 10:00, unlock: all}}
  - {{at: day 3 08:00, fail: vpn}}
  - {{at: day 20 08:00, repair: vpn}}
"""


def take(browser: Browser, port: str, scene: Scene) -> None:
    """Take all pictures of a scene."""
    url = f"http://localhost:{port}"
    with closing(browser.new_context()) as context:
        for fields in scene.presses:
            context.request.post(f"{url}/do", form=fields, timeout=0)
    for page, name in windows(browser, scene.name):
        page.goto(url + scene.look)
        page.locator("[data-site=hq][role=button]").wait_for()
        page.screenshot(path=(PICTURES if name in kept() else UNKEPT) / f"{name}.png")


def windows(browser: Browser, scene: str) -> Iterator[tuple[Page, str]]:
    """A page of each width and scheme, and how its picture is called."""
    for viewport, scheme in product((DESK, PROJECTOR, POCKET), SCHEMES):
        window = browser.new_context(
            viewport=viewport, color_scheme=scheme, reduced_motion="reduce"
        )
        with closing(window) as context:
            yield context.new_page(), f"stage-{scene}-{viewport['width']}-{scheme}"


def kept() -> set[str]:
    """The pictures that a document shows."""
    documents = (ROOT / "README.md", *ROOT.glob("docs/*.md"))
    shown = "".join(document.read_text("utf-8") for document in documents)
    return {*re.findall(r"screenshots/([\w-]+)\.png", shown)}


def main() -> None:
    """Serve both internetworks, and take all pictures."""
    UNKEPT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        county = Path(folder) / "county.yaml"
        county.write_text(sixty_sites(), encoding="utf-8")
        for scenario, scenes in ((SCENARIO, MONTH), (str(county), SIXTY)):
            with served(scenario, "--demo") as port:
                for scene in scenes:
                    take(browser, port, scene)
        browser.close()


if __name__ == "__main__":
    main()
