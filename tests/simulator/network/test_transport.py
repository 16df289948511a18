import asyncio
import errno
import itertools
import socket
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from town import LATENCY_NS, CycleDice, Town, Witness, dial, listen, pair, serve

from licensing.policies import HOUR_NS, NS_PER_SECOND
from simulator.loop.runner import current_loop
from simulator.network.incarnation import Fenced, Incarnation
from simulator.network.path import DeliverAfter, Discard
from simulator.network.retransmission import WITHOUT_CARRIER_NS, next_repetition_ns
from simulator.network.silence import GIVE_UP_NS


async def test_connect_takes_a_round_trip_and_data_one_way() -> None:
    """Establishing costs one round trip, the server hears half a round trip later, data one way."""
    ours, theirs = await pair(Town())
    assert ours.heard == [(2 * LATENCY_NS, "made", None)]
    assert theirs.heard == [(3 * LATENCY_NS, "made", None)]
    ours.transport.write(b"a")
    ours.transport.write(b"b")
    await asyncio.sleep(1)
    assert theirs.data == [(NS_PER_SECOND + 3 * LATENCY_NS, b"ab")]


def repeated_ns(sent_s: int, healed_s: int) -> int:
    """When the kernel repeats what it sent at one second and could send again from another on."""
    sent_ns, healed_ns = sent_s * NS_PER_SECOND, healed_s * NS_PER_SECOND
    return next_repetition_ns(sent_ns, healed_ns, round_trip_ns=2 * LATENCY_NS)


async def test_cut_holds_both_directions_and_heal_delivers_in_order() -> None:
    """A cut of ten minutes loses nothing: everything arrives with the next repetition, in order."""
    town = Town()
    ours, theirs = await pair(town)
    town.network.cut("hq", "north")
    await town.until(100)
    ours.transport.write(b"one")
    theirs.transport.write(b"answer")
    await town.until(200)
    ours.transport.write(b"two")
    await town.until(700)
    assert theirs.data == ours.data == []
    town.network.heal("hq", "north")
    await town.until(821)
    arrived_ns = repeated_ns(100, 700) + LATENCY_NS
    assert arrived_ns > 750 * NS_PER_SECOND
    assert theirs.data == [(arrived_ns, b"one"), (arrived_ns, b"two")]
    assert ours.data == [(arrived_ns, b"answer")]


async def test_a_second_cut_before_the_repetition_holds_on() -> None:
    """A heal too short for the kernel to notice delivers nothing, and loses nothing."""
    town = Town()
    ours, theirs = await pair(town)
    await town.until(10)
    town.network.cut("hq", "north")
    ours.transport.write(b"held")
    for cut_again in (True, False):
        await asyncio.sleep(28)
        town.network.heal("hq", "north")
        if cut_again:
            await asyncio.sleep(1)
            town.network.cut("hq", "north")
    await town.until(200)
    assert theirs.data == [(repeated_ns(10, 67) + LATENCY_NS, b"held")]


async def test_who_lost_the_carrier_repeats_within_half_a_second() -> None:
    """A peer's power failure takes the carrier of the cable along, and its return is noticed."""
    town = Town()
    ours, theirs = await pair(town)
    town.network.set_up("hq", False)
    ours.transport.write(b"held")
    await asyncio.sleep(60.3)
    returned_ns = town.loop.time_ns()
    town.network.set_up("hq", True)
    await asyncio.sleep(1)
    [(arrived_ns, data)] = theirs.data
    assert data == b"held"
    assert arrived_ns - returned_ns == WITHOUT_CARRIER_NS * 2 // 5 + LATENCY_NS


