"""One text of promises about transit, kept by the simulator, the proxies and the namespaces."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
import transit_promises as promises
from test_conformance import NOT_KEPT, Make, _named, _preferred, namespaces, needs_namespaces, real
from three_worlds import Promise, World
from transit_promises import CUTS, WAYS
from transit_worlds import bare, proxied, relayed, virtual

from simulator.network.connection import ConnectionEnd
from simulator.network.delivery import Delivery
from simulator.network.fabric import Network
from simulator.network.queue import Queue
from simulator.network.routing import Routing

__all__ = ["_preferred", "namespaces"]

HALF_A_SECOND_NS = 500_000_000
NOT_BY_RELAYS = promises.what_was_under_way_is_sent_again_when_tcp_repeats_it
"""Their caveat: what they have taken is sent anew at once."""

each = pytest.mark.parametrize("promise", CUTS + WAYS, ids=_named)
each_of_relays = pytest.mark.parametrize(
    "promise", [one for one in CUTS + WAYS if one is not NOT_BY_RELAYS], ids=_named
)


async def _promise(make: Make, promise: Promise) -> None:
    async with make() as world:
        await promise(world)


@each
async def test_virtual(promise: Promise) -> None:
    """The simulator keeps the promise."""
    await _promise(virtual, promise)


@real
@each_of_relays
async def test_proxy(promise: Promise) -> None:
    """The proxies keep the promise."""
    await _promise(proxied, promise)


@real
@needs_namespaces
@each_of_relays
async def test_namespaces(promise: Promise) -> None:
    """Kernels that forward and relays at the destinations keep the promise."""
    await _promise(relayed, promise)


@real
@needs_namespaces
@pytest.mark.parametrize("promise", CUTS, ids=_named)
async def test_bare_namespaces(promise: Promise) -> None:
    """Kernels alone keep what is promised about cuts."""
    await _promise(bare, promise)


async def test_virtual_convergence() -> None:
    """The simulator lets routes follow in time."""
    make = functools.partial(virtual, convergence_ns=HALF_A_SECOND_NS)
    await _promise(make, promises.routes_follow_after_the_convergence)


@real
@needs_namespaces
@pytest.mark.parametrize("make", [proxied, relayed])
async def test_live_convergence(make: Any) -> None:
    """So do proxies and kernels."""
    slow = functools.partial(make, convergence_ns=HALF_A_SECOND_NS)
    await _promise(slow, promises.routes_follow_after_the_convergence)


# Promises that can be broken


Plant = Callable[[World, pytest.MonkeyPatch], None]


def _without(of: type, name: str, value: object = None) -> Plant:
    return lambda _, patch: patch.setattr(of, name, lambda *_: value)


def _declared_alike(world: World, patch: pytest.MonkeyPatch) -> None:
    for path in world.network.paths:
        path.declared_ns = 0
    world.network.routing._next_hops.clear()


def _lost_is_forwarding(world: World, patch: pytest.MonkeyPatch) -> None:
    world.network.routing.forwarding.add("lost")


def _sites_have_no_router(world: World, patch: pytest.MonkeyPatch) -> None:
    set_up = Network.set_up

    def fail_site(network: Network, name: str, up: bool) -> None:
        set_up(network, name, up)
        for other in ("hub", "lost"):
            (network.heal if up else network.cut)(name, other)

    patch.setattr(Network, "set_up", fail_site)


def _drops_are_noticed(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Network, "_is_down", lambda _, path: not path.passable)


def _both_directions_move(world: World, patch: pytest.MonkeyPatch) -> None:
    cut = Network.cut
    patch.setattr(Network, "cut", lambda network, one, other, **how: cut(network, one, other))


def _a_reset_is_between_hosts(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ConnectionEnd, "is_over", lambda *_: True)


def _repeated_at_once(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Delivery, "sends_ns", lambda delivery: delivery._time.time_ns())


def _only_the_first_queue(world: World, patch: pytest.MonkeyPatch) -> None:
    for path in world.network.paths:
        path.queues = (Queue(None),)


PLANTED: dict[str, tuple[Plant, Promise]] = {
    "latencies are not asked": (_declared_alike, promises.traffic_takes_the_quickest_way),
    "nothing moves": (
        _without(Routing, "learn", []),
        promises.a_cut_moves_a_connection_and_a_heal_moves_it_back,
    ),
    "what was lost stays lost": (
        _without(Routing, "learn", []),
        promises.a_connection_goes_on_over_another_way,
    ),
    "a failure is none": (
        _without(Network, "fail"),
        promises.where_no_way_is_left_bytes_are_held,
    ),
    "a failed router lets dials in": (
        _without(Network, "fail"),
        promises.a_dial_waits_where_no_way_is_left,
    ),
    "the site fails with its host": (
        _sites_have_no_router,
        promises.a_site_forwards_while_its_host_has_no_power,
    ),
    "everybody forwards": (_lost_is_forwarding, promises.who_forwards_nothing_is_no_way),
    "both directions move": (_both_directions_move, promises.one_direction_moves_alone),
    "drops move traffic": (_drops_are_noticed, promises.routing_does_not_notice_what_is_no_cut),
    "no queue on the way": (
        _only_the_first_queue,
        promises.a_message_takes_its_size_over_the_narrowest_link,
    ),
    "lines cap nothing": (_only_the_first_queue, promises.a_line_caps_the_sum_of_its_links),
    "a reset spares nobody": (
        _a_reset_is_between_hosts,
        promises.a_reset_reaches_what_goes_over_the_link,
    ),
    "what is lost is sent again at once": (_repeated_at_once, NOT_BY_RELAYS),
}


def test_every_promise_has_a_network_that_breaks_it() -> None:
    """A promise that nothing can break would say nothing."""
    assert {promise for _, promise in PLANTED.values()} == {*CUTS, *WAYS}


@pytest.mark.parametrize(("plant", "promise"), PLANTED.values(), ids=PLANTED)
async def test_a_wrong_network_is_found(
    plant: Plant, promise: Promise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network in which one thing is wrong breaks a promise."""
    async with virtual() as world:
        plant(world, monkeypatch)
        with pytest.raises((*NOT_KEPT, ConnectionError)):
            await promise(world)


async def test_a_world_that_converges_at_once_is_found() -> None:
    """Whoever moves at once is seen."""
    with pytest.raises(NOT_KEPT):
        await _promise(virtual, promises.routes_follow_after_the_convergence)
