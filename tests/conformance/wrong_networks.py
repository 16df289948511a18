"""Simulated networks with one thing wrong each, and the promise that it breaks."""

from collections import deque
from collections.abc import Callable
from typing import Any

import promises
import pytest
from three_worlds import PORT, Promise

from licensing.policies import DAY_NS
from simulator.network import handshake, silence
from simulator.network.connection import ConnectionEnd
from simulator.network.delivery import Delivery
from simulator.network.fabric import Network
from simulator.network.path import Discard
from simulator.network.segment import Segment
from simulator.network.virtual_time import NEVER_NS

Plant = Callable[[Any, pytest.MonkeyPatch], None]


def _fault(name: str, wrong: Callable[[Any], Callable[..., object]]) -> Plant:
    """A fault does something else, which `wrong` makes of the world."""
    return lambda world, patch: patch.setattr(world.network, name, wrong(world))


def _nothing(world: Any) -> Callable[..., None]:
    return lambda *_, **__: None


def _both_ways(world: Any) -> Callable[..., object]:
    return lambda one, other, **_: Network.cut(world.network, one, other)


def _the_other_way(world: Any) -> Callable[..., object]:
    return lambda one, other, **how: Network.cut(world.network, other, one, **how)


def _lost(world: Any) -> Callable[..., object]:
    return lambda one, other, *_, **__: Network.drop(world.network, one, other)


def _reset(world: Any) -> Callable[..., object]:
    return lambda one, other, **_: Network.reset(world.network, one, other)


def _refused_one_way(world: Any) -> Callable[..., object]:
    def refuse(one: str, other: str) -> None:
        world.network.path(one, other).refuses = True

    return refuse


def _lost_one_way(world: Any, *, there: bool) -> Callable[..., object]:
    def drop(one: str, other: str) -> None:
        ends = (one, other) if there else (other, one)
        world.network._until_healed(Discard(), [world.network.path(*ends)])

    return drop


def _lost_there(world: Any) -> Callable[..., object]:
    return _lost_one_way(world, there=True)


def _lost_back(world: Any) -> Callable[..., object]:
    return _lost_one_way(world, there=False)


def _healed_one_way(world: Any) -> Callable[..., object]:
    def heal(one: str, other: str) -> None:
        for rule in world.network._cuts.pop(world.network.path(one, other), ()):
            rule.lift()

    return heal


def _reset_where_accepted(world: Any) -> Callable[..., object]:
    def reset(one: str, other: str) -> None:
        if world.accepted:
            Network.reset(world.network, one, other)

    return reset


def _reset_where_open(world: Any) -> Callable[..., object]:
    def reset(one: str, other: str) -> None:
        if world.network.path(one, other).passable:
            Network.reset(world.network, one, other)

    return reset


def _late_for_what_waits(world: Any) -> Callable[..., object]:
    def set_bandwidth(one: str, other: str, bandwidth_bit_s: int | None) -> None:
        _widen(world, one, other, bandwidth_bit_s)
        _widen(world, other, one, bandwidth_bit_s)

    return set_bandwidth


def _widen(world: Any, source: str, destination: str, bandwidth_bit_s: int | None) -> None:
    world.network.path(source, destination).queue.set_bandwidth(
        bandwidth_bit_s, world.loop.time_ns()
    )


