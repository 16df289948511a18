"""One text of promises, kept by the simulator, by the proxies and by the kernel's namespaces.

What a back end does not keep, a caveat of its own says; and no caveat is said without need.
"""

import asyncio
import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import promises
import pytest
import transit_worlds
from promises import CUTS, OTHER_FAULTS
from three_worlds import Promise, World, direct, proxied, relayed, virtual
from transit_promises import what_was_under_way_is_sent_again_when_tcp_repeats_it
from wrong_networks import PLANTED, Plant

from runtime.acceleration import AcceleratedLoop
from runtime.tempo import Tempo
from simulator.live.backend import Backend, Unavailable
from simulator.live.namespaces import NamespacesBackend
from simulator.live.processes import preferred
from simulator.live.proxy import ProxyBackend

NOT_KEPT = (AssertionError, TimeoutError, pytest.fail.Exception)
NARROW = 800_000
FAST = 2_000.0
"""At this rate half a millisecond in real time is a second of simulated time."""

Make = Callable[[], AbstractAsyncContextManager[World]]


@dataclass(frozen=True)
class Difference:
    """Promises that a world does not keep; `pace` is the loop's seconds per real one."""

    make: Make
    promises: tuple[Promise, ...]
    pace: float = 1.0


def differs(make: Make, *broken: Promise, pace: float = 1.0) -> Difference:
    """As a `Difference`."""
    return Difference(make, broken, pace)


PROXY = {
    "a dial to a port on which nobody listens is accepted and then reset, not refused": differs(
        proxied, promises.a_port_without_a_listener_refuses
    ),
    "a dial is answered at once; the link's latency begins with the first byte": differs(
        proxied, promises.a_dial_takes_a_round_trip
    ),
    "what is held or lost is acknowledged: no connection dies of unanswered bytes or probes": (
        differs(
            proxied,
            promises.unanswered_bytes_end_the_dialing_end,
            promises.unanswered_bytes_end_the_dialed_end,
            promises.unanswered_probes_end_an_idle_connection,
        )
    ),
    "loss delays a connection as TCP's retransmission does, and spares dials": differs(
        proxied, promises.loss_reaches_dials
    ),
    "a dial during a cut goes on when the kernel repeats its SYN, in real time": differs(
        proxied, promises.a_dial_during_a_cut_waits_for_the_heal, pace=10
    ),
    "a latency of less than half a millisecond in real time is left out": differs(
        functools.partial(proxied, rate=FAST), promises.latency_changes_while_a_connection_is_open
    ),
    "what is under way when a route changes is sent anew at once, not when TCP repeats it": differs(
        transit_worlds.proxied, what_was_under_way_is_sent_again_when_tcp_repeats_it
    ),
}

NAMESPACES = {
    "after a cut, held bytes and dials go on when the kernel repeats them: up to a real second": (
        differs(direct, promises.a_dial_during_a_cut_waits_for_the_heal, pace=10)
    ),
    "on a link with relays, a dial to a port without a listener is accepted and then reset": (
        differs(relayed, promises.a_port_without_a_listener_refuses)
    ),
    "there, a dial is answered at once; the link's latency begins with the first byte": differs(
        relayed, promises.a_dial_takes_a_round_trip
    ),
    "loss delays a connection as TCP's retransmission does, and spares dials": differs(
        relayed, promises.loss_reaches_dials
    ),
    "what has reached a relay is acknowledged: the dialed end does not die of unanswered bytes": (
        differs(relayed, promises.unanswered_bytes_end_the_dialed_end)
    ),
    "a reset during a cut does not reach the dialing end before that sends, after the heal": (
        differs(relayed, promises.a_reset_reaches_both_ends_of_a_cut_link)
    ),
    "a latency of less than half a millisecond in real time is left out": differs(
        functools.partial(relayed, rate=FAST), promises.latency_changes_while_a_connection_is_open
    ),
    "so is a bandwidth at which 64 KiB take no longer, unless a step changes it": differs(
        functools.partial(direct, rate=FAST, bandwidth_bit_s=NARROW),
        promises.a_narrow_link_is_narrow_from_the_start,
    ),
    "what a relay has when a route changes is sent anew at once, not when TCP repeats it": differs(
        transit_worlds.relayed, what_was_under_way_is_sent_again_when_tcp_repeats_it
    ),
}


def _named(promise: Promise) -> str:
    return promise.__name__


def _kept(make: Make, made: tuple[Promise, ...]) -> pytest.MarkDecorator:
    """The promises without those that a caveat excepts."""
    excepted = {
        promise
        for difference in (*PROXY.values(), *NAMESPACES.values())
        for promise in difference.promises
        if difference.make is make and difference.pace == 1
    }
    kept = [promise for promise in made if promise not in excepted]
    return pytest.mark.parametrize("promise", kept, ids=_named)


real = pytest.mark.asyncio(loop_factories=["real"])
needs_namespaces = pytest.mark.usefixtures("namespaces")


@pytest.fixture(autouse=True)
def _preferred() -> Iterator[None]:
    """Real pauses are short here: this process comes before others, which have none."""
    with preferred():
        yield


