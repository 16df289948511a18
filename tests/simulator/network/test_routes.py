"""Routes: least latency, then fewest hops, then names; and what routing computes anew of them."""

import itertools
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.network.path import Path
from simulator.network.routes import PlainHop, Reach, follow, next_hops
from simulator.network.routing import Routing

ENDS = "abcdef"


def hops_of(links: dict[str, tuple[str, str, int]]) -> list[PlainHop]:
    """Both directions of links."""
    return [
        PlainHop(name, *ends, latency_ns)
        for name, (one, other, latency_ns) in links.items()
        for ends in ((one, other), (other, one))
    ]


def way(hops: list[PlainHop], source: str, destination: str, forwarding: str = ENDS) -> list[str]:
    """The links of a route."""
    first = next_hops(hops, destination, forwarding)
    return [hop.link for hop in follow(first, source, destination)]


def test_least_latency_then_fewest_hops_then_names() -> None:
    """Of two ways the quicker; of two as quick the shorter; of two as short the first by name."""
    links = {"x": ("a", "b", 10), "y": ("b", "d", 10), "z": ("a", "d", 21)}
    assert way(hops_of(links), "a", "d") == ["x", "y"]
    assert way(hops_of(links | {"z": ("a", "d", 20)}), "a", "d") == ["z"]
    second = {"u": ("a", "c", 10), "v": ("c", "d", 10)}
    assert way(hops_of(links | second), "a", "d") == ["x", "y"]
    assert way(hops_of(links | {"w": ("a", "b", 10)}), "a", "d") == ["w", "y"]


def test_each_direction_has_its_own_route_and_who_forwards_nothing_is_no_way() -> None:
    """But it can be reached, and can reach others."""
    links = {"x": ("a", "b", 1), "y": ("b", "d", 1), "z": ("a", "d", 9)}
    one_way = [hop for hop in hops_of(links) if (hop.source, hop.destination) != ("a", "b")]
    assert way(one_way, "a", "d") == ["z"]
    assert way(one_way, "d", "a") == ["y", "x"]
    assert way(hops_of(links), "a", "d", forwarding="acd") == ["z"]
    assert way(hops_of(links), "a", "b", forwarding="") == ["x"]
    assert way(hops_of(links), "b", "d", forwarding="") == ["y"]


def best(hops: list[PlainHop], source: str, destination: str, forwarding: str) -> list[str]:
    """The same by looking at every way that there is."""

    def ways(end: str, been: list[PlainHop]) -> Iterator[list[PlainHop]]:
        if end == destination:
            yield been
            return
        passed = {source, *(hop.destination for hop in been)}
        for hop in hops:
            open_to_us = hop.destination == destination or hop.destination in forwarding
            if hop.source == end and hop.destination not in passed and open_to_us:
                yield from ways(hop.destination, [*been, hop])

    def rank(found: list[PlainHop]) -> tuple[int, int, list[tuple[str, str]]]:
        names = [(hop.destination, hop.link) for hop in found]
        return sum(hop.declared_ns for hop in found), len(found), names

    return [hop.link for hop in min(ways(source, []), key=rank, default=[])]


networks = st.lists(
    st.tuples(st.sampled_from(ENDS), st.sampled_from(ENDS), st.integers(0, 3)).filter(
        lambda link: link[0] != link[1]
    ),
    max_size=9,
)


@settings(max_examples=60)
@given(networks, st.sets(st.sampled_from(ENDS)), st.sets(st.integers(0, 17)))
def test_the_route_is_the_best_of_all_ways(
    drawn: list[tuple[str, str, int]], forwards: set[str], lost: set[int]
) -> None:
    """In any network, with any directions cut; and from each hop on it is that hop's own route."""
    all_hops = hops_of({f"l{number}": link for number, link in enumerate(drawn)})
    hops = [hop for number, hop in enumerate(all_hops) if number not in lost]
    forwarding = "".join(forwards)
    for source, destination in itertools.permutations(ENDS, 2):
        found = way(hops, source, destination, forwarding)
        assert found == best(hops, source, destination, forwarding)
        assert (source in Reach(hops, forwarding).to(destination)) == bool(found)


@settings(max_examples=60)
@given(
    networks,
    st.sets(st.sampled_from(ENDS)),
    st.lists(st.sets(st.integers(0, 17), max_size=3), max_size=8),
)
def test_what_is_computed_anew_is_all_that_changes(
    drawn: list[tuple[str, str, int]], forwards: set[str], changes: list[set[int]]
) -> None:
    """After any failures and repairs each route is the best one, or the last that there was."""
    routing, paths = Routing(), []
    routing.forwarding |= forwards
    for number, (one, other, latency_ns) in enumerate(drawn):
        for source, destination in ((one, other), (other, one)):
            paths.append(Path(source, destination, link=f"l{number}", latency_ns=latency_ns))
            routing.add(paths[-1])
    pairs = list(itertools.permutations(ENDS, 2))
    routes = {pair: routing.route(*pair) for pair in pairs}
    down: set[int] = set()
    for changed in changes:
        down ^= {number for number in changed if number < len(paths)}
        routing.learn({path: number in down for number, path in enumerate(paths)})
        usable = [path for number, path in enumerate(paths) if number not in down]
        for pair, route in routes.items():
            hops = tuple(follow(next_hops(usable, pair[1], forwards), *pair))
            assert route is None or route.hops == hops or not hops