async def test_bytes_under_way_at_the_cut_are_held() -> None:
    """What was sent but not delivered when the link fails arrives after the heal."""
    town = Town()
    ours, theirs = await pair(town)
    ours.transport.write(b"late")
    sent_ns = town.loop.time_ns()
    await asyncio.sleep(0.001)
    town.network.cut("hq", "north")
    await town.until(50)
    assert theirs.data == []
    town.network.heal("hq", "north")
    await town.until(60)
    repeated_ns = next_repetition_ns(sent_ns, 50 * NS_PER_SECOND, round_trip_ns=2 * LATENCY_NS)
    assert theirs.data == [(repeated_ns + LATENCY_NS, b"late")]


def _fault(town: Town, kind: str) -> None:
    if kind == "crash":
        town.crash(town.north)
    else:
        getattr(town.network, kind)("hq", "north")


@pytest.mark.parametrize("fault", ["cut", "drop", "crash"])
async def test_a_frozen_program_reads_at_its_thaw_what_its_kernel_had_before_the_fault(
    fault: str,
) -> None:
    """As after SIGSTOP: the kernel takes and acknowledges, and only reading waits."""
    town = Town()
    ours, theirs = await pair(town)
    town.loop.freezer.freeze(town.hq)
    ours.transport.write(b"taken ")
    await asyncio.sleep(1)
    ours.transport.write(b"in order")
    await asyncio.sleep(1)
    _fault(town, fault)
    await town.until(5)
    assert theirs.data == []
    town.loop.freezer.thaw(town.hq)
    await town.until(2 * GIVE_UP_NS / NS_PER_SECOND)
    assert theirs.data == [(5 * NS_PER_SECOND, b"taken "), (5 * NS_PER_SECOND, b"in order")]
    assert ours.end is None, "all that was sent is acknowledged"


async def test_a_frozen_server_accepts_at_its_thaw_who_has_gone_meanwhile() -> None:
    """It reads what its kernel has of them, and the end."""
    town, accepted = Town(), list[Witness]()

    def accept() -> Witness:
        accepted.append(Witness())
        return accepted[-1]

    await town.start(town.hq, town.loop.create_server(accept, None, 5000))
    town.loop.freezer.freeze(town.hq)
    transport, _ = await dial(town)
    transport.write(b"gone")
    transport.close()
    await town.until(5)
    assert accepted == []
    town.loop.freezer.thaw(town.hq)
    await town.until(6)
    [witness] = accepted
    assert [what for _, what, _ in witness.heard] == ["made", "data", "eof", "lost"]


async def test_one_way_cut_lets_the_other_direction_through() -> None:
    """Each direction fails alone."""
    town = Town()
    ours, theirs = await pair(town)
    town.network.cut("north", "hq", one_way=True)
    ours.transport.write(b"held")
    theirs.transport.write(b"through")
    await asyncio.sleep(10)
    assert theirs.data == []
    assert [value for _, value in ours.data] == [b"through"]


async def test_unacknowledged_data_gives_up_after_linux_retries() -> None:
    """Held data ends the connection 924.6 s after it was sent; so does a lost acknowledgement."""
    town = Town()
    ours, theirs = await pair(town)
    town.network.cut("north", "hq", one_way=True)
    sent_ns = town.loop.time_ns()
    ours.transport.write(b"held")
    theirs.transport.write(b"arrives, but its acknowledgement does not")
    await asyncio.sleep(1000)
    for witness in (ours, theirs):
        assert witness.end is not None
        at, error = witness.end
        assert at == sent_ns + GIVE_UP_NS
        assert isinstance(error, TimeoutError)
        assert error.errno == errno.ETIMEDOUT
    assert theirs.data == []


