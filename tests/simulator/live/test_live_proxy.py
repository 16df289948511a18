import asyncio
import contextlib
import functools
import itertools
import os
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from simulator.live.link_specs import LinkSpec
from simulator.live.proxy import ProxyBackend
from simulator.live.relay import BUFFER_BYTES
from simulator.live.relays import tcp
from simulator.network.retransmission import RETRANSMISSION_NS
from simulator.worlds.random_streams import stream

pytestmark = pytest.mark.asyncio(loop_factories=["real"])

PORT = 8102
MS = 1_000_000
SEEDED = functools.partial(stream, 1)


def backend(dice: Callable[[str], Any] = SEEDED, rate: float = 1.0, **spec: Any) -> ProxyBackend:
    """Two linked hosts."""
    links = {"hq-north": LinkSpec(("hq", "north"), **spec)}
    return ProxyBackend(["hq", "north"], links, ports=[PORT], dice=dice, rate=rate)


@contextlib.asynccontextmanager
async def program(
    live: ProxyBackend, serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]
) -> AsyncIterator[None]:
    """A program on hq."""
    server = await asyncio.start_server(serve, live.bind_address("hq"), PORT)
    try:
        yield
    finally:
        server.close()
        await asyncio.sleep(0.01)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@contextlib.asynccontextmanager
async def dialed(
    live: ProxyBackend,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection from north to hq."""
    address = live.address_of("north", "hq")
    reader, writer = await asyncio.open_connection(address, PORT)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def round_trip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> float:
    """How long the answer to one byte takes, in the loop's seconds."""
    loop = asyncio.get_running_loop()
    sent_at = loop.time()
    writer.write(b"x")
    await reader.readexactly(1)
    return loop.time() - sent_at


class FixedDice:
    """Throws the given numbers in turn."""

    def __init__(self, *numbers: int) -> None:
        self._next = itertools.cycle(numbers).__next__

    def randint(self, a: int, b: int) -> int:
        """The next number."""
        return min(max(a, self._next()), b)


def open_files() -> set[str]:
    """The descriptors of this process."""
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names only


async def test_programs_keep_their_ports_and_are_told_apart_by_address() -> None:
    """Each host and each ordered pair of linked hosts has a loopback address of its own."""
    async with backend() as live:
        addresses = [live.bind_address("hq"), live.bind_address("north")]
        addresses += [live.address_of(*ends) or "" for ends in (("hq", "north"), ("north", "hq"))]
        assert len(set(addresses)) == 4
        assert all(address.startswith("127.") for address in addresses)
        assert live.address_of("hq", "hq") == live.bind_address("hq")
        assert live.command("hq", ["true", "-x"]) == ["true", "-x"]


async def test_the_far_end_sees_the_address_of_the_dialing_host() -> None:
    """A program's log tells who dialed."""
    peers: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername")[0])
        await echo(reader, writer)

    async with backend() as live, program(live, note), dialed(live) as ends:
        await round_trip(*ends)
        assert peers == [live.bind_address("north")]


async def test_two_networks_at_once_have_nothing_in_common() -> None:
    """Live runs of one computer do not take each other's addresses."""
    async with backend() as one, backend() as other:
        assert one.bind_address("hq") != other.bind_address("hq")


async def test_everything_is_closed_at_the_end_open_connections_too() -> None:
    """After the context no descriptor is left, whatever was under way."""
    before = open_files()
    async with backend() as live, program(live, echo), dialed(live) as ends:
        await round_trip(*ends)
        live.network.cut("hq", "north")
        ends[1].write(b"held")
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.05)
    assert open_files() == before


async def test_a_link_forgets_a_connection_that_carries_no_data() -> None:
    """What is sent later is lost without a word, in both directions; another connection works."""
    async with backend(forgets_idle_ns=300 * MS) as live, program(live, echo), dialed(live) as ends:
        for _ in range(3):
            await asyncio.sleep(0.1)
            await round_trip(*ends)
        await asyncio.sleep(0.4)
        ends[1].write(b"x")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ends[0].read(1), 0.2)
        async with dialed(live) as others:
            await round_trip(*others)


async def test_refused_until_the_heal() -> None:
    """A refusal is no cut: a dial fails at once, and open connections stay."""
    async with backend() as live, program(live, echo), dialed(live) as ends:
        await round_trip(*ends)
        live.network.refuse("north", "hq")
        with pytest.raises(ConnectionRefusedError):
            async with dialed(live):
                pass
        await round_trip(*ends)
        live.network.heal("north", "hq")
        async with dialed(live) as again:
            await round_trip(*again)


async def test_many_dials_of_a_cut_all_arrive_after_it() -> None:
    """A held listener lets nobody in and turns nobody away, however many knock."""
    async with backend() as live, program(live, echo):
        live.network.cut("hq", "north")
        address = (live.address_of("north", "hq"), PORT)
        dialing = [asyncio.ensure_future(asyncio.open_connection(*address)) for _ in range(50)]
        await asyncio.sleep(0.3)
        assert not any(dial.done() for dial in dialing)
        live.network.heal("hq", "north")
        async with asyncio.timeout(4):
            for dial in dialing:
                reader, writer = await dial
                await round_trip(reader, writer)
                writer.transport.abort()


