"""Connections over several hops: they belong to their hosts, and follow the routes.

The sites a, b and c form a ring, with a router between b and c, and a cloud between a and d.
"""

import asyncio
from typing import Any

import pytest
from town import Witness

from licensing.policies import NS_PER_SECOND
from simulator.loop.runner import current_loop
from simulator.network.incarnation import Incarnation

MS = 1_000_000
SLOW_BIT_S = 8_000
"""A byte takes a millisecond."""


class Ring:
    """a-b (10 ms), b-hub-c (5 ms each), a-c (30 ms); d behind a cloud; e nowhere."""

    def __init__(self, *, convergence_ns: int = 0, **lines_bit_s: int) -> None:
        self.loop = current_loop()
        self.network = self.loop.sockets.network
        self.network.convergence_ns = convergence_ns
        for number, name in enumerate("abcde", 1):
            self.network.add_host(name, f"10.0.0.{number}")
            line = lines_bit_s.get(name)
            self.network.equip_site(name, forwards=name != "d", line_bit_s=line)
        self.network.add_transit("hub")
        self.network.add_transit("cloud")
        for one, other, latency_ms in (
            ("a", "b", 10), ("b", "hub", 5), ("hub", "c", 5), ("a", "c", 30),
            ("a", "cloud", 5), ("cloud", "d", 5),
        ):  # fmt: skip
            self.network.add_link(one, other, latency_ns=latency_ms * MS)
        self.heard: dict[str, list[Witness]] = {}

    async def on(self, host: str, program: Any) -> Any:
        """Run something on a host."""
        return await self.loop.create_task(program, context=Incarnation(host).context())

    async def pair(self, source: str, destination: str) -> tuple[Witness, Witness]:
        """A connection: (the dialing end, the other)."""
        if destination not in self.heard:
            heard = self.heard[destination] = []

            def accept() -> Witness:
                heard.append(Witness())
                return heard[-1]

            await self.on(destination, self.loop.create_server(accept, "0.0.0.0", 5000))
        _, ours = await self.on(source, self.loop.create_connection(Witness, destination, 5000))
        await asyncio.sleep(1)
        return ours, self.heard[destination][-1]

    def ways(self, source: str, destination: str) -> str:
        """A route in words."""
        return repr(self.network.route(source, destination))


def since(witness: Witness, began_ns: int) -> list[tuple[float, object]]:
    """What arrived, and how many milliseconds after an instant."""
    return [((at - began_ns) / MS, data) for at, data in witness.data]


async def test_a_connection_takes_the_quickest_way() -> None:
    """Over another site and a router: 20 ms, while the direct link takes 30."""
    ring = Ring()
    ours, theirs = await ring.pair("a", "c")
    assert ring.ways("a", "c") == "<a -> b -> hub -> c>"
    began_ns = ring.loop.time_ns()
    ours.transport.write(b"hello")
    await asyncio.sleep(1)
    assert since(theirs, began_ns) == [(20, b"hello")]


async def test_a_cut_moves_traffic_and_a_heal_moves_it_back() -> None:
    """What was lost on the broken way is sent again over the new one, in order and once."""
    ring = Ring()
    ours, theirs = await ring.pair("a", "c")
    began_ns = ring.loop.time_ns()
    ours.transport.write(b"lost")
    await asyncio.sleep(0.001)
    ours.transport.write(b" too")
    ring.network.cut("b", "hub")
    assert ring.ways("a", "c") == "<a -> c>"
    await asyncio.sleep(1)
    first_repetition_ms = 200 + 2 * 30
    assert since(theirs, began_ns) == [
        (first_repetition_ms + 30, b"lost"),
        (first_repetition_ms + 30, b" too"),
    ]
    ring.network.heal("b", "hub")
    assert ring.ways("c", "a") == "<c -> hub -> b -> a>"
    began_ns = ring.loop.time_ns()
    ours.transport.write(b"back")
    await asyncio.sleep(1)
    assert since(theirs, began_ns)[2:] == [(20, b"back")]
    assert ours.end is theirs.end is None


async def test_a_connection_lives_through_a_month_with_a_detour() -> None:
    """Nothing is sent meanwhile, and nothing is noticed."""
    ring = Ring()
    ours, theirs = await ring.pair("a", "c")
    ring.network.cut("a", "b")
    await asyncio.sleep(31 * 86_400)
    began_ns = ring.loop.time_ns()
    theirs.transport.write(b"news")
    await asyncio.sleep(1)
    assert since(ours, began_ns) == [(30, b"news")]
    assert ours.end is theirs.end is None


async def test_one_direction_moves_alone() -> None:
    """Each has a route of its own."""
    ring = Ring()
    ours, theirs = await ring.pair("a", "c")
    ring.network.cut("b", "a", one_way=True)
    assert ring.ways("a", "c") == "<a -> b -> hub -> c>"
    assert ring.ways("c", "a") == "<c -> a>"
    began_ns = ring.loop.time_ns()
    ours.transport.write(b"ping")
    theirs.transport.write(b"pong")
    await asyncio.sleep(1)
    assert since(theirs, began_ns) == [(20, b"ping")]
    assert since(ours, began_ns) == [(30, b"pong")]