@pytest.fixture
def namespaces() -> None:
    """Skip, with the reason in words, where the kernel or its tools cannot."""
    try:
        NamespacesBackend.probe()
    except Unavailable as reason:
        pytest.skip(f"no namespaces: {reason}")


async def _promise(make: Make, promise: Promise) -> None:
    async with make() as world:
        await promise(world)


@_kept(virtual, CUTS + OTHER_FAULTS)
async def test_virtual(promise: Promise) -> None:
    """The simulator keeps the promise."""
    await _promise(virtual, promise)


@real
@_kept(proxied, CUTS + OTHER_FAULTS)
async def test_proxy(promise: Promise) -> None:
    """The proxies keep the promise."""
    await _promise(proxied, promise)


@real
@needs_namespaces
@_kept(direct, CUTS)
async def test_namespaces_direct(promise: Promise) -> None:
    """A bare pair of veths keeps what is promised about cuts."""
    await _promise(direct, promise)


@real
@needs_namespaces
@_kept(relayed, CUTS + OTHER_FAULTS)
async def test_namespaces_relayed(promise: Promise) -> None:
    """A link with relays at its far ends keeps the promise."""
    await _promise(relayed, promise)


async def test_virtual_bandwidth_is_that_of_the_description() -> None:
    """A narrow link is narrow in the simulator."""
    narrow = functools.partial(virtual, bandwidth_bit_s=NARROW)
    await _promise(narrow, promises.a_narrow_link_is_narrow_from_the_start)


@real
async def test_proxy_bandwidth_is_that_of_the_description() -> None:
    """A narrow link is narrow between proxies, however fast the time runs."""
    narrow = functools.partial(proxied, bandwidth_bit_s=NARROW, rate=FAST)
    await _promise(narrow, promises.a_narrow_link_is_narrow_from_the_start)


@real
@needs_namespaces
async def test_namespaces_bandwidth_is_that_of_the_description() -> None:
    """A narrow link is narrow between namespaces where it takes longer than a timer."""
    narrow = functools.partial(direct, bandwidth_bit_s=NARROW)
    await _promise(narrow, promises.a_narrow_link_is_narrow_from_the_start)


# Caveats


@pytest.mark.parametrize(
    ("backend", "caveats"), [(ProxyBackend, PROXY), (NamespacesBackend, NAMESPACES)]
)
def test_every_caveat_excepts_a_promise(
    backend: type[Backend], caveats: dict[str, Difference]
) -> None:
    """A back end has a caveat for each promise that it does not keep, and no other."""
    assert backend.caveats == tuple(caveats)
    assert all(difference.promises for difference in caveats.values())


async def _breaks(make: Make, promise: Promise) -> None:
    with pytest.raises(NOT_KEPT):
        await _promise(make, promise)


async def _breaks_all(difference: Difference) -> None:
    """At the same time, for who waits in vain waits long."""
    async with asyncio.TaskGroup() as tasks:
        for promise in difference.promises:
            tasks.create_task(_breaks(difference.make, promise))


def _play(difference: Difference) -> None:
    tempo = Tempo(difference.pace)
    with asyncio.Runner(loop_factory=lambda: AcceleratedLoop(tempo)) as runner:
        runner.run(_breaks_all(difference))


@pytest.mark.parametrize("difference", PROXY.values(), ids=PROXY)
def test_proxy_differs(difference: Difference) -> None:
    """The proxies do not keep what their caveat excepts."""
    _play(difference)


@needs_namespaces
@pytest.mark.parametrize("difference", NAMESPACES.values(), ids=NAMESPACES)
def test_namespaces_differ(difference: Difference) -> None:
    """The namespaces do not keep what their caveat excepts."""
    _play(difference)


@real
async def test_a_proxy_resets_where_nobody_listens() -> None:
    """What it has let in ends with a reset."""
    await _promise(proxied, promises.a_port_without_a_listener_resets)


@real
@needs_namespaces
async def test_a_relay_between_namespaces_resets_where_nobody_listens() -> None:
    """What it has let in ends with a reset."""
    await _promise(relayed, promises.a_port_without_a_listener_resets)


async def test_in_the_simulator_loss_spares_dials_too() -> None:
    """No world repeats the SYNs that a lossy link would lose."""
    with pytest.raises(NOT_KEPT):
        await _promise(virtual, promises.loss_reaches_dials)


# Promises that can be broken


def test_every_promise_has_a_network_that_breaks_it() -> None:
    """A promise that nothing can break would say nothing."""
    made = {*CUTS, *OTHER_FAULTS, promises.a_narrow_link_is_narrow_from_the_start}
    assert made == {promise for _, promise in PLANTED.values()}


@pytest.mark.parametrize(("plant", "promise"), PLANTED.values(), ids=PLANTED)
async def test_a_wrong_network_is_found(
    plant: Plant, promise: Promise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network in which one thing is wrong breaks a promise."""
    async with virtual() as world:
        plant(world, monkeypatch)
        with pytest.raises((*NOT_KEPT, ConnectionError)):
            await promise(world)
