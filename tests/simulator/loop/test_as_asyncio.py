"""What programs may ask of a loop: the virtual one answers as asyncio's own does, or refuses."""

import asyncio
import math
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from simulator.loop.runner import current_loop, run
from simulator.loop.virtual_loop import VirtualLoop
from simulator.network.incarnation import Incarnation

Case = Callable[[], Awaitable[object]]
LOOPBACK = "127.0.0.1"
MUCH = 50_000_000
"""Bytes that no kernel takes at once."""


_accepted: list[asyncio.Transport] = []


class Silent(asyncio.Protocol):
    """A server that never reads."""

    def connection_made(self, transport: Any) -> None:
        """It leaves in the kernel what arrives."""
        transport.pause_reading()
        _accepted.append(transport)


async def _served(**options: Any) -> tuple[asyncio.Server, int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Silent, LOOPBACK, 0, **options)
    return server, server.sockets[0].getsockname()[1]


async def _dialed(protocol: type[asyncio.Protocol] = asyncio.Protocol) -> Any:
    server, port = await _served()
    transport, heard = await asyncio.get_running_loop().create_connection(protocol, LOOPBACK, port)
    return server, transport, heard


async def sleeps_infinitely() -> object:
    """Until it is cancelled."""
    task = asyncio.create_task(asyncio.sleep(math.inf))
    await asyncio.sleep(0.01)
    return task.done(), task.cancel()


async def bears_infinitely() -> object:
    """A time-out that never comes."""
    async with asyncio.timeout(math.inf):
        return await asyncio.wait_for(asyncio.sleep(0.01, "done"), math.inf)


async def is_due_since_ever() -> object:
    """A timer of the infinite past."""
    due = asyncio.Event()
    asyncio.get_running_loop().call_later(-math.inf, due.set)
    return await asyncio.wait_for(due.wait(), 1)


async def compares_timers() -> object:
    """By their instants."""
    loop = asyncio.get_running_loop()
    first, second = loop.call_later(5, print), loop.call_later(6, print)
    first.cancel()
    second.cancel()
    return first < second, second < first, first <= second, second > first, first >= second


async def closes_while_it_serves_for_ever() -> object:
    """Who serves for ever is cancelled."""
    server, _ = await _served()
    serving = asyncio.create_task(server.serve_forever())
    await asyncio.sleep(0.01)
    with pytest.raises(RuntimeError, match="already"):
        await server.serve_forever()
    server.close()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(serving, 1)
    return serving.cancelled(), server.is_serving()


async def serves_for_ever_when_closed() -> object:
    """It cannot."""
    server, _ = await _served()
    server.close()
    with pytest.raises(RuntimeError, match="is closed"):
        await server.serve_forever()


async def starts_serving_later() -> object:
    """Until then a dial is refused, afterwards it is not."""
    server, port = await _served(start_serving=False)
    before = server.is_serving()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(LOOPBACK, port)
    await server.start_serving()
    _, writer = await asyncio.open_connection(LOOPBACK, port)
    await asyncio.sleep(0.01)
    writer.close()
    server.close()
    return before, True


