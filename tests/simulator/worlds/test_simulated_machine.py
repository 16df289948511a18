import asyncio
import contextlib
import signal
import sqlite3
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from licensing.policies import NS_PER_SECOND
from runtime.database import transaction
from runtime.host import Host
from runtime.schema import Schema
from simulator.loop.pace import Gate
from simulator.loop.runner import current_loop, run
from simulator.network.incarnation import Fenced
from simulator.worlds.random_streams import stream
from simulator.worlds.simulated_machine import SimulatedMachine

SCHEMA = Schema(version=1, tables="CREATE TABLE line (text TEXT NOT NULL);")


class World:
    """Two machines, hq with one program and north with another, and their journal."""

    def __init__(self, directory: Path, hq: Any, north: Any = None, **options: Any) -> None:
        self.loop = current_loop()
        self.journal: list[tuple[int, str, Any]] = []
        self.ends: list[tuple[str, object]] = []
        options.setdefault("on_program_end", lambda m, _, error: self.ends.append((m.name, error)))
        self.hq, self.north = (
            SimulatedMachine(
                self.loop,
                name=name,
                address=f"10.0.0.{number}",
                locking_id="00-1A-E8-4C-00-01",
                directory=directory / name,
                programs={"program": program} if program else {},
                record=lambda *entry: self.journal.append(entry),
                seed=7,
                **options,
            )
            for number, (name, program) in enumerate([("hq", hq), ("north", north)], 1)
        )
        self.loop.sockets.network.add_link("hq", "north", latency_ns=5_000_000)

    @property
    def facts(self) -> list[Any]:
        """What was recorded, without instant and host."""
        return [fact for _, _, fact in self.journal]


async def forever(_: Host) -> None:
    """A program that only waits."""
    await asyncio.get_running_loop().create_future()


def lines(world: World) -> list[str]:
    """What hq's disk holds."""
    path = world.hq.program_directory("program") / "store.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM line ORDER BY rowid")]


