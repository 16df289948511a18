"""How long honest people wait at a license server while 24 addresses guess passwords.

The server is a process, the guessers are another. In turns: nobody guesses, everybody does. The
account that they try has signed in from the address of the honest client before.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter  # noqa: TID251 - real time is what is measured here

import aiohttp
import msgspec

from benchmarks.agency import HOST, LOCKING_ID, answering, free_port, running
from benchmarks.asking import Burst
from benchmarks.guessers import ADDRESSES, GUESSED_ACCOUNT
from benchmarks.measuring import Spread, TableRow, show
from license_server.administration import CUSTOMER_PATH, AddCustomer, Customer
from licensing.messages import HEALTH_PATH
from runtime.http import post, unix_client

MOST_LONGER_S = 0.050
"""The most that a request's 99th percentile may be longer than at an idle server."""
_UNDER_WAY_S = 3
"""The guessers have begun by then, and their account is closed for them soon after."""
_REQUESTS = 300
_PAUSE_S = 0.01
"""Before each request, so that 300 of them see guesses begin and refusals come in waves."""
_SIGN_INS = 3
_PASSWORD = "correct horse"


def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="guessing-") as directory:
        asyncio.run(_measure(Path(directory), rounds))


async def _measure(directory: Path, rounds: int) -> None:
    found: dict[str, Spread] = {}
    for _ in range(rounds):  # each on a server that has not been attacked before
        with tempfile.TemporaryDirectory(dir=directory) as fresh:
            async with _server(Path(fresh)) as port:
                await _waits(port, "idle", found)
                async with running(["benchmarks.guessers", str(port)]):
                    await asyncio.sleep(_UNDER_WAY_S)
                    await _waits(port, "guessed at", found)
    rows = []
    for what in ("health", "a page", "signing in"):
        idle, busy = found[f"{what}, idle"], found[f"{what}, guessed at"]
        pairs = zip(busy.samples, idle.samples, strict=True)
        longer = Spread([one - other for one, other in pairs])
        rows += [
            TableRow(f"{what}: p99, idle", idle),
            TableRow("  guessed at", busy),
            TableRow("  longer by", longer, target=MOST_LONGER_S),
        ]
    show(
        f"guessing: an honest request while {ADDRESSES} addresses guess",
        rows,
        unit="ms",
        factor=1e3,
        digits=1,
    )


async def _waits(port: int, when: str, found: dict[str, Spread]) -> None:
    jar = aiohttp.CookieJar(unsafe=True)  # the host is an address
    async with aiohttp.ClientSession(f"http://{HOST}:{port}", cookie_jar=jar) as session:
        account = {"name": GUESSED_ACCOUNT, "password": _PASSWORD}
        figures = {
            "signing in": [await _timed(session, "/sign-in", account) for _ in range(_SIGN_INS)],
            "health": [await _timed(session, HEALTH_PATH) for _ in range(_REQUESTS)],
            "a page": [await _timed(session, "/") for _ in range(_REQUESTS)],
        }
    for what, waits in figures.items():
        p99 = Burst(waits, sum(waits)).percentile(99)
        found.setdefault(f"{what}, {when}", Spread()).samples.append(p99)


async def _timed(
    session: aiohttp.ClientSession, path: str, form: dict[str, str] | None = None
) -> float:
    await asyncio.sleep(_PAUSE_S)
    began = perf_counter()
    async with session.request("POST" if form else "GET", path, data=form) as response:
        await response.read()
    assert response.status == 200, (path, response.status)
    return perf_counter() - began


@contextlib.asynccontextmanager
async def _server(directory: Path) -> AsyncIterator[int]:
    """The port of a license server with one customer."""
    port, state = free_port(), directory / "state"
    settings = msgspec.json.encode({"address": HOST, "port": port}).decode()
    identity = ["--host-name", "internet", "--locking-id", LOCKING_ID]
    arguments = ["license_server", "--state", str(state), "--settings", settings, *identity]
    with (directory / "log").open("wb") as log:
        async with running(arguments, log.fileno()):
            await answering(state / "admin.sock")
            async with unix_client(state / "admin.sock") as admin:
                customer = AddCustomer(name=GUESSED_ACCOUNT, password=_PASSWORD)
                await post(admin, CUSTOMER_PATH, customer, Customer, party="CLS")
            yield port
