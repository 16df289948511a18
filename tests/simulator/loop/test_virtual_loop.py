import asyncio
import gc
import itertools
import math
import os
import socket
import subprocess
import sys
import textwrap
import time  # noqa: TID251 - real time is what a pace is measured against
from collections.abc import Coroutine
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from licensing.policies import HOUR_NS, NS_PER_SECOND
from simulator.loop.failures import Deadlock, Livelock, Unhandled
from simulator.loop.pace import STANDING, Gate, Metronome, Pace, RealSocketRefused, times
from simulator.loop.runner import NotSimulated, current_loop, run
from simulator.loop.tasks import host_of_task
from simulator.loop.tripwire import NondeterminismError
from simulator.loop.virtual_loop import VirtualLoop
from simulator.network.incarnation import Fenced, Incarnation

REAL = pytest.mark.asyncio(loop_factories=["real"])


async def test_a_month_passes_at_once() -> None:
    """Waiting is a jump, exact to the nanosecond."""
    loop = current_loop()
    await asyncio.sleep(31 * 86400 + 1e-9)
    assert loop.time_ns() == 31 * 86400 * NS_PER_SECOND + 1


async def test_equal_deadlines_run_in_the_order_in_which_they_were_set() -> None:
    """FIFO, unlike asyncio's heap (B1); an unrelated timer does not reshuffle."""
    ran: list[int] = []
    loop = current_loop()
    for number in range(12):
        loop.call_later(1, ran.append, number)
    loop.call_later(0.5, ran.append, -1)
    await asyncio.sleep(2)
    assert ran == [-1, *range(12)]


@pytest.mark.parametrize("set_before", [True, False])
async def test_what_comes_first_at_an_instant_comes_with_all_that_it_causes(
    set_before: bool,
) -> None:
    """A step of that nanosecond is done before any timer of it, whichever was set before."""
    ran: list[str] = []
    loop, at_ns = current_loop(), NS_PER_SECOND

    async def step() -> None:
        await asyncio.sleep(0)
        loop.call_at_ns(at_ns, ran.append, "what the step causes")
        await asyncio.sleep(0)
        ran.append("step")

    steps: list[asyncio.Task[None]] = []
    ways = [
        lambda: loop.call_at_ns(at_ns, ran.append, "timer"),
        lambda: loop.call_first_at_ns(at_ns, lambda: steps.append(asyncio.create_task(step()))),
    ]
    for way in ways if set_before else reversed(ways):
        way()
    loop.call_at_ns(at_ns - 1, ran.append, "a nanosecond before")
    await asyncio.sleep(2)
    assert ran == ["a nanosecond before", "what the step causes", "step", "timer"]


async def test_delays_are_rounded_not_truncated() -> None:
    """0.1 + 0.2 seconds are 300 ms to the nanosecond, also late in a run."""
    loop = current_loop()
    await asyncio.sleep(40 * 86400)
    start = loop.time_ns()
    await asyncio.sleep(0.1 + 0.2)
    assert loop.time_ns() - start == 300_000_000
    async with asyncio.timeout(5):
        await asyncio.sleep(4.999999999)
    assert loop.time_ns() - start == 5_299_999_999


async def test_whoever_rearms_until_its_float_deadline_gets_there() -> None:
    """A machine that wakes a hair early and re-arms at the same float does not livelock (B2)."""
    loop = current_loop()
    deadline = loop.time() + 0.1234567891234
    woken = 0
    reached = loop.create_future()

    def wake() -> None:
        nonlocal woken
        woken += 1
        if loop.time() < deadline:
            loop.call_at(deadline, wake)
        else:
            reached.set_result(None)

    loop.call_at(deadline, wake)
    await reached
    assert woken <= 2


async def test_a_timer_that_is_due_runs_although_others_spin() -> None:
    """A deadline of now is not starved by tasks that never let the ready queue run dry."""
    done = asyncio.Event()
    current_loop().call_later(0, done.set)
    turns = 0
    while not done.is_set():
        await asyncio.sleep(0)
        turns += 1
    assert turns < 5


async def test_cancelled_timers_are_swept_out() -> None:
    """A heap of mostly cancelled timers is compacted, and the rest still run in order."""
    loop = current_loop()
    ran: list[int] = []
    handles = [loop.call_later(10 + number % 7, ran.append, number) for number in range(1000)]
    for number, handle in enumerate(handles):
        if number % 100:
            handle.cancel()
            handle.cancel()
    await asyncio.sleep(1)
    assert len(loop._schedule) < 50
    await asyncio.sleep(100)
    assert ran == sorted(range(0, 1000, 100), key=lambda number: (number % 7, number))
    assert loop._schedule.cancelled == 0


