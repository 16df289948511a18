"""A scenario's internetwork for a person at a browser, through the gate for real sockets.

Where time stands, exactly as much of it passes as an answer takes. Nothing of a scenario's timeline
is played by itself: the person does what is done.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from license_server.administration import AddCustomer
from nodes.administration import SaveWbmUser
from nodes.system import NodeSettings
from runtime.password_checks import hashed
from runtime.scrypt import SALT_BYTES
from simulator.loop.pace import FAST, STANDING, Pace
from simulator.runs.internetwork import Internetwork
from simulator.scenario import Scenario
from simulator.serve.front_door import FrontDoor
from simulator.serve.index_page import ACCOUNTS, CUSTOMER, PASSWORD
from simulator.serve.reverse_proxy import ReverseProxy
from simulator.stage.person_clock import PersonClock
from simulator.stage.stage import Recorder, Stage
from simulator.stage.traffic import LinkTraffic
from simulator.worlds.installation import Installation
from simulator.worlds.random_streams import stream
from simulator.worlds.simulated import SimulatedWorld
from simulator.worlds.world import World

__all__ = ["CUSTOMER", "PASSWORD", "PortUnavailable", "serve", "served"]

_A_YEAR_S = 366 * 86_400


class PortUnavailable(OSError):
    """Nobody can listen at the port; the operating system's number and words are why."""


class ServedInstallation(Installation):
    """Nobody is signed out of a WBM because days pass, and the purchases have an owner."""

    customer = AddCustomer(name=CUSTOMER, password=PASSWORD)

    def node_settings(self, host: str) -> NodeSettings:
        """As elsewhere, but a year long nobody has to sign in again."""
        settings = super().node_settings(host)
        return msgspec.structs.replace(settings, idle_s=_A_YEAR_S, session_s=_A_YEAR_S)


@asynccontextmanager
async def served(
    scenario: Scenario,
    *,
    port: int,
    pace: Pace = STANDING,
    seed: int | None = None,
    demo: bool = False,
) -> AsyncIterator[int]:
    """Open the internetwork of `scenario` at 127.0.0.1 for the time of the block; yields the port.

    With `demo` it is licensed as its timeline says, and nothing has befallen it yet.
    To be run with an open gate; `port` 0 is any that is free. Raises `PortUnavailable` for one that
    cannot be had, before anything is switched on.
    """
    traffic = LinkTraffic()

    def world(*given: object, **named: object) -> World:
        return SimulatedWorld(*given, installation=ServedInstallation, tap=traffic, **named)  # type: ignore[arg-type]  # passed on as it is

    with _listening(port) as listening:
        door, clock = FrontDoor(scenario), PersonClock(FAST)
        net = Internetwork(scenario, seed=seed, readers=[door.hear], world=world)
        recorder = Recorder(net)
        async with _answering(door, listening) as stop_answering, net:
            await _open_accounts(net)
            stage = Stage(net, clock, recorder, traffic)
            if demo:
                await stage.make_ready()
            door.open(ReverseProxy(stage))
            clock.chosen = pace
            try:
                yield listening.getsockname()[1]
            finally:
                stage.close()
                clock.chosen = FAST  # what is stopped may wait, and nobody sees the clock
                await stop_answering()


@asynccontextmanager
async def _answering(
    door: FrontDoor, listening: socket.socket
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Yields what ends it before the end of the block."""
    runner = web.AppRunner(
        door.application(),
        access_log=None,
        keepalive_timeout=_A_YEAR_S,  # by the simulated clock, which no browser goes by
        shutdown_timeout=0.1,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield runner.cleanup
    finally:
        await runner.cleanup()


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise PortUnavailable(error.errno, error.strerror) from error


async def _open_accounts(net: Internetwork) -> None:
    """The same at every node, hashed once: a computer hashes a few passwords in a second."""
    kept = await hashed(PASSWORD, stream(net.seed, "accounts").randbytes(SALT_BYTES))
    for node in net.scenario.internetwork.nodes:
        for name, profile in ACCOUNTS.items():
            await net.save_wbm_user(
                node, SaveWbmUser(name=name, profile=profile, password_hash=kept)
            )


async def serve(
    scenario: Scenario,
    *,
    demo: bool,
    port: int,
    pace: Pace,
    seed: int | None,
    ready: Callable[[int], None],
) -> None:
    """Serve until cancelled; calls `ready` with the port. Raises `PortUnavailable`."""
    async with served(scenario, demo=demo, port=port, pace=pace, seed=seed) as opened:
        ready(opened)
        await asyncio.get_running_loop().create_future()
