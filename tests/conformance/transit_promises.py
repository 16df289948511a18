"""What every world promises about networks with transit; see `transit_worlds` for the network.

From hq to north traffic takes the router; `lte` is the second line, and slow. Lost is behind north.
"""

import asyncio

import pytest
from three_worlds import PAUSE_S, Promise, Wire, World

from licensing.policies import NS_PER_SECOND
from simulator.network.path import RETRANSMISSION_NS

SLOW_S = 0.1
"""What `lte` takes in each direction."""

LINE_BIT_S = 800_000


async def _round_trip_s(wire: Wire) -> float:
    loop = asyncio.get_running_loop()
    sent_at = loop.time()
    await wire.send(b"ping")
    assert await wire.hear(4) == b"ping"
    return round(loop.time() - sent_at, 6)


async def traffic_takes_the_quickest_way(world: World) -> None:
    """Over the router, though a direct link joins both ends."""
    wire = await world.dial("hq", "north")
    assert await _round_trip_s(wire) < SLOW_S


async def a_cut_moves_a_connection_and_a_heal_moves_it_back(world: World) -> None:
    """It is the same one, and is never silent for long."""
    wire = await world.dial("hq", "north")
    world.network.cut("hub", "north")
    assert await _round_trip_s(wire) >= 2 * SLOW_S
    world.network.heal("hub", "north")
    assert await _round_trip_s(wire) < SLOW_S
    assert len(world.accepted) == 1


async def a_connection_goes_on_over_another_way(world: World) -> None:
    """Whichever link or router fails, as long as one way is left; new dials are let in, too."""
    wire = await world.dial("north", "hq")
    world.network.cut("hq", "hub")
    await wire.send(b"one ")
    assert await wire.hear(4) == b"one "
    world.network.cut("hq", "north", link="lte")
    world.network.heal("hq", "hub")
    await wire.send(b"two ")
    assert await wire.hear(4) == b"two "
    world.network.heal("hq", "north", link="lte")
    world.network.fail("hub")
    await wire.send(b"three")
    assert await wire.hear(5) == b"three"
    again = await world.dial("hq", "north")
    await again.send(b"four")
    assert await again.hear(4) == b"four"
    world.network.repair("hub")
    await wire.send(b"five")
    assert await wire.hear(4) == b"five"


async def where_no_way_is_left_bytes_are_held(world: World) -> None:
    """Until one is there, whichever it is; then they arrive in order, and once."""
    wire = await world.dial("hq", "north")
    world.network.fail("hub")
    world.network.cut("hq", "north", link="lte")
    for piece in (b"one ", b"two ", b"three"):
        await wire.send(piece)
    assert await wire.silent()
    assert not world.heard
    world.network.repair("hub")
    assert await wire.hear(13) == b"one two three"
    await wire.send(b" four")
    assert await wire.hear(5) == b" four"


async def one_direction_moves_alone(world: World) -> None:
    """Each has a route of its own."""
    wire = await world.dial("hq", "north")
    world.network.cut("hq", "hub", one_way=True)
    assert SLOW_S <= await _round_trip_s(wire) < 2 * SLOW_S
    world.network.cut("hub", "hq", one_way=True)
    assert await _round_trip_s(wire) >= 2 * SLOW_S


async def a_dial_waits_where_no_way_is_left(world: World) -> None:
    """Its SYN is repeated until there is one."""
    world.network.fail("hub")
    world.network.cut("hq", "north", link="lte")
    dialing = asyncio.ensure_future(world.dial("hq", "lost"))
    await asyncio.sleep(PAUSE_S)
    assert not dialing.done()
    world.network.heal("hq", "north", link="lte")
    wire = await dialing
    await wire.send(b"there")
    assert await wire.hear(5) == b"there"


async def a_site_forwards_while_its_host_has_no_power(world: World) -> None:
    """The router there is another box; the host itself answers nobody."""
    beyond, to_host = await world.dial("hq", "lost"), await world.dial("hq", "north")
    world.network.set_up("north", False)
    for wire, data in ((beyond, b"through"), (to_host, b"held")):
        await wire.send(data)
    assert await beyond.hear(7) == b"through"
    assert await to_host.silent()
    world.network.set_up("north", True)
    assert await to_host.hear(4) == b"held"


