import asyncio
import functools

import pytest

from runtime.acceleration import AcceleratedLoop
from runtime.tempo import Tempo
from simulator.live import choosing
from simulator.live.backend import Ability, LinkPlan, Unavailable
from simulator.live.choosing import choose
from simulator.live.namespaces import NamespacesBackend
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


def test_choosing_says_which_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best that can be had; what cannot be had, with the reason."""

    def no_root() -> dict[Ability, str]:
        raise Unavailable("network namespaces need root")

    assert choose("proxy").why == "network: proxy; as asked for"
    assert choose().backend in choosing.BACKENDS.values()
    monkeypatch.setattr(NamespacesBackend, "missing", no_root)
    choice = choose()
    assert choice.backend is ProxyBackend
    assert choice.why == "network: proxy; not namespaces: network namespaces need root"
    with pytest.raises(Unavailable, match="need root"):
        choose("namespaces")
    with pytest.raises(Unavailable, match="no back end 'pigeons', only namespaces and proxy"):
        choose("pigeons")


def test_what_is_missing_is_said_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """In sentences, only for what is needed."""
    monkeypatch.setattr(ProxyBackend, "missing", lambda: {Ability.LOSS: "no dice here"})
    assert ProxyBackend.explain_missing([Ability.CUT, Ability.LOSS]) == ["loss: no dice here"]
    assert ProxyBackend.explain_missing([Ability.CUT]) == []
    assert Ability.LOSS not in ProxyBackend.abilities()


def test_elsewhere_than_on_linux_there_are_no_proxies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reason is said in words."""
    monkeypatch.setattr("sys.platform", "plan9")
    with pytest.raises(Unavailable, match="this is plan9"):
        ProxyBackend.missing()