def test_deadlock_names_hosts_and_what_they_await() -> None:
    """Nothing ready and no timer: a table of who waits where (B3)."""

    async def waits_for_ever() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        loop = current_loop()
        waiting = loop.create_task(waits_for_ever(), context=Incarnation("north").context())
        await waiting

    with pytest.raises(Deadlock) as caught:
        run(main())
    message = str(caught.value)
    assert "<north/main #1>" in message
    assert "Event.wait" in message
    assert "awaits Future" in message


def test_livelock_names_the_callback() -> None:
    """A callback that re-arms itself in the same instant for ever is named (B3)."""

    def spins_for_ever() -> None:
        asyncio.get_running_loop().call_soon(spins_for_ever)

    async def main() -> None:
        await asyncio.sleep(3)
        spins_for_ever()
        await asyncio.sleep(1)

    with pytest.raises(Livelock, match=r"3\.0+ s.*spins_for_ever"):
        run(main())


def test_livelock_names_tasks_by_host_and_line_and_not_by_their_addresses() -> None:
    """Each repetition of a run says the same of it."""

    async def spins() -> None:
        for _ in count():
            await asyncio.sleep(0)

    with pytest.raises(Livelock, match=r"next is outside: Task-\d+: sleep line \d+") as caught:
        run(spins())
    assert " at 0x" not in str(caught.value)


def test_many_callbacks_at_one_instant_are_no_livelock() -> None:
    """Turns are counted, not callbacks: a large internetwork may do much in one instant."""

    async def main() -> None:
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(20_000)))

    run(main())


def test_a_failed_task_that_nobody_awaits_fails_the_run() -> None:
    """The failure comes out of `run`, whatever main returned (B5)."""

    async def fails() -> None:
        raise KeyError("lost")

    async def main() -> None:
        task = asyncio.get_running_loop().create_task(fails())
        await asyncio.sleep(1)
        del task
        await asyncio.sleep(1)
        raise AssertionError("the run should have ended")

    with pytest.raises(KeyError, match="lost"):
        run(main())


def test_a_failed_task_in_a_reference_cycle_fails_the_run_at_its_end() -> None:
    """What only the garbage collector finds is found before the run succeeds."""
    gc.disable()

    async def fails() -> None:
        cycle: list[Any] = [asyncio.current_task()]
        cycle.append(cycle)
        raise KeyError("lost")

    async def main() -> None:
        asyncio.get_running_loop().create_task(fails())
        await asyncio.sleep(1)

    try:
        with pytest.raises(KeyError, match="lost"):
            run(main())
    finally:
        gc.enable()


def test_a_failed_callback_fails_the_run_at_once() -> None:
    """With a note of what failed and when."""

    def breaks() -> None:
        raise ZeroDivisionError

    async def main() -> None:
        asyncio.get_running_loop().call_later(7, breaks)
        await asyncio.sleep(1000)

    with pytest.raises(ZeroDivisionError) as caught:
        run(main())
    assert "breaks" in caught.value.__notes__[0]
    assert "7000000000 ns" in caught.value.__notes__[0]


def test_a_complaint_without_exception_fails_the_run() -> None:
    """Such as an unclosed session or a destroyed pending task."""

    async def main() -> None:
        asyncio.get_running_loop().call_exception_handler({"message": "unclosed"})
        await asyncio.sleep(1)

    with pytest.raises(Unhandled, match="unclosed"):
        run(main())


async def test_executor_jobs_run_inline() -> None:
    """No thread, and no turn of the loop in between; failures reach who awaits."""
    loop = current_loop()
    future = loop.run_in_executor(None, sum, [1, 2])
    assert future.done()
    assert await future == 3
    with pytest.raises(ZeroDivisionError):
        await loop.run_in_executor(None, lambda: 1 / 0)


def test_tasks_are_cancelled_in_the_same_order_in_every_process() -> None:
    """TaskGroup, gather and the final cancellation walk tasks in order of creation (B4)."""

    async def child(number: int, ends: list[int]) -> None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            ends.append(number)
            raise

    async def fails() -> None:
        await asyncio.sleep(1)
        raise KeyError

    async def main(ends: list[list[int]]) -> None:
        with pytest.raises(ExceptionGroup):  # noqa: PT012 - the group is what raises
            async with asyncio.TaskGroup() as group:
                for number in range(5):
                    group.create_task(child(number, ends[0]))
                group.create_task(fails())
        gathered = asyncio.gather(*(child(number, ends[1]) for number in range(5)))
        await asyncio.sleep(1)
        gathered.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gathered
        tasks = [asyncio.ensure_future(child(number, ends[2])) for number in range(5)]
        await asyncio.sleep(1)
        del tasks

    for _ in range(5):
        ends: list[list[int]] = [[], [], []]
        run(main(ends))
        assert [sorted(order) for order in ends] == [[0, 1, 2, 3, 4]] * 3
        assert ends[1] == [0, 1, 2, 3, 4]
        first = locals().setdefault("first", ends)
        assert ends == first


