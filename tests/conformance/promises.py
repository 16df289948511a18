"""What every world promises about cuts and the other faults (pitfalls C)."""

import asyncio
import socket

import pytest
from three_worlds import PATIENCE_S, PAUSE_S, UNUSED_PORT, Promise, World, hasten, is_time_out

from licensing.policies import NS_PER_SECOND
from simulator.network.path import RETRANSMISSION_NS


async def bytes_sent_during_a_cut_arrive_after_the_heal_in_order(world: World) -> None:
    """A cut holds a stream and loses nothing."""
    wire = await world.dial("north", "hq")
    world.network.cut("hq", "north")
    for piece in (b"one ", b"two ", b"three"):
        await wire.send(piece)
    assert await wire.silent()
    assert not world.heard
    world.network.heal("hq", "north")
    assert await wire.hear(13) == b"one two three"


async def an_idle_connection_notices_nothing(world: World) -> None:
    """Cut and healed, it works as before."""
    wire = await world.dial("north", "hq")
    world.network.cut("hq", "north")
    assert await wire.silent()
    world.network.heal("hq", "north")
    assert await wire.silent()
    await wire.send(b"still here")
    assert await wire.hear(10) == b"still here"
    assert not world.errors


async def what_was_sent_arrives_though_its_sender_has_given_up(world: World) -> None:
    """A cut holds the bytes and the end of a connection that was closed meanwhile."""
    wire = await world.dial("north", "hq")
    await world.far_end()
    world.network.cut("hq", "north")
    await wire.send(b"too late?")
    wire.writer.close()
    await asyncio.sleep(PAUSE_S)
    assert not world.heard
    world.network.heal("hq", "north")
    await world.until(lambda: world.heard == b"too late?")


async def the_way_there_fails_alone(world: World) -> None:
    """What is sent back meanwhile arrives; what is sent there is held."""
    wire = await world.dial("north", "hq")
    far = await world.far_end()
    world.network.cut("north", "hq", one_way=True)
    far.write(b"news")
    assert await wire.hear(4) == b"news"
    await wire.send(b"held")
    assert await wire.silent()
    assert not world.heard
    world.network.heal("north", "hq")
    assert await wire.hear(4) == b"held"


async def the_way_back_fails_alone(world: World) -> None:
    """What goes there arrives; its answer is held."""
    wire = await world.dial("north", "hq")
    world.network.cut("hq", "north", one_way=True)
    await wire.send(b"through")
    await world.until(lambda: world.heard == b"through")
    assert await wire.silent()
    world.network.heal("hq", "north")
    assert await wire.hear(7) == b"through"


async def _dial_waits(world: World) -> None:
    dialing = asyncio.ensure_future(world.dial("north", "hq"))
    await asyncio.sleep(PAUSE_S)
    assert not dialing.done()
    world.network.heal("hq", "north")
    async with asyncio.timeout(PATIENCE_S):
        wire = await dialing
    await wire.send(b"hello")
    assert await wire.hear(5) == b"hello"


async def a_dial_during_a_cut_waits_for_the_heal(world: World) -> None:
    """It is neither refused nor accepted; its SYN is repeated."""
    world.network.cut("hq", "north")
    await _dial_waits(world)


async def a_dial_waits_where_one_way_is_cut(world: World) -> None:
    """Without an answer to its SYN a dial is not answered either."""
    world.network.cut("hq", "north", one_way=True)
    await _dial_waits(world)


