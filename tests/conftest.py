"""Which loop an async test runs on.

Tests run on the virtual loop: no test waits, and none touches the real network. A test that
needs real sockets or real time says so: `@pytest.mark.asyncio(loop_factories=["real"])`.
"""

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path

import pytest
import searches  # noqa: F401 - how long hypothesis searches
from aiohttp import web
from house_rules import sources

from licensing.errors import LicensingError
from runtime import http, passwords
from runtime.openapi import Operation
from runtime.operation_handlers import handler_of
from runtime.problem_answers import Handler
from simulator.loop.runner import forget_applications
from simulator.loop.virtual_loop import VirtualLoop

FACTORIES: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "virtual": VirtualLoop,
    "real": asyncio.SelectorEventLoop,
}

LIVE_TESTS = Path(__file__).parent / "simulator" / "live"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Transcripts are written anew on request only, and reviewed as a diff."""
    parser.addoption(
        "--regenerate-transcripts",
        action="store_true",
        help="write scenarios/*.transcript as the scenarios play now",
    )


def pytest_configure() -> None:
    """What tests start heeds Ctrl-C, also in the background, where a shell has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Live runs wait most of their time: two workers begin with them, or all wait at the end.

    Each worker begins with its part of the list, as long as those of the others. Backwards the last
    test comes first (`tests/flaky_check.py`).
    """
    if os.environ.get("INTERNETSIM_BACKWARDS"):
        items.reverse()
    if hasattr(config, "workerinput"):
        live = [item for item in items if item.path.is_relative_to(LIVE_TESTS)]
        others = [item for item in items if not item.path.is_relative_to(LIVE_TESTS)]
        middle = len(items) // 2 - len(live[::2])
        items[:] = live[::2] + others[: max(middle, 0)] + live[1::2] + others[max(middle, 0) :]


def pytest_collection() -> None:
    """While modules are loaded hardly anything becomes free."""
    gc.disable()


def pytest_collection_finish() -> None:
    """The collections at the end of each test need not look through all modules again."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    """No world outlives its test with the last 1024 handlers, whose applications aiohttp keeps.

    What outlives the tests of a file is a module or a cache: no collection looks through it again.
    """
    forget_applications()
    yield
    if nextitem is None or nextitem.path != item.path:
        sources.cache_clear()
        gc.collect()
        gc.freeze()


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Without a marker the virtual loop alone; with one, what it names."""
    marker = item.get_closest_marker("asyncio")
    if marker is not None and marker.kwargs.get("loop_factories"):
        return FACTORIES
    return {"virtual": VirtualLoop}


@pytest.fixture(scope="session", autouse=True)
def hashing_cost() -> Iterator[tuple[int, int, int]]:
    """Hashing a password takes no time; this is what it costs in the product."""
    with pytest.MonkeyPatch.context() as patch:
        cost = passwords.COST
        patch.setattr(passwords, "COST", (2, 8, 1))
        yield cost


@pytest.fixture(autouse=True)
def undocumented(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No operation answers a problem that its document does not name, in any test at all."""
    answered: list[str] = []

    def watched(operation: Operation) -> Handler:
        handler = handler_of(operation)

        async def watching(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except LicensingError as problem:
                if problem.code not in operation.codes():
                    answered.append(f"{operation.method} {operation.path}: {problem.code}")
                raise

        return watching

    monkeypatch.setattr(http, "handler_of", watched)
    yield answered
    assert answered == []