async def who_forwards_nothing_is_no_way(world: World) -> None:
    """Lost forwards nothing: what is behind it is reached by nobody else."""
    assert world.linked("hq", "lost")
    assert world.linked("lost", "beyond")
    assert not world.linked("hq", "beyond")


async def routing_does_not_notice_what_is_no_cut(world: World) -> None:
    """What a link drops, loses or refuses does not go another way."""
    wire = await world.dial("hq", "north")
    world.network.refuse("hub", "north")
    assert await _round_trip_s(wire) < SLOW_S
    with pytest.raises(ConnectionRefusedError):
        await world.dial("hq", "north")
    world.network.drop("hq", "hub")
    await wire.send(b"lost")
    assert await wire.silent()
    world.network.heal("hub", "north")
    world.network.heal("hq", "hub")
    await wire.send(b"lost, too")
    assert await wire.silent()


async def a_message_takes_its_size_over_the_narrowest_link(world: World) -> None:
    """And all that goes over that link waits in one queue, wherever it comes from or goes."""
    loop = asyncio.get_running_loop()
    wires = [await world.dial("hq", "north"), await world.dial("hq", "lost")]
    world.network.set_bandwidth("hq", "hub", 4 * LINE_BIT_S)
    world.network.set_bandwidth("hub", "north", LINE_BIT_S)
    sent_at = loop.time()
    for wire in wires:
        wire.writer.write(bytes(20_000))
    await world.until(lambda: len(world.heard) == 40_000)
    assert 0.4 <= loop.time() - sent_at < 0.4 + 2 * PAUSE_S


async def a_line_caps_the_sum_of_its_links(world: World) -> None:
    """Lost has 800 kbit/s for both of its links together."""
    loop = asyncio.get_running_loop()
    wires = [await world.dial("lost", "north"), await world.dial("lost", "beyond")]
    sent_at = loop.time()
    for wire in wires:
        wire.writer.write(bytes(20_000))
    await world.until(lambda: len(world.heard) == 40_000)
    assert 0.4 <= loop.time() - sent_at < 0.4 + 2 * PAUSE_S


async def a_reset_reaches_what_goes_over_the_link(world: World) -> None:
    """And nothing else, though it is between the same hosts."""
    over, beside = await world.dial("hq", "north"), await world.dial("north", "lost")
    world.network.reset("hub", "north")
    with pytest.raises(ConnectionResetError):
        await over.hear(1)
    await beside.send(b"spared")
    assert await beside.hear(6) == b"spared"


async def routes_follow_after_the_convergence(world: World) -> None:
    """Half a second: until then the former way is used, which carries nothing."""
    loop = asyncio.get_running_loop()
    wire = await world.dial("hq", "north")
    failed_at = loop.time()
    world.network.fail("hub")
    await wire.send(b"held")
    assert await wire.silent()
    assert await wire.hear(4) == b"held"
    assert loop.time() - failed_at >= 0.5


async def what_was_under_way_is_sent_again_when_tcp_repeats_it(world: World) -> None:
    """Not sooner, though the new way is there at once."""
    loop = asyncio.get_running_loop()
    wire = await world.dial("hq", "north")
    world.network.set_latency("hq", "hub", int(SLOW_S * NS_PER_SECOND))
    sent_at = loop.time()
    wire.writer.write(b"repeated")
    await asyncio.sleep(SLOW_S / 2)
    world.network.cut("hub", "north")
    await world.until(lambda: world.heard)
    assert loop.time() - sent_at >= RETRANSMISSION_NS / NS_PER_SECOND + SLOW_S


CUTS: tuple[Promise, ...] = (
    a_connection_goes_on_over_another_way,
    where_no_way_is_left_bytes_are_held,
    a_dial_waits_where_no_way_is_left,
    a_site_forwards_while_its_host_has_no_power,
    who_forwards_nothing_is_no_way,
)
"""What kernels keep alone."""

WAYS: tuple[Promise, ...] = (
    traffic_takes_the_quickest_way,
    a_cut_moves_a_connection_and_a_heal_moves_it_back,
    one_direction_moves_alone,
    routing_does_not_notice_what_is_no_cut,
    a_message_takes_its_size_over_the_narrowest_link,
    a_line_caps_the_sum_of_its_links,
    a_reset_reaches_what_goes_over_the_link,
    what_was_under_way_is_sent_again_when_tcp_repeats_it,
)
"""What is seen by how long things take, or needs more than cuts."""