async def test_a_link_forgets_a_connection_that_carries_no_data() -> None:
    """Half an hour without data either way; then nothing gets through, and no end hears of it."""
    town = Town(forgets_idle_ns=1800 * NS_PER_SECOND)
    ours, theirs = await pair(town)
    for sender in (ours, theirs, ours):
        await asyncio.sleep(1790)
        sender.transport.write(b"kept")
    await asyncio.sleep(1800)
    arrived = len(theirs.data), len(ours.data)
    assert arrived == (2, 1)
    ours.transport.write(b"lost")
    await asyncio.sleep(60)
    theirs.transport.write(b"lost, too")
    await asyncio.sleep(60)
    assert (len(theirs.data), len(ours.data)) == arrived
    assert ours.end is theirs.end is None
    dial = town.loop.create_connection(Witness, "hq", 5000)
    _, anew = await town.start(town.north, dial)
    anew.transport.write(b"another connection")
    await asyncio.sleep(1000)
    assert anew.end is None
    assert ours.end is not None
    assert isinstance(ours.end[1], TimeoutError)


async def test_what_a_cut_held_for_longer_is_forgotten_too() -> None:
    """During a cut nothing is carried: after the heal the device knows of no connection."""
    town = Town(forgets_idle_ns=60 * NS_PER_SECOND)
    ours, theirs = await pair(town)
    town.network.cut("hq", "north")
    ours.transport.write(b"held")
    await asyncio.sleep(61)
    town.network.heal("hq", "north")
    await asyncio.sleep(600)
    assert theirs.data == []


async def test_idle_connection_notices_nothing_of_a_month_of_cut() -> None:
    """Without keep-alive an idle connection survives a cut of 31 days and works again."""
    town = Town()
    ours, theirs = await pair(town)
    town.network.cut("hq", "north")
    await asyncio.sleep(31 * 86400)
    town.network.heal("hq", "north")
    ours.transport.write(b"still here")
    await asyncio.sleep(1)
    assert [value for _, value in theirs.data] == [b"still here"]
    assert ours.end is None


async def test_keepalive_ends_an_idle_connection_two_hours_and_eleven_minutes_later() -> None:
    """Keep-alive: 2 h idle, then nine probes 75 s apart, counted from the last sign of life."""
    town = Town()
    ours, theirs = await pair(town, keep_alive=True)
    heard_ns = town.loop.time_ns()
    ours.transport.write(b"x")
    await asyncio.sleep(3 * 3600)
    town.network.cut("hq", "north")
    await asyncio.sleep(3 * 3600)
    assert theirs.end is not None
    at, error = theirs.end
    assert at == heard_ns + LATENCY_NS + 4 * HOUR_NS + 675 * NS_PER_SECOND
    assert isinstance(error, TimeoutError)


async def test_keepalive_survives_a_heal_during_the_probes() -> None:
    """A cut that heals before the ninth probe is not noticed."""
    town = Town()
    ours, theirs = await pair(town, keep_alive=True)
    town.network.cut("hq", "north")
    await asyncio.sleep(7200 + 600)
    town.network.heal("hq", "north")
    await asyncio.sleep(7200 * 3)
    assert ours.end is theirs.end is None


async def test_peer_notices_nothing_of_a_crash_until_it_sends() -> None:
    """A crash tells nobody; data to the dead host times out, and no data means no notice."""
    town = Town()
    ours, _ = await pair(town)
    town.crash(town.hq)
    await asyncio.sleep(86400)
    assert ours.end is None
    sent_ns = town.loop.time_ns()
    ours.transport.write(b"anybody?")
    await asyncio.sleep(1000)
    assert ours.end is not None
    assert ours.end[0] == sent_ns + GIVE_UP_NS
    assert isinstance(ours.end[1], TimeoutError)


@pytest.mark.parametrize("sent_before_restart", [True, False])
async def test_restarted_peer_answers_with_a_reset(sent_before_restart: bool) -> None:
    """Data to a host that crashed and came back is reset within a round trip."""
    town = Town()
    ours, _ = await pair(town)
    town.crash(town.hq)
    if sent_before_restart:
        ours.transport.write(b"hello?")
    await asyncio.sleep(100)
    town.network.set_up("hq", True)
    restarted_ns = town.loop.time_ns()
    if not sent_before_restart:
        ours.transport.write(b"hello?")
    await asyncio.sleep(100)
    assert ours.end is not None
    assert ours.end[0] == restarted_ns + 2 * LATENCY_NS
    assert isinstance(ours.end[1], ConnectionResetError)


