"""A real browser before a served internetwork, which is a process of its own.

Chromium is Debian's, where it can be had the build without windows: it draws the same pages in half
of the processor's time. Where both are missing these tests are skipped and say why. The browser is
driven by Playwright's synchronous interface, so that a walk reads like what a person does; its
event loop lives until a test of another folder follows. Here no test may be asynchronous.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from serving_process import Served, serving
from town_hall import TOWN_HALL
from walking import Hire, Technician

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


_open = ExitStack()
"""The browser, where one is open."""


@cache
def _browser(executable: str) -> Browser:
    playwright = _open.enter_context(sync_playwright())
    _open.callback(_browser.cache_clear)
    chromium = playwright.chromium
    browser = chromium.launch(executable_path=executable, headless=True, args=FLAGS.split())
    _open.callback(browser.close)
    return browser


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Close the browser once all has gone that uses it, where another folder follows."""
    try:
        return (yield)
    finally:
        if nextitem is None or nextitem.path.parent != item.path.parent:
            _open.close()


@pytest.fixture(scope="module")
def chromium() -> Browser:
    """Debian's Chromium, with a fresh profile for each context."""
    executable = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if executable is None:
        pytest.skip("chromium is missing: apt-get install chromium")
    return _browser(executable)


@pytest.fixture
def scenario() -> str:
    """What is served; a module of tests may have its own."""
    return TOWN_HALL


@pytest.fixture
def served(scenario: str, tmp_path: Path) -> Iterator[Served]:
    """An internetwork, served as a person serves it; time stands."""
    with serving(scenario, tmp_path) as running:
        yield running


@pytest.fixture
def hire(chromium: Browser, served: Served) -> Iterator[Hire]:
    """Makes a technician with a browser of their own; no page may run into a fault of its own."""
    with ExitStack() as stack:

        def one(*, script: bool = True, **context: object) -> Technician:
            window = chromium.new_context(java_script_enabled=script, **context)
            stack.callback(window.close)
            technician = Technician(window, served)
            stack.callback(technician.require_clean)
            return technician

        yield one


@pytest.fixture
def technician(hire: Hire) -> Technician:
    """Somebody whose browser runs scripts."""
    return hire()
