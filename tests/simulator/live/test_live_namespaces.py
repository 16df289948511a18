import asyncio
import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from simulator.live import namespaces, netns
from simulator.live.backend import Unavailable
from simulator.live.link_specs import LinkSpec
from simulator.live.namespaces import NamespacesBackend
from simulator.live.relays import tcp
from simulator.network.link import Ability, LinkUnable
from simulator.worlds.random_streams import stream

PORT = 8102
HOSTS = ["hq", "north", "lost"]
real = pytest.mark.asyncio(loop_factories=["real"])

SUPERVISOR = """
    import asyncio, functools, subprocess
    from simulator.live.link_specs import LinkSpec
    from simulator.live.namespaces import NamespacesBackend
    from simulator.worlds.random_streams import stream

    async def main():
        links = {"hq-north": LinkSpec(("hq", "north"))}
        dice = functools.partial(stream, 1)
        async with NamespacesBackend(["hq", "north"], links, ports=[8102], dice=dice) as live:
            child = subprocess.Popen(live.command("hq", ["sleep", "300"]))
            print(live.namespace("hq"), child.pid, flush=True)
            await asyncio.sleep(300)

    asyncio.run(main())
"""


def backend(rate: float = 1.0, **spec: Any) -> NamespacesBackend:
    """Two linked hosts and a lone one."""
    links = {"hq-north": LinkSpec(("hq", "north"), **spec)}
    dice = functools.partial(stream, 1)
    return NamespacesBackend(HOSTS, links, ports=[PORT], dice=dice, rate=rate)


@pytest.fixture
def kernel() -> None:
    """Skip, with the reason in words, where the kernel or its tools cannot."""
    try:
        NamespacesBackend.probe()
    except Unavailable as reason:
        pytest.skip(f"no namespaces: {reason}")


needs_kernel = pytest.mark.usefixtures("kernel")


def endpoint(live: NamespacesBackend, host: str) -> socket.socket:
    """A socket of a host."""
    with netns.inside(live.namespace(host)):
        return tcp()


@contextlib.asynccontextmanager
async def stream_to(live: NamespacesBackend) -> AsyncIterator[tuple[socket.socket, Any]]:
    """A connection from north to hq: north's socket, hq's reader."""
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(endpoint(live, "hq"))
        listener.bind((live.bind_address("hq"), PORT))
        listener.listen()
        dialing = stack.enter_context(endpoint(live, "north"))
        await loop.sock_connect(dialing, (live.address_of("north", "hq"), PORT))
        accepted, _ = await loop.sock_accept(listener)
        reader, writer = await asyncio.open_connection(sock=accepted)
        yield dialing, reader
        writer.transport.abort()
        await asyncio.sleep(0.01)


def our_namespaces() -> list[str]:
    """Those of this process."""
    prefix = f"{netns.NAMESPACE_PREFIX}-{os.getpid()}-"
    return [path.name for path in netns.RUN.glob("*") if path.name.startswith(prefix)]


def pids_in(namespace: str) -> list[str]:
    """The processes in a namespace."""
    return netns.run("ip", "netns", "pids", namespace).split()


@real
@needs_kernel
async def test_nothing_is_left_behind() -> None:
    """Neither namespaces nor links nor the processes in them."""
    links_before = netns.run("ip", "-o", "link")
    async with backend() as live:
        child = await asyncio.create_subprocess_exec(*live.command("hq", ["sleep", "300"]))
        assert len(our_namespaces()) == 3
        while not any(map(pids_in, our_namespaces())):  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.01)
    assert await child.wait() == -signal.SIGKILL
    assert our_namespaces() == []
    assert netns.run("ip", "-o", "link") == links_before


@real
@needs_kernel
async def test_a_failed_start_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set up before the failure is torn down."""
    monkeypatch.setattr(namespaces, "_write", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        async with backend():
            pass
    assert our_namespaces() == []


def _supervisor() -> tuple[subprocess.Popen[str], str, int]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SUPERVISOR)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    name, child = process.stdout.readline().split()
    while child not in pids_in(name):  # it takes a moment to enter
        assert process.poll() is None
    return process, name, int(child)


@real
@needs_kernel
async def test_interrupted_it_tears_down() -> None:
    """Ctrl-C ends the run in order."""
    process, name, child = _supervisor()
    with process:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) != 0
    assert not (netns.RUN / name).exists()
    assert not await _lives(child)


@real
@needs_kernel
async def test_what_a_killed_supervisor_left_is_removed_by_the_next() -> None:
    """Known by name and start of the process; a living supervisor's namespaces are left alone."""
    with contextlib.ExitStack() as stack:
        killed, stale, orphan = _supervisor()
        living, kept, _ = _supervisor()
        stack.enter_context(killed)
        stack.enter_context(living)
        stack.callback(living.send_signal, signal.SIGINT)
        killed.kill()
        killed.wait(10)
        async with backend():
            assert not (netns.RUN / stale).exists()
            assert (netns.RUN / kept).exists()
        assert not await _lives(orphan)


async def _lives(pid: int) -> bool:
    """Whether a process that was killed is still there after a moment; zombies are not."""
    for _ in range(50):
        stat = netns.Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        await asyncio.sleep(0.01)
    return True