async def test_keepalive_finds_a_restarted_peer_at_the_first_probe() -> None:
    """An idle connection to a restarted host is reset by the probe two hours later."""
    town = Town()
    ours, _ = await pair(town, keep_alive=True)
    heard_ns = ours.transport._end._silence.heard_ns  # type: ignore[attr-defined]
    town.crash(town.hq)
    await asyncio.sleep(60)
    town.network.set_up("hq", True)
    await asyncio.sleep(7300)
    assert ours.end is not None
    assert ours.end[0] == heard_ns + 2 * HOUR_NS
    assert isinstance(ours.end[1], ConnectionResetError)


async def test_close_delivers_what_was_written_and_then_the_end() -> None:
    """close() is orderly: data, then eof, then connection_lost(None) at both ends."""
    town = Town()
    ours, theirs = await pair(town)
    ours.transport.write(b"bye")
    ours.transport.close()
    await asyncio.sleep(1)
    assert [what for _, what, _ in theirs.heard] == ["made", "data", "eof", "lost"]
    assert ours.end is not None
    assert theirs.end is not None
    assert ours.end[1] is theirs.end[1] is None
    assert not town.loop.sockets._ends


async def test_close_across_a_cut_ends_at_once_here_and_late_there() -> None:
    """The end of a stream is held like its data."""
    town = Town()
    ours, theirs = await pair(town)
    town.network.cut("hq", "north")
    ours.transport.close()
    await asyncio.sleep(100)
    assert ours.end is not None
    assert theirs.end is None
    town.network.heal("hq", "north")
    await asyncio.sleep(120)
    assert theirs.end is not None


async def test_abort_resets_the_peer() -> None:
    """abort() throws away what is under way and resets the peer."""
    town = Town()
    ours, theirs = await pair(town)
    ours.transport.write(b"lost")
    ours.transport.abort()
    await asyncio.sleep(1)
    assert theirs.data == []
    assert theirs.end is not None
    assert isinstance(theirs.end[1], ConnectionResetError)
    assert not town.loop.sockets._ends


async def test_data_to_a_closed_end_is_reset() -> None:
    """Writing to a peer that has closed, before hearing of it, earns a reset or its eof."""
    town = Town()
    ours, theirs = await pair(town)
    ours.transport.abort()
    theirs.transport.write(b"too late")
    await asyncio.sleep(1)
    assert theirs.end is not None
    assert isinstance(theirs.end[1], ConnectionResetError)


async def test_half_close() -> None:
    """After write_eof the other direction goes on."""
    town = Town()
    ours, theirs = await pair(town)
    theirs.eof_received = lambda: True  # type: ignore[method-assign,assignment]
    ours.transport.write_eof()
    with pytest.raises(RuntimeError):
        ours.transport.write(b"no more")
    await asyncio.sleep(1)
    theirs.transport.write(b"answer")
    await asyncio.sleep(1)
    assert [value for _, value in ours.data] == [b"answer"]
    assert theirs.end is None


async def test_jitter_never_reorders_a_stream() -> None:
    """Whatever the jitter, bytes arrive in the order in which they were written."""
    town = Town()
    ours, theirs = await pair(town)
    town.network.add_host("far", "10.0.0.9")
    path = town.network.path("north", "hq")
    assert path is not None
    path._dice = CycleDice(0, 50_000_000, 10_000_000, 30_000_000)
    town.network.set_latency("north", "hq", path.latency_ns, 50_000_000)
    for number in range(100):
        ours.transport.write(bytes([number]))
        await asyncio.sleep(0.001)
    await asyncio.sleep(1)
    assert b"".join(value for _, value in theirs.data) == bytes(range(100))  # type: ignore[misc]
    assert len({at for at, _ in theirs.data}) > 5


