"""How namespaces make a network: which boxes there are, their devices, addresses and routes. Pure.

A host is a box, a router or a cloud is one, and so is the router of a site over which others may
go: it forwards while its host has no power. Each link is a pair of devices. A kernel decides hop by
hop, by the address of the destination; all that is for one host has its addresses.
"""

import ipaddress
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from simulator.live.ip_version import IPV4, IpVersion
from simulator.live.link_specs import LinkSpec, TransitSpec
from simulator.network.path import Path

TO_SITE, TO_HOST = "site", "host"
"""The two devices between a host and the router of its site."""

HostPair = tuple[str, str]
Plug = tuple[str, str]
"""A box and the name of a device in it."""


class KernelPlan:
    """The boxes of `hosts` and `transit`, joined by `links`; lines are commands of `ip -batch`."""

    def __init__(
        self,
        hosts: Sequence[str],
        links: Mapping[str, LinkSpec],
        transit: TransitSpec,
        ip: IpVersion = IPV4,
    ) -> None:
        self._ip = ip
        self._hosts = tuple(hosts)
        self._links = links
        self._transit = transit
        ends = Counter(end for link in links.values() for end in link.ends)
        self.with_router = frozenset(
            host for host in hosts if host in transit.forwarding and ends[host] > 1
        )
        """The hosts whose site has a router of its own."""
        self.programs = dict(zip(hosts, map(str, ip.programs.hosts()), strict=False))
        self.relays: dict[HostPair, str] = {}
        self._blocks: dict[str, str] = {}
        self._devices = {
            (name, end): f"link{number}"
            for number, (name, link) in enumerate(links.items())
            for end in link.ends
        }

    @property
    def boxes(self) -> list[str]:
        """All of them; those that are no hosts forward."""
        return [*self._hosts, *self.routers]

    @property
    def routers(self) -> list[str]:
        """The boxes on which nothing runs."""
        return [*self._transit.names, *(_router(host) for host in sorted(self.with_router))]

    def box(self, end: str) -> str:
        """Where the links of an end are plugged in."""
        return _router(end) if end in self.with_router else end

    def device(self, path: Path) -> Plug:
        """The box and the device by which a direction of a link leaves."""
        return self.box(path.source), self._devices[path.link, path.source]

    def place_relays(self, pairs: Collection[HostPair]) -> None:
        """Give an address to the relay of each pair, among those of the destination."""
        sources = defaultdict(list)
        for source, destination in pairs:
            sources[destination].append(source)
        begin = 0
        for host, dialing in sources.items():
            size = 1 << (len(dialing) - 1).bit_length()
            begin = -(-max(begin, 1) // size) * size
            length = self._ip.length - size.bit_length() + 1
            block = ipaddress.ip_network(f"{self._ip.relays[begin]}/{length}")
            self._blocks[host] = str(block)
            for address, source in zip(block, dialing, strict=False):
                self.relays[source, host] = str(address)
            begin += size

    def between(self, one: str, other: str) -> set[str]:
        """The links that a route between two hosts may ever take: no dead ends."""
        left = dict(self._links)
        while True:
            ends = Counter(end for link in left.values() for end in link.ends)
            through = {end for end in self._transit.forwarding | set(self._transit.names)
                       if ends[end] > 1} | {one, other}  # fmt: skip
            useful = {name: link for name, link in left.items() if through.issuperset(link.ends)}
            if len(useful) == len(left):
                return set(useful)
            left = useful

    # What is built

    def cables(self) -> Iterator[tuple[Plug, Plug]]:
        """Both ends of each pair of devices."""
        for name, link in self._links.items():
            one, other = ((self.box(end), self._devices[name, end]) for end in link.ends)
            yield one, other
        for host in sorted(self.with_router):
            yield (host, TO_SITE), (_router(host), TO_HOST)

    def addressing(self, box: str) -> list[str]:
        """Everything within a box but the routes that may change."""
        lines = ["link set lo up"]
        lines += [f"link set {device} up arp off" for device in self._devices_of(box)]
        if box in self._hosts:
            relays = (address for pair, address in self.relays.items() if pair[1] == box)
            own = self.programs[box]
            words = f"dev lo{self._ip.address_words}"
            lines += [
                f"address add {address}/{self._ip.length} {words}" for address in (own, *relays)
            ]
            if box in self.with_router:
                for network in (self._ip.programs, self._ip.relays):
                    lines.append(f"route add {network} dev {TO_SITE} src {own}")
        for host in self.with_router:
            if _router(host) == box:
                lines += [f"route add {to} dev {TO_HOST}" for to in self._addresses(host)]
        return lines

    def _devices_of(self, box: str) -> list[str]:
        devices = [device for (_, end), device in self._devices.items() if self.box(end) == box]
        if box in self.with_router:
            devices.append(TO_SITE)
        if box in map(_router, self.with_router):
            devices.append(TO_HOST)
        return devices

    def routes(self, first_hop: Path, destination: str) -> list[str]:
        """The commands that lead what is for a host over a hop, in the box where it begins."""
        box, device = self.device(first_hop)
        source = f" src {self.programs[box]}" if box in self._hosts else ""
        return [f"route replace {to} dev {device}{source}" for to in self._addresses(destination)]

    def _addresses(self, host: str) -> list[str]:
        relays = [self._blocks[host]] if host in self._blocks else []
        return [f"{self.programs[host]}/{self._ip.length}", *relays]


def _router(host: str) -> str:
    return f"router-of.{host}"
