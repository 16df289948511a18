"""Every page that a link leads to: axe finds nothing, in light and dark; nothing is cut off."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from drawn import PALE, SMALL
from playwright.sync_api import Browser, Page
from serving_process import serving
from town_hall import TOWN_HALL
from walking import Technician

from nodes.wbm.words import PAGES

AXE = Axe().axe_script
TOLD = {"resultTypes": ["violations"]}
ALL = TOLD | {"rules": {"label-content-name-mismatch": {"enabled": True}}}
"""What is to be read on a button is part of its name, which axe only looks at when it is asked."""
CONTRAST = TOLD | {"runOnly": ["color-contrast"]}
"""In dark only colors differ from those in light."""
BUGS = """<!doctype html><html lang="en"><head><title>Bugs</title>
<style>body { background: #fff } p { color: #bbb }
@media (prefers-color-scheme: dark) { body { background: #111 } p { color: #333 } }</style></head>
<body><main><h1>Bugs</h1><p>Hardly to be read.</p><input name="unlabelled">
<button style="margin-left: 120vw">Far away</button>
<svg width="100" height="20" role="group" aria-label="Map"><text y="9" fill="#bbb">Kiel</text>
<a href="#1" aria-label="Node"><circle cx="50" cy="9" r="9"/></a></svg>
<button aria-label="Standing">Pause</button></main></body></html>"""
BESIDE = """() => {
  const width = document.documentElement.clientWidth;
  const hidden = (each) => getComputedStyle(each.closest("thead") ?? each).clipPath !== "none";
  const beside = ({ left, right }) => right > width + 1 || left < -1;
  return [...document.querySelectorAll("nav a, button, .alarm, td, th, input, h1, h2")]
    .filter((each) => each.checkVisibility() && !hidden(each))
    .filter((each) => !each.closest(".unseen, .matrix") && beside(each.getBoundingClientRect()))
    .map((each) => `${location}, ${width} wide, beside the window: ${each.textContent.trim()}`);
}"""
"""What lies beside the window; the overview has a column for each license, and scrolls."""
WIDTHS = (390, 1440)
"""A telephone's, and a desk's."""


@pytest.fixture(scope="module")
def technician(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Technician]:
    """Somebody before an internetwork in which there is something to see."""
    with serving(TOWN_HALL, tmp_path_factory.mktemp("served")) as served:
        technician = Technician(chromium.new_context(), served)
        technician.license_master()
        technician.assign("100", "IP User", "Voicemail", "UC Smart")  # of which none was bought
        technician.unlock()
        technician.assign("100", "IP User", "UC Smart", "Groupware User")
        technician.press_at_index("Cut hq-north", "1 day")
        yield technician
        technician.page.context.close()


def faults(page: Page) -> list[str]:
    """What axe finds, in light and dark, best practices included."""
    found = []
    page.evaluate(AXE)
    for scheme, options in (("light", ALL), ("dark", CONTRAST)):
        page.emulate_media(color_scheme=scheme)
        for violation in page.evaluate("options => axe.run(options)", options)["violations"]:
            places = ", ".join(" ".join(each["target"]) for each in violation["nodes"])
            found.append(f"{page.url}, {scheme}: {violation['help']}: {places}")
        found += page.evaluate(PALE)
    return found


def beside(page: Page) -> list[str]:
    """What cannot be seen without scrolling sideways, or not be pressed: places, buttons, links."""
    window, found = page.viewport_size, []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        found += page.evaluate(BESIDE) + page.evaluate(SMALL)
    page.set_viewport_size(window)
    return found


FILES = re.compile("/download|/relicensing-request")
"""Where a browser saves what it gets."""


def pages_from(page: Page) -> Iterator[str]:
    """Go to every page of this site that a link leads to, to one of a kind; yields their paths."""
    start = urlsplit(page.url)
    kinds, waiting = {start.path}, [start.path]
    while waiting:
        path = waiting.pop(0)
        page.goto(start._replace(path=path).geturl())
        yield path
        for url in map(urlsplit, page.evaluate("[...document.links].map(each => each.href)")):
            kind = re.sub(r"\d+", "1", url.path)
            is_page = not FILES.search(kind)
            if url.netloc == start.netloc and kind not in kinds and is_page:
                kinds.add(kind)
                waiting.append(url.path)


def test_the_check_finds_what_was_planted(technician: Technician):
    """An input without a label, text that can hardly be read, in light and dark, drawn or not."""
    page = technician.open_page()
    page.set_content(BUGS)
    found = "\n".join(faults(page))
    assert "light: Form elements must have labels" in found
    assert "must have their visible text as part of their accessible name" in found
    assert "light: Elements must meet minimum color contrast" in found
    assert "dark: Elements must meet minimum color contrast" in found
    assert "drawn words with a contrast of 1.9: Kiel" in found
    kinds = ("beside the window: Far away", "a small drawn link: Node")
    planted = [f"{width} wide, {kind}" for width in WIDTHS for kind in kinds]
    assert all(words in each for words, each in zip(planted, beside(page), strict=True))


@pytest.mark.parametrize(("node", "profile"), [("hq", "expert"), ("north", "basic")])
def test_wbm(technician: Technician, node: str, profile: str):
    """A master for somebody who may do all, and a slave in failover for who may only look."""
    technician.sign_in(node, profile)
    page = technician.page
    found = {path: faults(page) + beside(page) for path in pages_from(page)}
    assert [each for problems in found.values() for each in problems] == []
    assert set(PAGES) <= found.keys()


@pytest.mark.parametrize("width", [1024, 1060, 1100, 1280])
def test_the_overview_fits_a_small_laptop(technician: Technician, width: int):
    """Beside the task centers all licenses are to be seen without scrolling sideways."""
    technician.page.set_viewport_size({"width": width, "height": 800})
    technician.sign_in("hq", path="/local-user-licenses")
    region = technician.page.get_by_role("region", name="Overview")
    assert region.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_license_server(technician: Technician):
    """The pages for the offline way."""
    technician.sign_in_at_license_server()
    page = technician.page
    found = {path: faults(page) + beside(page) for path in pages_from(page)}
    assert [each for problems in found.values() for each in problems] == []
    assert {"/", "/activate", "/combine", "/rehost"} <= found.keys()


def test_pages_that_no_link_leads_to(technician: Technician):
    """The index, signing in, a refusal, unknown addresses, a host that is switched off."""
    technician.at_index()
    assert faults(technician.page) + beside(technician.page) == []
    technician.sign_in("hq")
    technician.activate("rubbish")
    technician.refused("is wrong or missing")
    assert faults(technician.page) == []
    technician.visit("hq", "/nowhere")
    assert faults(technician.page) == []
    technician.press("Sign out")
    assert faults(technician.page) == []
    technician.press_at_index("Cut the power of south")
    technician.visit("south", "/")
    assert faults(technician.page) == []
    technician.visit("east", "/")
    technician.reads("This internetwork has no host of that name.")
    assert faults(technician.page) == []