async def test_paused_reader_and_held_bytes_pause_the_writer() -> None:
    """Bytes that cannot be delivered fill the buffer: the writer is paused, then resumed."""
    town = Town()
    ours, theirs = await pair(town)
    theirs.transport.pause_reading()
    ours.transport.write(bytes(300_000))
    assert ours.transport.get_write_buffer_size() == 300_000 - 212_992
    await asyncio.sleep(1)
    assert theirs.data == []
    theirs.transport.resume_reading()
    await asyncio.sleep(1)
    assert [what for _, what, _ in ours.heard] == ["made", "pause", "resume"]
    assert ours.transport.get_write_buffer_size() == 0


async def test_a_writer_is_paused_and_resumed_by_turns() -> None:
    """Also where more is written in the instant in which the bytes before are taken."""
    town = Town()
    ours, theirs = await pair(town)
    ours.transport.write(bytes(400_000))
    taken_ns = town.loop.time_ns() + LATENCY_NS
    context = town.north.context()
    town.loop.call_at_ns(taken_ns, ours.transport.write, bytes(400_000), context=context)
    await town.until(3)
    assert sum(len(data) for _, data in theirs.data if isinstance(data, bytes)) == 800_000
    told = [what for _, what, _ in ours.heard if what in {"pause", "resume"}]
    assert told == ["pause", "resume"] * (len(told) // 2)
    assert told


async def test_drop_severs_for_good_and_delay_delays() -> None:
    """A drop outlives its rule for the connections that met it; DeliverAfter only slows."""
    town = Town()
    ours, theirs = await pair(town)
    slow = town.network.add_rule(DeliverAfter(NS_PER_SECOND), "north", "hq")
    sent_ns = town.loop.time_ns()
    ours.transport.write(b"slow")
    await asyncio.sleep(2)
    assert theirs.data == [(sent_ns + NS_PER_SECOND + LATENCY_NS, b"slow")]
    slow.lift()
    town.network.add_rule(Discard(), "north", "hq").lift()
    ours.transport.write(b"never")
    await asyncio.sleep(1000)
    assert len(theirs.data) == 1
    assert ours.end is not None


async def test_reset_fault_ends_live_connections_at_both_ends() -> None:
    """The fault `reset` is a verdict on connections, not on the link."""
    town = Town()
    ours, theirs = await pair(town)
    town.network.reset("hq", "north")
    assert ours.end is not None
    assert theirs.end is not None
    await dial(town)


async def test_refused_without_listener() -> None:
    """A host that is up without a listener refuses after one round trip."""
    town = Town()
    with pytest.raises(ConnectionRefusedError):
        await dial(town)
    assert town.loop.time_ns() == 2 * LATENCY_NS


@pytest.mark.parametrize(
    ("name", "number"), [("lost", errno.EHOSTUNREACH), ("192.168.1.1", errno.ENETUNREACH)]
)
async def test_unreachable_at_once(name: str, number: int) -> None:
    """No route and no such network are errors at once."""
    town = Town()
    with pytest.raises(OSError, match=r"no route|unreachable") as caught:
        await dial(town, name)
    assert caught.value.errno == number
    assert town.loop.time_ns() == 0


async def test_unknown_name() -> None:
    """A name that no host has does not resolve."""
    with pytest.raises(socket.gaierror):
        await dial(Town(), "nowhere")


@pytest.mark.parametrize("one_way", [("north", "hq"), ("hq", "north"), None])
async def test_dial_across_a_cut_times_out_after_127_s(one_way: tuple[str, str] | None) -> None:
    """SYN or SYN-ACK lost: the dial waits, and fails as Linux does; it burns no timer meanwhile."""
    town = Town()
    await listen(town)
    if one_way:
        town.network.cut(*one_way, one_way=True)
    else:
        town.network.cut("hq", "north")
    dialing = asyncio.ensure_future(dial(town))
    await asyncio.sleep(1)
    assert len(town.loop._schedule) == 1
    with pytest.raises(TimeoutError) as caught:
        await dialing
    assert caught.value.errno == errno.ETIMEDOUT
    assert town.loop.time_ns() == 127 * NS_PER_SECOND
    assert not town.loop.sockets._handshakes.parked


@pytest.mark.parametrize(("healed_at", "syn_at"), [(0.5, 1), (5, 7), (40, 63)])
async def test_dial_succeeds_at_the_next_retransmission(healed_at: float, syn_at: int) -> None:
    """After a heal the dial goes on with the next SYN of the schedule."""
    town = Town()
    await listen(town)
    town.network.cut("hq", "north")
    dialing = asyncio.ensure_future(dial(town))
    await town.until(healed_at)
    town.network.heal("hq", "north")
    await dialing
    assert town.loop.time_ns() == syn_at * NS_PER_SECOND + 2 * LATENCY_NS


async def test_heal_after_the_last_syn_comes_too_late() -> None:
    """Between the last SYN and the time-out nothing is sent any more."""
    town = Town()
    await listen(town)
    town.network.cut("hq", "north")
    dialing = asyncio.ensure_future(dial(town))
    await town.until(100)
    town.network.heal("hq", "north")
    with pytest.raises(TimeoutError):
        await dialing


async def test_dial_to_a_host_without_power_waits_for_it() -> None:
    """A host that is down does not answer; when it is back, the next SYN finds it."""
    town = Town()
    town.network.set_up("hq", False)
    dialing = asyncio.ensure_future(dial(town))
    await town.until(2)
    town.network.set_up("hq", True)
    await listen(town)
    await dialing
    assert town.loop.time_ns() == 3 * NS_PER_SECOND + 2 * LATENCY_NS


async def test_a_crashed_host_has_no_network() -> None:
    """Whatever its programs still try: to resolve, to listen or to dial."""
    town = Town()
    town.crash(town.hq)
    dead, sockets = town.hq.context(), town.loop.sockets
    with pytest.raises(Fenced):
        dead.run(sockets.resolve, "north", 80)
    with pytest.raises(Fenced):
        dead.run(sockets.listen, asyncio.Protocol, None, 80)
    with pytest.raises(Fenced), socket.socket() as sock:
        dead.run(sockets.note_destination, sock, ("10.0.0.2", 80))


async def test_listener_rules() -> None:
    """A port is taken once, a foreign address not at all, port 0 chooses, close frees."""
    town = Town()

    async def program() -> None:
        loop = town.loop
        server = await loop.create_server(asyncio.Protocol, "hq", 5000)
        with pytest.raises(OSError, match="in use"):
            await loop.create_server(asyncio.Protocol, None, 5000)
        with pytest.raises(OSError, match="no address"):
            await loop.create_server(asyncio.Protocol, "north", 5001)
        chosen = await loop.create_server(asyncio.Protocol, None, 0)
        assert chosen.sockets[0].getsockname()[1] >= 32768
        server.close()
        assert not server.is_serving()
        await server.wait_closed()
        await loop.create_server(asyncio.Protocol, "hq", 5000)

    await town.start(town.hq, program())


@pytest.mark.parametrize(("call", "gone"), [("close", None), ("abort", ConnectionResetError)])
async def test_a_server_ends_what_it_has_accepted(call: str, gone: type | None) -> None:
    """Python 3.13's `close_clients` and `abort_clients`, on each version; it goes on to serve."""
    town = Town()
    accepted: list[Witness] = []
    here: list[Witness] = []

    def accept() -> Witness:
        accepted.append(Witness())
        return accepted[-1]

    def dialer() -> Witness:
        here.append(Witness())
        return here[-1]

    server = await town.start(town.hq, town.loop.create_server(accept, None, 5000))
    for _ in range(2):
        await town.start(town.north, town.loop.create_connection(dialer, "hq", 5000))
    await asyncio.sleep(1)
    accepted[0].transport.write(b"last")
    getattr(server, f"{call}_clients")()
    await asyncio.sleep(1)
    assert all(each.end for each in accepted)
    assert [each.end and each.end[1] and type(each.end[1]) for each in here] == [gone] * 2
    assert [said for _, said in here[0].data] == ([] if gone else [b"last"])
    assert server.is_serving()


async def test_connections_between_hosts_are_told_once() -> None:
    """The world hears of each connection between hosts, and of none inside a host."""
    town = Town()
    told: list[tuple[str, str, int]] = []
    town.loop.sockets.on_connection = lambda *connection: told.append(connection)
    await pair(town)
    await town.start(town.hq, town.loop.create_connection(asyncio.Protocol, "localhost", 5000))
    await asyncio.sleep(1)
    assert told == [("north", "hq", 5000)]


async def test_unix_sockets_reach_the_own_host_and_the_outside(tmp_path: Any) -> None:
    """A path is for its own host and for the world outside; elsewhere it is refused."""
    town = Town()
    path = tmp_path / "admin.sock"
    loop = town.loop
    with pytest.raises(FileNotFoundError):
        await loop.create_unix_connection(asyncio.Protocol, path)
    await town.start(town.hq, loop.create_unix_server(Witness, path))
    path.chmod(0o600)
    _, ours = await loop.create_unix_connection(Witness, path)
    await town.start(town.hq, loop.create_unix_connection(Witness, path))
    with pytest.raises(ConnectionRefusedError):
        await town.start(town.north, loop.create_unix_connection(Witness, path))
    town.crash(town.hq)
    await asyncio.sleep(1)
    assert isinstance(ours.end[1], ConnectionResetError)


async def test_who_asks_from_outside_is_answered_at_that_instant(tmp_path: Any) -> None:
    """A question at a deadline is answered as of the deadline (F2); a host's own takes its time."""
    town = Town()
    path = tmp_path / "admin.sock"
    server = town.start(town.hq, serve(lambda runner: web.UnixSite(runner, str(path))))
    await asyncio.sleep(1)

    async def ask() -> int:
        began_ns = town.loop.time_ns()
        client = aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path)))
        async with client as session, session.get("http://hq/") as response:
            await response.text()
        return town.loop.time_ns() - began_ns

    assert await ask() == 0
    assert await town.start(town.hq, ask()) > 0
    server.cancel()


