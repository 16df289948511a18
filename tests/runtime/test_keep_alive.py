"""TCP keep-alive of a session (F17): on real sockets, at both ends, and by both programs."""

import asyncio
import socket

import aiohttp
import pytest
from aiohttp import web
from branches import branches

from runtime.keep_alive import KEEP_ALIVE_OPTIONS, keep_alive
from simulator.network.simulated_socket import SimulatedSocket


def set_options(connection: aiohttp.ClientWebSocketResponse | web.WebSocketResponse) -> list[int]:
    """What the kernel says of the options."""
    endpoint: socket.socket = connection.get_extra_info("socket")
    return [endpoint.getsockopt(level, option) for level, option, _ in KEEP_ALIVE_OPTIONS]


def test_the_kernel_asks_every_four_minutes_and_ends_nothing_before_the_session_does() -> None:
    """Real sockets, both ends of a WebSocket: every 240 s, and for longer than an hour."""
    seen: list[list[int]] = []

    async def serve(request: web.Request) -> web.WebSocketResponse:
        session = web.WebSocketResponse()
        await session.prepare(request)
        keep_alive(session)
        seen.append(set_options(session))
        return session

    async def talk() -> None:
        application = web.Application()
        application.router.add_get("/", serve)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        url = f"http://127.0.0.1:{port}/"
        async with aiohttp.ClientSession() as client, client.ws_connect(url) as session:
            keep_alive(session)
            seen.append(set_options(session))
        await runner.cleanup()

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(talk())
    for on, idle_s, interval_s, probes in seen:
        assert (on, idle_s, interval_s) == (1, 240, 240)
        assert idle_s + interval_s * probes > 72 * 60
    assert len(seen) == 2


async def test_node_and_cla_have_their_session_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each end of the connection between them, by the program that holds it."""
    asked: dict[object, list[tuple[int, int, int]]] = {}
    whole = SimulatedSocket.setsockopt

    def note(self: SimulatedSocket, level: int, option: int, value: int) -> None:
        asked.setdefault(self.getsockname(), []).append((level, option, value))
        whole(self, level, option, value)

    monkeypatch.setattr(SimulatedSocket, "setsockopt", note)
    async with branches() as here:
        await here.license()
        addresses = here.net.world.loop.sockets.network.addresses
    ends = [name for name, options in asked.items() if set(KEEP_ALIVE_OPTIONS) <= set(options)]
    hosts = {name[0] for name in ends if isinstance(name, tuple)}
    assert {addresses["hq"], addresses["north"]} <= hosts
