"""Which back end a live run gets: what was asked for, or the best that this computer can do."""

from collections.abc import Mapping

import msgspec

from simulator.live.backend import Backend, Unavailable
from simulator.live.namespaces import NamespacesBackend, NamespacesOverIpv6
from simulator.live.proxy import ProxyBackend

BACKENDS: dict[str, type[Backend]] = {
    backend.name: backend for backend in (NamespacesBackend, ProxyBackend)
}
"""By name, the best first."""

OVER_IPV6: dict[str, type[Backend]] = {NamespacesBackend.name: NamespacesOverIpv6}
"""By the names of those that are the same with IPv4 addresses."""

_NO_IPV6 = (
    "it has IPv4 only, for a loopback network has a single IPv6 address: "
    "as root on Linux leave --network out, anywhere else --ipv6"
)


class Choice(msgspec.Struct, frozen=True):
    """A back end, whether it was asked for by name, and why those that are better are not taken."""

    backend: type[Backend]
    asked_for: bool
    passed_over: Mapping[str, Unavailable]


def choose(name: str | None = None, *, ipv6: bool = False) -> Choice:
    """The back end of that name, or the best that there is here, if so with IPv6 addresses.

    Raises `Unavailable`, with the reason and the way out, where there is none.
    """
    if name is not None and name not in BACKENDS:
        raise Unavailable(f"there is no back end {name!r}, only {' and '.join(BACKENDS)}")
    passed_over: dict[str, Unavailable] = {}
    for offered in [name] if name else BACKENDS:
        try:
            backend = _of_version(offered, ipv6=ipv6)
            backend.probe()
        except Unavailable as reason:
            passed_over[offered] = reason
        else:
            return Choice(backend, name is not None, passed_over)
    raise Unavailable("; ".join(f"not {other}: {reason}" for other, reason in passed_over.items()))


def _of_version(name: str, *, ipv6: bool) -> type[Backend]:
    if ipv6 and name not in OVER_IPV6:
        raise Unavailable(_NO_IPV6)
    return OVER_IPV6[name] if ipv6 else BACKENDS[name]