# Stock aiohttp


async def test_plain_aiohttp_through_a_cut() -> None:
    """Stock server, client and WebSocket: a cut holds the exchange, a heal lets it finish."""
    town = Town()
    server = town.start(town.hq, serve(lambda runner: web.TCPSite(runner, "0.0.0.0", 80)))
    answers: list[object] = []

    async def client() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.get("http://hq/") as response:
                answers.append(await response.text())
            async with session.ws_connect("http://10.0.0.1/echo") as link:
                for number in itertools.count():
                    await link.send_str(f"ping {number}")
                    answers.append((await link.receive()).data)
                    await asyncio.sleep(60)
                    if number == 2:
                        return

    await town.until(1)
    talking = town.start(town.north, client())
    await town.until(50)
    town.network.cut("hq", "north")
    await town.until(300)
    town.network.heal("hq", "north")
    await town.until(410)
    town.network.cut("hq", "north", one_way=True)
    await town.until(600)
    town.network.heal("hq", "north")
    await talking
    server.cancel()
    await asyncio.gather(server, return_exceptions=True)
    assert answers == [
        "hello 10.0.0.2",
        "ping 0 at 1.045",
        "ping 1 at 395.885",
        "ping 2 at 455.895",
    ]
    assert 600 < town.loop.time() < 800