def test_real_io_is_refused_while_the_gate_is_closed() -> None:
    """Real sockets, readers and subprocesses, and TCP from outside all machines."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        near.setblocking(False)
        with near, far:
            with pytest.raises(RealSocketRefused, match="add_reader"):
                loop.add_reader(near, print)
            with pytest.raises(RealSocketRefused, match="sock_recv"):
                await loop.sock_recv(near, 1)
            with pytest.raises(RealSocketRefused, match="gate"):
                await loop.create_connection(asyncio.Protocol, "127.0.0.1", 9)
            with pytest.raises(RealSocketRefused):
                await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
            with pytest.raises(RealSocketRefused):
                await loop.getaddrinfo("localhost", 80)
            with pytest.raises(RealSocketRefused):
                await asyncio.create_subprocess_exec("true")

    run(main())


@pytest.mark.parametrize("pace", [STANDING, times(1000), Pace()])
def test_a_real_connection_comes_in_through_an_open_gate(pace: Pace) -> None:
    """Real TCP works at every pace; at pace standing no virtual time passes meanwhile."""

    async def main() -> bytes:
        loop = current_loop()

        async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write((await reader.readline()).upper())
            writer.close()

        server = await asyncio.start_server(shout, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello\n")
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
        if pace == STANDING:
            assert loop.time_ns() == 0
        return answer

    assert run(main(), pace=pace, gate=Gate(is_open=True)) == b"HELLO\n"


def _stand(main: Coroutine[object, object, None]) -> None:
    """Run where time stands and the gate is open; 100 turns without input are a livelock."""

    def make_loop() -> VirtualLoop:
        return VirtualLoop(pace=STANDING, gate=Gate(is_open=True), turns_at_one_instant=100)

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(main)


def test_a_standing_loop_serves_for_as_long_as_it_is_asked() -> None:
    """Real input is progress: it takes more turns than the limit, and no virtual time."""

    async def main() -> None:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        far_reader, far_writer = await asyncio.open_connection(sock=theirs)
        for _ in range(200):
            writer.write(b"question\n")
            far_writer.write(await far_reader.readline())
            assert await reader.readline() == b"question\n"
        for end in (writer, far_writer):
            end.close()
            await end.wait_closed()
        assert current_loop().time_ns() == 0

    _stand(main())


def test_a_standing_loop_that_spins_is_a_livelock() -> None:
    """An open gate through which nothing comes is no progress."""

    def spins_for_ever() -> None:
        asyncio.get_running_loop().call_soon(spins_for_ever)

    async def main() -> None:
        spins_for_ever()
        await asyncio.sleep(1)

    with pytest.raises(Livelock, match="spins_for_ever"):
        _stand(main())


def test_pace_keeps_to_the_real_clock() -> None:
    """At 100 times real time, 5 virtual seconds take 50 ms; the pace may change on the way."""

    async def main() -> None:
        await asyncio.sleep(5)
        current_loop().pace = Pace()
        await asyncio.sleep(1_000_000)

    start = time.monotonic()
    run(main(), pace=times(100))
    assert 0.05 <= time.monotonic() - start < 60  # without the change it were hours


def test_standing_without_a_gate_is_a_deadlock() -> None:
    """Where time stands and nothing can come in, nothing will ever happen."""
    with pytest.raises(Deadlock):
        run(asyncio.sleep(1), pace=STANDING)


@pytest.mark.parametrize("rate", [-1, -math.inf, math.inf, math.nan, 1e308])
def test_a_pace_is_a_number_that_a_clock_can_keep(rate: float) -> None:
    """Backwards, infinitely fast and at no number at all no clock can run."""
    with pytest.raises(ValueError, match="a pace is 0 to 1000000 times real time, not"):
        times(rate)


@pytest.mark.parametrize("rate", [1e-12, 1e-320])
def test_what_hardly_moves_is_waited_for_in_stretches(rate: float) -> None:
    """No wait is longer than any operating system has."""
    assert Metronome(rate, 0).real_wait_s(HOUR_NS) == 3600


def test_tripwire_is_armed_during_a_run() -> None:
    """A test module that acts for a host is a stranger too."""

    async def main() -> None:
        Incarnation("hq").context().run(time.monotonic)

    with pytest.raises(NondeterminismError, match="test_virtual_loop"):
        run(main())


@REAL
async def test_another_loop_gets_a_clear_error() -> None:
    """`current_loop` says what to do under a stock loop, and without any."""
    with pytest.raises(NotSimulated, match=r"simulator\.run\(main\(\)\)"):
        current_loop()


def test_no_loop_gets_a_clear_error() -> None:
    """The same outside any loop."""
    with pytest.raises(NotSimulated, match=r"simulator\.run\(main\(\)\)"):
        current_loop()


async def test_a_fenced_context_schedules_nothing() -> None:
    """After the fence, call_soon and call_at are dropped and tasks are refused."""
    loop = current_loop()
    dead, alive = Incarnation("hq"), Incarnation("north")
    ran: list[str] = []
    loop.call_later(1, ran.append, "dead", context=dead.context())
    loop.call_later(1, ran.append, "alive", context=alive.context())
    loop.call_soon(ran.append, "dead", context=dead.context())
    loop.fence(dead)
    loop.call_soon(ran.append, "dead", context=dead.context())
    assert loop.call_later(1, ran.append, "dead", context=dead.context()).cancelled()
    with pytest.raises(Fenced):
        loop.create_task(asyncio.sleep(1), context=dead.context())
    await asyncio.sleep(2)
    assert ran == ["alive"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="aiohttp asks the loop for its tasks")
async def test_a_task_that_was_made_past_the_loop_is_fenced_too() -> None:
    """As aiohttp does on Python 3.12 and 3.13: nobody waits for it when the run ends."""
    loop, host = current_loop(), Incarnation("hq")
    waiting = loop.create_future()

    async def wait() -> None:
        await waiting

    task = host.context().run(lambda: asyncio.Task(wait(), loop=loop, eager_start=True))
    assert host_of_task(task) is host
    loop.fence(host)
    assert task not in asyncio.all_tasks()  # noqa: TID251 - only asked for one
    waiting.set_result(None)
    await asyncio.sleep(1)
    assert not task.done()


ECHO_WORLD = """
import asyncio, hashlib, sys, time
sys.path.insert(0, sys.argv[1])
import aiohttp
from town import Town, serve
from aiohttp import web
from simulator.worlds.random_streams import stream
from simulator.loop.runner import run