def test_a_crash_lets_nothing_out(tmp_path: Path) -> None:
    """A `finally` that sends, writes, records, draws and starts tasks has no effect, ever."""
    tried: list[str] = []
    received: list[bytes] = []
    worlds: list[World] = []

    class Sink(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            received.append(data)

    async def sink(_: Host) -> None:
        await asyncio.get_running_loop().create_server(Sink, None, 80)
        await forever(_)

    async def attempt(name: str, action: Any) -> None:
        tried.append(name)
        with contextlib.suppress(Fenced, sqlite3.ProgrammingError, RuntimeError):
            action()

    async def program(host: Host) -> None:
        loop = asyncio.get_running_loop()
        store = host.database("store.db", SCHEMA)
        with transaction(store):
            store.execute("INSERT INTO line VALUES ('committed')")
        transport, _ = await loop.create_connection(asyncio.Protocol, "north", 80)
        transport.write(b"before")
        await asyncio.sleep(1)
        try:
            with transaction(store):
                store.execute("INSERT INTO line VALUES ('uncommitted')")
                host.journal.record("open")
                await loop.create_future()
        finally:
            await attempt("send", lambda: transport.write(b"after"))
            await attempt("close", transport.close)
            await attempt("store", lambda: store.execute("INSERT INTO line VALUES ('after')"))
            await attempt("open", lambda: host.database("other.db", SCHEMA))
            await attempt("journal", lambda: host.journal.record("after"))
            await attempt("dice", lambda: host.dice.token(1))
            await attempt("task", lambda: loop.create_task(forever(host)))
            await attempt("later", lambda: loop.call_soon(received.append, b"later"))

    async def main() -> None:
        world = World(tmp_path, program, sink)
        worlds.append(world)
        await world.north.start()
        await asyncio.sleep(1)
        await world.hq.start()
        await asyncio.sleep(10)
        await world.hq.crash()
        await world.hq.crash()
        names = [task.get_name() for task in asyncio.all_tasks()]  # noqa: TID251
        assert "hq/program" not in names
        await asyncio.sleep(1000)
        assert tried == []
        assert lines(world) == ["committed"]
        await world.north.stop()

    run(main())
    assert tried == ["send", "close", "store", "open", "journal", "dice", "task", "later"]
    assert received == [b"before"]
    assert worlds[0].facts == ["open"]
    assert lines(worlds[0]) == ["committed"]
    assert not (tmp_path / "hq/program/other.db").exists()


async def test_tasks_timers_and_generators_of_a_crashed_program_stop(tmp_path: Path) -> None:
    """Children, timers and half-run generators of a program end with its machine's power."""
    ran: list[float] = []

    async def ticks() -> Any:
        try:
            while True:
                ran.append(asyncio.get_running_loop().time())
                yield
                await asyncio.sleep(1)
        finally:
            ran.append(-1)

    async def child() -> None:
        async for _ in ticks():
            pass

    async def program(_: Host) -> None:
        asyncio.get_running_loop().call_later(5, ran.append, 5.0)
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
            group.create_task(child())

    world = World(tmp_path, program)
    await world.hq.start()
    await asyncio.sleep(2.5)
    await world.hq.crash()
    await asyncio.sleep(100)
    assert ran == [0, 0, 1, 1, 2, 2]


async def test_start_runs_the_factory_again_on_the_same_disk(tmp_path: Path) -> None:
    """A new incarnation finds what was committed, listens on the same port, has new dice."""
    drawn: list[bytes] = []

    async def program(host: Host) -> None:
        store = host.database("store.db", SCHEMA)
        with transaction(store):
            store.execute("INSERT INTO line VALUES ('started')")
        drawn.append(host.dice.token(8))
        await asyncio.get_running_loop().create_server(asyncio.Protocol, None, 80)
        store.execute("BEGIN IMMEDIATE")
        await forever(host)

    world = World(tmp_path, program)
    for _ in range(3):
        await world.hq.start()
        await world.hq.start()
        await asyncio.sleep(10)
        await world.hq.crash()
        await asyncio.sleep(10)
    assert lines(world) == ["started"] * 3
    assert len(set(drawn)) == 3


async def test_wall_clock_steps_and_timers_do_not_notice(tmp_path: Path) -> None:
    """The wall clock is the run's start plus true time plus steps; monotonic starts at boot."""
    seen: list[tuple[int, int]] = []

    async def program(host: Host) -> None:
        await asyncio.sleep(10)
        seen.append((host.clock.wall_ns(), host.clock.monotonic_ns()))

    world = World(tmp_path, program, epoch_ns=1_000 * NS_PER_SECOND)
    await asyncio.sleep(5)
    await world.hq.start()
    await asyncio.sleep(1)
    world.hq.step_clock(-600 * NS_PER_SECOND)
    await asyncio.sleep(20)
    assert seen == [((1000 + 15 - 600) * NS_PER_SECOND, 10 * NS_PER_SECOND)]
    assert world.ends == [("hq", None)]
    assert world.hq.is_up


async def test_drift() -> None:
    """A clock that is 100 ppm fast gains 8.64 s a day."""
    world = World(Path("unused"), None, drift_ppm=100)
    await asyncio.sleep(86400)
    assert world.hq.clock.wall_ns() == 86_408_640_000_000


async def test_a_program_that_raises_or_exits_is_told(tmp_path: Path) -> None:
    """The end of a program is reported with its failure; SystemExit is one, not the loop's end."""

    async def fails(_: Host) -> None:
        raise ValueError("broken")

    async def exits(_: Host) -> None:
        raise SystemExit(3)

    world = World(tmp_path, fails, exits)
    await world.hq.start()
    await world.north.start()
    await asyncio.sleep(1)
    assert [(name, repr(error)) for name, error in world.ends] == [
        ("hq", "ValueError('broken')"),
        ("north", "SystemExit(3)"),
    ]


def test_without_a_listener_a_failed_program_fails_the_run(tmp_path: Path) -> None:
    """A run never succeeds over a program that raised."""

    async def fails(_: Host) -> None:
        raise ValueError("broken")

    async def main() -> None:
        await World(tmp_path, fails, on_program_end=None).hq.start()
        await asyncio.sleep(1)

    with pytest.raises(ValueError, match="broken"):
        run(main())


async def test_stop_is_orderly(tmp_path: Path) -> None:
    """`stop` is SIGTERM: `finally` runs, may wait, and its effects stay."""

    async def program(host: Host) -> None:
        try:
            await forever(host)
        finally:
            await asyncio.sleep(5)
            host.journal.record("stopped")

    world = World(tmp_path, program)
    await world.hq.start()
    await asyncio.sleep(1)
    await world.hq.stop()
    assert world.journal == [(6 * NS_PER_SECOND, "hq", "stopped")]
    assert world.ends == [("hq", None)]
    assert world.hq.running == []


async def test_whoever_waits_for_a_stop_can_be_cancelled(tmp_path: Path) -> None:
    """As Ctrl-C cancels a run while its machines are stopped: that is no end of a program."""

    async def program(host: Host) -> None:
        try:
            await forever(host)
        finally:
            await asyncio.sleep(5)

    world = World(tmp_path, program)
    await world.hq.start()
    stopping = asyncio.ensure_future(world.hq.stop())
    await asyncio.sleep(1)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert world.ends == []
    await asyncio.sleep(5)
    assert world.ends == [("hq", None)]


async def test_the_kernel_closes_what_an_ended_process_left_open(tmp_path: Path) -> None:
    """A program that returns leaves no connection, no listener and no task behind."""
    told: list[object] = []

    class Told(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            told.append(data)

        def connection_lost(self, error: Exception | None) -> None:
            told.append(error)

    async def ends(_: Host) -> None:
        loop = asyncio.get_running_loop()
        accepted: list[Any] = []

        class Server(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:
                accepted.append(transport)

        await loop.create_server(Server, None, 80)
        orphan = loop.create_task(forever(_))
        await asyncio.sleep(10)
        accepted[0].write(b"last words")
        del orphan

    async def client(_: Host) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(Told, "hq", 80)
        await asyncio.sleep(8.999)
        transport.write(b"under way when the process ends")
        await asyncio.sleep(10)
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Told, "hq", 80)

    world = World(tmp_path, ends, client)
    await world.hq.start()
    await asyncio.sleep(1)
    await world.north.start()
    await asyncio.sleep(100)
    assert told == [b"last words", None]
    assert world.ends == [("hq", None), ("north", None)]
    assert not world.loop.sockets._ends


async def test_the_admin_socket_of_a_crashed_machine_is_silent(tmp_path: Path) -> None:
    """From outside, a crashed program's socket refuses; it does not hang."""

    async def program(host: Host) -> None:
        await asyncio.get_running_loop().create_unix_server(asyncio.Protocol, host.admin_socket)
        await forever(host)

    world = World(tmp_path, program)
    await world.hq.start()
    await asyncio.sleep(1)
    await world.hq.crash()
    connector = aiohttp.UnixConnector(str(tmp_path / "hq/program/admin.sock"))
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("http://localhost/")


def test_streams_are_independent() -> None:
    """Equal seed and label give equal draws; another label or seed others."""
    draws = {stream(seed, label).random() for seed in (1, 2) for label in ("a", "b")}
    assert len(draws) == 4
    assert stream(1, "a").random() in draws


def test_a_program_that_heeds_sigterm_is_asked_to_end(tmp_path: Path) -> None:
    """Its handler is called, and nothing is cancelled; one that it has removed is not called."""
    before = signal.getsignal(signal.SIGTERM)

    async def heeds(host: Host) -> None:
        loop, asked = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, asked.set)
        loop.add_signal_handler(signal.SIGINT, print)
        assert loop.remove_signal_handler(signal.SIGINT)
        assert not loop.remove_signal_handler(signal.SIGINT)
        assert signal.getsignal(signal.SIGTERM) is before, "this process still has its own"
        await asked.wait()
        await asyncio.sleep(1)
        host.journal.record("in order")  # type: ignore[arg-type]  # any fact

    async def main() -> tuple[World, float]:
        world = World(tmp_path, heeds)
        await world.hq.start()
        await asyncio.sleep(10)
        await world.hq.stop()
        return world, world.loop.time()

    world, ended_s = run(main())
    assert (world.facts, world.ends, ended_s) == (["in order"], [("hq", None)], 11)


def test_a_script_outside_all_hosts_heeds_the_signals_of_its_process() -> None:
    """As with asyncio's own loop."""

    async def main() -> None:
        loop = current_loop()
        loop.add_signal_handler(signal.SIGUSR1, print)
        assert signal.getsignal(signal.SIGUSR1) is not signal.SIG_DFL
        assert loop.remove_signal_handler(signal.SIGUSR1)

    run(main(), gate=Gate(is_open=True))