async def test_plain_aiohttp_on_a_unix_socket(tmp_path: Any) -> None:
    """The administration socket: plain UnixSite and UnixConnector, from outside the machines."""
    town = Town()
    path = tmp_path / "admin.sock"
    server = town.start(town.hq, serve(lambda runner: web.UnixSite(runner, path)))
    await asyncio.sleep(1)
    connector = aiohttp.UnixConnector(str(path))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get("http://admin/") as response,
    ):
        assert response.status == 200
    server.cancel()
    await asyncio.gather(server, return_exceptions=True)


async def test_aiohttp_sees_the_errors_of_the_network() -> None:
    """Refused, unreachable and unknown become aiohttp's own errors, each with its errno."""
    town = Town()

    async def client() -> list[object]:
        errors: list[object] = []
        async with aiohttp.ClientSession() as session:
            for url in ("http://hq/", "http://lost/", "http://nowhere/"):
                try:
                    await session.get(url)
                except aiohttp.ClientConnectorError as error:
                    errors.append(error.os_error.errno)
        return errors

    assert await town.start(town.north, client()) == [
        errno.ECONNREFUSED,
        errno.EHOSTUNREACH,
        socket.EAI_NONAME,
    ]


async def _said_at(town: Town, address: str) -> object:
    async def hear() -> object:
        try:
            reader, writer = await asyncio.open_connection(address, 5000)
        except OSError as error:
            return error.errno
        said = await reader.read()
        writer.close()
        return said

    return await town.start(town.north, hear())