stall = sys.argv[2] == "stalled"
if stall:
    start, reads = time.monotonic(), 0
    def jumping():
        global reads
        reads += 1
        return start + 11 * reads
    time.monotonic = jumping
    import aiohttp.connector
    aiohttp.connector.monotonic = jumping

async def client(town, lines):
    connector = aiohttp.TCPConnector(force_close=True, use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        names = ("one", "two", "three")
        for name in set(names) if sys.argv[2] == "leaking" else names:
            async with session.get(f"http://hq/?{name}") as response:
                lines.append((town.loop.time_ns(), name, await response.text()))
        async with session.ws_connect("http://hq/echo") as link:
            for number in range(20):
                await link.send_str(f"ping {number}")
                lines.append((town.loop.time_ns(), (await link.receive()).data))
                await asyncio.sleep(3600)

async def main():
    town = Town(dice=lambda label: stream(1, label))
    server = town.start(town.hq, serve(lambda runner: web.TCPSite(runner, "hq", 80)))
    await asyncio.sleep(1)
    lines = []
    clients = [town.start(town.north, client(town, lines)) for _ in range(3)]
    await town.until(7200)
    town.network.cut("hq", "north", one_way=True)
    await town.until(7800)
    town.network.heal("hq", "north")
    await asyncio.gather(*clients)
    server.cancel()
    await asyncio.gather(server, return_exceptions=True)
    lines.append(town.loop._schedule._sequence())
    print(len(lines), hashlib.sha256(repr(lines).encode()).hexdigest())

run(main())
"""


def echo_world(kind: str, hash_seed: int) -> str:
    """Play the aiohttp echo world in a fresh process: number of lines and digest of the trace."""
    root = Path(__file__).parents[3]
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ECHO_WORLD), str(Path(__file__).parents[1]), kind],
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(root)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_the_same_world_in_fresh_processes_gives_the_same_trace() -> None:
    """Another hash seed and a stalled machine (time.monotonic jumping 11 s a read) change nothing.

    Even the number of timers that were ever set is equal. The planted leak, an iterated set of
    strings, shows that the comparison can fail.
    """
    quiet = echo_world("quiet", 1)
    assert quiet.startswith("70 ")
    assert echo_world("stalled", 2) == quiet
    leaking = {echo_world("leaking", seed) for seed in itertools.islice(itertools.count(1), 4)}
    assert len(leaking) > 1
