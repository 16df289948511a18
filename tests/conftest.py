"""Which loop an async test runs on.

Tests run on the virtual loop: no test waits, and none touches the real network. A test that
needs real sockets or real time says so: `@pytest.mark.asyncio(loop_factories=["real"])`.
"""

import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping

import pytest
import searches  # noqa: F401 - how long hypothesis searches
from aiohttp import web

from licensing.errors import LicensingError
from runtime.http import Api
from runtime.openapi import Operation
from runtime.problem_answers import Handler
from simulator.loop.runner import forget_applications
from simulator.loop.virtual_loop import VirtualLoop

FACTORIES: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "virtual": VirtualLoop,
    "real": asyncio.SelectorEventLoop,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Transcripts are written anew on request only, and reviewed as a diff."""
    parser.addoption(
        "--regenerate-transcripts",
        action="store_true",
        help="write scenarios/*.transcript as the scenarios play now",
    )


def pytest_collection_finish() -> None:
    """The collections at the end of each test need not look through all modules again."""
    gc.freeze()


def pytest_runtest_teardown() -> None:
    """No world outlives its test with the last 1024 handlers, whose applications aiohttp keeps."""
    forget_applications()


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Without a marker the virtual loop alone; with one, what it names."""
    marker = item.get_closest_marker("asyncio")
    if marker is not None and marker.kwargs.get("loop_factories"):
        return FACTORIES
    return {"virtual": VirtualLoop}


@pytest.fixture(autouse=True)
def undocumented(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No operation answers a problem that its document does not name, in any test at all."""
    answered: list[str] = []
    offer = Api._offer

    def watched(api: Api, operation: Operation, handler: Handler) -> None:
        async def watching(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except LicensingError as problem:
                if problem.code not in operation.codes():
                    answered.append(f"{operation.method} {operation.path}: {problem.code}")
                raise

        offer(api, operation, watching)

    monkeypatch.setattr(Api, "_offer", watched)
    yield answered
    assert answered == []
