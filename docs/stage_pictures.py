"""Pictures of the stage: healthy, an outage, emergency mode, sixty sites, before an audience.

`make screenshots` writes them to `docs/screenshots/`, each as wide as it is looked at: 1440, 1920,
390 pixels, light and dark. It needs Debian's Chromium.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, ViewportSize, sync_playwright
from screenshots import PICTURES, POCKET, SCENARIO, served

DESK = ViewportSize(width=1440, height=900)
PROJECTOR = ViewportSize(width=1920, height=1080)
TOWNS = (  # noqa: SIM905 - fifty-nine words
    "aldham ambleside alston barnard bolton brough carden corby crook dartford dent dover "
    "easingwold elton epsom filey frome fulham garton goole guisborough helmsley hexham hythe "
    "ilford ilkley ingleton jarrow jedburgh kelso kendal keswick leyburn ludlow luton malton "
    "masham morpeth newark norwich oakham otley penrith pickering quorn redcar ripon selby settle "
    "tadcaster thirsk ulverston upton ventnor verwood wetherby whitby yarm york"
).split()


class Picture(NamedTuple):
    """Its name, what is pressed before it is taken, and how it is looked at."""

    name: str
    presses: tuple[dict[str, str], ...] = ()
    look: str = "/"
    viewport: ViewportSize = DESK
    color_scheme: Literal["light", "dark"] = "light"


CUT, HEAL = ({"act": act, "what": "hq-north"} for act in ("cut", "heal"))
NEXT, BEFORE = {"act": "next-change"}, {"act": "before-the-deadline"}
STORY = (
    Picture("stage-healthy", look="/?node=hq"),
    Picture("stage-healthy-dark", look="/?node=hq", color_scheme="dark"),
    Picture("stage", (CUT, NEXT, {"act": "pass", "what": "1 day"}), "/?node=north"),
    Picture("stage-outage-dark", (), "/?node=north", PROJECTOR, "dark"),
    Picture("stage-pocket", (), "/?node=north", POCKET),
    Picture("stage-present", (BEFORE,), "/?present=1", PROJECTOR),
    Picture("stage-emergency", (NEXT, HEAL, {"act": "next-event"}), "/?node=north"),
    Picture("stage-emergency-pocket", (), "/?node=north", POCKET, "dark"),
    Picture("stage-scrubbed", (), f"/?node=north&at={33 * 86_400_000}"),
)
SIXTY = (
    Picture("stage-sixty", ({"act": "step"}, NEXT, {"act": "pass", "what": "1 hour"})),
    Picture("stage-sixty-dark", (), "/?node=york", PROJECTOR, "dark"),
)


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


def take(browser: Browser, port: str, pictures: tuple[Picture, ...]) -> Iterator[str]:
    """Take them one after the other; yields their names."""
    url = f"http://localhost:{port}"
    for picture in pictures:
        window = browser.new_context(
            viewport=picture.viewport, color_scheme=picture.color_scheme, reduced_motion="reduce"
        )
        with closing(window) as context:
            for fields in picture.presses:
                context.request.post(f"{url}/do", form=fields, timeout=0)
            page = context.new_page()
            page.goto(url + picture.look)
            page.locator("[data-site=hq][role=button]").wait_for()
            page.screenshot(path=PICTURES / f"{picture.name}.png")
        yield picture.name


def main() -> None:
    """Serve both internetworks, and take all pictures."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        county = Path(folder) / "county.yaml"
        county.write_text(sixty_sites(), encoding="utf-8")
        for scenario, pictures in ((SCENARIO, STORY), (str(county), SIXTY)):
            with served(scenario, "--demo") as port:
                list(take(browser, port, pictures))
        browser.close()


if __name__ == "__main__":
    main()
