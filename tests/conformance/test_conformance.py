"""One text of promises, kept by the simulator, by the proxies and by the kernel's namespaces."""

from collections.abc import Callable
from typing import Any

import promises
import pytest
from promises import CUTS, OTHER_FAULTS
from three_worlds import Promise, direct, proxied, relayed, virtual

from simulator.live.backend import Unavailable
from simulator.live.namespaces import NamespacesBackend


def _named(promise: Promise) -> str:
    return promise.__name__  # type: ignore[attr-defined,no-any-return]


all_faults = pytest.mark.parametrize("promise", CUTS + OTHER_FAULTS, ids=_named)
cuts_only = pytest.mark.parametrize("promise", CUTS, ids=_named)
real = pytest.mark.asyncio(loop_factories=["real"])


@pytest.fixture
def namespaces() -> None:
    """Skip, with the reason in words, where the kernel or its tools cannot."""
    try:
        NamespacesBackend.probe()
    except Unavailable as reason:
        pytest.skip(f"no namespaces: {reason}")


@all_faults
async def test_virtual(promise: Promise) -> None:
    """The simulator keeps the promise."""
    async with virtual() as world:
        await promise(world)


@real
@all_faults
async def test_proxy(promise: Promise) -> None:
    """The proxies keep the promise."""
    async with proxied() as world:
        await promise(world)


@real
@cuts_only
@pytest.mark.usefixtures("namespaces")
async def test_namespaces_direct(promise: Promise) -> None:
    """A bare pair of veths keeps what is promised about cuts."""
    async with direct() as world:
        await promise(world)


@real
@all_faults
@pytest.mark.usefixtures("namespaces")
async def test_namespaces_relayed(promise: Promise) -> None:
    """A link with relays at its far ends keeps the promise."""
    async with relayed() as world:
        await promise(world)


def _let_through(*_: object, **__: object) -> None:
    """A fault that nobody feels."""


def _cut_that_loses(world: Any) -> Callable[..., None]:
    return lambda one, other, **_: world.faults.drop(one, other)


def _late_for_what_waits(world: Any) -> Callable[..., None]:
    now_ns = world.loop.time_ns
    return lambda *change: world.network.set_bandwidth(*change, now_ns())


PLANTED: list[tuple[str, Callable[[Any], Any], Promise]] = [
    ("cut", lambda _: _let_through, promises.a_dial_during_a_cut_waits_for_the_heal),
    ("cut", lambda _: _let_through, promises.the_way_back_fails_alone),
    ("cut", _cut_that_loses, promises.bytes_sent_during_a_cut_arrive_after_the_heal_in_order),
    ("cut", lambda _: _let_through, promises.a_dial_waits_where_one_way_is_cut),
    ("drop", lambda world: world.faults.cut, promises.what_is_dropped_is_lost_for_good),
    ("reset", lambda _: _let_through, promises.a_reset_ends_live_connections_at_both_ends),
    ("refuse", lambda _: _let_through, promises.a_refusing_link_refuses_dials_and_nothing_else),
    ("set_up", lambda _: _let_through, promises.a_host_without_power_answers_nobody),
    ("set_latency", lambda _: _let_through, promises.latency_changes_while_a_connection_is_open),
    ("set_bandwidth", lambda _: _let_through, promises.bytes_take_their_size_by_the_bandwidth),
    ("set_bandwidth", lambda _: _let_through, promises.held_bytes_take_their_time_after_the_heal),
    ("set_bandwidth", _late_for_what_waits, promises.bandwidth_changes_while_bytes_wait),
]


async def test_a_program_that_never_froze_is_found() -> None:
    """It answers at once."""
    async with virtual() as world:
        world.freeze = _let_through  # type: ignore[method-assign]  # the planted bug
        with pytest.raises(AssertionError):
            await promises.a_frozen_program_hears_at_its_thaw(world)


@pytest.mark.parametrize(("fault", "wrong", "promise"), PLANTED)
async def test_a_wrong_network_is_found(
    fault: str, wrong: Callable[[Any], Any], promise: Promise
) -> None:
    """A network in which one fault does something else breaks its promise."""
    async with virtual() as world:
        setattr(world.faults, fault, wrong(world))
        with pytest.raises((AssertionError, TimeoutError, pytest.fail.Exception)):
            await promise(world)