def test_a_number_that_another_process_has_now_is_stale() -> None:
    """A process is its number and its start; what no run has named is nobody's to remove."""
    own = netns.new_names(["hq"])["hq"]
    assert not netns.is_stale(own)
    assert netns.is_stale(f"{netns.NAMESPACE_PREFIX}-{os.getpid()}-1-0-hq")
    assert not netns.is_stale("somebody-else-s")


@real
@needs_kernel
async def test_a_run_that_took_namespaces_of_the_living_would_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted bug: a run that starts takes those of another one for left behind."""
    living, kept, child = _supervisor()
    with living:
        monkeypatch.setattr(netns, "orphans", lambda: [kept])
        async with backend():
            assert not (netns.RUN / kept).exists()
            assert not await _lives(child)
        living.send_signal(signal.SIGINT)


@real
@needs_kernel
async def test_a_program_runs_on_its_host_under_its_own_process_number() -> None:
    """`ip netns exec` becomes the program: a signal to its pid reaches it."""
    async with backend() as live:
        text = "import os; print(os.getpid(), os.readlink('/proc/self/ns/net'))"
        argv = live.command("north", [sys.executable, "-c", text])
        child = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE)
        said, _ = await child.communicate()
        inode = (netns.RUN / live.namespace("north")).stat().st_ino
        assert said.decode().split() == [str(child.pid), f"net:[{inode}]"]


@real
@needs_kernel
async def test_hosts_without_a_link_cannot_reach_each_other() -> None:
    """Nothing names an address, and one that is guessed is unreachable."""
    async with backend() as live:
        assert live.address_of("lost", "hq") is None
        with endpoint(live, "lost") as dialing, pytest.raises(OSError, match="unreachable"):
            await asyncio.get_running_loop().sock_connect(dialing, (live.bind_address("hq"), PORT))


@real
@needs_kernel
async def test_held_bytes_go_on_within_a_second_after_a_long_cut() -> None:
    """The kernel's back-off is bounded: pitfalls D2 costs one real second at most."""
    async with backend() as live, stream_to(live) as (out, reader):
        live.network.cut("hq", "north")
        out.send(b"held")
        await asyncio.sleep(2.5)
        live.network.heal("hq", "north")
        async with asyncio.timeout(1.2):
            assert await reader.readexactly(4) == b"held"


@real
@needs_kernel
async def test_a_bare_link_says_what_it_cannot() -> None:
    """A fault that its description did not name is refused with the way out, not ignored."""
    spec = {"latency_ns": 15_000_000, "bandwidth_bit_s": 20_000_000}
    async with backend(rate=1000, **spec) as live:
        for fault in (live.network.reset, live.network.drop, live.network.refuse):
            with pytest.raises(LinkUnable, match="name the fault where the link is described"):
                fault("hq", "north")
        with pytest.raises(LinkUnable, match="knows no latency"):
            live.network.set_latency("hq", "north", 5)
        with pytest.raises(LinkUnable, match="knows no loss"):
            live.network.set_loss("hq", "north", 10)
        with pytest.raises(LinkUnable, match="knows no bandwidth"):
            live.network.set_bandwidth("hq", "north", 64_000)
        with pytest.raises(ValueError, match="no link"):
            live.network.reset("hq", "lost")


@real
@needs_kernel
@pytest.mark.parametrize(
    "spec",
    [
        {"latency_ns": 15_000_000},
        {"bandwidth_bit_s": 64_000},
        {"faults": frozenset({Ability.REFUSE})},
    ],
)
async def test_relays_stand_where_a_link_needs_them(spec: dict[str, Any]) -> None:
    """Such a link has an address of its own at each end, and can refuse."""
    async with backend(**spec) as live:
        address = live.address_of("north", "hq")
        assert address != live.bind_address("hq")
        live.network.refuse("north", "hq")
        with endpoint(live, "north") as dialing, pytest.raises(ConnectionRefusedError):
            await asyncio.get_running_loop().sock_connect(dialing, (address, PORT))


@pytest.fixture
def fresh_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probe as a computer that was never probed."""
    monkeypatch.setattr(namespaces, "_probe", namespaces._probe.__wrapped__)


@pytest.mark.usefixtures("fresh_probe")
def test_probing_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root, the tools, the kernel: each with the way out where there is one."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Unavailable, match="need root"):
        NamespacesBackend.probe()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(namespaces.shutil, "which", lambda _: None)
    with pytest.raises(Unavailable, match="apt-get install iproute2"):
        NamespacesBackend.probe()


@needs_kernel
@pytest.mark.usefixtures("fresh_probe")
def test_a_kernel_that_cannot_is_told_and_left_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own words."""
    run = netns.run

    def without_blackhole(*argv: str, lines: Sequence[str] = ()) -> str:
        return run(*(word.replace("blackhole", "unheard-of") for word in argv), lines=lines)

    monkeypatch.setattr(netns, "run", without_blackhole)
    with pytest.raises(Unavailable, match="the kernel lacks"):
        NamespacesBackend.probe()
    assert our_namespaces() == []