async def test_loss_delays_by_retransmission_and_keeps_the_order() -> None:
    """Lost twice, a segment comes after two time-outs, the second twice as long."""
    lost, kept, repeated_s = 1, 1_000_000, RETRANSMISSION_NS / 1e9
    dice = FixedDice(lost, lost, kept, kept)

    async with backend(lambda _: dice) as live, program(live, echo), dialed(live) as ends:
        await round_trip(*ends)
        live.network.set_loss("hq", "north", 50)
        trip = await round_trip(*ends)
        assert 3 * repeated_s <= trip < 3 * repeated_s + 0.15
        live.network.set_loss("hq", "north", 0)
        assert await round_trip(*ends) < repeated_s


async def test_bandwidth_is_shared_by_the_connections_of_a_direction() -> None:
    """Two times 20 kB each way over 1 Mbit/s take 0.32 s there, and no longer back beside it."""
    async with contextlib.AsyncExitStack() as stack:
        live = await stack.enter_async_context(backend(bandwidth_bit_s=1_000_000))
        await stack.enter_async_context(program(live, echo))
        ends = [await stack.enter_async_context(dialed(live)) for _ in range(2)]
        began = asyncio.get_running_loop().time()
        for _, writer in ends:
            writer.write(bytes(20_000))
        for reader, _ in ends:
            await reader.readexactly(20_000)
        assert 0.32 <= asyncio.get_running_loop().time() - began < 0.75


async def test_a_slow_reader_is_felt_by_the_writer() -> None:
    """Relays take no more than they can pass on: the rest stays with the sender."""
    release = asyncio.Event()

    async def read_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.transport.abort()

    async with backend() as live, program(live, read_nothing), dialed(live) as (_, writer):
        live.network.cut("hq", "north")
        writer.write(bytes(64 * BUFFER_BYTES))
        await asyncio.sleep(0.2)
        assert writer.transport.get_write_buffer_size() > 32 * BUFFER_BYTES
        release.set()


async def test_small_pieces_are_not_kept_back() -> None:
    """Neither end of a relay waits for an acknowledgement before it sends the next one."""
    async with backend() as live, program(live, echo), dialed(live) as (reader, writer):
        writer.write(b"x")
        assert await reader.read(1) == b"x"
        (relay,) = live._relays._relays
        ends = [stream._writer.get_extra_info("socket") for stream in relay.streams]
        assert len(ends) == 2
        assert all(end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for end in ends)


async def test_half_closed_connections_still_answer() -> None:
    """The end of one direction travels like its bytes and leaves the other open."""

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(str(len(await reader.read())).encode())
        writer.close()

    async with backend() as live, program(live, count), dialed(live) as (reader, writer):
        writer.write(bytes(1000))
        writer.write_eof()
        assert await reader.read() == b"1000"


async def test_data_to_a_program_that_has_closed_is_reset() -> None:
    """As on a cable: the end of the stream first, then a reset for what is sent nevertheless."""

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with backend() as live, program(live, close), dialed(live) as (reader, writer):
        assert await reader.read() == b""
        for _ in range(3):
            writer.write(b"too late")
            await asyncio.sleep(0.05)
        with pytest.raises(ConnectionError):
            await writer.drain()


async def test_waits_shorter_than_the_timers_are_left_out() -> None:
    """At 1000 times real time 15 ms would become a second: the loop's timers are that coarse."""
    live = backend(rate=1000, latency_ns=15 * MS)
    async with live, program(live, echo), dialed(live) as ends:
        await round_trip(*ends)
        assert await round_trip(*ends) < 0.01


async def test_unknown_links_are_refused() -> None:
    """A fault on a link that is not there is an error, not a no-op."""
    async with backend() as live:
        for fault in (
            live.network.cut,
            live.network.heal,
            live.network.drop,
            live.network.refuse,
            live.network.reset,
        ):
            with pytest.raises(ValueError, match="no link hq - lost"):
                fault("hq", "lost")


async def test_a_taken_address_is_an_error_that_leaves_nothing_open() -> None:
    """Somebody else's program on a loopback address is not talked to by mistake."""
    before = open_files()
    async with backend() as live:
        live.network.refuse("north", "hq")
        with tcp() as squatter:
            squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            squatter.bind((live.address_of("north", "hq"), PORT))
            squatter.listen()
            with pytest.raises(OSError, match="in use"):
                live.network.heal("hq", "north")
    assert open_files() == before


async def test_a_client_that_gives_up_in_the_queue_does_no_harm() -> None:
    """A dial that came with the cut and went before the heal ends in order."""
    async with backend() as live, program(live, echo):
        with socket.socket() as hasty:
            hasty.connect((live.address_of("north", "hq"), PORT))
            live.network.cut("hq", "north")
        await asyncio.sleep(0.05)
        live.network.heal("hq", "north")
        async with dialed(live) as ends:
            await round_trip(*ends)