async def test_where_no_way_is_left_a_connection_is_held_until_one_is_there() -> None:
    """As a cut holds it on a direct link: the next repetition after the heal."""
    ring = Ring()
    ours, theirs = await ring.pair("a", "c")
    ring.network.cut("a", "b")
    ring.network.cut("a", "c")
    began_ns = ring.loop.time_ns()
    ours.transport.write(b"held")
    await asyncio.sleep(2)
    assert not theirs.data
    ring.network.heal("a", "b")
    await asyncio.sleep(10)
    repeated_ms = sum((200 + 2 * 20) * 2**times for times in range(4))
    assert since(theirs, began_ns) == [(repeated_ms + 20, b"held")]


async def test_convergence_is_waited_for() -> None:
    """Until then the old way is used; each change is followed after its own time."""
    ring = Ring(convergence_ns=3 * NS_PER_SECOND)
    ours, theirs = await ring.pair("a", "c")
    began_ns = ring.loop.time_ns()
    ring.network.cut("b", "hub")
    ours.transport.write(b"held")
    await asyncio.sleep(2.999)
    assert ring.ways("a", "c") == "<a -> b -> hub -> c>"
    assert not theirs.data
    await asyncio.sleep(2)
    assert ring.ways("a", "c") == "<a -> c>"
    arrived_ms = since(theirs, began_ns)[0][0]
    assert arrived_ms > 3_000
    ring.network.heal("b", "hub")
    await asyncio.sleep(1)
    ring.network.cut("b", "hub")
    await asyncio.sleep(2.001)
    assert ring.ways("a", "c") == "<a -> b -> hub -> c>", "it knows of the heal, not of the cut"
    await asyncio.sleep(1)
    assert ring.ways("a", "c") == "<a -> c>"


async def test_routers_and_clouds_fail_and_are_repaired() -> None:
    """Like all links at them at once; what had another way takes it."""
    ring = Ring()
    ours, theirs = await ring.pair("a", "c")
    behind, far = await ring.pair("a", "d")
    ring.network.fail("hub")
    ring.network.fail("cloud")
    ours.transport.write(b"around")
    behind.transport.write(b"held")
    await asyncio.sleep(1)
    assert [data for _, data in theirs.data] == [b"around"]
    assert not far.data
    ring.network.repair("cloud")
    ring.network.repair("hub")
    await asyncio.sleep(10)
    assert [data for _, data in far.data] == [b"held"]
    assert ring.ways("a", "c") == "<a -> b -> hub -> c>"


async def test_routing_does_not_notice_what_is_no_cut() -> None:
    """Neither a drop nor losses, refusals or another latency move traffic."""
    ring = Ring()
    before = ring.ways("a", "c")
    ring.network.drop("a", "b")
    ring.network.refuse("b", "hub")
    ring.network.set_loss("hub", "c", 50)
    ring.network.set_latency("b", "hub", 10**10)
    assert ring.ways("a", "c") == before
    with pytest.raises(TimeoutError):
        await ring.pair("a", "c")
    ring.network.heal("a", "b")
    with pytest.raises(ConnectionRefusedError):
        await ring.pair("a", "c")
    ring.network.drop("a", "b")
    ring.network.cut("a", "b")
    assert ring.ways("a", "c") == "<a -> c>", "a cut is noticed on a link that drops, too"


async def test_what_a_link_has_dropped_for_good_gets_through_on_another_way() -> None:
    """The connection is dead there, not elsewhere."""
    ring = Ring()
    ours, theirs = await ring.pair("a", "c")
    ring.network.drop("a", "b")
    ours.transport.write(b"kept")
    await asyncio.sleep(5)
    assert not theirs.data
    ring.network.cut("a", "b")
    await asyncio.sleep(10)
    assert [data for _, data in theirs.data] == [b"kept"]
    ring.network.heal("a", "b")
    ours.transport.write(b"dead there")
    await asyncio.sleep(100)
    assert len(theirs.data) == 1


async def test_a_site_forwards_while_its_host_has_no_power() -> None:
    """The router there is another box; who forwards nothing is no way, but is reached."""
    ring = Ring()
    ours, theirs = await ring.pair("a", "c")
    ring.network.set_up("b", False)
    ours.transport.write(b"through")
    await asyncio.sleep(1)
    assert [data for _, data in theirs.data] == [b"through"]
    ring.network.add_link("d", "e", latency_ns=1)
    with pytest.raises(OSError, match="a has no route to e"):
        await ring.pair("a", "e")
    await ring.pair("d", "e")


