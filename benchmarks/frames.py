"""How long a browser's main thread works for a frame of the stage, by the browser's own trace.

Sixty sites, whose requests all run along links of their own, at three paces and as fast as it goes.
Counted are script, style and layout in each sixtieth of a second. It needs Debian's Chromium.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table

from benchmarks.clients import Burst
from benchmarks.internetworks import star_written

SITES = 60
REQUIRED_FRAME_S = 0.008
_FRAME_US = 1_000_000 / 60
_WATCHED_MS = 5000
_PACES = {"1 minute a second": "2", "1 hour a second": "3", "1 day a second": "4", "fast": "f"}
"""By the key that is pressed."""
_WORK = {
    "FunctionCall", "FireAnimationFrame", "TimerFire", "EventDispatch", "EvaluateScript",
    "ParseHTML", "UpdateLayoutTree", "Layout",
}  # fmt: skip
"""Script, style and layout, as the trace calls them."""


def main() -> None:
    """Measure, and print."""
    table = Table(box=None, pad_edge=False)
    for heading in ("pace", "frames", "p50", "p95", "p99", f"p95 < {REQUIRED_FRAME_S * 1e3:.0f}"):
        table.add_column(heading, justify="left" if heading == "pace" else "right")
    with _served() as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for pace, key in _PACES.items():
            frames = _frames_s(_trace(browser, port, key))
            burst = Burst(frames, sum(frames))
            verdict = "met" if burst.percentile(95) < REQUIRED_FRAME_S else "missed"
            figures = [f"{burst.percentile(percent) * 1e3:.1f}" for percent in (50, 95, 99)]
            table.add_row(pace, str(len(frames)), *figures, verdict)
        browser.close()
    console = Console()
    console.print(f"frames: ms of the main thread, {SITES} sites", style="bold", highlight=False)
    console.print(table)


@contextmanager
def _served() -> Iterator[str]:
    """The internetwork, licensed; yields its port."""
    with tempfile.TemporaryDirectory(prefix="frames-") as directory:
        file = Path(directory) / "sites.yaml"
        file.write_text(json.dumps(star_written(SITES - 1, 2)))  # YAML has all of JSON in it
        command = [sys.executable, "-m", "simulator", "serve", str(file), "--demo", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            told = (re.search(r"Open http://localhost:(\d+)/", line) for line in process.stdout)
            opened = next(filter(None, told), None)
            assert opened, "the internetwork was not served"
            yield opened[1]
            process.terminate()


def _trace(browser: Browser, port: str, key: str) -> list[dict[str, Any]]:
    """The events of the browser while time runs at the pace of a key."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"http://localhost:{port}/")
    page.locator("[data-site=hq][role=button]").wait_for()
    page.keyboard.press(key)
    page.wait_for_timeout(1000)
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    page.wait_for_timeout(_WATCHED_MS)
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    page.keyboard.press("s" if key == "f" else " ")
    page.wait_for_timeout(500)
    page.close()
    return events


def _frames_s(events: list[dict[str, Any]]) -> list[float]:
    """How long the main thread has worked in each frame; what is within other work counts once."""
    main = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    work = sorted(
        (each["ts"], each["dur"])
        for each in events
        if each.get("ph") == "X" and each["name"] in _WORK and (each["pid"], each["tid"]) in main
    )
    frames: Counter[int] = Counter()
    ended_us = 0
    for began_us, lasted_us in work:
        if began_us >= ended_us:
            frames[int(began_us // _FRAME_US)] += lasted_us
            ended_us = began_us + lasted_us
    return [frames[number] / 1e6 for number in range(min(frames), max(frames) + 1)]


if __name__ == "__main__":
    main()
