"""How long honest people wait at a license server while 24 addresses guess passwords.

The server is a process, the guessers are another. In turns, as what else the computer has to do
changes: nobody guesses, everybody does. Among the accounts that they try is one that has signed in
from the address of the honest client before.
"""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import perf_counter  # noqa: TID251 - real time is what is measured here

import aiohttp
import msgspec

from benchmarks.agency import HOST, LOCKING_ID, answering, free_port, running
from benchmarks.clients import Burst
from benchmarks.guessers import ADDRESSES, GUESSED_ACCOUNT
from benchmarks.measurement import Spread, TableRow, show
from license_server.administration import CUSTOMER_PATH, AddCustomer, Customer
from licensing.messages import HEALTH_PATH
from runtime.http import post, unix_client

MOST_LONGER_S = 0.050
"""The most that a request's 99th percentile may be longer than at an idle server."""
_TURNS = 3
_BEGUN_S = 5
"""The guessers' process is ready by then."""
_UNDER_WAY_S = 1
_OVER_S = 5
"""What the guessers have asked before they stand still is answered by then."""
_REQUESTS = 100
_PAUSE_S = 0.01
"""Before each request, so that 100 of them see guesses begin and refusals come in waves."""
_SIGN_INS = 6
_PASSWORD = "correct horse"
_IDLE, _GUESSED_AT = "idle", "guessed at"

_Waits = dict[tuple[str, str], list[float]]
"""How long each request took, in seconds, by what it was and when."""


def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="guessing-") as directory:
        asyncio.run(_measure(Path(directory), rounds))


async def _measure(directory: Path, rounds: int) -> None:
    found: dict[tuple[str, str], Spread] = {}
    for _ in range(rounds):  # each on a server that has not been attacked before
        with tempfile.TemporaryDirectory(dir=directory) as fresh:
            async with _server(Path(fresh)) as port:
                waits = await _in_turns(port)
        for (what, when), seconds in waits.items():
            burst = Burst(seconds, sum(seconds))
            for percent in (50, 99):
                key = f"{what}: p{percent}", when
                found.setdefault(key, Spread()).samples.append(burst.percentile(percent))
    rows = []
    for what in ("health: p99", "a page: p99", "signing in: p50", "signing in: p99"):
        idle, busy = found[what, _IDLE], found[what, _GUESSED_AT]
        pairs = zip(busy.samples, idle.samples, strict=True)
        longer = Spread([one - other for one, other in pairs])
        rows += [
            TableRow(f"{what}, {_IDLE}", idle),
            TableRow(f"  {_GUESSED_AT}", busy),
            TableRow("  longer by", longer, target=MOST_LONGER_S),
        ]
    show(
        f"guessing: an honest request while {ADDRESSES} addresses guess",
        rows,
        unit="ms",
        factor=1e3,
        digits=1,
    )


async def _in_turns(port: int) -> _Waits:
    """What honest requests of one round waited."""
    waits: _Waits = {}
    jar = aiohttp.CookieJar(unsafe=True)  # the host is an address
    async with aiohttp.ClientSession(f"http://{HOST}:{port}", cookie_jar=jar) as session:
        await _sign_in(session)  # from then on the address is known
        async with running(["benchmarks.guessers", str(port)]) as guessers:
            await asyncio.sleep(_BEGUN_S)
            for _ in range(_TURNS):
                with _standing_still(guessers):
                    await asyncio.sleep(_OVER_S)
                    await _ask(session, _IDLE, waits)
                await asyncio.sleep(_UNDER_WAY_S)
                await _ask(session, _GUESSED_AT, waits)
    return waits


@contextlib.contextmanager
def _standing_still(process: asyncio.subprocess.Process) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


async def _ask(session: aiohttp.ClientSession, when: str, waits: _Waits) -> None:
    took = {
        "signing in": [await _sign_in(session) for _ in range(_SIGN_INS)],
        "health": [await _timed(session, HEALTH_PATH) for _ in range(_REQUESTS)],
        "a page": [await _timed(session, "/") for _ in range(_REQUESTS)],
    }
    for what, seconds in took.items():
        waits.setdefault((what, when), []).extend(seconds)


async def _sign_in(session: aiohttp.ClientSession) -> float:
    return await _timed(session, "/sign-in", {"name": GUESSED_ACCOUNT, "password": _PASSWORD})


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
