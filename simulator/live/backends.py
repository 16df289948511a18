"""Which back end a live run gets: what was asked for, or the best that this computer can do."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.live.backend import Backend, Unavailable
from simulator.live.namespaces import NamespacesBackend
from simulator.live.proxy import ProxyBackend

BACKENDS: dict[str, type[Backend]] = {
    backend.name: backend for backend in (NamespacesBackend, ProxyBackend)
}
"""By name, the best first."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A back end, whether it was asked for by name, and why those that are better are not taken."""

    backend: type[Backend]
    asked_for: bool
    passed_over: Mapping[str, Unavailable]


def choose(name: str | None = None) -> Choice:
    """The back end of that name, or the best that is to be had here.

    Raises `Unavailable`, with the reason and the way out, where there is none.
    """
    if name is not None and name not in BACKENDS:
        raise Unavailable(f"there is no back end {name!r}, only {' and '.join(BACKENDS)}")
    passed_over: dict[str, Unavailable] = {}
    for backend in [BACKENDS[name]] if name else BACKENDS.values():
        try:
            backend.probe()
        except Unavailable as reason:
            passed_over[backend.name] = reason
        else:
            return Choice(backend, name is not None, passed_over)
    raise Unavailable("; ".join(f"not {other}: {reason}" for other, reason in passed_over.items()))
