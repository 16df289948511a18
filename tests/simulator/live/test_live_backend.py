import asyncio
import errno
import functools
import os
import time  # noqa: TID251 - what a tempo does shows in real time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from licensing.policies import NS_PER_SECOND
from runtime.acceleration import AcceleratedLoop
from runtime.tempo import Tempo
from simulator.live import backends
from simulator.live.backend import Unavailable
from simulator.live.backends import choose
from simulator.live.link_specs import LinkSpec
from simulator.live.namespaces import NamespacesBackend, NamespacesOverIpv6
from simulator.live.proxy import ProxyBackend
from simulator.live.rate_plan import JITTER_S
from simulator.worlds.random_streams import stream

PORT = 8102


async def answered_after_s(
    link: LinkSpec, *, size: int = 1, sent: Callable[[float], None] = lambda _: None
) -> float:
    """The loop's seconds until the one byte that answers `size`; `sent` hears when they left."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(size))[:1])
        writer.close()

    loop, dice = asyncio.get_running_loop(), functools.partial(stream, 1)
    hosts, links = ["hq", "north"], {"hq-north": link}
    async with ProxyBackend(hosts, links, ports=[PORT], dice=dice, rate=100) as live:
        server = await asyncio.start_server(answer, live.bind_address("hq"), PORT)
        reader, writer = await asyncio.open_connection(live.address_of("north", "hq"), PORT)
        sent_at = loop.time()
        sent(sent_at)
        writer.write(bytes(size))
        await reader.readexactly(1)
        taken = loop.time() - sent_at
        writer.close()
        server.close()
        return taken


def played(coroutine: Coroutine[Any, Any, float], tempo: Tempo) -> float:
    """What it returns, in accelerated time."""
    with asyncio.Runner(loop_factory=lambda: AcceleratedLoop(tempo)) as runner:
        return runner.run(coroutine)


def test_latency_accelerates_with_the_loop() -> None:
    """20 s at 100 times real time are 20 s of the loop, and 0.2 s of the computer.

    Otherwise there and back are 4000 s of the loop; half a second of a busy computer is 50.
    """
    link = LinkSpec(("hq", "north"), latency_ns=20 * NS_PER_SECOND)
    assert 40 <= played(answered_after_s(link), Tempo(100)) < 2000


def test_bytes_that_are_sent_before_the_start_do_not_wait_for_it() -> None:
    """A live run begins with preparations at negative instants, here 200 s before the first."""
    link = LinkSpec(("hq", "north"), bandwidth_bit_s=20_000_000)
    tempo = Tempo(100, time.monotonic_ns() + 2 * NS_PER_SECOND)
    assert played(answered_after_s(link), tempo) < 150


def test_bandwidth_is_kept_through_a_change_of_the_pace(tmp_path: Path) -> None:
    """Two kB at 800 bit/s are 20 s of the loop, though in their middle it turns five times slower.

    In real time these are 0.1 s and then half a second: a limit for the fastest pace would let the
    second half through in 0.1 s, which are 2 s of the loop, and a limit for the slowest in 5 s.
    """
    tempo = Tempo(100, time.monotonic_ns())
    tempo.share(tmp_path / "tempo")

    def turn(sent_at: float) -> None:
        half_ns = round((sent_at + 10) * NS_PER_SECOND)
        turned = tempo.announce(time.monotonic_ns(), half_ns, 20)
        assert turned.simulated_ns < half_ns + 5 * NS_PER_SECOND

    link = LinkSpec(("hq", "north"), bandwidth_bit_s=800)
    taken = played(answered_after_s(link, size=2_000, sent=turn), tempo)
    assert 20 <= taken < 20 + 20 * JITTER_S


def test_the_choice_says_which_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best that can be had; what cannot be had, with the reason."""

    def no_root() -> None:
        raise Unavailable("network namespaces need root")

    assert choose("proxy") == backends.Choice(ProxyBackend, asked_for=True, passed_over={})
    assert choose().backend in backends.BACKENDS.values()
    monkeypatch.setattr(NamespacesBackend, "probe", no_root)
    choice = choose()
    assert choice.backend is ProxyBackend
    assert not choice.asked_for
    assert {name: str(reason) for name, reason in choice.passed_over.items()} == {
        "namespaces": "network namespaces need root"
    }
    with pytest.raises(Unavailable, match="need root"):
        choose("namespaces")
    with pytest.raises(Unavailable, match="no back end 'pigeons', only namespaces and proxy"):
        choose("pigeons")


def test_ipv6_is_between_namespaces_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies are refused with the way out, also where there is nothing better."""
    monkeypatch.setattr(NamespacesOverIpv6, "probe", lambda: None)
    assert choose(ipv6=True) == backends.Choice(NamespacesOverIpv6, False, {})
    assert choose("namespaces", ipv6=True) == backends.Choice(NamespacesOverIpv6, True, {})
    way_out = "not proxy: .* a single IPv6 address: as root on Linux leave --network out"
    with pytest.raises(Unavailable, match=way_out):
        choose("proxy", ipv6=True)

    def no_root() -> None:
        raise Unavailable("network namespaces need root")

    monkeypatch.setattr(NamespacesOverIpv6, "probe", no_root)
    with pytest.raises(Unavailable, match=f"not namespaces: .* need root; {way_out}"):
        choose(ipv6=True)


def test_a_kernel_without_ipv6_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the run starts, in the kernel's words."""

    def unsupported(**_: object) -> None:
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))

    monkeypatch.setattr(NamespacesBackend, "probe", lambda: None)
    monkeypatch.setattr("simulator.live.namespaces.tcp", unsupported)
    with pytest.raises(Unavailable, match="the kernel has no IPv6: "):
        NamespacesOverIpv6.probe()


def test_elsewhere_than_on_linux_there_are_no_proxies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reason is said in words."""
    monkeypatch.setattr("sys.platform", "plan9")
    with pytest.raises(Unavailable, match="this is plan9"):
        ProxyBackend.probe()
