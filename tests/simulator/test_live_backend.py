import asyncio
import functools
import time  # noqa: TID251 - what a tempo does is told in real time
from pathlib import Path

import pytest

from licensing.policies import NS_PER_SECOND
from runtime.acceleration import AcceleratedLoop
from runtime.tempo import Tempo
from simulator.live import choosing
from simulator.live.backend import LinkPlan, Unavailable
from simulator.live.choosing import choose
from simulator.live.namespaces import NamespacesBackend
from simulator.live.pacing import JITTER_S
from simulator.live.proxy import ProxyBackend
from simulator.machine import stream

PORT = 8102


def test_latency_accelerates_with_the_loop() -> None:
    """20 s at 100 times real time are 20 s of the loop, and 0.2 s of the computer."""
    loop_s = 20

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(1))
        writer.close()

    async def measure() -> float:
        links = {"hq-north": LinkPlan(("hq", "north"), latency_ns=loop_s * 1_000_000_000)}
        dice = functools.partial(stream, 1)
        async with ProxyBackend(
            ["hq", "north"], links, ports=[PORT], dice=dice, rate=100
        ) as network:
            server = await asyncio.start_server(answer, network.bind_address("hq"), PORT)
            reader, writer = await asyncio.open_connection(network.address_of("north", "hq"), PORT)
            sent_at = asyncio.get_running_loop().time()
            writer.write(b"x")
            await reader.readexactly(1)
            taken = asyncio.get_running_loop().time() - sent_at
            writer.close()
            server.close()
            return taken

    with asyncio.Runner(loop_factory=lambda: AcceleratedLoop(Tempo(100))) as runner:
        assert 2 * loop_s <= runner.run(measure()) < 4 * loop_s


def test_bandwidth_is_kept_through_a_change_of_the_pace(tmp_path: Path) -> None:
    """Two kB at 800 bit/s are 20 s of the loop, though in their middle it turns five times slower.

    In real time these are 0.1 s and then half a second: a limit for the fastest pace would let the
    second half through in 0.1 s, which are 2 s of the loop, and a limit for the slowest in 5 s.
    """
    size, loop_s, now_ns = 2_000, 20, time.monotonic_ns()
    tempo = Tempo(100, now_ns)
    tempo.share(tmp_path / "tempo")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(size))[:1])
        writer.close()

    async def measure() -> float:
        links = {"hq-north": LinkPlan(("hq", "north"), bandwidth=8 * size // loop_s)}
        dice = functools.partial(stream, 1)
        async with ProxyBackend(
            ["hq", "north"], links, ports=[PORT], dice=dice, rate=100
        ) as network:
            server = await asyncio.start_server(answer, network.bind_address("hq"), PORT)
            reader, writer = await asyncio.open_connection(network.address_of("north", "hq"), PORT)
            sent_at = asyncio.get_running_loop().time()
            half_ns = round((sent_at + loop_s / 2) * NS_PER_SECOND)
            turned = tempo.announce(time.monotonic_ns(), half_ns, 20)
            assert turned.simulated_ns < half_ns + loop_s * NS_PER_SECOND // 4
            writer.write(bytes(size))
            await reader.readexactly(1)
            taken = asyncio.get_running_loop().time() - sent_at
            writer.close()
            server.close()
            return taken

    with asyncio.Runner(loop_factory=lambda: AcceleratedLoop(tempo)) as runner:
        assert loop_s <= runner.run(measure()) < loop_s + JITTER_S * 20


def test_choosing_says_which_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best that can be had; what cannot be had, with the reason."""

    def no_root() -> None:
        raise Unavailable("network namespaces need root")

    assert choose("proxy").why == "network: proxy; as asked for"
    assert choose().backend in choosing.BACKENDS.values()
    monkeypatch.setattr(NamespacesBackend, "probe", no_root)
    choice = choose()
    assert choice.backend is ProxyBackend
    assert choice.why == "network: proxy; not namespaces: network namespaces need root"
    with pytest.raises(Unavailable, match="need root"):
        choose("namespaces")
    with pytest.raises(Unavailable, match="no back end 'pigeons', only namespaces and proxy"):
        choose("pigeons")


def test_elsewhere_than_on_linux_there_are_no_proxies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reason is said in words."""
    monkeypatch.setattr("sys.platform", "plan9")
    with pytest.raises(Unavailable, match="this is plan9"):
        ProxyBackend.probe()
