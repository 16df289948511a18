"""Streams over a link of little bandwidth: one byte takes a millisecond."""

import asyncio

from town import LATENCY_NS, CycleDice, Town, Witness, dial, listen, pair

from licensing.policies import NS_PER_SECOND
from simulator.network.retransmission import next_repetition_ns

BYTE_NS = NS_PER_SECOND // 1000
SLOW_BIT_S = 8_000


async def slow_pair(town: Town) -> tuple[Witness, Witness, int]:
    """A connection from north to hq over a slow link, and the instant that it is."""
    ours, theirs = await pair(town)
    town.network.set_bandwidth("hq", "north", SLOW_BIT_S)
    return ours, theirs, town.loop.time_ns()


def arrivals(witness: Witness, since_ns: int) -> list[tuple[int, int]]:
    """(instant since then, size) of all that arrived."""
    return [(at - since_ns, len(data)) for at, data in witness.data]  # type: ignore[arg-type]


async def test_bytes_arrive_when_the_last_of_them_has_left_and_travelled() -> None:
    """Size by bandwidth, then latency, in each direction on its own."""
    ours, theirs, began_ns = await slow_pair(Town())
    ours.transport.write(bytes(100))
    theirs.transport.write(bytes(10))
    await asyncio.sleep(1)
    assert arrivals(theirs, began_ns) == [(100 * BYTE_NS + LATENCY_NS, 100)]
    assert arrivals(ours, began_ns) == [(10 * BYTE_NS + LATENCY_NS, 10)]


async def test_what_is_written_in_one_instant_takes_as_long_as_all_of_it() -> None:
    """However many pieces it is written in."""
    ours, theirs, began_ns = await slow_pair(Town())
    for _ in range(4):
        ours.transport.write(bytes(25))
    await asyncio.sleep(1)
    assert arrivals(theirs, began_ns) == [(100 * BYTE_NS + LATENCY_NS, 100)]


async def test_connections_share_a_direction() -> None:
    """Whoever comes second waits for the first, on whatever connection."""
    town = Town()
    ours, theirs, _ = await slow_pair(town)
    another = (await town.start(town.north, dial_witness(town))).transport
    await asyncio.sleep(1)
    began_ns = town.loop.time_ns()
    another.write(bytes(300))
    ours.transport.write(bytes(10))
    await asyncio.sleep(0.1)
    ours.transport.write(bytes(20))
    await asyncio.sleep(1)
    assert arrivals(theirs, began_ns) == [
        (310 * BYTE_NS + LATENCY_NS, 10),
        (330 * BYTE_NS + LATENCY_NS, 20),
    ]


async def dial_witness(town: Town) -> Witness:
    """Another connection to hq."""
    _, witness = await town.loop.create_connection(Witness, "hq", 5000)
    return witness


async def test_the_end_of_a_stream_waits_behind_its_bytes() -> None:
    """It has no size of its own."""
    ours, theirs, began_ns = await slow_pair(Town())
    ours.transport.write(bytes(50))
    ours.transport.close()
    await asyncio.sleep(1)
    at_ns = {what: at - began_ns for at, what, _ in theirs.heard}
    assert at_ns["data"] == at_ns["eof"] == 50 * BYTE_NS + LATENCY_NS


async def test_a_dial_does_not_wait() -> None:
    """A handshake is a few dozen bytes, and they are not counted."""
    town = Town()
    await listen(town)
    town.network.set_bandwidth("hq", "north", 8)
    await dial(town)
    assert town.loop.time_ns() == 2 * LATENCY_NS


async def test_held_bytes_take_their_time_after_the_heal() -> None:
    """What had not arrived at the cut is sent anew, all in its order, and nothing waits twice."""
    town = Town()
    ours, theirs, began_ns = await slow_pair(town)
    ours.transport.write(bytes(1_000))
    await asyncio.sleep(0.5)
    town.network.cut("hq", "north")
    ours.transport.write(bytes(100))
    await asyncio.sleep(0.1)
    town.network.heal("hq", "north")
    await asyncio.sleep(2)
    repeated_ns = next_repetition_ns(0, NS_PER_SECOND * 6 // 10, round_trip_ns=2 * LATENCY_NS)
    assert arrivals(theirs, began_ns) == [
        (repeated_ns + 1_000 * BYTE_NS + LATENCY_NS, 1_000),
        (repeated_ns + 1_100 * BYTE_NS + LATENCY_NS, 100),
    ]


async def test_what_waits_feels_another_bandwidth_and_what_has_left_does_not() -> None:
    """Ten times as fast from the middle on; later ten times as slow, behind what is under way."""
    town = Town()
    ours, theirs, began_ns = await slow_pair(town)
    ours.transport.write(bytes(100))
    await asyncio.sleep(0.001)
    ours.transport.write(bytes(100))
    await asyncio.sleep(0.049)
    town.network.set_bandwidth("north", "hq", 10 * SLOW_BIT_S)
    await asyncio.sleep(0.022)
    town.network.set_bandwidth("north", "hq", None)
    await asyncio.sleep(1)
    assert arrivals(theirs, began_ns) == [
        (55 * BYTE_NS + LATENCY_NS, 100),
        (65 * BYTE_NS + LATENCY_NS, 100),
    ]


async def test_a_slower_link_never_reorders() -> None:
    """What has left with much jitter is not overtaken, nor does it overtake."""
    town = Town(lambda _: CycleDice(1_000_000, 0, 0))
    ours, theirs, _ = await slow_pair(town)
    for number in range(6):
        ours.transport.write(bytes([number]))
        await asyncio.sleep(0.000_3)
        town.network.set_bandwidth("hq", "north", SLOW_BIT_S * (1 + number % 3))
    await asyncio.sleep(1)
    assert b"".join(data for _, data in theirs.data) == bytes(range(6))  # type: ignore[misc]


async def test_a_reset_does_not_wait_and_the_bytes_before_it_are_lost() -> None:
    """The link is busy with them for as long as it would have been."""
    town = Town()
    ours, theirs, began_ns = await slow_pair(town)
    ours.transport.write(bytes(100))
    ours.transport.abort()
    await asyncio.sleep(0.05)
    assert theirs.end is not None
    assert theirs.end[0] == began_ns + LATENCY_NS
    again = await town.start(town.north, dial_witness(town))
    at_ns = town.loop.time_ns() - began_ns
    assert at_ns == 50 * BYTE_NS + 2 * LATENCY_NS
    assert again.end is None


async def test_what_has_not_left_is_lost_with_the_power_of_its_sender() -> None:
    """What has left arrives; nobody sends the rest."""
    town = Town()
    ours, theirs, began_ns = await slow_pair(town)
    ours.transport.write(bytes(20))
    await asyncio.sleep(0.001)
    ours.transport.write(bytes(20))
    await asyncio.sleep(0.021)
    town.crash(town.north)
    await asyncio.sleep(1)
    assert arrivals(theirs, began_ns) == [(20 * BYTE_NS + LATENCY_NS, 20)]


async def test_a_slow_link_is_felt_by_the_writer() -> None:
    """It has to pause when buffers are full, and goes on when they have emptied."""
    ours, theirs, _ = await slow_pair(Town())
    for _ in range(300):
        ours.transport.write(bytes(1_000))
        await asyncio.sleep(0)
    assert [what for _, what, _ in ours.heard] == ["made", "pause"]
    await asyncio.sleep(301)
    assert [what for _, what, _ in ours.heard] == ["made", "pause", "resume"]
    assert sum(size for _, size in arrivals(theirs, 0)) == 300_000