def _dials_never_time_out(world: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(handshake, "TIMEOUT_NS", 365 * DAY_NS)


def _bytes_never_time_out(world: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(silence, "GIVE_UP_NS", NEVER_NS)


def _dialed_ends_never_time_out(world: Any, patch: pytest.MonkeyPatch) -> None:
    time_out = ConnectionEnd._time_out

    def time_out_dialing_end(end: Any) -> None:
        if end.route.source == "north":
            time_out(end)

    patch.setattr(ConnectionEnd, "_time_out", time_out_dialing_end)


def _nobody_probes(world: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ConnectionEnd, "_set_keepalive", _nothing(world))


def _any_port_will_do(world: Any, patch: pytest.MonkeyPatch) -> None:
    sockets = world.loop.sockets
    listener = sockets._listener
    patch.setattr(sockets, "_listener", lambda there, address, _: listener(there, address, PORT))


def _all_are_linked(world: Any, patch: pytest.MonkeyPatch) -> None:
    world.network.add_link("lost", "hq", latency_ns=0)


def _nobody_freezes(world: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(world, "freeze", _nothing(world))


def _full_is_lost(world: Any, patch: pytest.MonkeyPatch) -> None:
    receive = ConnectionEnd.receive

    def receive_if_read(end: Any, segment: Segment, now_ns: int) -> None:
        if end.reading:
            receive(end, segment, now_ns)

    patch.setattr(ConnectionEnd, "receive", receive_if_read)


def _the_fastest_comes_first(world: Any, patch: pytest.MonkeyPatch) -> None:
    def schedule(delivery: Any, segment: Segment) -> None:
        segment.arrives_ns = segment.leaves_ns + segment.travel_ns
        delivery._segments = deque(sorted(delivery._segments, key=lambda each: each.arrives_ns))

    patch.setattr(Delivery, "_schedule", schedule)


def _dials_cost_nothing(world: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(handshake.Handshakes, "_at", lambda *_: _at_once())


async def _at_once() -> None:
    """No wait."""


PLANTED: dict[str, tuple[Plant, Promise]] = {
    "a cut is none, for a dial": (
        _fault("cut", _nothing),
        promises.a_dial_during_a_cut_waits_for_the_heal,
    ),
    "a cut is none, for a dial that needs an answer": (
        _fault("cut", _nothing),
        promises.a_dial_waits_where_one_way_is_cut,
    ),
    "a cut is none, for a dial that does not wait": (
        _fault("cut", _nothing),
        promises.a_dial_given_up_during_a_cut_leaves_nothing,
    ),
    "a cut is none, for an answer": (_fault("cut", _nothing), promises.the_way_back_fails_alone),
    "a one-way cut cuts both ways": (
        _fault("cut", _both_ways),
        promises.the_way_there_fails_alone,
    ),
    "a one-way cut cuts both ways, seen from the other end": (
        _fault("cut", _both_ways),
        promises.the_way_back_fails_alone,
    ),
    "a one-way cut cuts the other way": (
        _fault("cut", _the_other_way),
        promises.the_way_there_fails_alone,
    ),
    "a cut loses": (
        _fault("cut", _lost),
        promises.bytes_sent_during_a_cut_arrive_after_the_heal_in_order,
    ),
    "a cut loses what its sender does not repeat": (
        _fault("cut", _lost),
        promises.what_was_sent_arrives_though_its_sender_has_given_up,
    ),
    "a cut resets": (_fault("cut", _reset), promises.an_idle_connection_notices_nothing),
    "a heal heals one way": (
        _fault("heal", _healed_one_way),
        promises.a_cut_of_a_cut_ends_with_one_heal,
    ),
    "a dial waits for ever": (
        _dials_never_time_out,
        promises.a_dial_times_out_after_its_repeated_syns,
    ),
    "bytes wait for ever": (_bytes_never_time_out, promises.unanswered_bytes_end_the_dialing_end),
    "bytes of the dialed end wait for ever": (
        _dialed_ends_never_time_out,
        promises.unanswered_bytes_end_the_dialed_end,
    ),
    "keep-alive is not kept": (
        _nobody_probes,
        promises.unanswered_probes_end_an_idle_connection,
    ),
    "ports are all the same": (_any_port_will_do, promises.a_port_without_a_listener_refuses),
    "there are more links than were described": (
        _all_are_linked,
        promises.hosts_without_a_link_have_no_address_for_each_other,
    ),
    "power does not fail": (
        _fault("set_up", _nothing),
        promises.a_host_without_power_answers_nobody,
    ),
    "no program freezes": (_nobody_freezes, promises.a_frozen_program_hears_at_its_thaw),
    "what is not read at once is lost": (_full_is_lost, promises.a_big_answer_arrives_whole),
    "a reset is none": (
        _fault("reset", _nothing),
        promises.a_reset_ends_live_connections_at_both_ends,
    ),
    "a reset comes too early": (
        _fault("reset", _reset_where_accepted),
        promises.a_reset_ends_a_connection_that_is_not_accepted_yet,
    ),
    "a reset is held by a cut": (
        _fault("reset", _reset_where_open),
        promises.a_reset_reaches_both_ends_of_a_cut_link,
    ),
    "a drop holds": (_fault("drop", _both_ways), promises.what_is_dropped_is_lost_for_good),
    "a drop loses only the way there": (
        _fault("drop", _lost_there),
        promises.what_is_dropped_is_lost_for_good,
    ),
    "a drop loses only the way back": (
        _fault("drop", _lost_back),
        promises.what_is_dropped_is_lost_for_good,
    ),
    "a drop refuses": (
        _fault("drop", _refused_one_way),
        promises.a_dial_during_a_drop_waits_for_the_heal,
    ),
    "a refusal is none": (
        _fault("refuse", _nothing),
        promises.a_refusing_link_refuses_dials_and_nothing_else,
    ),
    "a refusal refuses one way": (
        _fault("refuse", _refused_one_way),
        promises.a_refusing_link_refuses_dials_and_nothing_else,
    ),
    "a refusal cuts": (
        _fault("refuse", _both_ways),
        promises.a_refusing_link_refuses_dials_and_nothing_else,
    ),
    "nothing is lost in part": (
        _fault("set_loss", _nothing),
        promises.what_is_lost_in_part_arrives_whole_and_later,
    ),
    "what is lost in part is not repeated": (
        _fault("set_loss", _lost),
        promises.what_is_lost_in_part_arrives_whole_and_later,
    ),
    "a dial is answered at once": (_dials_cost_nothing, promises.a_dial_takes_a_round_trip),
    "latency never changes": (
        _fault("set_latency", _nothing),
        promises.latency_changes_while_a_connection_is_open,
    ),
    "bandwidth never changes": (
        _fault("set_bandwidth", _nothing),
        promises.bytes_take_their_size_by_the_bandwidth,
    ),
    "bandwidth never changes for what is held": (
        _fault("set_bandwidth", _nothing),
        promises.held_bytes_take_their_time_after_the_heal,
    ),
    "bandwidth changes for later bytes only": (
        _fault("set_bandwidth", _late_for_what_waits),
        promises.bandwidth_changes_while_bytes_wait,
    ),
    "the described bandwidth is left out": (
        lambda world, patch: world.network.set_bandwidth("hq", "north", None),
        promises.a_narrow_link_is_narrow_from_the_start,
    ),
    "jitter reorders": (_the_fastest_comes_first, promises.jitter_never_reorders_a_stream),
}
