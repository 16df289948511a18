"""What differs between a live network of IPv4 addresses and one of IPv6 addresses."""

import ipaddress
import socket
from collections.abc import Mapping

import msgspec

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class IpVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Programs listen in one network, relays in the other; a route to one address has `length`.

    `nobody` is where a host dials that no link leads to: its own, and nobody listens there.
    `address_words` are those of `ip address add`. Settings are files of /proc/sys/net: those of
    each box, and the one by which a router forwards.
    """

    family: socket.AddressFamily
    programs: IpNetwork
    relays: IpNetwork
    nobody: str
    address_words: str
    settings: Mapping[str, int]
    forwarding: str

    @property
    def length(self) -> int:
        """In bits."""
        return self.programs.max_prefixlen


IPV4 = IpVersion(
    family=socket.AF_INET,
    programs=ipaddress.IPv4Network("198.18.0.0/16"),
    relays=ipaddress.IPv4Network("198.19.0.0/16"),
    nobody="127.255.255.254",
    address_words="",
    settings={"ipv4/conf/all/rp_filter": 0, "ipv4/conf/default/rp_filter": 0},
    forwarding="ipv4/ip_forward",
)
"""Addresses meant for test networks (RFC 2544); they exist in our namespaces only."""

IPV6 = IpVersion(
    family=socket.AF_INET6,
    programs=ipaddress.IPv6Network("fd6c:1a4e:93d7:1::/64"),
    relays=ipaddress.IPv6Network("fd6c:1a4e:93d7:2::/64"),
    nobody="::1",
    address_words=" nodad",
    settings={"ipv6/conf/all/disable_ipv6": 0},
    forwarding="ipv6/conf/all/forwarding",
)
"""A prefix of our own (RFC 4193), in our namespaces only. Nobody else can have such an address: the
kernel need not find that out (`nodad`) before programs listen at it and routes begin there."""