async def a_dial_given_up_during_a_cut_leaves_nothing(world: World) -> None:
    """The far end never hears of it; the next dial after the heal is let in."""
    world.network.cut("north", "hq", one_way=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(PAUSE_S):
            await world.dial("north", "hq")
    world.network.heal("hq", "north")
    await world.dial("north", "hq")
    await asyncio.sleep(PAUSE_S)
    assert len(world.writers) == 2, "one end here and one there"


async def a_dial_times_out_after_its_repeated_syns(world: World) -> None:
    """The kernel of the dialing client gives up a dial that nobody answers."""
    world.network.cut("hq", "north")
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(world.given_up_in_s(PATIENCE_S)):
            await world.dial("north", "hq", hasty=True)
    assert is_time_out(caught.value)


async def unanswered_bytes_end_the_dialing_end(world: World) -> None:
    """The kernel of the dialing client gives up what is never acknowledged."""
    wire = await world.dial("north", "hq")
    hasten(wire.writer.get_extra_info("socket"))
    world.network.cut("hq", "north")
    await wire.send(b"anybody?")
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(world.given_up_in_s(1.5)):
            await wire.reader.read()
    assert is_time_out(caught.value)


async def unanswered_bytes_end_the_dialed_end(world: World) -> None:
    """So does the kernel of who was dialed."""
    await world.dial("north", "hq")
    far = await world.far_end()
    hasten(far.get_extra_info("socket"))
    world.network.cut("hq", "north")
    far.write(b"anybody?")
    await world.until(lambda: world.errors, world.given_up_in_s(1.5))
    assert is_time_out(world.errors[0])


async def unanswered_probes_end_an_idle_connection(world: World) -> None:
    """With keep-alive an end that sends nothing notices a cut, too."""
    wire = await world.dial("north", "hq")
    endpoint = wire.writer.get_extra_info("socket")
    hasten(endpoint)
    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    world.network.cut("hq", "north")
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(world.given_up_in_s(3)):
            await wire.reader.read()
    assert is_time_out(caught.value)


async def a_cut_of_a_cut_ends_with_one_heal(world: World) -> None:
    """Cutting twice, in either direction, is healed at once."""
    wire = await world.dial("north", "hq")
    world.network.cut("hq", "north")
    world.network.cut("north", "hq", one_way=True)
    world.network.heal("north", "hq")
    await wire.send(b"open")
    assert await wire.hear(4) == b"open"


async def a_port_without_a_listener_refuses(world: World) -> None:
    """The dial itself fails, at once."""
    with pytest.raises(ConnectionRefusedError):
        await world.dial("north", "hq", UNUSED_PORT)


async def a_port_without_a_listener_resets(world: World) -> None:
    """What relays promise instead: they can only reset what they have let in."""
    wire = await world.dial("north", "hq", UNUSED_PORT)
    with pytest.raises(ConnectionResetError):
        await wire.hear(1)


async def hosts_without_a_link_have_no_address_for_each_other(world: World) -> None:
    """Links are direct, there is no transit."""
    assert world.linked("north", "hq")
    assert not world.linked("lost", "hq")
    assert not world.linked("hq", "lost")


async def a_host_without_power_answers_nobody(world: World) -> None:
    """Nothing is refused or reset; what was sent meanwhile arrives when the power is back."""
    wire = await world.dial("north", "hq")
    world.network.set_up("hq", False)
    await wire.send(b"anybody?")
    assert await wire.silent()
    world.network.set_up("hq", True)
    assert await wire.hear(8) == b"anybody?"


async def a_reset_ends_live_connections_at_both_ends(world: World) -> None:
    """The link itself is whole: the next dial works."""
    wire = await world.dial("north", "hq")
    await wire.send(b"x")
    assert await wire.hear(1) == b"x"
    world.network.reset("north", "hq")
    with pytest.raises(ConnectionResetError):
        await wire.hear(1)
    await world.until(lambda: world.errors)
    assert isinstance(world.errors[0], ConnectionResetError)
    again = await world.dial("north", "hq")
    await again.send(b"y")
    assert await again.hear(1) == b"y"


async def a_reset_ends_a_connection_that_is_not_accepted_yet(world: World) -> None:
    """The dialing end is reset, and the other end never hears of it."""
    world.network.set_latency("hq", "north", NS_PER_SECOND // 2)
    wire = await world.dial("north", "hq")
    world.network.reset("north", "hq")
    with pytest.raises(ConnectionResetError):
        await wire.hear(1)
    await asyncio.sleep(0.5 + PAUSE_S)
    assert not world.accepted


async def a_reset_reaches_both_ends_of_a_cut_link(world: World) -> None:
    """It is the fault itself, and no segment that a cut could hold."""
    wire = await world.dial("north", "hq")
    await world.far_end()
    world.network.cut("north", "hq")
    world.network.reset("north", "hq")
    with pytest.raises(ConnectionResetError):
        await wire.hear(1, within_s=1)
    await world.until(lambda: world.errors)


async def what_is_dropped_is_lost_for_good(world: World) -> None:
    """The heal brings back neither direction; only connections of after it work."""
    wire = await world.dial("north", "hq")
    far = await world.far_end()
    world.network.drop("north", "hq")
    await wire.send(b"lost")
    far.write(b"lost, too")
    assert await wire.silent()
    world.network.heal("north", "hq")
    await wire.send(b"and this")
    assert await wire.silent()
    assert not world.heard
    again = await world.dial("north", "hq")
    await again.send(b"new")
    assert await again.hear(3) == b"new"


async def a_dial_during_a_drop_waits_for_the_heal(world: World) -> None:
    """Its lost SYN is repeated, too."""
    world.network.drop("hq", "north")
    await _dial_waits(world)


async def a_refusing_link_refuses_dials_and_nothing_else(world: World) -> None:
    """In both directions; open connections work on, and the heal ends it."""
    wires = [await world.dial("north", "hq"), await world.dial("hq", "north")]
    world.network.refuse("north", "hq")
    for ends in (("north", "hq"), ("hq", "north")):
        with pytest.raises(ConnectionRefusedError):
            await world.dial(*ends)
    for wire in wires:
        await wire.send(b"open")
        assert await wire.hear(4) == b"open"
    world.network.heal("north", "hq")
    for ends in (("north", "hq"), ("hq", "north")):
        again = await world.dial(*ends)
        await again.send(b"new")
        assert await again.hear(3) == b"new"


async def what_is_lost_in_part_arrives_whole_and_later(world: World) -> None:
    """TCP repeats what a link with losses loses, and keeps the order."""
    loop = asyncio.get_running_loop()
    wire = await world.dial("north", "hq")
    world.network.set_loss("hq", "north", 30)
    sent_at = loop.time()
    for piece in (b"one ", b"two ", b"three"):
        await wire.send(piece)
    assert await wire.hear(13) == b"one two three"
    assert loop.time() - sent_at >= RETRANSMISSION_NS / NS_PER_SECOND


async def loss_reaches_dials(world: World) -> None:
    """A SYN is lost as often as anything else: only a cable promises this."""
    world.network.set_loss("hq", "north", 99)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await world.dial("north", "hq")


async def a_dial_takes_a_round_trip(world: World) -> None:
    """The SYN travels there, and its answer back."""
    loop = asyncio.get_running_loop()
    world.network.set_latency("hq", "north", NS_PER_SECOND // 2)
    dialed_at = loop.time()
    await world.dial("north", "hq")
    assert loop.time() - dialed_at >= 1


async def latency_changes_while_a_connection_is_open(world: World) -> None:
    """From then on each direction takes that long."""
    loop = asyncio.get_running_loop()
    wire = await world.dial("north", "hq")
    for seconds in (PAUSE_S, 0.0):
        world.network.set_latency("hq", "north", int(seconds * NS_PER_SECOND))
        sent_at = loop.time()
        await wire.send(b"ping")
        await wire.hear(4)
        assert 2 * seconds <= loop.time() - sent_at < 2 * seconds + PAUSE_S


async def bytes_take_their_size_by_the_bandwidth(world: World) -> None:
    """100 kB/s: all connections of a direction leave one after the other; there and back do not."""
    loop = asyncio.get_running_loop()
    wires = [await world.dial("north", "hq") for _ in range(2)]
    world.network.set_bandwidth("hq", "north", 800_000)
    sent_at = loop.time()
    for wire in wires:
        wire.writer.write(bytes(20_000))
    await world.until(lambda: len(world.heard) == 40_000)
    assert 0.4 <= loop.time() - sent_at < 0.4 + 2 * PAUSE_S
    for wire in wires:
        await wire.hear(20_000)
    assert 0.4 <= loop.time() - sent_at < 0.6 + 2 * PAUSE_S


async def a_narrow_link_is_narrow_from_the_start(world: World) -> None:
    """800 kbit/s are kept where the link is described so, though no step ever says it."""
    loop = asyncio.get_running_loop()
    wire = await world.dial("north", "hq")
    sent_at = loop.time()
    await wire.send(bytes(20_000))
    await wire.hear(20_000)
    assert loop.time() - sent_at >= 0.2


async def bandwidth_changes_while_bytes_wait(world: World) -> None:
    """What waits for its turn feels it at once, and keeps its order."""
    loop = asyncio.get_running_loop()
    wire = await world.dial("north", "hq")
    world.network.set_bandwidth("hq", "north", 800)
    for piece in (bytes(1_000), b"one ", b"two "):
        await wire.send(piece)
    assert await wire.silent()
    changed_at = loop.time()
    world.network.set_bandwidth("hq", "north", 80_000_000)
    assert await wire.hear(1_008) == bytes(1_000) + b"one two "
    assert loop.time() - changed_at < PAUSE_S
    world.network.set_bandwidth("hq", "north", None)
    await wire.send(bytes(20_000))
    await wire.hear(20_000)


async def held_bytes_take_their_time_after_the_heal(world: World) -> None:
    """A link that was cut carried nothing meanwhile, and nothing waits twice."""
    loop = asyncio.get_running_loop()
    wire = await world.dial("north", "hq")
    world.network.set_bandwidth("hq", "north", 800_000)
    world.network.cut("hq", "north")
    await wire.send(bytes(90_000))
    assert await wire.silent()
    healed_at = loop.time()
    world.network.heal("hq", "north")
    await world.until(lambda: len(world.heard) == 90_000)
    repeated_s = 2 * PAUSE_S  # with the kernel's second repetition
    assert 0.9 <= loop.time() - healed_at < 1.3 + repeated_s


async def jitter_never_reorders_a_stream(world: World) -> None:
    """Bytes arrive as they were sent, however long each of them takes."""
    wire = await world.dial("north", "hq")
    world.network.set_latency("hq", "north", 1_000_000, 50_000_000)
    for number in range(30):
        await wire.send(bytes([number]))
    assert await wire.hear(30) == bytes(range(30))


async def a_big_answer_arrives_whole(world: World) -> None:
    """More than all buffers on the way hold, while the reader takes its time."""
    wire = await world.dial("north", "hq")
    sent = bytes(range(256)) * 8_192
    wire.writer.write(sent)
    await asyncio.sleep(PAUSE_S)
    assert await wire.hear(len(sent)) == sent


async def a_frozen_program_hears_at_its_thaw(world: World) -> None:
    """Its kernel lets a dial in and keeps what is sent; the program knows of it afterwards."""
    await world.run_echo("hq", UNUSED_PORT)
    wire = await world.dial("north", "hq", UNUSED_PORT)
    await wire.send(b"one")
    assert await wire.hear(3) == b"one"
    world.freeze()
    another = await world.dial("north", "hq", UNUSED_PORT)
    for each in (wire, another):
        await each.send(b"held")
        assert await each.silent()
    world.thaw()
    for each in (wire, another):
        assert await each.hear(4) == b"held"


CUTS: tuple[Promise, ...] = (
    bytes_sent_during_a_cut_arrive_after_the_heal_in_order,
    an_idle_connection_notices_nothing,
    what_was_sent_arrives_though_its_sender_has_given_up,
    the_way_there_fails_alone,
    the_way_back_fails_alone,
    a_dial_during_a_cut_waits_for_the_heal,
    a_dial_waits_where_one_way_is_cut,
    a_dial_given_up_during_a_cut_leaves_nothing,
    a_dial_times_out_after_its_repeated_syns,
    unanswered_bytes_end_the_dialing_end,
    unanswered_bytes_end_the_dialed_end,
    unanswered_probes_end_an_idle_connection,
    a_cut_of_a_cut_ends_with_one_heal,
    a_port_without_a_listener_refuses,
    hosts_without_a_link_have_no_address_for_each_other,
    a_host_without_power_answers_nobody,
    a_frozen_program_hears_at_its_thaw,
    a_big_answer_arrives_whole,
)

OTHER_FAULTS: tuple[Promise, ...] = (
    a_reset_ends_live_connections_at_both_ends,
    a_reset_ends_a_connection_that_is_not_accepted_yet,
    a_reset_reaches_both_ends_of_a_cut_link,
    what_is_dropped_is_lost_for_good,
    a_dial_during_a_drop_waits_for_the_heal,
    a_refusing_link_refuses_dials_and_nothing_else,
    what_is_lost_in_part_arrives_whole_and_later,
    a_dial_takes_a_round_trip,
    latency_changes_while_a_connection_is_open,
    bytes_take_their_size_by_the_bandwidth,
    bandwidth_changes_while_bytes_wait,
    held_bytes_take_their_time_after_the_heal,
    jitter_never_reorders_a_stream,
)