async def test_a_message_takes_its_size_over_the_narrowest_link_of_its_way() -> None:
    """And holds its place in every queue for its size over that link's own bandwidth."""
    ring = Ring()
    ours, theirs = await ring.pair("a", "c")
    beside, near = await ring.pair("a", "b")
    ring.network.set_bandwidth("a", "b", 4 * SLOW_BIT_S)
    ring.network.set_bandwidth("hub", "c", SLOW_BIT_S)
    began_ns = ring.loop.time_ns()
    ours.transport.write(bytes(100))
    beside.transport.write(bytes(8))
    await asyncio.sleep(1)
    assert [at for at, _ in since(theirs, began_ns)] == [100 + 20]
    assert [at for at, _ in since(near, began_ns)] == [25 + 2 + 10]


async def test_an_access_line_caps_the_sum_of_its_links() -> None:
    """One after the other in each direction, whichever link they take."""
    ring = Ring(a=SLOW_BIT_S)
    one, first = await ring.pair("a", "b")
    other, second = await ring.pair("a", "d")
    began_ns = ring.loop.time_ns()
    one.transport.write(bytes(50))
    other.transport.write(bytes(50))
    second.transport.write(bytes(30))
    await asyncio.sleep(1)
    assert [at for at, _ in since(first, began_ns)] == [50 + 10]
    assert [at for at, _ in since(second, began_ns)] == [100 + 10]
    assert [at for at, _ in since(other, began_ns)] == [30 + 10]


async def test_another_bandwidth_is_felt_by_what_waits_for_that_link() -> None:
    """On a way over several links, too."""
    ring = Ring()
    ours, theirs = await ring.pair("a", "c")
    ring.network.set_bandwidth("a", "b", SLOW_BIT_S)
    ring.network.set_bandwidth("hub", "c", 2 * SLOW_BIT_S)
    began_ns = ring.loop.time_ns()
    ours.transport.write(bytes(1_000))
    await asyncio.sleep(0.5)
    ring.network.set_bandwidth("a", "b", 10 * SLOW_BIT_S)
    await asyncio.sleep(1)
    assert [at for at, _ in since(theirs, began_ns)] == [550 + 20]


async def test_a_reset_reaches_what_goes_over_the_link_in_either_direction() -> None:
    """Others are spared."""
    ring = Ring()
    there, _ = await ring.pair("a", "c")
    beside, _ = await ring.pair("a", "d")
    back, _ = await ring.pair("a", "b")
    ring.network.cut("b", "a", one_way=True)
    assert ring.ways("b", "a") == "<b -> hub -> c -> a>"
    ring.network.reset("hub", "c")
    await asyncio.sleep(1)
    for witness in (there, back):
        assert isinstance(witness.end and witness.end[1], ConnectionResetError)
    assert beside.end is None


async def test_two_links_that_join_the_same_ends_are_named() -> None:
    """One of them is cut, and traffic takes the other."""
    ring = Ring()
    ring.network.add_link("a", "e", latency_ns=10 * MS)
    ring.network.add_link("e", "a", name="lte", latency_ns=60 * MS)
    ours, theirs = await ring.pair("a", "e")
    with pytest.raises(ValueError, match="a-e and lte join a and e: name one of them"):
        ring.network.cut("a", "e")
    ring.network.cut("a", "e", link="a-e")
    began_ns = ring.loop.time_ns()
    ours.transport.write(b"by air")
    await asyncio.sleep(1)
    assert since(theirs, began_ns) == [(60, b"by air")]


async def test_a_device_forgets_what_has_not_passed_it_for_long() -> None:
    """Also what went another way meanwhile; what it has never seen it takes up."""
    ring = Ring()
    ring.network.add_link("a", "e", latency_ns=10 * MS, forgets_idle_ns=1_800 * NS_PER_SECOND)
    ring.network.add_link("e", "a", name="lte", latency_ns=60 * MS)
    ring.network.cut("a", "e", link="a-e")
    ours, theirs = await ring.pair("a", "e")
    ring.network.heal("a", "e", link="a-e")
    for _ in range(3):
        ours.transport.write(b".")
        await asyncio.sleep(1_200)
    assert len(theirs.data) == 3
    ring.network.cut("a", "e", link="a-e")
    for _ in range(3):
        ours.transport.write(b".")
        await asyncio.sleep(1_200)
    assert len(theirs.data) == 6
    ring.network.heal("a", "e", link="a-e")
    ours.transport.write(b"forgotten")
    await asyncio.sleep(1)
    assert len(theirs.data) == 6


async def test_what_waits_on_a_way_that_was_left_is_lost_with_it() -> None:
    """A cut of the former way is felt by what is still on it, and that arrives once."""
    ring = Ring()
    ring.network.set_bandwidth("a", "c", SLOW_BIT_S)
    ring.network.cut("a", "b")
    ours, theirs = await ring.pair("a", "c")
    began_ns = ring.loop.time_ns()
    ours.transport.write(bytes(2_000))
    await asyncio.sleep(0.1)
    ring.network.heal("a", "b")
    assert ring.ways("a", "c") == "<a -> b -> hub -> c>"
    ring.network.cut("a", "c")
    await asyncio.sleep(10)
    assert since(theirs, began_ns) == [(200 + 2 * 20 + 20, bytes(2_000))]
