"""How namespaces make a network: boxes, addresses of relays, links that a route may take."""

import ipaddress
import itertools

from simulator.live.ip_version import IPV6
from simulator.live.kernel_plan import KernelPlan
from simulator.live.link_specs import LinkSpec, TransitSpec
from simulator.network.path import Path


def plan(*links: tuple[str, str], forwarding: str = "abcd") -> KernelPlan:
    """Hosts a to d, a router r, and links that are named after their ends."""
    transit = TransitSpec(names=("r",), forwarding=frozenset(forwarding))
    return KernelPlan("abcd", {"-".join(ends): LinkSpec(ends) for ends in links}, transit)


def test_a_site_has_a_router_of_its_own_where_others_may_go_over_it() -> None:
    """Where it has two links and forwards; its links are plugged in there."""
    made = plan(("a", "b"), ("b", "c"), ("c", "d"), ("a", "r"), forwarding="bd")
    assert made.with_router == {"b"}
    assert made.boxes == [*"abcd", "r", "router-of.b"]
    assert made.device(Path("b", "c", link="b-c", latency_ns=0)) == ("router-of.b", "link1")
    assert made.device(Path("a", "r", link="a-r", latency_ns=0)) == ("a", "link3")
    assert (("b", "site"), ("router-of.b", "host")) in list(made.cables())


def test_relays_of_a_host_have_addresses_of_one_block() -> None:
    """No two of them the same, and no block reaches into another."""
    made = plan(("a", "b"), ("b", "c"), ("c", "d"))
    made.place_relays(list(itertools.permutations("abcd", 2)))
    assert len(set(made.relays.values())) == len(made.relays) == 12
    path = Path("a", "b", link="a-b", latency_ns=0)
    blocks = {}
    for host in "bcd":
        *_, line = made.routes(path, host)
        blocks[host] = ipaddress.IPv4Network(line.split()[2])
    for (source, host), address in made.relays.items():
        inside = [other for other in blocks if ipaddress.IPv4Address(address) in blocks[other]]
        assert inside == ([host] if host in blocks else []), (source, host)


def test_over_ipv6_all_addresses_are_of_one_prefix() -> None:
    """Of the private ones (RFC 4193); hosts, relays and routes have whole addresses."""
    links = {"a-b": LinkSpec(("a", "b"))}
    made = KernelPlan("ab", links, TransitSpec(), IPV6)
    made.place_relays([("a", "b"), ("b", "a")])
    addresses = [*made.programs.values(), *made.relays.values()]
    prefix = ipaddress.IPv6Network("fd6c:1a4e:93d7::/48")
    assert len(set(addresses)) == 4
    assert all(ipaddress.ip_address(address) in prefix for address in addresses)
    assert prefix.subnet_of(ipaddress.IPv6Network("fd00::/8"))
    own = made.programs["b"]
    assert f"address add {own}/128 dev lo nodad" in made.addressing("b")
    to_b = made.routes(Path("a", "b", link="a-b", latency_ns=0), "b")
    assert to_b[0] == f"route replace {own}/128 dev link0 src {made.programs['a']}"


def test_only_links_that_lead_on_are_between_two_hosts() -> None:
    """Dead ends and sites that forward nothing are no way."""
    ring = (("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("a", "r"))
    assert plan(*ring).between("a", "b") == {"a-b", "b-c", "c-a"}
    assert plan(*ring, forwarding="ab").between("a", "b") == {"a-b"}
    assert plan(*ring).between("a", "d") == {"a-b", "b-c", "c-a", "c-d"}
