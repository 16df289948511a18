"""How long a person waits for a page of the WBM of a node with 5,000 subscribers.

The node is a process of its own; a client signs in over a real socket and asks for one page after
the other. Beside it, in turns: a bare aiohttp server whose one template makes a page of the same
size.
"""

import asyncio
import contextlib
import gc
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from time import perf_counter  # noqa: TID251 - real time is what is measured here

import aiohttp
import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.agency import HOST, LOCKING_ID, answering, free_port, running
from benchmarks.clients import Burst
from licensing.messages import Seat
from licensing.words import Profile
from nodes.administration import Assignments, SaveWbmUser
from nodes.wbm.words import PAGES
from runtime.http import Nothing, post, unix_client

SUBSCRIBERS = 5000
_OF_ONE = "/local-user-licenses/of/10500"
PAGES_MEASURED = {
    **{name: path for path, name in PAGES.items()},
    "a page in the middle": "/local-user-licenses?page=25",
    "those in red": "/local-user-licenses?show=invalid",
    "print view of all": "/local-user-licenses/print",
    "a subscriber": _OF_ONE,
    "its type": f"{_OF_ONE}/type",
    "its deletion": f"{_OF_ONE}/delete",
    "a new subscriber": "/local-user-licenses/add",
    "assigning to several": "/local-user-licenses/assign",
    "to all that are found": "/local-user-licenses/assign?found",
    "leaving": "/network-wizard/leave",
    "forgetting a node": "/nodes/forget",
}
"""Every page of the WBM."""
REQUIRED_P95_S = 0.150
_REQUESTS = 20
"""Of each page in each round."""
_PERCENTS = (50, 95, 99)
_PASSWORD = "correct horse"


def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="pages-") as directory:
        asyncio.run(_measure(Path(directory), rounds))


async def _measure(directory: Path, rounds: int) -> None:
    async with (
        signed_in(directory, SUBSCRIBERS) as wbm,
        _bare_server() as bare,
    ):
        sizes = {name: (await _timed(wbm, path))[1] for name, path in PAGES_MEASURED.items()}
        own: dict[str, list[float]] = {name: [] for name in PAGES_MEASURED}
        others: dict[str, list[float]] = {name: [] for name in PAGES_MEASURED}
        for _ in range(rounds):
            for name, path in PAGES_MEASURED.items():
                own[name] += await repeated(wbm, path)
                others[name] += await repeated(bare, f"/{sizes[name]}")
    _show(sizes, own, others)


async def repeated(session: aiohttp.ClientSession, path: str) -> list[float]:
    """How long each of some requests for a page took, in seconds."""
    gc.collect()
    return [(await _timed(session, path))[0] for _ in range(_REQUESTS)]


async def _timed(session: aiohttp.ClientSession, path: str) -> tuple[float, int]:
    """How long a page took until its last byte was there, and how many these are."""
    began = perf_counter()
    async with session.get(path, allow_redirects=False) as response:
        content = await response.read()
    assert response.status == 200, (path, response.status)
    return perf_counter() - began, len(content)


# What is measured.


@contextlib.asynccontextmanager
async def signed_in(directory: Path, subscribers: int) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that is signed in at a node all of whose subscribers have demands."""
    numbers = [str(10_000 + number) for number in range(subscribers)]
    port, state = free_port(), directory / "state"
    settings = directory / "settings.json"
    equipment = {
        "model": "X8",
        "subscribers": [{"number": number, "type": "ip-hfa"} for number in numbers],
        "trunks": [{"name": "itsp-1", "kind": "itsp", "channels": 30}],
    }
    settings.write_bytes(
        msgspec.json.encode({"address": HOST, "port": port, "equipment": equipment})
    )
    identity = ["--host-name", "hq", "--locking-id", LOCKING_ID]
    arguments = ["nodes", "--state", str(state), "--settings", str(settings), *identity]
    jar = aiohttp.CookieJar(unsafe=True)  # the host is an address
    with (directory / "log").open("wb") as log:
        async with (
            running(arguments, log.fileno()),
            aiohttp.ClientSession(f"http://{HOST}:{port}", cookie_jar=jar) as session,
        ):
            await _prepare(state / "admin.sock", numbers)
            account = {"name": "technician", "password": _PASSWORD}
            async with session.post("/sign-in", data=account) as response:
                assert response.url.path == "/"
            yield session


async def _prepare(socket: Path, numbers: Sequence[str]) -> None:
    await answering(socket)
    user = SaveWbmUser(name="technician", profile=Profile.EXPERT, password=_PASSWORD)
    keys = ("ip", "voicemail", "uc-suite", "fax")
    seats = [Seat(holder=number, license=key) for number in numbers for key in keys]
    async with unix_client(socket) as admin:
        await post(admin, "/v1/wbm-user", user, Nothing, party="node")
        await post(admin, "/v1/assign", Assignments(seats=seats), Nothing, party="node")


@contextlib.asynccontextmanager
async def _bare_server() -> AsyncIterator[aiohttp.ClientSession]:
    port = free_port()
    async with (
        running(["benchmarks.page_server", str(port)]),
        aiohttp.ClientSession(f"http://{HOST}:{port}") as session,
    ):
        async with asyncio.timeout(30):
            while not await _answers(session):  # noqa: ASYNC110 - another process tells nothing
                await asyncio.sleep(0.02)
        yield session


async def _answers(session: aiohttp.ClientSession) -> bool:
    try:
        await _timed(session, "/1000")
    except aiohttp.ClientConnectionError:
        return False
    return True


# Showing.


def _show(
    sizes: dict[str, int], own: dict[str, list[float]], others: dict[str, list[float]]
) -> None:
    table = Table(box=None, pad_edge=False)
    names = [f"p{percent}" for percent in _PERCENTS]
    headings = ["KiB", *names, f"bare {names[0]}", *names[1:], f"p95 < {REQUIRED_P95_S * 1e3:.0f}"]
    table.add_column("page", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for name, size in sizes.items():
        waits, beside = Burst(own[name], sum(own[name])), Burst(others[name], sum(others[name]))
        verdict = "met" if waits.percentile(95) < REQUIRED_P95_S else "missed"
        figures = [_ms(each, percent) for each in (waits, beside) for percent in _PERCENTS]
        table.add_row(name, f"{size / 1024:,.0f}", *figures, verdict)
    title = f"pages: ms to the last byte, a node with {SUBSCRIBERS:,} subscribers"
    console = Console()
    console.print(title, style="bold", highlight=False)
    console.print(table)
    console.print()


def _ms(waits: Burst, percent: int) -> str:
    return f"{waits.percentile(percent) * 1e3:,.1f}"