async def listens_on_several_hosts() -> object:
    """One server."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, [LOOPBACK, LOOPBACK], 0)
    server.close()
    return server.is_serving()


async def dials_nobody() -> object:
    """Neither host nor socket."""
    with pytest.raises(ValueError, match="host and port was not specified"):
        await asyncio.get_running_loop().create_connection(asyncio.Protocol)


async def writes_a_number() -> object:
    """Which is not bytes."""
    server, transport, _ = await _dialed()
    for wrong in (5, 0, "text"):
        with pytest.raises(TypeError, match="bytes-like"):
            transport.write(wrong)
    transport.write(bytearray(b"x"))
    transport.write(memoryview(b"y"))
    await asyncio.sleep(0.01)
    transport.abort()
    server.close()


async def asks_for_a_socket_option() -> object:
    """Before and after it is set."""
    server, transport, _ = await _dialed()
    sock, option = transport.get_extra_info("socket"), (socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    before = sock.getsockopt(*option)
    sock.setsockopt(*option, 1)
    after = sock.getsockopt(*option)
    await asyncio.sleep(0.01)
    transport.abort()
    server.close()
    return before, after


async def asks_for_a_service() -> object:
    """By its name; and by one that there is not."""
    loop = asyncio.get_running_loop()
    with pytest.raises(socket.gaierror) as caught:
        await loop.getaddrinfo(LOOPBACK, "no-such-service", type=socket.SOCK_STREAM)
    found = await loop.getaddrinfo(LOOPBACK, "http", type=socket.SOCK_STREAM)
    return found[0][4], caught.value.errno


async def closes_with_bytes_unsent() -> object:
    """The connection is not lost before the kernel has them."""
    lost: list[object] = []

    class Hearing(asyncio.Protocol):
        def connection_lost(self, error: Exception | None) -> None:
            lost.append(error)

    server, transport, _ = await _dialed(Hearing)
    transport.write(bytes(MUCH))
    transport.close()
    await asyncio.sleep(0.2)
    before = [*lost]
    transport.abort()
    await asyncio.sleep(0.2)
    server.close()
    return before, lost


async def answers_with_a_file() -> object:
    """Of aiohttp, which would rather have the kernel send it."""

    async def answer(_: web.Request) -> web.FileResponse:
        return web.FileResponse(Path(__file__))

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, 0).start()
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{LOOPBACK}:{runner.addresses[0][1]}/") as answer,
    ):
        text = await answer.text()
    await runner.cleanup()
    return text


def _virtual(case: Case) -> object:
    async def main() -> object:
        loop = current_loop()
        loop.sockets.network.add_host("here", "10.0.0.1")
        return await loop.create_task(_awaited(case), context=Incarnation("here").context())

    return run(main())


async def _awaited(case: Case) -> object:
    try:
        return await case()
    finally:
        while _accepted:
            _accepted.pop().abort()
        await asyncio.sleep(0.01)


CASES: tuple[Case, ...] = (
    sleeps_infinitely,
    bears_infinitely,
    is_due_since_ever,
    compares_timers,
    closes_while_it_serves_for_ever,
    serves_for_ever_when_closed,
    starts_serving_later,
    listens_on_several_hosts,
    dials_nobody,
    writes_a_number,
    asks_for_a_socket_option,
    asks_for_a_service,
    closes_with_bytes_unsent,
    answers_with_a_file,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_virtual_loop_answers_as_asyncio_does(case: Case) -> None:
    """Played on both."""
    assert _virtual(case) == asyncio.run(_awaited(case))


@pytest.mark.parametrize("make", [asyncio.SelectorEventLoop, VirtualLoop])
def test_a_closed_loop_takes_nothing(make: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """What is given to it would never run."""
    loop = make()
    loop.close()
    calls: list[Callable[[], object]] = [
        lambda: loop.call_soon(print),
        lambda: loop.call_later(1, print),
        lambda: loop.call_at(1, print),
        lambda: loop.run_in_executor(None, print),
        lambda: loop.call_soon_threadsafe(print),
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match="Event loop is closed"):
            call()


@pytest.mark.parametrize(
    ("call", "option"),
    [
        ("create_server", {"sock": object()}),
        ("create_server", {"reuse_port": True}),
        ("create_connection", {"local_addr": (LOOPBACK, 45_678)}),
        ("create_connection", {"server_hostname": "hq"}),
    ],
)
def test_an_option_that_is_not_simulated_is_refused_by_name(
    call: str, option: dict[str, object]
) -> None:
    """It is never ignored."""

    async def asks() -> None:
        where = () if "sock" in option else (LOOPBACK, 80)
        [name] = option
        with pytest.raises(NotImplementedError, match=f"{call}.{name}"):
            await getattr(asyncio.get_running_loop(), call)(asyncio.Protocol, *where, **option)

    _virtual(asks)