async def test_who_listens_on_one_address_is_reached_there_alone() -> None:
    """The loopback of a host is its own; the wildcard is all of its addresses."""
    town = Town()

    async def answer(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    async def listen_on(address: str) -> asyncio.Server:
        return await asyncio.start_server(answer, address, 5000)

    own = await town.start(town.hq, listen_on("127.0.0.1"))
    assert await _said_at(town, "10.0.0.1") == errno.ECONNREFUSED
    other = await town.start(town.hq, listen_on("10.0.0.1"))
    assert await _said_at(town, "10.0.0.1") == b"hello"
    with pytest.raises(OSError, match="in use"):
        await town.start(town.hq, listen_on("0.0.0.0"))
    own.close()
    other.close()
    await town.start(town.hq, listen_on("0.0.0.0"))
    assert await _said_at(town, "10.0.0.1") == b"hello"
    with pytest.raises(OSError, match="in use"):
        await town.start(town.hq, listen_on("127.0.0.1"))


async def test_a_dial_reaches_an_address_of_ipv6() -> None:
    """By its number, as asyncio's streams dial it."""
    loop = current_loop()
    loop.sockets.network.add_host("six", "fd00::1")
    six = Incarnation("six")

    async def talk() -> bytes:
        await asyncio.start_server(lambda _, writer: writer.close(), "fd00::1", 80)
        reader, writer = await asyncio.open_connection("fd00::1", 80)
        said = await reader.read()
        writer.close()
        return said

    assert await loop.create_task(talk(), context=six.context()) == b""


async def test_a_server_that_closes_during_a_handshake_takes_nobody_in() -> None:
    """Whoever has its answer already is reset by the kernel, when its last word arrives."""
    town, accepted = Town(), list[Witness]()

    def accept() -> Witness:
        accepted.append(Witness())
        return accepted[-1]

    server = await town.start(town.hq, town.loop.create_server(accept, None, 5000))
    dialing = town.start(town.north, town.loop.create_connection(Witness, "hq", 5000))
    await asyncio.sleep(2.5 * LATENCY_NS / NS_PER_SECOND)
    server.close()
    _, witness = await dialing
    witness.transport.write(b"hello")
    await town.until(1)
    assert accepted == []
    lost_ns, error = witness.end
    assert isinstance(error, ConnectionResetError)
    assert lost_ns == 4 * LATENCY_NS
